"""Where images are used: noted when a post or an imported text is saved, asked before one goes."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, delete, exists, func, select
from sqlalchemy.orm import Session

from flaskr.library.chosen import distinct, pieces
from flaskr.library.keys import BASE58, KEY_LENGTH
from flaskr.library.mover.scanning import scan
from flaskr.models import Document, Image, ImageUse, Post, SetFile, User
from flaskr.transactions import begin_write

KEY = re.compile(rf"/([{BASE58}]{{{KEY_LENGTH}}})(?![{BASE58}])")
"""An image's key in an address: as random as it is, it does not matter of which host."""

SET_NAME = re.compile(r"/([0-9a-f]{8,}\.[a-z0-9]{2,5})(?![\w.])")
"""The public name of a file in an upload set."""


class Use(NamedTuple):
    """A post or a text that mentions an image; one of the ids is set."""

    title: str
    post_id: int | None
    document_id: int | None


def addresses_in(text: str) -> list[str]:
    """Return every address in a Markdown text. Slow for long ones, so before the write."""
    return [each.address for each in scan(text)]


def note_post(session: Session, post: Post, addresses: Iterable[str]) -> None:
    """Note which images a post mentions, in its text or as its cover; within its transaction."""
    ids = mentioned(session, addresses)
    if post.cover_id is not None:
        ids.add(post.cover_id)
    session.execute(delete(ImageUse).where(ImageUse.post_id == post.id))
    session.add_all(
        ImageUse(owner_id=post.author_id, image_id=id_, post_id=post.id) for id_ in sorted(ids)
    )


def note_document(session: Session, document: Document, addresses: Iterable[str]) -> None:
    """Note which of its owner's images a text mentions; within its transaction."""
    ids = mentioned(session, addresses, owner_id=document.owner_id)
    session.execute(delete(ImageUse).where(ImageUse.document_id == document.id))
    session.add_all(
        ImageUse(owner_id=document.owner_id, image_id=id_, document_id=document.id)
        for id_ in sorted(ids)
    )


def mentioned(
    session: Session, addresses: Iterable[str], *, owner_id: int | None = None
) -> set[int]:
    """Return the ids of images that these addresses lead to, be they in the trash."""
    keys: set[str] = set()
    names: set[str] = set()
    for address in addresses:
        keys.update(KEY.findall(address))
        names.update(SET_NAME.findall(address))
    by_key = select(Image.id)
    by_name = select(Image.id).join(SetFile, SetFile.image_id == Image.id)
    asked = [by_key.where(Image.key.in_(some)) for some in pieces(sorted(keys))]
    asked += [by_name.where(SetFile.name.in_(some)) for some in pieces(sorted(names))]
    found: set[int] = set()
    for query in asked:
        own = query if owner_id is None else query.where(Image.owner_id == owner_id)
        found.update(session.scalars(own))
    return found


def of_image(session: Session, image: Image, reader_id: int | None) -> list[Use]:
    """Return where an image is used, as far as it is the reader's business; the latest first.

    Others' drafts come without a title, others' texts not at all.
    """
    posts = (
        select(Post.title, Post.id, Post.draft, Post.author_id)
        .join(ImageUse, ImageUse.post_id == Post.id)
        .where(ImageUse.image_id == image.id)
        .order_by(Post.id.desc())
    )
    texts = (
        select(Document.name, Document.id)
        .join(ImageUse, ImageUse.document_id == Document.id)
        .where(ImageUse.image_id == image.id, Document.owner_id == reader_id)
        .order_by(Document.id.desc())
    )
    found = [
        Use(title, id_, None) if not draft or author_id == reader_id else Use("", None, None)
        for title, id_, draft, author_id in session.execute(posts)
    ]
    return found + [Use(name, None, id_) for name, id_ in session.execute(texts)]


def is_image_used(session: Session, image: Image) -> bool:
    """Tell whether anything mentions the image."""
    return (
        session.scalar(select(ImageUse.id).where(ImageUse.image_id == image.id).limit(1))
        is not None
    )


def used_among(session: Session, owner: User, keys: Iterable[str]) -> list[str]:
    """Return the keys of those of the owner's images that something mentions.

    Raises NothingChosenError, TooManyChosenError.
    """
    found: list[str] = []
    for some in pieces(distinct(keys)):
        query = Image.living().where(Image.owner_id == owner.id, Image.key.in_(some), is_used())
        found += session.scalars(query.with_only_columns(Image.key))
    return found


def is_used() -> ColumnElement[bool]:
    """Something mentions the image."""
    return exists().where(ImageUse.image_id == Image.id).correlate(Image)


def documents_of(
    session: Session, owner: User, before: int | None, size: int
) -> Sequence[tuple[Document, int]]:
    """Return up to `size` of the owner's texts, the latest first, older than the one with that id.

    With each comes how many images it mentions.
    """
    mentions = (
        select(func.count())
        .where(ImageUse.document_id == Document.id)
        .correlate(Document)
        .scalar_subquery()
    )
    query: Select[Document, int] = select(Document, mentions)
    query = query.where(Document.owner_id == owner.id, Document.passing.is_(False))
    query = query.order_by(Document.id.desc()).limit(size)
    if before is not None:
        query = query.where(Document.id < before)
    return [(document, count) for document, count in session.execute(query).all()]


def documents_in(session: Session, owner: User, batches: Iterable[str]) -> dict[str, int]:
    """Return how many texts of the owner's are known of each of these moves."""
    number = func.count().label("number")
    query = select(Document.batch, number).group_by(Document.batch)
    query = query.where(Document.owner_id == owner.id, Document.passing.is_(False))
    rows = session.execute(query.where(Document.batch.in_(batches)))
    return {row.batch: row.number for row in rows}


def forget_documents(
    session: Session, owner: User, ids: Sequence[int], batches: Sequence[str] = ()
) -> int:
    """Forget texts of the owner's, so that they count as uses no more; return how many.

    Those with these ids, and all that are known of these moves.
    """
    known = (Document.owner_id == owner.id, Document.passing.is_(False))
    begin_write(session)
    forgotten = 0
    for some in pieces(ids):
        query = delete(Document).where(*known, Document.id.in_(some))
        forgotten += len(session.scalars(query.returning(Document.id)).all())
    for few in pieces(batches):
        query = delete(Document).where(*known, Document.batch.in_(few))
        forgotten += len(session.scalars(query.returning(Document.id)).all())
    return forgotten
