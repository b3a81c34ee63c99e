"""imgur v3: the whole of each answer, raw bodies, deletion."""

from io import BytesIO
from typing import Any

import pytest

from flaskr.api.imgur import Peeked
from flaskr.models import Image
from tests.api.adapters import BY_NAME
from tests.browsing import Browser
from tests.factories import count_rows, encode, gif, jpeg, make_album, make_token, noise, png

IMGUR = BY_NAME["imgur"]


@pytest.fixture
def token(session, ada) -> str:
    return make_token(session, ada)


@pytest.fixture
def headers(token) -> dict[str, str]:
    return {"Authorization": f"Client-ID {token}"}


def test_an_upload_is_answered_with_all_that_clients_read(client, session, token):
    content = png(number=5)
    fields = {"title": "A title", "description": "What it shows", "name": "a name.png"}
    answer = IMGUR.post(client, token, ("image", "other.png", content), fields=fields)
    told: Any = answer.json
    image = session.query(Image).one()
    assert told == {
        "success": True,
        "status": 200,
        "data": {
            "id": image.key,
            "deletehash": told["data"]["deletehash"],
            "link": f"http://localhost/tuchuang/download/{image.key}.png",
            "title": "A title",
            "description": "What it shows",
            "name": "a name.png",
            "type": "image/png",
            "animated": False,
            "width": 48,
            "height": 32,
            "size": len(content),
            "datetime": int(image.created.timestamp()),
        },
    }


def test_an_error_is_a_text_with_its_status(client):
    answer = IMGUR.send(client, "wrong", png())
    assert answer.json == {
        "success": False,
        "status": 401,
        "data": {
            "error": "The token is wrong or has expired. Make a new one in the settings of the "
            "image host, and enter it here.",
            "request": "/3/image",
            "method": "POST",
        },
    }


def test_both_addresses_and_schemes_work(client, token):
    form = {"image": (BytesIO(png()), "a.png")}
    answer = client.post("/3/upload", data=form, headers={"Authorization": f"Bearer {token}"})
    assert IMGUR.link(answer.json)


def test_an_album_takes_the_picture(client, session, ada, token):
    album = make_album(session, ada)
    fields = {"album": album.key}
    assert IMGUR.link(IMGUR.post(client, token, ("image", "a", png()), fields=fields).json)
    wrong = IMGUR.post(client, token, ("image", "a", jpeg()), fields={"album": "wrong"})
    assert "no such album" in IMGUR.refuses(wrong, 404)


# ---- raw bodies -----------------------------------------------------------------------------

TYPES = [
    "application/application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded",
    "image/png",
    "application/octet-stream",
    "",
]


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize(
    "content",
    [png(), jpeg(), gif(), encode(noise(300, 300), "PNG"), encode(noise(61, 1), "GIF")],
    ids=["png", "jpeg", "gif", "large", "gif with ="],
)
def test_the_body_may_be_the_picture(client, session, headers, kind, content):
    answer = client.post("/3/image", data=content, content_type=kind, headers=headers)
    assert client.get(IMGUR.link(answer.json)).data == content
    name, _, ending = session.query(Image).one().name.partition(".")
    assert (name, ending in {"png", "jpg", "gif"}) == ("image", True)


def test_a_raw_body_may_have_no_stated_length(client, headers):
    answer = client.post(
        "/3/image",
        input_stream=BytesIO(png()),
        content_type="application/x-www-form-urlencoded",
        content_length=None,
        headers=headers,
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    )
    assert IMGUR.link(answer.json)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize(("body", "status"), [(b"", 400), (b"words", 415), (b"\x89PNG", 422)])
def test_a_body_that_is_no_picture_is_refused(client, session, headers, kind, body, status):
    answer = client.post("/3/image", data=body, content_type=kind, headers=headers)
    IMGUR.refuses(answer, 415 if body == b"\x89PNG" and status == 422 else status)
    assert count_rows(session, Image) == 0


@pytest.mark.parametrize("kind", TYPES)
def test_a_raw_body_over_the_limit_is_refused(make_app, session, media, headers, kind):
    client = Browser(make_app(MAX_FILE_BYTES=1000))
    for size in (1001, 200_000):
        body = png() + bytes(size)
        answer = client.post("/3/image", data=body, content_type=kind, headers=headers)
        assert "larger than 1,000 B" in IMGUR.refuses(answer, 413)
    assert count_rows(session, Image) == 0
    assert list(media.spool.folder.glob("*")) == []


@pytest.mark.parametrize("sizes", [[1, 2, 3, 100], [4, -1], [-1], [7, 7, 7]])
def test_a_stream_that_was_peeked_into_gives_all_of_it(sizes):
    stream = Peeked(b"abcd", BytesIO(b"efghij"))
    got = [stream.read(size) for size in sizes]
    assert b"".join([*got, stream.read()]) == b"abcdefghij"


# ---- deletion -------------------------------------------------------------------------------


def test_a_deletehash_deletes(client, token):
    data: Any = IMGUR.send(client, token, png()).json["data"]
    answer = client.delete(f"/3/image/{data['deletehash']}")
    assert answer.json == {"data": True, "success": True, "status": 200}
    assert client.get(data["link"]).status_code == 404
    IMGUR.refuses(client.delete(f"/3/image/{data['deletehash']}"), 404)


def test_an_id_deletes_for_a_wide_token_alone(client, session, ada, bob, token):
    data: Any = IMGUR.send(client, token, png()).json["data"]
    path = f"/3/image/{data['id']}"
    others = make_token(session, bob, "library")
    for given, status in [("", 401), (token, 403), (others, 404)]:
        IMGUR.refuses(client.delete(path, headers=IMGUR.credentials(given)), status)
    assert client.get(data["link"]).status_code == 200
    wide = IMGUR.credentials(make_token(session, ada, "library"))
    assert client.delete(path, headers=wide).status_code == 200
    assert client.get(data["link"]).status_code == 404


@pytest.mark.parametrize("text", ["x", "1" * 12, "1" * 34, "%00" * 12, "%00" * 34, "é" * 40])
def test_what_is_no_hash_deletes_nothing(client, headers, text):
    assert client.delete(f"/3/image/{text}", headers=headers).status_code in {403, 404}
