"""POST /api/images: a Bearer token, a file, its links."""

import hashlib
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import select

from flaskr.library.keys import derive_secret
from flaskr.models import Image, Token
from tests import factories
from tests.browsing import Browser, form
from tests.factories import count_rows, jpeg, make_token, png

IMAGES = "/api/images"


@pytest.fixture
def token(session, ada) -> str:
    return make_token(session, ada)


@pytest.fixture
def send(client, token):
    def post(*files, token: str = token, kind: str = "Bearer", **options):
        headers = {"Authorization": f"{kind} {token}"} if token else {}
        return client.post(IMAGES, **form({}, *files), headers=headers, **options)

    return post


def code(answer) -> str:
    assert set(answer.json) == {"error"}
    assert answer.json["error"]["message"]
    return str(answer.json["error"]["code"])


def test_a_picture_is_taken_and_described(send, client, session, ada):
    content = png(40, 80)
    answer = send(("狗.png", content))
    assert answer.status_code == 201
    told = answer.json
    image = session.query(Image).one()
    url = f"http://localhost/tuchuang/download/{image.key}.png"
    expected = {
        "key": image.key,
        "url": url,
        "page": f"http://localhost/tuchuang/images/{image.key}",
        "name": "狗.png",
        "type": "image/png",
        "bytes": len(content),
        "width": 40,
        "height": 80,
        "sha256": hashlib.sha256(content).hexdigest(),
        "md5": hashlib.md5(content, usedforsecurity=False).hexdigest(),
    }
    assert {name: told[name] for name in expected} == expected
    assert set(told["links"]) == {"url", "markdown", "html", "bbcode", "picture"}
    assert image.owner_id == ada.id
    assert client.get(url).data == content


def test_the_deletion_link_works_and_its_secret_is_not_stored(send, client, session):
    told = send(("a.png", png())).json
    link = told["delete_url"]
    assert link.startswith("http://localhost/tuchuang/delete/")
    secret = link.rpartition("/")[2]
    image = session.query(Image).one()
    assert secret != image.deletion_sha256 == hashlib.sha256(secret.encode()).hexdigest()
    path = link.removeprefix("http://localhost")
    assert client.get(path).status_code == 200
    assert client.submit(path, page=path).status_code == 303
    assert client.get(told["url"]).status_code == 404


def test_a_known_picture_is_told_with_the_deletion_link_it_has(client, session, ada):
    headers = {"Authorization": f"Bearer {make_token(session, ada, 'library')}"}
    first, again = (
        client.post(IMAGES, **form({}, ("a.png", png())), headers=headers) for _ in "ab"
    )
    assert (first.status_code, again.status_code) == (201, 200)
    assert (first.json["known"], again.json["known"]) == (False, True)
    for name in ("key", "url", "delete_url"):
        assert again.json[name] == first.json[name]
    path = again.json["delete_url"].removeprefix("http://localhost")
    assert client.submit(path, page=path).status_code == 303


def test_a_token_that_may_only_upload_learns_to_delete_nothing_that_was_there(send, client):
    first, again = send(("a.png", png())), send(("a.png", png()))
    assert (again.json["key"], again.json["delete_url"]) == (first.json["key"], None)
    path = first.json["delete_url"].removeprefix("http://localhost")
    assert client.submit(path, page=path).status_code == 303  # what it has sent it may delete


def test_deletion_links_outlive_the_secret_key_but_are_not_told_again(send, make_app, session, ada):
    told = send(("a.png", png())).json
    later = Browser(make_app(SECRET_KEY="another key"))
    headers = {"Authorization": f"Bearer {make_token(session, ada, 'library')}"}
    again = later.post(IMAGES, **form({}, ("a.png", png())), headers=headers)
    assert again.json is not None
    assert (again.json["key"], again.json["delete_url"]) == (told["key"], None)
    path = told["delete_url"].removeprefix("http://localhost")
    assert later.submit(path, page=path).status_code == 303


def test_nobody_can_make_deletion_links_without_the_secret_key():
    secrets = {
        derive_secret(key, purpose, about)
        for key in ("one", "two")
        for purpose in ("deletion", "other")
        for about in ("a", "b")
    }
    assert len(secrets) == 8
    assert {len(secret) for secret in secrets} == {22}
    assert derive_secret("one", "deletion", "a") in secrets


@pytest.mark.parametrize("scope", ["upload", "library", "admin"])
def test_every_scope_includes_uploading(send, session, ada, scope):
    answer = send(("a.png", png()), token=make_token(session, ada, scope))
    assert answer.status_code == 201


@pytest.mark.parametrize("kind", ["bearer", "BEARER"])
def test_the_scheme_is_read_in_any_case(send, kind):
    assert send(("a.png", png()), kind=kind).status_code == 201


@pytest.mark.parametrize("token", ["", "wrong", " ", "1" * 23, "狗".encode().decode("latin-1")])
def test_a_token_that_is_missing_or_unknown_opens_nothing(send, session, token):
    answer = send(("a.png", png()), token=token)
    assert (answer.status_code, code(answer)) == (401, "invalid_token")
    assert count_rows(session, Image) == 0


def test_a_token_sent_as_a_password_is_none(send, token):
    answer = send(("a.png", png()), token=token, kind="Basic")
    assert answer.status_code == 401


def test_an_expired_token_opens_nothing(send, session, ada):
    past = datetime.now(UTC) - timedelta(seconds=1)
    answer = send(("a.png", png()), token=make_token(session, ada, expires=past))
    assert (answer.status_code, code(answer)) == (401, "invalid_token")


def test_a_token_that_will_expire_still_works(send, session, ada):
    soon = datetime.now(UTC) + timedelta(hours=1)
    assert send(("a.png", png()), token=make_token(session, ada, expires=soon)).status_code == 201


def test_a_cookie_alone_is_not_enough(owner, session):
    answer = owner.post(IMAGES, **form({"csrf_token": owner.token()}, ("a.png", png())))
    assert (answer.status_code, code(answer)) == (401, "invalid_token")
    assert count_rows(session, Image) == 0


def test_the_picture_belongs_to_the_token_not_to_the_cookie(owner, session, bob):
    headers = {"Authorization": f"Bearer {make_token(session, bob)}"}
    answer = owner.post(IMAGES, **form({}, ("a.png", png())), headers=headers)
    assert answer.status_code == 201
    assert session.query(Image).one().owner_id == bob.id


def test_the_token_of_a_deleted_account_opens_nothing(send, session, ada):
    session.delete(ada)
    session.commit()
    assert send(("a.png", png())).status_code == 401


def last_used(session):
    session.rollback()
    return session.scalar(select(Token.last_used))


def test_a_token_is_stored_as_a_hash_and_notes_when_it_was_used(send, session, token):
    stored = session.query(Token).one()
    assert stored.secret_sha256 == hashlib.sha256(token.encode()).hexdigest()
    assert token not in str(vars(stored))
    assert last_used(session) is None
    send(("a.png", png()))
    first = last_used(session)
    assert first is not None
    send(("a.png", png()))
    assert last_used(session) == first


@pytest.mark.parametrize(
    ("name", "content", "status", "expected"),
    [
        ("a.txt", b"words", 415, "unsupported_type"),
        ("a.png", b"", 422, "empty_file"),
        ("a.jpg", factories.truncated(jpeg()), 422, "incomplete_image"),
        ("a.png", factories.pixel_bomb(), 422, "too_many_pixels"),
        ("a.gif", factories.many_frames(), 422, "too_many_frames"),
        ("", png(), 400, "no_file"),
    ],
)
def test_a_bad_file_is_refused_with_a_code(send, session, media, name, content, status, expected):
    answer = send((name, content))
    assert (answer.status_code, code(answer)) == (status, expected)
    assert count_rows(session, Image) == 0
    assert list(media.store.list()) == []


def test_two_files_at_once_are_refused_rather_than_one_of_them_lost(send, session, media):
    answer = send(("a.png", png(number=1)), ("b.png", png(number=2)))
    assert (answer.status_code, code(answer)) == (400, "several_files")
    assert count_rows(session, Image) == 0
    assert list(media.store.list()) == []


def test_no_file_at_all_is_said(client, token):
    headers = {"Authorization": f"Bearer {token}"}
    bodies: list[dict[str, Any]] = [{}, {"data": {"keep": "share"}}, {"json": {}}]
    for options in bodies:
        answer = client.post(IMAGES, headers=headers, **options)
        assert (answer.status_code, code(answer)) == (400, "no_file")


def test_a_file_over_the_limit_is_refused(make_app, ada, session):
    headers = {"Authorization": f"Bearer {make_token(session, ada)}"}
    browser = Browser(make_app(MAX_FILE_BYTES=1000))
    for size in (1001, 200_000):
        answer = browser.post(IMAGES, **form({}, ("a.png", png() + bytes(size))), headers=headers)
        assert (answer.status_code, code(answer)) == (413, "too_large")


def test_a_body_without_a_stated_length_is_read_to_its_end(client, token):
    body = form({}, ("a.png", png()))
    environ = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    answer = client.post(
        IMAGES,
        input_stream=BytesIO(body["data"]),
        content_type=body["content_type"],
        content_length=None,
        headers={"Authorization": f"Bearer {token}"},
        environ_overrides=environ,
    )
    assert answer.status_code == 201


def test_without_a_token_the_body_is_not_read(client):
    class Unread(BytesIO):
        def read(self, *_: object) -> bytes:
            raise AssertionError("the body was read")

        readinto = read  # type: ignore[assignment]

    answer = client.post(
        IMAGES,
        input_stream=Unread(bytes(1000)),
        content_type="multipart/form-data; boundary=x",
        content_length=1000,
    )
    assert answer.status_code == 401


def test_the_api_answers_in_the_language_asked_for(client):
    english = client.post(IMAGES).json["error"]["message"]
    chinese = client.post(IMAGES, headers={"Accept-Language": "zh"}).json["error"]["message"]
    assert english != chinese
