"""MetaWeblog, by Python's own client: calls, faults, and what is no call."""

import re
from base64 import encodebytes
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import count
from typing import Any
from xmlrpc.client import Binary, Fault, dumps, loads

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flaskr.api.xmlrpc_call import Call, NoCallError, read_call
from flaskr.library import usage
from flaskr.models import Image, Token
from flaskr.web.intake import CHUNK
from tests import factories
from tests.browsing import Browser
from tests.factories import count_rows, encode, jpeg, make_token, noise, png

METHOD = "metaWeblog.newMediaObject"


@pytest.fixture
def token(session, ada) -> str:
    return make_token(session, ada)


def ask(client: Browser, body: str | bytes) -> Any:
    """Send a call and read the answer as the client does. Raises Fault."""
    answer = client.post("/xmlrpc", data=body, content_type="text/xml")
    assert (answer.status_code, answer.mimetype) == (200, "text/xml")
    assert answer.headers["Connection"] == "close"
    (value,), _ = loads(answer.data)
    return value


def send(
    client: Browser, token: str, content: bytes, name: str = "a.png", method: str = METHOD
) -> Any:
    struct = {"name": name, "type": "image/png", "bits": Binary(content), "overwrite": True}
    return ask(client, dumps(("1", "ada", token, struct), method))


def fault(client: Browser, body: str | bytes) -> Fault:
    with pytest.raises(Fault) as caught:
        ask(client, body)
    assert caught.value.faultString
    return caught.value


def refused(client: Browser, token: str, content: bytes) -> Fault:
    with pytest.raises(Fault) as caught:
        send(client, token, content)
    return caught.value


@pytest.mark.parametrize("method", [METHOD, "wp.uploadFile"])
def test_a_picture_is_taken(client, guest, session, token, method):
    content = jpeg()
    told = send(client, token, content, "图 片.jpg", method)
    image = session.query(Image).one()
    assert told == {
        "id": image.key,
        "file": f"{image.key}.jpg",
        "url": f"http://localhost/tuchuang/download/{image.key}.jpg",
        "type": "image/jpeg",
    }
    assert image.name == "图 片.jpg"
    assert guest.get(told["url"]).data == content
    assert send(client, token, content) == told


def test_a_large_picture_is_taken(client, token):
    content = encode(noise(1200, 900), "PNG")
    assert client.get(send(client, token, content)["url"]).data == content


def test_values_may_be_written_without_a_type(client, token):
    body = dumps(("1", "ada", token, {"bits": Binary(png()), "name": "a.png"}), METHOD)
    body = body.replace("<string>", "").replace("</string>", "")
    assert client.get(ask(client, body)["url"]).data == png()


@pytest.mark.parametrize("content", [png(), encode(noise(300, 300), "PNG")], ids=["one", "many"])
def test_base64_may_be_indented(client, token, content):
    body = dumps(("1", "ada", token, {"name": "a.png", "bits": Binary(content)}), METHOD)
    lines = encodebytes(content).decode().strip().replace("\n", "\n        ")
    body = re.sub(
        "<base64>.*?</base64>",
        f"<base64>\n        {lines}\n      </base64>",
        body,
        flags=re.DOTALL,
    )
    assert client.get(ask(client, body)["url"]).data == content


def test_line_ends_may_be_written_as_references(client, token):
    content = encode(noise(900, 900), "PNG")
    body = dumps(("1", "ada", token, {"name": "a.png", "bits": Binary(content)}), METHOD)
    before, begin, text = body.partition("<base64>")
    text, end, after = text.partition("</base64>")
    text = text.replace("\n", "&#13;\n")
    assert client.get(ask(client, before + begin + text + end + after)["url"]).data == content


def test_editors_are_told_of_a_blog(make_app, token):
    client = Browser(make_app(SITE_NAME="Ada's pictures"))
    for method in ("blogger.getUsersBlogs", "metaWeblog.getUsersBlogs"):
        (blog,) = ask(client, dumps(("key", "ada", token), method))
        assert (blog["url"], blog["blogid"]) == ("http://localhost/", "1")
        assert blog["blogName"] == client.application.config["SITE_NAME"] == "Ada's pictures"
        assert fault(client, dumps(("key", "ada", "wrong"), method)).faultCode == 403


def test_without_a_good_token_nothing_is_taken(client, session, media, ada):
    expired = make_token(session, ada, expires=datetime.now(UTC) + timedelta(seconds=60))
    session.query(Token).one().expires = datetime.now(UTC) - timedelta(seconds=1)
    session.commit()
    for token in ("", "wrong", factories.PASSWORD, expired):
        told = refused(client, token, png())
        assert told.faultCode == 403
        assert "token" in told.faultString
    assert count_rows(session, Image) == 0
    assert list(media.spool.folder.glob("*")) == []


def test_the_picture_is_not_read_before_the_token_is_known(client):
    start = dumps(("1", "ada", "wrong", {"name": "a", "bits": Binary(b"")}), METHOD)
    start = start.partition("<base64>")[0] + "<base64>"

    class Begun(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            got = super().read(size)
            assert got, "the picture was read"
            return got

    environ = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    answer = client.post(
        "/xmlrpc",
        input_stream=Begun(start.encode()),
        content_type="text/xml",
        content_length=None,
        environ_overrides=environ,
    )
    assert "faultCode" in answer.text


def test_what_cannot_be_kept_is_a_fault(make_app, client, session, media, ada, token):
    assert refused(client, token, b"words").faultCode == 415
    assert refused(client, token, b"").faultCode == 422
    assert refused(client, token, factories.truncated(jpeg())).faultCode == 422
    small = Browser(make_app(MAX_FILE_BYTES=1000))
    for size in (1001, 200_000):
        assert refused(small, token, png() + bytes(size)).faultCode == 413
    usage.set_quota(session, ada, images=0, bytes=10)
    session.commit()
    assert "no room left" in refused(client, token, png()).faultString
    assert count_rows(session, Image) == 0
    assert list(media.store.list()) == []
    assert list(media.spool.folder.glob("*")) == []


@pytest.mark.parametrize("struct", [{}, {"bits": "AAAA"}, {"name": 5}, "text", ["x"], 5])
def test_a_call_without_a_picture_is_told(client, token, struct):
    told = fault(client, dumps(("1", "ada", token, struct), METHOD))
    assert (told.faultCode, "No picture arrived" in told.faultString) == (400, True)


def test_other_methods_are_not_there(client, session, token):
    body = dumps(("1", "ada", token, {"bits": Binary(png())}, True), "metaWeblog.newPost")
    told = fault(client, body)
    assert (told.faultCode, "not posts" in told.faultString) == (-32601, True)
    assert count_rows(session, Image) == 0


BOMB = """<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<methodCall><methodName>&b;</methodName></methodCall>"""

NESTED = "<methodCall><params>" + "<value><array><data>" * 5000


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"words",
        b"\x89PNG",
        BOMB,
        BOMB.replace("&b;", "x").replace("<!ENTITY", "<!--").replace(">]", "-->]"),
        '<!DOCTYPE x SYSTEM "http://127.0.0.1/x"><methodCall/>',
        NESTED,
        "<methodCall></methodCall>",
        "<methodCall><methodName>x",
        f"<methodCall><methodName>{'x' * 100_000}</methodName></methodCall>",
        "<methodCall>" + "<x/>" * 2000 + "</methodCall>",
        "<methodCall><methodName>m</methodName><struct><name>a</name></struct></methodCall>",
        '<?xml version="1.0" encoding="nonsense"?><methodCall/>',
    ],
)
def test_what_is_no_call_is_told(client, body):
    assert fault(client, body).faultCode == -32700


@pytest.mark.parametrize(
    ("start", "filler"),
    [
        ('<methodCall a="', "a"),
        ("<methodCall><!--", "a"),
        ("<methodCall><?pi ", "a"),
        ("<", "a"),
        ("<methodCall><x ", 'a%d="" '),
        ("<methodCall>", "<!---->"),
    ],
)
def test_what_is_long_beside_the_picture_is_not_read_to_its_end(start, filler):
    """Nobody was asked for a token yet, and what XML calls one word is held as a whole."""
    read = 0

    def pieces() -> Iterator[bytes]:
        nonlocal read
        yield start.encode()
        for number in count():
            each = filler % number if "%" in filler else filler
            read += CHUNK
            assert read < 1 << 20, "it is read on and on"
            yield (each * (CHUNK // len(each))).encode()

    with pytest.raises(NoCallError):
        read_call(pieces(), Call(no_file))


def test_only_one_picture_comes_with_a_call(client, session, media, token):
    bits = {"bits": Binary(png()), "more": Binary(jpeg())}
    assert fault(client, dumps(("1", "ada", token, bits), METHOD)).faultCode == 400
    assert count_rows(session, Image) == 0
    assert list(media.spool.folder.glob("*")) == []


def test_a_damaged_picture_is_told(client, session, token):
    body = dumps(("1", "ada", token, {"bits": Binary(png())}), METHOD)
    told = fault(client, body.replace("<base64>", "<base64>?狗"))
    assert (told.faultCode, "Base64" in told.faultString) == (422, True)
    assert count_rows(session, Image) == 0


def test_a_form_is_no_call(client):
    answer = client.get("/xmlrpc")
    assert answer.status_code == 405
    with pytest.raises(Fault):
        loads(answer.data)


# ---- reading --------------------------------------------------------------------------------

VALUES = st.recursive(
    st.text(st.characters(exclude_categories=["C"]), max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


def no_file(_call: Call) -> Any:
    raise NoCallError


@given(st.lists(VALUES, max_size=4), st.integers(1, 40))
def test_a_call_is_read_however_it_is_cut(params, size):
    body = dumps(tuple(params), "m").encode()
    call = Call(no_file)
    read_call((body[at : at + size] for at in range(0, len(body), size)), call)
    assert (call.method, call.params) == ("m", params)


@given(st.binary(max_size=200) | st.text("<>/avluestrcname ", max_size=200).map(str.encode))
def test_any_bytes_are_a_call_or_refused(body):
    with pytest.raises(NoCallError):
        read_call([body], Call(no_file))
