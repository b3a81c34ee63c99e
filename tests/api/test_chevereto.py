"""Chevereto v1: the whole of each answer, and what may come with a picture."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flaskr.api.chevereto import InvalidExpirationError, parse_duration
from flaskr.library.albums import albums_of
from flaskr.library.tags import tags_of
from flaskr.models import Image
from flaskr.web.intake import FORM_OVERHEAD
from tests.api.adapters import BY_NAME
from tests.browsing import Browser, form
from tests.factories import count_rows, make_album, make_token, png

CHEVERETO = BY_NAME["chevereto"]
UPLOAD = "/api/1/upload"


@pytest.fixture
def token(session, ada) -> str:
    return make_token(session, ada)


def test_an_upload_is_answered_with_all_that_clients_read(client, session, token):
    content = png(number=5)
    told = CHEVERETO.send(client, token, content, "狗.png").json
    assert told is not None
    image = session.query(Image).one()
    url = f"http://localhost/tuchuang/download/{image.key}.png"
    picture = told.pop("image")
    assert told == {
        "status_code": 200,
        "success": {"message": "file uploaded", "code": 200},
        "status_txt": "OK",
    }
    expected = {
        "name": "狗",
        "extension": "png",
        "size": len(content),
        "width": 48,
        "height": 32,
        "date": f"{image.created:%Y-%m-%d %H:%M:%S}",
        "title": "狗.png",
        "id_encoded": image.key,
        "filename": f"{image.key}.png",
        "original_filename": "狗.png",
        "mime": "image/png",
        "url": url,
        "url_viewer": url,
        "url_short": f"http://localhost/i/{image.key}.png",
    }
    assert {name: picture[name] for name in expected} == expected
    for address in (picture["display_url"], picture["thumb"]["url"], picture["medium"]["url"]):
        assert client.get(address).mimetype == "image/webp"
    assert client.get(picture["url_short"]).data == content
    assert {"filename", "url"} <= set(picture["thumb"]) & set(picture["medium"])
    path = picture["delete_url"].removeprefix("http://localhost")
    assert client.submit(path, page=path).status_code == 303
    assert client.get(url).status_code == 404


@pytest.mark.parametrize("path", [UPLOAD, f"{UPLOAD}/"])
@pytest.mark.parametrize("where", ["header", "query", "form", "bearer"])
def test_the_key_may_come_in_many_ways(client, token, path, where):
    headers = {"header": {"X-API-Key": token}, "bearer": {"Authorization": f"Bearer {token}"}}
    answer = client.post(
        path,
        query_string={"key": token} if where == "query" else {},
        headers=headers.get(where, {}),
        data={"source": b64encode(png()).decode()} | ({"key": token} if where == "form" else {}),
    )
    assert CHEVERETO.link(answer.json)


@pytest.mark.parametrize(
    ("ending", "mimetype"), [("txt", "text/plain"), ("json", "application/json")]
)
def test_the_form_of_the_answer_may_be_chosen(client, token, ending, mimetype):
    sent = {"source": b64encode(png()).decode()}
    headers = {"X-API-Key": token}
    ways = [{"data": sent | {"format": ending}}, {"data": sent, "query_string": {"format": ending}}]
    for way in ways:
        answer = client.post(UPLOAD, headers=headers, **way)
        assert answer.mimetype == mimetype
        if ending == "txt":
            assert client.get(answer.text).data == png()


def test_the_answer_may_lead_to_the_picture(client, token):
    sent = {"source": b64encode(png()).decode(), "format": "redirect"}
    answer = client.post(UPLOAD, data=sent, headers={"X-API-Key": token})
    assert answer.status_code == 303
    assert client.get(answer.location).data == png()


def test_what_is_said_of_a_picture_is_kept(client, session, ada, token):
    album = make_album(session, ada)
    fields = {
        "title": "A\ntitle",
        "description": "What it shows",
        "tags": "one, 二",
        "album_id": album.key,
        "expiration": "PT3H",
        "nsfw": "1",
    }
    CHEVERETO.post(client, token, ("source", "a.png", png()), fields=fields)
    image = session.query(Image).one()
    assert (image.title, image.alt) == ("A title", "What it shows")
    assert set(tags_of(session, image)) == {"one", "二"}
    assert [found.key for found in albums_of(session, image)] == [album.key]
    lasting = image.expires - datetime.now(UTC)
    assert timedelta(hours=2.9) < lasting <= timedelta(hours=3)


def test_a_picture_that_expires_is_one_of_its_own(client, session, token):
    kept = CHEVERETO.link(CHEVERETO.send(client, token, png()).json)
    fields = {"expiration": "PT5M", "title": "short"}
    answer = CHEVERETO.post(client, token, ("source", "a.png", png()), fields=fields)
    assert CHEVERETO.link(answer.json) != kept
    titles = {image.title: image.expires is None for image in session.query(Image)}
    assert titles == {"": True, "short": False}


def test_who_sends_a_picture_for_good_is_not_given_a_link_that_ends(client, session, token):
    content = png()
    fields = {"expiration": "PT5M"}
    answer = CHEVERETO.post(client, token, ("source", "a.png", content), fields=fields)
    ending = CHEVERETO.link(answer.json)
    lasting = [
        adapter.link(adapter.send(client, token, content).json)
        for adapter in (CHEVERETO, BY_NAME["picgo"], BY_NAME["lsky"])
    ]
    assert ending not in lasting
    assert len(set(lasting)) == 1
    assert count_rows(session, Image) == 2


@pytest.mark.parametrize(
    "fields",
    [
        {"expiration": "soon"},
        {"expiration": "P"},
        {"expiration": "0"},
        {"expiration": "P9999Y"},
        {"title": "x" * 201},
        {"tags": "x" * 65},
        {"tags": ",".join(str(number) for number in range(51))},
        {"album_id": "nothing"},
    ],
)
def test_what_cannot_be_said_of_a_picture_is_refused_with_it(client, session, media, token, fields):
    answer = CHEVERETO.post(client, token, ("source", "a.png", png()), fields=fields)
    CHEVERETO.refuses(answer, 422)
    assert count_rows(session, Image) == 0
    del media


@pytest.mark.parametrize(
    ("data", "token_given", "code", "message"),
    [
        ({}, True, 130, "No picture arrived"),
        ({"source": ""}, True, 130, "No picture arrived"),
        ({"source": "???"}, True, 120, "no Base64"),
        ({"source": "x"}, False, 100, "token is needed"),
        ({}, False, 100, "token is needed"),
    ],
)
def test_errors_have_the_clients_codes(client, token, data, token_given, code, message):
    headers = {"X-API-Key": token} if token_given else {}
    answer = client.post(UPLOAD, data=data, headers=headers)
    told: Any = answer.json
    assert (answer.status_code, told["status_code"], told["status_txt"]) == (
        400,
        400,
        "Bad Request",
    )
    assert told["error"]["code"] == code
    assert message in told["error"]["message"]
    assert isinstance(told["error"]["context"], str)


def test_a_text_tells_of_an_error_without_json(client):
    answer = client.get(UPLOAD, query_string={"format": "txt", "key": "wrong"})
    assert (answer.status_code, answer.mimetype) == (400, "text/plain")
    assert answer.text.startswith("The token is wrong")


def test_what_is_too_big_to_be_read_is_told_in_the_form_that_the_address_asks_for(
    make_app, session, ada
):
    client, token = Browser(make_app(MAX_FILE_BYTES=1000)), make_token(session, ada)
    sent = form({"format": "txt"}, ("a.png", png() + bytes(FORM_OVERHEAD + 4000)))
    answer = client.post(f"{UPLOAD}?format=txt", headers={"X-API-Key": token}, **sent)
    assert (answer.status_code, answer.mimetype) == (400, "text/plain")
    assert answer.text.startswith("The file is larger than")


def test_who_only_looks_uploads_nothing(client, session, token):
    asked = {"source": "https://example.org/a.png", "key": token}
    answer = client.head(UPLOAD, query_string=asked)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, POST")
    assert count_rows(session, Image) == 0


def test_by_get_there_is_no_base64(client, session, token):
    asked = {"source": b64encode(png()).decode(), "key": token}
    CHEVERETO.refuses(client.get(UPLOAD, query_string=asked), 422)
    assert count_rows(session, Image) == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("PT5M", timedelta(minutes=5)),
        ("PT3H", timedelta(hours=3)),
        ("P1D", timedelta(days=1)),
        ("P2W", timedelta(days=14)),
        ("P1M", timedelta(days=30)),
        ("P1Y", timedelta(days=365)),
        ("P1DT12H30M5S", timedelta(days=1, hours=12, minutes=30, seconds=5)),
        (" 300 ", timedelta(minutes=5)),
    ],
)
def test_durations(text, expected):
    assert parse_duration(text) == expected


@given(st.text(max_size=30) | st.from_regex(r"\AP[0-9YMWDTHS]{0,20}\Z"))
def test_a_duration_is_read_or_refused(text):
    try:
        lasting = parse_duration(text)
    except InvalidExpirationError:
        return
    assert lasting is None or lasting > timedelta(0)
