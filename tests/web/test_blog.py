"""The blog, as in the tutorial's tests: index, create, update, delete, author only."""

import pytest

from flaskr.library import images, posts
from flaskr.models import Post
from flaskr.transactions import begin_write
from tests.browsing import links, query, text
from tests.factories import count_rows, make_image, make_post, make_posts, png


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


# ---- drafts ---------------------------------------------------------------------------------


@pytest.fixture
def draft(session, ada):
    return make_post(session, ada, title="Half a thought", tags=["secret"], draft=True)


def test_a_draft_is_seen_by_its_author_alone(owner, other, draft, app):
    guest = app.test_client()
    for reader in (guest, other):
        for path in ("/", "/feed.atom"):
            assert "Half a thought" not in reader.get(path).text
        for path in (f"/{draft.id}", "/tagged/secret"):
            assert reader.get(path).status_code == 404
    assert "Half a thought" not in other.get("/drafts").text
    assert "Half a thought" not in owner.get("/").text
    page = owner.get(f"/{draft.id}")
    assert "only you see it" in text(page)
    assert query(page, "meta[name=robots][content=noindex]")
    assert not query(page, "meta[property^='og:']")
    assert "/drafts" in links(owner.get("/"))
    assert f"/{draft.id}" in links(owner.get("/drafts"))


def test_a_post_is_kept_as_a_draft_then_published(owner, session):
    written = {"title": "new", "body": "words", "draft": "1"}
    page = owner.submit("/create", written, page="/create").location
    post = session.query(Post).one()
    assert (post.draft, post.published) == (True, None)
    owner.submit(f"{page}/update", {"title": "newer", "body": "words"})
    session.expire_all()
    session.rollback()
    assert (post.draft, post.title) == (True, "newer")
    owner.submit(f"{page}/update", {"title": "newer", "body": "words", "draft": "0"})
    session.expire_all()
    session.rollback()
    assert post.draft is False
    assert post.published is not None
    assert post.published > post.created


def test_a_post_that_was_a_draft_for_long_is_listed_by_when_it_was_published(
    owner, session, draft, ada
):
    make_posts(session, ada, 12)
    owner.submit(f"/{draft.id}/update", {"title": "Whole", "body": "words", "draft": "0"})
    first = owner.get("/")
    assert titles(first)[:2] == ["Whole", "post 11"]
    second = owner.get(next(link for link in links(first) if "before=" in link))
    assert titles(second) == ["post 2", "post 1", "post 0"]


def test_a_post_is_taken_back_and_keeps_its_day(owner, session, ada):
    post = make_post(session, ada)
    day = post.published
    data = {"title": "t", "body": "b"}
    owner.submit(f"/{post.id}/update", {**data, "draft": "1"})
    assert "A title" not in owner.get("/").text
    owner.submit(f"/{post.id}/update", {**data, "draft": "0"})
    session.expire_all()
    session.rollback()
    assert (post.draft, post.published) == (False, day)


def test_a_deleted_draft_leads_back_to_the_drafts(owner, draft):
    assert owner.submit(f"/{draft.id}/delete").location == "/drafts"


# ---- tags -----------------------------------------------------------------------------------


def test_a_post_is_found_by_its_tags(owner, client, session):
    data = {"title": "A walk", "body": "words", "tags": "Walks, 散步；a/b\n#walks"}
    page = client.get(owner.submit("/create", data, page="/create").location)
    tags = links(page, ".post-tags a")
    assert tags == ["/tagged/a%2Fb", "/tagged/Walks", "/tagged/%E6%95%A3%E6%AD%A5"]
    for tag in tags:
        assert titles(client.get(tag)) == ["A walk"]
    assert titles(client.get("/tagged/ＷＡＬＫＳ")) == ["A walk"]
    assert client.get("/tagged/nothing").status_code == 404


def test_tags_are_changed_and_taken_off(owner, session, ada):
    post = make_post(session, ada, tags=["one", "two"])
    form = owner.get(f"/{post.id}/update")
    assert query(form, "#tags")[0].attrs["value"] == "one, two"
    owner.submit(f"/{post.id}/update", {"title": "t", "body": "b", "tags": "Two, three"})
    page = owner.get(f"/{post.id}")
    assert links(page, ".post-tags a") == ["/tagged/three", "/tagged/Two"]
    owner.submit(f"/{post.id}/update", {"title": "t", "body": "b"})
    assert len(links(owner.get(f"/{post.id}"), ".post-tags a")) == 2


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        (",".join(map(str, range(21))), "A post has at most 20 tags."),
        ("x" * 65, "A tag has 1 to 64 characters"),
    ],
)
def test_tags_that_will_not_do_are_told_beside_their_field(owner, session, tags, message):
    data = {"title": "kept", "body": "an hour of work", "tags": tags}
    page = owner.submit("/create", data, page="/create")
    assert page.status_code == 422
    assert message in text(page)
    assert "an hour of work" in page.text
    assert count_rows(session, Post) == 0


# ---- covers ---------------------------------------------------------------------------------


def meta(page) -> dict[str, str]:
    """What the page says of itself to other sites."""
    found = query(page, "meta[property]")
    return {element.attrs["property"]: element.attrs["content"] for element in found}


def test_a_cover_is_chosen_among_ones_own_pictures(owner, client, session, ada, bob):
    first, second = make_image(session, ada), make_image(session, ada)
    hidden = make_image(session, ada)
    hidden.visibility = "private"
    make_image(session, bob)
    session.commit()
    form = owner.get("/create")
    offered = [
        element.attrs["value"] for element in query(form, ".cover-choices .cover-choice input")
    ]
    assert offered == ["", second.key, first.key]
    data = {"title": "t", "body": "b", "cover": first.key}
    path = owner.submit("/create", data, page="/create").location
    (cover,) = query(client.get(path), ".post-cover")
    assert first.key in cover.attrs["src"]
    assert first.key in client.get("/").text
    chosen = query(owner.get(f"{path}/update"), "form > fieldset input[name=cover][checked]")
    assert [element.attrs["value"] for element in chosen] == [first.key]
    assert not query(form, "input[type=hidden][name=cover]")


def test_pictures_of_the_text_are_offered_first(owner, session, ada):
    old = make_image(session, ada)
    for _ in range(14):
        make_image(session, ada)
    post = make_post(session, ada, body=f"![x](/i/{old.key}.png)")
    form = owner.get(f"/{post.id}/update")
    offered = [
        element.attrs["value"] for element in query(form, ".cover-choices .cover-choice input")
    ]
    assert offered[:2] == ["", old.key]
    assert len(offered) == 13


@pytest.mark.parametrize("whose", ["private", "somebody else's", "nobody's"])
def test_a_cover_that_readers_would_not_see_is_refused(owner, session, ada, bob, whose):
    image = make_image(session, bob if whose == "somebody else's" else ada)
    image.visibility = "private" if whose == "private" else "unlisted"
    session.commit()
    key = "nobody" if whose == "nobody's" else image.key
    page = owner.submit("/create", {"title": "t", "body": "b", "cover": key}, page="/create")
    assert page.status_code == 422
    assert "cannot be the cover" in text(page)


@pytest.mark.parametrize("end", ["deleted", "private", "purged"])
def test_a_cover_goes_with_its_picture(client, session, media, ada, end):
    image = make_image(session, ada)
    post = make_post(session, ada, cover=image.key)
    if end == "deleted":
        images.delete(session, media, image)
    elif end == "private":
        image.visibility = "private"
    else:
        session.delete(image)
    session.commit()
    for path in ("/", f"/{post.id}", "/feed.atom"):
        page = client.get(path)
        assert page.status_code == 200
        assert image.key not in page.text


def test_other_sites_are_told_of_a_post(client, session, ada):
    image = make_image(session, ada, png(2560, 1440), name="West Lake.png")
    post = make_post(session, ada, "A walk", "Some **words**.", tags=["walks"], cover=image.key)
    page = client.get(f"/{post.id}")
    told = meta(page)
    assert told["og:type"] == "article"
    assert told["og:title"] == "A walk"
    assert told["og:description"] == "Some words."
    assert told["og:url"] == f"http://localhost/{post.id}"
    assert told["og:image"].startswith(f"http://localhost/tuchuang/download/{image.key}.jpg?")
    assert (told["og:image:width"], told["og:image:height"]) == ("1280", "720")
    assert told["og:image:alt"] == "West Lake"
    assert told["article:tag"] == "walks"
    assert query(page, "meta[name='twitter:card'][content=summary_large_image]")
    assert query(page, f"link[rel=canonical][href='http://localhost/{post.id}']")


def test_the_picture_of_a_post_without_a_cover_is_the_first_in_its_text(client, session, ada):
    hidden, shown = make_image(session, ada), make_image(session, ada)
    hidden.visibility = "private"
    session.commit()
    body = f"![](/i/{hidden.key}.png) ![](/i/{shown.key}.png)"
    told = meta(client.get(f"/{make_post(session, ada, body=body).id}"))
    assert shown.key in told["og:image"]


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
