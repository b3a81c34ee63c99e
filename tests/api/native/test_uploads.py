"""POST /api/images otherwise than by a form: the body itself, or an address."""

from io import BytesIO
from typing import Any

import pytest

from flaskr.models import Image
from tests.api.native.conftest import caller, code
from tests.browsing import Browser, form
from tests.elsewhere import elsewhere, ok
from tests.factories import count_rows, jpeg, make_token, png, truncated

PNG = {"Content-Type": "image/png"}
KEY = {"Idempotency-Key": "a key of mine"}


@pytest.mark.parametrize("type_", ["image/png", "image/jpeg", "application/octet-stream", ""])
def test_a_picture_may_come_as_the_body_whatever_its_type_says(call, client, type_):
    answer = call("POST", "/images?name=湖.png", data=png(), headers={"Content-Type": type_})
    assert answer.status_code == 201
    assert (answer.json["name"], answer.json["type"]) == ("湖.png", "image/png")
    assert client.get(answer.json["path"]).data == png()


def test_a_body_without_a_name_is_called_image(call):
    assert call("POST", "/images", data=png(), headers=PNG).json["name"] == "image"


@pytest.mark.parametrize(
    ("content", "status", "expected"),
    [
        (b"", 422, "empty_file"),
        (b"words", 415, "unsupported_type"),
        (truncated(jpeg()), 422, "incomplete_image"),
    ],
)
def test_a_bad_body_is_refused(call, session, media, content, status, expected):
    answer = call("POST", "/images", data=content, headers=PNG)
    assert (answer.status_code, code(answer)) == (status, expected)
    assert count_rows(session, Image) == 0
    assert list(media.spool.folder.glob("*")) == []


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_refused_and_nothing_is_left(
    make_app, session, ada, media, chunked
):
    call = caller(Browser(make_app(MAX_FILE_BYTES=1000)), make_token(session, ada))
    content = png() + bytes(1001)
    options: dict[str, Any] = {"data": content}
    if chunked:
        environ = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
        options = {"input_stream": BytesIO(content), "environ_overrides": environ}
    answer = call("POST", "/images", headers=PNG, **options)
    assert (answer.status_code, code(answer)) == (413, "too_large")
    assert list(media.spool.folder.glob("*")) == []


def test_an_idempotency_key_holds_for_bodies_too(call):
    headers = PNG | {"Idempotency-Key": "mine"}
    first, again = (call("POST", "/images", data=png(), headers=headers) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json["key"] == again.json["key"]
    other = call("POST", "/images", data=png(number=1), headers=headers)
    assert (other.status_code, code(other)) == (422, "idempotency_mismatch")


def test_an_idempotency_key_that_is_none_is_refused(call):
    answer = call("POST", "/images", data=png(), headers=PNG | KEY)
    assert (answer.status_code, code(answer)) == (400, "invalid_idempotency_key")


@pytest.fixture
def fetching(make_app, session, ada):
    """A program at an app for which this machine's own servers are elsewhere."""
    app = make_app(FETCH_NETWORKS=["127.0.0.0/8"])
    return caller(Browser(app), make_token(session, ada))


@pytest.mark.parametrize("how", ["json", "form"])
def test_a_picture_is_fetched_from_its_address(fetching, how):
    with elsewhere() as server:
        server.answers["/lake.png"] = ok(png())
        said = {"url": server.url("/lake.png"), "keep": "backup"}
        options = {"json": said} if how == "json" else form(said)
        answer = fetching("POST", "/images", **options)
    assert answer.status_code == 201
    assert (answer.json["name"], answer.json["visibility"]) == ("lake.png", "private")


@pytest.mark.parametrize("way", ["form", "body", "json", "form with an address"])
@pytest.mark.parametrize("usual", [None, "public", "private"])
def test_what_the_account_shows_holds_whichever_way_a_picture_comes(
    fetching, session, ada, way, usual
):
    ada.default_visibility = usual
    session.commit()
    with elsewhere() as server:
        server.answers["/lake.png"] = ok(png())
        said = {"url": server.url("/lake.png")}
        options: dict[str, Any] = {
            "form": form({}, ("lake.png", png())),
            "body": {"data": png(), "headers": PNG},
            "json": {"json": said},
            "form with an address": form(said),
        }[way]
        told = fetching("POST", "/images", **options).json
    assert told["visibility"] == (usual or "unlisted")


def test_a_form_with_an_address_says_who_may_see_the_picture(fetching):
    with elsewhere() as server:
        server.answers["/lake.png"] = ok(png())
        said = {"url": server.url("/lake.png"), "visibility": "private"}
        told = fetching("POST", "/images", **form(said)).json
    assert told["visibility"] == "private"
    said["visibility"] = "friends"
    answer = fetching("POST", "/images", **form(said))
    assert (answer.status_code, code(answer)) == (400, "invalid_visibility")


@pytest.mark.parametrize(
    ("said", "status", "expected"),
    [
        ({"url": "http://127.0.0.1/a.png"}, 422, "forbidden_address"),
        ({"url": "http://[fd00::1]/a.png"}, 422, "forbidden_address"),
        ({"url": "words"}, 422, "invalid_address"),
        ({"url": " "}, 400, "no_file"),
        ({"keep": "share"}, 400, "no_file"),
        ({"url": 5}, 422, "invalid_field"),
        ({"url": "http://example.org/", "keep": "for good"}, 422, "invalid_field"),
        ({"address": "http://example.org/"}, 422, "invalid_field"),
    ],
)
def test_an_address_that_will_not_do_is_refused(call, session, said, status, expected):
    answer = call("POST", "/images", json=said)
    assert (answer.status_code, code(answer)) == (status, expected)
    assert count_rows(session, Image) == 0


def test_what_is_told_of_an_upload_is_told_of_the_picture_later(call, upload):
    told = upload(png())
    later = call("GET", f"/images/{told['key']}").json
    assert told == later | {"known": False, "delete_url": told["delete_url"]}


@pytest.mark.parametrize("name", ["album", "File"])
def test_a_form_with_a_field_that_nobody_knows_is_refused_as_json_is(
    call, upload, session, media, name
):
    key = upload(png())["key"]
    for path in ("/images", f"/images/{key}/versions"):
        for options in (
            form({name: "x"}, ("lake.png", png(number=1))),
            {"data": {name: (BytesIO(png(number=1)), "a.png"), "file": (BytesIO(png()), "b.png")}},
            form({name: "x", "url": "http://example.org/"}),
            {"data": {name: "x"}, "content_type": "application/x-www-form-urlencoded"},
        ):
            answer = call("POST", path, **options)
            assert (answer.status_code, code(answer)) == (422, "invalid_field")
            assert "file" in answer.json["error"]["message"]
    assert count_rows(session, Image) == 1
    assert list(media.spool.folder.glob("*")) == []


def test_what_only_an_upload_may_say_a_replacement_may_not(call, upload):
    key = upload(png())["key"]
    answer = call("POST", f"/images/{key}/versions", **form({"keep": "share"}, ("a.png", png())))
    assert (answer.status_code, code(answer)) == (422, "invalid_field")


# ---- who sees it ----------------------------------------------------------------------------


def ways_in(call, content: bytes, **said: str):
    """Send a picture as a form, as the body, as JSON and as a form with its address."""
    with elsewhere() as server:
        server.answers["/lake.png"] = ok(content)
        address = {"url": server.url("/lake.png"), **said}
        asked = "&".join(f"{name}={text}" for name, text in said.items())
        yield call("POST", "/images", **form(said, ("lake.png", content)))
        yield call("POST", f"/images?{asked}", data=content, headers=PNG)
        yield call("POST", "/images", json=address)
        yield call("POST", "/images", **form(address))


@pytest.mark.parametrize("wanted", ["public", "unlisted", "private"])
def test_an_upload_may_say_who_sees_it_whichever_way_it_comes(fetching, session, ada, wanted):
    ada.default_visibility = "private" if wanted != "private" else "public"
    session.commit()
    for answer in ways_in(fetching, png(), keep="share", visibility=wanted):
        assert answer.json["visibility"] == wanted


def test_a_body_may_come_as_a_backup(call):
    answer = call("POST", "/images?keep=backup", data=png(), headers=PNG)
    assert answer.json["visibility"] == "private"


@pytest.mark.parametrize("said", [{"keep": "for good"}, {"visibility": "everybody"}])
def test_what_is_no_way_of_keeping_or_showing_is_refused(fetching, session, said):
    for answer in ways_in(fetching, png(), **said):
        assert answer.status_code in {400, 422}
    assert count_rows(session, Image) == 0
