"""Pictures that come as text: Base64 in many spellings, or an address."""

import re
import time
from base64 import b64encode, encodebytes, urlsafe_b64encode
from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from urllib.parse import quote, unquote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flaskr.library import editing
from flaskr.library.albums import albums_of
from flaskr.library.editing import Changes
from flaskr.models import Image
from flaskr.web.base64_text import (
    Base64Decoder,
    InvalidBase64Error,
    is_address,
    urlencoded_fields,
)
from tests.api.adapters import BY_NAME, Adapter, multipart
from tests.browsing import Browser
from tests.elsewhere import Elsewhere, ok
from tests.factories import count_rows, encode, make_album, make_token, noise, png

BIG = encode(noise(600, 600), "PNG")
"""More than Flask takes as a text: 500,000 bytes."""


@pytest.fixture(params=["imgur", "chevereto"])
def adapter(request) -> Adapter:
    return BY_NAME[request.param]


@pytest.fixture
def token(session, ada) -> str:
    return make_token(session, ada)


def post(adapter: Adapter, client: Browser, token: str, text: str, kind: str, **more: str) -> Any:
    """Send a text as the picture, in one kind of form or the other."""
    if kind == "multipart":
        form = multipart({**more, adapter.field: text})
    else:
        fields = urlencode(more | {adapter.field: text}, safe="+/" if kind == "unquoted" else "")
        form = {"data": fields, "content_type": "application/x-www-form-urlencoded"}
    return client.post(adapter.path, **form, headers=adapter.credentials(token))


KINDS = ["multipart", "urlencoded", "unquoted"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("content", [png(), BIG], ids=["small", "big"])
def test_a_picture_may_come_as_base64(adapter, client, token, content, kind):
    text = b64encode(content).decode()
    answer = post(adapter, client, token, text, kind, type="base64")
    assert client.get(adapter.link(answer.json)).data == content


@pytest.mark.parametrize(
    "spell",
    [
        lambda content: encodebytes(content).decode(),
        lambda content: urlsafe_b64encode(content).decode().rstrip("="),
        lambda content: "data:image/png;base64," + b64encode(content).decode(),
        lambda content: f"\r\n {b64encode(content).decode()} \n",
    ],
    ids=["lines", "url-safe, unpadded", "data:", "blanks around"],
)
@pytest.mark.parametrize("kind", ["multipart", "urlencoded"])
def test_base64_is_spelt_in_many_ways(adapter, client, token, spell, kind):
    for content in (png(number=3), BIG):
        answer = post(adapter, client, token, spell(content), kind)
        assert client.get(adapter.link(answer.json)).data == content


def test_the_name_comes_from_a_field_if_at_all(client, session, token):
    imgur = BY_NAME["imgur"]
    post(imgur, client, token, b64encode(png()).decode(), "multipart", name="图 片 1.png")
    assert session.query(Image).one().name == "图 片 1.png"
    session.rollback()
    post(imgur, client, token, b64encode(png(number=2)).decode(), "multipart")
    assert {image.name for image in session.query(Image)} == {"图 片 1.png", "image.png"}


@pytest.mark.parametrize("kind", KINDS[:2])
@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("not base64!", 422),
        ("A", 422),
        ("====", 422),
        (b64encode(png()).decode() + "AAAA!", 422),
        (b64encode(b"x").decode() + b64encode(png()).decode(), 422),
        ("狗" * 3000, 422),
        ("A" * 9999 + "?", 422),
        (b64encode(b"words").decode(), 415),
        (b64encode(BIG[:-5000]).decode(), 422),
        ("", 400),
        ("  ", 400),
    ],
)
def test_rubbish_is_refused_with_words(adapter, client, session, media, token, text, status, kind):
    answer = post(adapter, client, token, text, kind)
    adapter.refuses(answer, status)
    assert count_rows(session, Image) == 0
    assert list(media.spool.folder.glob("*")) == []


@pytest.mark.parametrize("kind", KINDS[:2])
@pytest.mark.parametrize("size", [1001, 6000, 200_000])
def test_base64_over_the_limit_is_refused(adapter, make_app, session, token, kind, size):
    client = Browser(make_app(MAX_FILE_BYTES=1000))
    text = b64encode(png() + bytes(size)).decode()
    answer = post(adapter, client, token, text, kind)
    assert "larger than 1,000 B" in adapter.refuses(answer, 413)
    assert count_rows(session, Image) == 0


def test_just_what_is_allowed_is_taken(adapter, make_app, token):
    client = Browser(make_app(MAX_FILE_BYTES=len(BIG)))
    quoted = quote(encodebytes(BIG).decode(), safe="")
    form = {
        "data": f"{adapter.field}={quoted}",
        "content_type": "application/x-www-form-urlencoded",
    }
    answer = client.post(adapter.path, **form, headers=adapter.credentials(token))
    assert adapter.link(answer.json)


def test_other_texts_stay_bounded(adapter, client, token):
    answer = post(adapter, client, token, "", "multipart", title="x" * 600_000)
    adapter.refuses(answer, 413)
    answer = post(adapter, client, token, "", "urlencoded", title="x" * 600_000)
    adapter.refuses(answer, 413)
    many = {f"f{number}": "x" for number in range(1100)}
    adapter.refuses(post(adapter, client, token, "", "urlencoded", **many), 400)
    form = {"data": "x" * 5000, "content_type": "application/x-www-form-urlencoded"}
    answer = client.post("/api/1/upload", **form, headers={"X-API-Key": token})
    BY_NAME["chevereto"].refuses(answer, 400)


@pytest.mark.parametrize("field", ["&", "x&", "x=&"])
def test_empty_fields_end_a_form_as_others_do(client, field):
    """Without a token, too; a megabyte of them must not keep the server busy."""
    body = (field * (1 << 20))[: 1 << 20]
    begun = time.process_time()
    form = {"data": body, "content_type": "application/x-www-form-urlencoded"}
    answer = client.post("/api/1/upload", **form)
    assert BY_NAME["chevereto"].refuses(answer, 400).startswith("The upload arrived damaged")
    assert time.process_time() - begun < 2


# ---- addresses ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Elsewhere]:
    server = Elsewhere()
    try:
        yield server
    finally:
        server.close()


@pytest.mark.parametrize("kind", KINDS[:2])
def test_a_picture_may_lie_elsewhere(adapter, make_app, session, elsewhere, token, kind):
    client = Browser(make_app(FETCH_NETWORKS=["127.0.0.0/8"]))
    elsewhere.answers["/dog.png"] = ok(png(number=8))
    address = elsewhere.url("/dog.png")
    answer = post(adapter, client, token, f" {address} ", kind, title="A dog")
    assert client.get(adapter.link(answer.json)).data == png(number=8)
    image = session.query(Image).one()
    assert (image.name, image.title) == ("dog.png", "A dog")
    again = post(adapter, client, token, address, kind)
    assert adapter.link(again.json) == adapter.link(answer.json)


def test_what_was_edited_in_between_outlasts_an_address_that_is_sent_again(
    make_app, session, ada, media, elsewhere, token
):
    client = Browser(make_app(FETCH_NETWORKS=["127.0.0.0/8"]))
    elsewhere.answers["/cat.png"] = ok(png(number=9))
    named, other = make_album(session, ada, "Named"), make_album(session, ada, "Other")
    said = {"source": elsewhere.url("/cat.png"), "title": "A cat", "album_id": named.key}
    headers = {"X-API-Key": token, "Idempotency-Key": "once"}
    assert client.post("/api/1/upload", data=said, headers=headers).status_code == 200
    image = session.query(Image).one()
    edited = Changes(title="The cat", albums=[other.key])
    editing.edit(session, media, ada, image, edited, kept=0)
    session.commit()
    assert client.post("/api/1/upload", data=said, headers=headers).status_code == 200
    session.expire_all()
    image = session.query(Image).one()
    assert image.title == "The cat"
    assert {album.name for album in albums_of(session, image)} == {"Named", "Other"}


@pytest.mark.parametrize("kind", KINDS[:2])
@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/a.png",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/a.png",
        "http://localhost:5000/",
        "ftp://example.com/a.png",
        "file:///etc/passwd",
        "http://user@example.com/a.png",
        "https://" + "x" * 9000,
    ],
)
def test_nothing_is_fetched_from_within(adapter, client, session, token, address, kind):
    adapter.refuses(post(adapter, client, token, address, kind), 422)
    assert count_rows(session, Image) == 0


# ---- reading --------------------------------------------------------------------------------


def cut(content: bytes, places: list[int]) -> list[bytes]:
    """The content in pieces, cut at these places."""
    marks = [0, *sorted(place % (len(content) + 1) for place in places), len(content)]
    return [content[a:b] for a, b in pairwise(marks)]


@given(st.binary(max_size=300), st.lists(st.integers(0, 1000), max_size=8), st.booleans())
def test_base64_is_decoded_however_it_is_cut(content, places, lines):
    text = encodebytes(content) if lines else urlsafe_b64encode(content).rstrip(b"=")
    decoder = Base64Decoder()
    got = b"".join(decoder.decode(piece) for piece in cut(text, places)) + decoder.finish()
    assert got == content


@given(st.binary(max_size=300), st.lists(st.integers(0, 1000), max_size=8))
def test_any_text_is_decoded_or_refused(text, places):
    decoder = Base64Decoder()
    try:
        for piece in cut(text, places):
            decoder.decode(piece)
        decoder.finish()
    except InvalidBase64Error:
        pass


FIELDS = st.lists(st.tuples(st.text(min_size=1, max_size=20), st.text(max_size=60)), max_size=6)


@given(FIELDS, st.lists(st.integers(0, 1000), max_size=8))
def test_a_form_is_read_however_it_is_cut(fields, places):
    fields = [(re.sub("[\ud800-\udfff]", "", name), value) for name, value in fields]
    told: list[tuple[str, str]] = []
    value = b""
    for name, piece in urlencoded_fields(cut(urlencode(fields).encode(), places), 100):
        if piece is None:
            told.append((name, unquoted(value)))
            value = b""
        else:
            assert not re.search(rb"%.?$", piece)
            value += piece
    assert told == fields


def unquoted(value: bytes) -> str:
    return unquote_plus(value.decode())


def test_only_what_starts_like_an_address_is_one():
    assert is_address(b" https://example.com/a.png")
    assert not is_address(b"data:image/png;base64,AAAA")
    assert not is_address(b64encode(png()))
