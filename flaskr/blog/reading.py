"""Reading the blog: its first page, the posts with a tag, one's own drafts, a post."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import make_response, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from flaskr.blog import bp
from flaskr.db import db
from flaskr.library import posts
from flaskr.library.search import fold
from flaskr.models import MAX_ID, Image, Post
from flaskr.web.links import (
    LIST_BOXES,
    PAGE_BOXES,
    PREVIEW,
    PreviewPicture,
    absolute,
    alt_text,
    picture_elsewhere,
    srcset,
    variant_path,
)
from flaskr.web.prose import Prose, column_sizes, read_prose
from flaskr.web.security import POST_POLICY
from flaskr.web.users import account, login_required

PAGE_SIZE = 10


@dataclass(frozen=True)
class Cover:
    """The picture above a post: the addresses of its sizes, and its own in pixels.

    `sizes` is how wide it is on the page of the post.
    """

    src: str
    small: str
    large: str
    sizes: str
    alt: str
    width: int
    height: int


@dataclass(frozen=True)
class Entry:
    """A post as lists show it."""

    post: Post
    cover: Cover | None


@bp.get("/")
def index() -> str:
    """List published posts, newest first."""
    before = read_cursor()
    found = Post.page(db.session, before, PAGE_SIZE + 1)
    drafts = Post.count_drafts(db.session, account().id) if current_user.is_authenticated else 0
    context = page_context(".index", found, before)
    address = absolute(url_for(".index"))
    return render_template("blog/index.html", drafts=drafts, address=address, **context)


@bp.get("/tagged/<tag:name>")
def tagged(name: str) -> str:
    """List the published posts that have a tag."""
    before = read_cursor()
    shown = posts.tag_name(db.session, name)
    found = Post.page(db.session, before, PAGE_SIZE + 1, tag=fold(name))
    context = page_context(".tagged", found, before, name=shown)
    return render_template("blog/tagged.html", tag=shown, **context)


@bp.get("/drafts")
@login_required
def drafts() -> str:
    """List the drafts of whoever asks."""
    before = read_cursor()
    found = Post.draft_page(db.session, account().id, before, PAGE_SIZE + 1)
    return render_template("blog/drafts.html", **page_context(".drafts", found, before))


@bp.get("/<int:post_id>")
def post(post_id: int) -> Response:
    """Show one post."""
    reader_id = current_user.id if current_user.is_authenticated else None
    shown = posts.find(db.session, post_id, reader_id)
    prose = read_prose(shown.body)
    cover = posts.shown_cover(shown)
    page = render_template(
        "blog/post.html",
        post=shown,
        prose=prose.html,
        cover=cover_of(cover),
        picture=preview_picture(cover, prose),
        address=absolute(url_for(".post", post_id=shown.id)),
    )
    response = make_response(page)
    response.headers["Content-Security-Policy"] = POST_POLICY
    return response


# ---- what pages show ------------------------------------------------------------------------


def page_context(
    endpoint: str, found: Sequence[Post], before: int | None, **values: Any
) -> dict[str, Any]:
    """Return a page of posts, of which one more was looked for, and the ways to the next ones."""
    shown = found[:PAGE_SIZE]
    more = len(found) > PAGE_SIZE
    return {
        "entries": [Entry(each, cover_of(posts.shown_cover(each))) for each in shown],
        "older": url_for(endpoint, before=shown[-1].id, **values) if more else None,
        "newest": url_for(endpoint, **values) if before is not None else None,
    }


def cover_of(image: Image | None) -> Cover | None:
    """Gather what is shown of a cover."""
    if image is None:
        return None
    return Cover(
        src=variant_path(image, PREVIEW),
        small=srcset(image, LIST_BOXES, still=True),
        large=srcset(image, PAGE_BOXES, still=False),
        sizes=column_sizes(image),
        alt=alt_text(image),
        width=image.blob.width,
        height=image.blob.height,
    )


def preview_picture(cover: Image | None, prose: Prose) -> PreviewPicture | None:
    """Return what other sites show of a post: its cover, else the first picture in its text."""
    image = cover or prose.first
    return picture_elsewhere(image) if image else None


def read_cursor() -> int | None:
    """Return the id of the post that the page goes on after; None for the first page."""
    return request.args.get("before", type=parse_cursor)


def parse_cursor(text: str) -> int:
    """Read the id of a post; raise ValueError for what cannot be one."""
    number = int(text)
    if not 0 <= number <= MAX_ID:
        raise ValueError("no row has this id")
    return number
