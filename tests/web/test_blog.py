"""The blog, as in the tutorial's tests: index, create, update, delete, author only."""

import pytest

from flaskr.library import posts
from flaskr.models import Post
from flaskr.transactions import begin_write
from tests.browsing import links, query, text
from tests.factories import count_rows, make_post, make_posts


def test_the_first_page_shows_posts_and_a_way_to_log_in(client, ada, session):
    post = make_post(session, ada, title="Hello there", body="some **words**")
    page = client.get("/")
    assert page.status_code == 200
    assert "Hello there" in text(page)
    assert "ada" in text(page)
    assert "some words" in text(page)
    assert f"/{post.id}" in links(page)
    assert "/auth/login" in links(page)
    assert "/create" not in links(page)


def test_the_first_page_offers_to_write_once_logged_in(owner):
    page = owner.get("/")
    assert "/create" in links(page)
    assert query(page, "form[action='/auth/logout']")


def test_the_first_page_without_posts_says_so(client):
    assert "No posts yet" in text(client.get("/"))


def test_a_post_has_its_own_page(client, ada, session):
    post = make_post(session, ada, title="<i>Hello</i>", body="# Head\n\nsome **words**")
    page = client.get(f"/{post.id}")
    assert page.status_code == 200
    assert "&lt;i&gt;Hello&lt;/i&gt;" in page.text
    assert [element.to_text() for element in query(page, ".prose strong")] == ["words"]


def test_the_page_of_a_post_runs_nothing_that_its_author_wrote(client, ada, session):
    post = make_post(session, ada, body="<script>alert(1)</script><p onclick=x>y")
    page = client.get(f"/{post.id}")
    assert not query(page, ".prose script")
    assert not query(page, "[onclick]")
    policy = page.headers["Content-Security-Policy"]
    assert "img-src 'self' https: http:" in policy
    assert "script-src 'self';" in policy


def test_only_the_author_is_offered_to_edit(owner, other, session, ada):
    post = make_post(session, ada)
    edit = {f"/{post.id}/update", f"/{post.id}/delete"}
    assert edit <= set(links(owner.get(f"/{post.id}")))
    assert not edit & set(links(other.get(f"/{post.id}")))


def test_a_post_is_written(owner, session):
    page = owner.get("/create")
    assert page.status_code == 200
    (editor,) = query(page, "form[data-editor]")
    assert editor.attrs["data-upload-url"] == "/tuchuang/"
    answer = owner.submit("/create", {"title": "new", "body": "words"}, page="/create")
    post = session.query(Post).one()
    assert (answer.status_code, answer.location) == (303, f"/{post.id}")
    assert (post.title, post.body) == ("new", "words")


def test_a_post_is_changed(owner, session, ada):
    post = make_post(session, ada, title="old", body="old words")
    page = f"/{post.id}/update"
    assert "old words" in owner.get(page).text
    answer = owner.submit(page, {"title": "new", "body": "new words"}, page=page)
    assert answer.location == f"/{post.id}"
    session.expire_all()
    session.rollback()
    assert (post.title, post.body) == ("new", "new words")
    assert post.updated > post.created


@pytest.mark.parametrize(
    ("title", "body", "message"),
    [
        ("", "words", "Fill in this field."),
        ("new", "", "Fill in this field."),
        ("x" * 201, "words", "At most 200 characters."),
    ],
)
@pytest.mark.parametrize("path", ["/create", "/1/update"])
def test_a_post_needs_a_title_and_a_text(owner, session, ada, path, title, body, message):
    make_post(session, ada)
    page = owner.submit(path, {"title": title, "body": body})
    assert page.status_code == 200
    assert message in text(page)
    session.expire_all()
    session.rollback()
    assert [post.title for post in session.query(Post)] == ["A title"]


def test_what_was_typed_is_kept_when_something_is_missing(owner):
    page = owner.submit("/create", {"title": "", "body": "an hour's work"})
    (area,) = query(page, "textarea")
    assert "an hour's work" in area.to_text()


def test_deleting_a_post_asks_first(owner, session, ada):
    post = make_post(session, ada)
    page = f"/{post.id}/delete"
    assert "Delete this post?" in text(owner.get(page))
    owner.head(page)
    assert count_rows(session, Post) == 1
    assert owner.submit(page, page=page).location == "/"
    assert count_rows(session, Post) == 0


@pytest.mark.parametrize("path", ["/99", "/99/update", "/99/delete", "/99999999999999999999"])
def test_a_post_that_is_not_there_is_not_found(owner, path):
    assert owner.get(path).status_code == 404


# ---- paging ---------------------------------------------------------------------------------


def titles(page) -> list[str]:
    return [element.to_text().strip() for element in query(page, ".posts h2")]


def test_posts_are_shown_newest_first_page_by_page(client, session, ada):
    make_posts(session, ada, 25)
    first = client.get("/")
    second = client.get(next(link for link in links(first) if "before=" in link))
    third = client.get(next(link for link in links(second) if "before=" in link))
    shown = titles(first) + titles(second) + titles(third)
    assert shown == [f"post {number}" for number in reversed(range(25))]
    assert [len(titles(page)) for page in (first, second, third)] == [10, 10, 5]
    assert not [link for link in links(third) if "before=" in link]
    assert "/" in links(third, ".paging a")


def test_a_post_added_while_somebody_pages_shows_nothing_twice(client, session, ada):
    make_posts(session, ada, 15)
    first = client.get("/")
    make_post(session, ada, title="late")
    second = client.get(next(link for link in links(first) if "before=" in link))
    assert not set(titles(first)) & set(titles(second))
    assert len(titles(first)) + len(titles(second)) == 15


def test_exactly_one_page_of_posts_has_no_next_page(client, session, ada):
    make_posts(session, ada, 10)
    assert not query(client.get("/"), ".paging")


@pytest.mark.parametrize("before", ["x", "", "-5", "0", "1.5", "99999999999999999999"])
def test_a_cursor_that_makes_no_sense_does_no_harm(client, session, ada, before):
    make_posts(session, ada, 3)
    assert client.get(f"/?before={before}").status_code == 200


# ---- two at once ----------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["update", "delete"])
def test_a_post_that_was_deleted_while_it_was_changed_is_not_found(
    owner, session, ada, monkeypatch, page
):
    post = make_post(session, ada)

    def delete_first(requests_own):
        monkeypatch.setattr(posts, "begin_write", begin_write)
        session.delete(post)
        session.commit()
        begin_write(requests_own)

    monkeypatch.setattr(posts, "begin_write", delete_first)
    answer = owner.submit(f"/{post.id}/{page}", {"title": "new", "body": "new"})
    assert answer.status_code == 404
    assert count_rows(session, Post) == 0
