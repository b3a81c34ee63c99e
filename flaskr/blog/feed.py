"""The newest posts as an Atom feed (RFC 4287)."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from flask import Response, current_app, request, url_for
from markupsafe import Markup

from flaskr.blog import bp
from flaskr.db import db
from flaskr.library import posts
from flaskr.models import Post
from flaskr.web.links import absolute, picture_elsewhere
from flaskr.web.markdown import excerpt, to_html
from flaskr.web.prose import for_elsewhere

ATOM = "http://www.w3.org/2005/Atom"
TYPE = "application/atom+xml"
SIZE = 20
MAX_AGE = 300
"""For how many seconds a reader need not ask again."""

NEVER = datetime.fromtimestamp(0, UTC)
NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML document may hold (XML 1.0, 2.2)."""


@bp.get("/feed.atom")
def feed() -> Response:
    """Send the newest posts, whole, unless the reader has them already."""
    found = Post.page(db.session, None, SIZE)
    document = tostring(feed_of(found), "utf-8", xml_declaration=True)
    response = Response(document, content_type=f"{TYPE}; charset=utf-8")
    response.headers["Cache-Control"] = f"public, max-age={MAX_AGE}"
    response.add_etag()
    response.make_conditional(request)
    return response


def feed_of(found: Sequence[Post]) -> Element:
    """Return the feed; it changes only when a post in it does."""
    site = current_app.config["SITE_NAME"]
    root = Element("feed", xmlns=ATOM)
    add(root, "id", absolute(url_for("blog.index")))
    add(root, "title", site)
    add(root, "updated", max(map(last_change, found), default=NEVER).isoformat())
    add(root, "link", rel="self", type=TYPE, href=absolute(url_for("blog.feed")))
    add(root, "link", rel="alternate", type="text/html", href=absolute(url_for("blog.index")))
    add(root, "generator", "Tuchuang")
    for post in found:
        add_entry(root, post)
    return root


def add_entry(root: Element, post: Post) -> None:
    """Add a post with all of its text, the cover above it."""
    address = absolute(url_for("blog.post", post_id=post.id))
    entry = SubElement(root, "entry")
    add(entry, "id", address)
    add(entry, "title", post.title)
    add(entry, "link", rel="alternate", type="text/html", href=address)
    add(entry, "published", (post.published or post.created).isoformat())
    add(entry, "updated", last_change(post).isoformat())
    add(SubElement(entry, "author"), "name", post.author.username)
    for tag in post.tags:
        add(entry, "category", term=tag.name)
    if summary := excerpt(post.body):
        add(entry, "summary", summary)
    add(entry, "content", cover_html(post) + for_elsewhere(to_html(post.body)), type="html")


def cover_html(post: Post) -> str:
    """Return the post's cover, if it has one that everybody may see."""
    cover = posts.shown_cover(post)
    if cover is None:
        return ""
    picture = picture_elsewhere(cover)
    return str(Markup('<p><img src="{}" alt="{}"></p>\n').format(picture.url, picture.alt))


def last_change(post: Post) -> datetime:
    """Return when what readers see changed last: a draft's changes do not count."""
    return max(post.updated, post.published or post.created)


def add(parent: Element, name: str, text: str = "", **attributes: str) -> None:
    """Add an element; what XML cannot hold is left out of it."""
    kept = {key: NOT_IN_XML.sub("", value) for key, value in attributes.items()}
    SubElement(parent, name, kept).text = NOT_IN_XML.sub("", text) or None
