"""NUL, and other bytes that are no text: SQLite takes them, PostgreSQL does not."""

import pytest
from sqlalchemy import event

from flaskr.db import db
from flaskr.models import Post
from tests.browsing import form
from tests.factories import make_post


@pytest.fixture
def never_asked(app):
    """Fail if the database is told of a text with NUL in it."""

    def look(_connection, _cursor, _statement, parameters, *_):
        assert "\\x00" not in repr(parameters)

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", look)
        yield
        event.remove(db.engine, "before_cursor_execute", look)


@pytest.mark.parametrize(
    "path",
    [
        "/i/%00.jpg",
        "/i/11111111111%00.jpg",
        "/i/111111111111.%00",
        "/tuchuang/download/%00.jpg",
        "/tuchuang/delete/%00/x",
        "/tuchuang/delete/111111111111/%00",
        "/tuchuang/images/%00",
        "/tuchuang/images/%00/delete",
        "/tuchuang/uploads/%00",
        "/static/%00/main.css",
        "/static/1/%00",
        "/%00",
    ],
)
def test_an_address_with_nul_is_not_found(owner, never_asked, path):
    assert owner.get(path).status_code == 404


@pytest.mark.parametrize("key", ["short", "0" * 12, "1" * 13, "图" * 12, "1" * 11 + "%0a"])
def test_what_is_no_key_is_not_found(owner, key):
    for path in (f"/i/{key}.png", f"/tuchuang/images/{key}", f"/tuchuang/uploads/{key}"):
        assert owner.get(path).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/?before=%00",
        "/?next=%00",
        "/tuchuang/images?cursor=%00",
        "/tuchuang/images?q=%00",
        "/tuchuang/images?type=%00&since=%00&sort=%00",
        "/tuchuang/trash?after=%00",
    ],
)
def test_a_query_with_nul_does_no_harm(owner, never_asked, path):
    assert owner.get(path).status_code == 200


@pytest.mark.parametrize("name", ["\0", "a\0da", "\0" * 50])
def test_nobody_logs_in_or_registers_with_nul(client, auth, never_asked, name):
    assert auth.register(name).status_code == 422
    assert auth.login(name).status_code == 401


def test_nul_in_a_text_becomes_what_html_makes_of_it(owner, session, ada, never_asked):
    assert owner.submit("/create", {"title": "a\0b", "body": "c\0d"}).status_code == 303
    post = make_post(session, ada)
    fields = {"title": "e\0f", "body": "g", "csrf_token": owner.token()}
    assert owner.post(f"/{post.id}/update", **form(fields)).status_code == 303
    session.expire_all()
    assert {(post.title, post.body) for post in session.query(Post)} == {
        ("a\ufffdb", "c\ufffdd"),
        ("e\ufffdf", "g"),
    }


@pytest.mark.parametrize("charset", [b"x-nonsense", b"utf-16", b"", b"idna", b"base64"])
def test_the_charset_that_a_part_claims_does_not_count(client, ada, charset):
    body = form({"username": "ada", "password": "wrong", "csrf_token": client.token()})
    claim = b"Content-Type: text/plain; charset=%b\r\nContent-Disposition" % charset
    body["data"] = body["data"].replace(b"Content-Disposition", claim)
    assert client.post("/auth/login", **body).status_code == 401
