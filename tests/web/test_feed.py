"""The feed of the newest posts."""

from datetime import datetime
from xml.etree.ElementTree import Element, fromstring

import pytest

from flaskr.library import posts
from tests.factories import make_image, make_post, make_posts

ATOM = "{http://www.w3.org/2005/Atom}"
FEED = "/feed.atom"


def read(answer) -> Element:
    assert answer.status_code == 200
    assert answer.content_type == "application/atom+xml; charset=utf-8"
    return fromstring(answer.data)  # noqa: S314 - ours


def words(element: Element, name: str) -> str:
    found = element.find(ATOM + name)
    assert found is not None
    return found.text or ""


def test_a_blog_without_posts_has_a_feed(client):
    feed = read(client.get(FEED))
    assert words(feed, "title") == "Tuchuang"
    assert datetime.fromisoformat(words(feed, "updated")).tzinfo
    assert not feed.findall(ATOM + "entry")


def test_the_newest_posts_are_in_the_feed(client, session, ada):
    make_posts(session, ada, 25)
    feed = read(client.get(FEED))
    titles = [words(entry, "title") for entry in feed.findall(ATOM + "entry")]
    assert titles == [f"post {number}" for number in range(24, 4, -1)]
    assert all(
        words(entry, "updated") <= words(feed, "updated") for entry in feed.findall(ATOM + "entry")
    )


def test_an_entry_says_all_of_a_post(client, session, ada):
    image = make_image(session, ada)
    body = "Some **words** & <script>alert(1)</script> ![x](/i/a.png) [y](//example.org/) `/i/`"
    post = make_post(session, ada, "A <walk> & more", body, tags=["walks"], cover=image.key)
    (entry,) = read(client.get(FEED)).findall(ATOM + "entry")
    assert words(entry, "title") == "A <walk> & more"
    assert words(entry, "id") == f"http://localhost/{post.id}"
    assert words(entry, "summary").startswith("Some words &")
    assert entry.find(f"{ATOM}author/{ATOM}name").text == "ada"  # type: ignore[union-attr]
    assert entry.find(f"{ATOM}category").attrib == {"term": "walks"}  # type: ignore[union-attr]
    content = entry.find(ATOM + "content")
    assert content is not None
    assert content.attrib == {"type": "html"}
    html = content.text or ""
    assert html.startswith(f'<p><img src="http://localhost/tuchuang/download/{image.key}.jpg?')
    assert "<strong>words</strong>" in html
    assert 'src="http://localhost/i/a.png"' in html
    assert 'href="//example.org/"' in html
    assert "<code>/i/</code>" in html
    assert "<script" not in html


def test_what_no_feed_can_hold_is_left_out(client, session, ada):
    make_post(session, ada, "bell \x07 \x0b\x1f\ufffe\uffff", "text \x08 end", tags=["a"])
    (entry,) = read(client.get(FEED)).findall(ATOM + "entry")
    assert words(entry, "title") == "bell  "


def test_a_reader_that_has_it_gets_nothing_again(client, session, ada):
    post = make_post(session, ada)
    first = client.get(FEED)
    known = {"If-None-Match": first.headers["ETag"]}
    assert "Set-Cookie" not in first.headers
    assert "public" in first.headers["Cache-Control"]
    assert client.get(FEED, headers=known).status_code == 304
    posts.change(session, post, posts.Writing("Another title", "words"))
    session.commit()
    assert client.get(FEED, headers=known).status_code == 200


@pytest.mark.parametrize("path", ["/", "/{post}", "/tagged/walks"])
def test_pages_lead_to_the_feed(client, session, ada, path):
    post = make_post(session, ada, tags=["walks"])
    page = client.get(path.format(post=post.id)).text
    assert 'type="application/atom+xml"' in page


def test_addresses_are_those_that_the_world_uses(make_app, session, ada):
    post = make_post(session, ada, body="![x](/i/a.png)")
    client = make_app(PUBLIC_URL="https://img.example.org").test_client()
    feed = client.get(FEED).text
    assert f"https://img.example.org/{post.id}" in feed
    assert "https://img.example.org/i/a.png" in feed
    assert "localhost" not in feed
