"""Blog posts: written, published, changed, deleted; by their author only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Session

from flaskr.errors import CoverError, NotFoundError, TooManyPostTagsError
from flaskr.library import uses
from flaskr.library.chosen import pieces
from flaskr.library.keys import is_key
from flaskr.library.search import LINK, fold
from flaskr.library.trash import is_gone
from flaskr.models import MAX_ID, Image, Post, PostTag, User, now
from flaskr.transactions import begin_write

MAX_TAGS = 20
"""How many tags a post may have."""


@dataclass(frozen=True)
class Writing:
    """What an author says in a post.

    `body` is Markdown, `tags` are as `library.tags.read` returns them, `cover` is the key of one of
    the author's pictures, or empty. A `draft` is seen by nobody else.
    """

    title: str
    body: str
    tags: Sequence[str] = ()
    cover: str = ""
    draft: bool = False


# ---- write ----------------------------------------------------------------------------------


def create(session: Session, author: User, writing: Writing) -> Post:
    """Make a post. Raises TooManyPostTagsError, CoverError."""
    check_tags(writing.tags)
    author_id = author.id
    addresses = uses.addresses_in(writing.body)
    begin_write(session)
    post = Post(author_id=author_id)
    session.add(post)
    write(session, post, writing, addresses)
    return post


def change(session: Session, post: Post, writing: Writing) -> None:
    """Say something else in a post.

    Raises TooManyPostTagsError, CoverError, and NotFoundError if it was deleted meanwhile.
    """
    check_tags(writing.tags)
    addresses = uses.addresses_in(writing.body)
    hold(session, post)
    post.updated = now()
    write(session, post, writing, addresses)


def write(session: Session, post: Post, writing: Writing, addresses: Sequence[str]) -> None:
    """Write what is said in a post, and what its addresses lead to; within a write transaction."""
    post.title, post.body = writing.title, writing.body
    post.cover_id = cover_id(session, post.author_id, writing.cover)
    post.tags = [PostTag(name=name, name_key=fold(name)) for name in writing.tags]
    post.draft = writing.draft
    if not writing.draft and post.published is None:
        post.published = now()
    session.flush()
    uses.note_post(session, post, addresses)
    session.expire(post, ["cover", "tags"])


def check_tags(names: Sequence[str]) -> None:
    """Raise TooManyPostTagsError if a post cannot have so many."""
    if len(names) > MAX_TAGS:
        raise TooManyPostTagsError(most=MAX_TAGS)


def cover_id(session: Session, author_id: int, key: str) -> int | None:
    """Return the id of the picture with this key, None without one.

    Raises CoverError if it is not the author's, or nobody else would see it.
    """
    if not key:
        return None
    image = Image.owned(session, author_id, key) if is_key(key) else None
    if image is None or image.visibility == "private":
        raise CoverError
    return image.id


def delete(session: Session, post: Post) -> None:
    """Remove a post. Its pictures stay in the library. Raises NotFoundError as `change` does."""
    hold(session, post)
    session.delete(post)


def hold(session: Session, post: Post) -> None:
    """Start a write transaction in which the post is there still. Raises NotFoundError."""
    begin_write(session)
    try:
        session.refresh(post, with_for_update={"of": Post})
    except InvalidRequestError:  # somebody deleted it since it was found
        raise NotFoundError from None


# ---- find and list --------------------------------------------------------------------------


def find(session: Session, post_id: int, reader_id: int | None = None) -> Post:
    """Return a post that the reader may see. Raises NotFoundError."""
    post = session.get(Post, post_id) if post_id <= MAX_ID else None
    if post is None or (post.draft and post.author_id != reader_id):
        raise NotFoundError
    return post


def find_own(session: Session, author: User, post_id: int) -> Post:
    """Return a post of the author's. Raises NotFoundError, also for somebody else's."""
    post = find(session, post_id, author.id)
    if post.author_id != author.id:
        raise NotFoundError
    return post


def tag_name(session: Session, name: str) -> str:
    """Return how the newest published post writes a tag. Raises NotFoundError if none has it."""
    query = select(PostTag.name).join(Post, PostTag.post_id == Post.id)
    query = query.where(PostTag.name_key == fold(name), Post.draft.is_(False))
    found = session.scalar(query.order_by(Post.published.desc(), Post.id.desc()).limit(1))
    if found is None:
        raise NotFoundError
    return found


def pictures(session: Session, keys: Iterable[str]) -> dict[str, Image]:
    """Return those of the pictures with these keys that everybody may see, by key."""
    found: dict[str, Image] = {}
    for some in pieces(list(dict.fromkeys(keys))):
        query = Image.living().where(Image.key.in_(some), Image.visibility != "private")
        found.update({image.key: image for image in session.scalars(query)})
    return found


def cover_choices(session: Session, author: User, body: str, chosen: str, size: int) -> list[Image]:
    """Return up to `size` pictures of the author's that a post's cover may be.

    The one with the key `chosen` comes first, then those that the text mentions, then the newest.
    """
    named = (match["key"] for match in LINK.finditer(body) if match["key"])
    keys = list(dict.fromkeys(key for key in (chosen, *named) if is_key(key)))[:size]
    shown = Image.living().where(Image.owner_id == author.id, Image.visibility != "private")
    there = {image.key: image for image in session.scalars(shown.where(Image.key.in_(keys)))}
    newest = session.scalars(shown.order_by(Image.id.desc()).limit(size))
    found = {key: there[key] for key in keys if key in there}
    for image in newest:
        found.setdefault(image.key, image)
    return list(found.values())[:size]


def shown_cover(post: Post) -> Image | None:
    """Return the post's cover while everybody may see it, else None."""
    cover = post.cover
    if cover is None or cover.visibility == "private" or is_gone(cover):
        return None
    return cover
