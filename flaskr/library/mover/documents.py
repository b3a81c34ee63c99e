"""Texts that were moved: kept for a while, so that they can be fetched, and known as uses."""

import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any, BinaryIO, cast

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session, undefer

from flaskr.errors import NotFoundError
from flaskr.library import uses
from flaskr.library.mover.moving import Left, Moved
from flaskr.models import Document, ImageUse, User
from flaskr.transactions import begin_write

KEPT = timedelta(days=7)
"""How long the text of a move can be fetched."""

MOST_NAME = 500
"""What the column of names holds, in characters."""

MOST_SHOWN = 500
"""How much of an address is kept of those that were left, in characters."""

MOST_LEFT = 1000
"""How many addresses that were left are noted of each text."""


def record(
    session: Session, owner_id: int, batch: str, moved: Moved, *, keep_text: bool = True
) -> Document:
    """Note a text that was moved, and which images it mentions now.

    It takes the place of earlier ones of its name of which it mentions every image.
    """
    begin_write(session)
    name = storable(moved.name)[-MOST_NAME:]
    earlier = select(Document.id).where(Document.owner_id == owner_id, Document.name == name)
    ids = session.scalars(earlier).all()
    document = Document(
        owner_id=owner_id,
        batch=batch,
        name=name,
        content=moved.content if keep_text else None,
        rewritten=moved.rewritten,
        left=[told(each) for each in moved.left[:MOST_LEFT]],
    )
    session.add(document)
    session.flush()
    uses.note_document(session, document, moved.addresses)
    session.flush()
    mentioned = images_of(session, document.id)
    old = [id_ for id_ in ids if images_of(session, id_) <= mentioned]
    session.execute(delete(Document).where(Document.id.in_(old)))
    return document


def images_of(session: Session, document_id: int) -> set[int]:
    """Return the ids of the images that a text mentions."""
    return set(
        session.scalars(select(ImageUse.image_id).where(ImageUse.document_id == document_id))
    )


def told(left: Left) -> dict[str, Any]:
    """Return an address that was left, and why, as it is kept."""
    error = left.error
    return {
        "address": storable(left.address[:MOST_SHOWN]),
        "message": error.message,
        "details": {
            name: value if isinstance(value, int) else storable(str(value))
            for name, value in error.details.items()
        },
    }


def storable(text: str) -> str:
    """Return a text that every database takes."""
    return text.replace("\0", "").encode(errors="replace").decode()


def of_batch(session: Session, owner: User, batch: str) -> Sequence[Document]:
    """Return what was moved together, in the order of names. Raises NotFoundError for nothing."""
    query = select(Document).where(Document.owner_id == owner.id, Document.batch == batch)
    found = session.scalars(query.options(undefer(Document.left)).order_by(Document.name)).all()
    if not found:
        raise NotFoundError
    return found


def is_kept(session: Session, owner: User, batch: str) -> bool:
    """Tell whether the texts of a move can be fetched still."""
    query = select(Document.id).where(Document.owner_id == owner.id, Document.batch == batch)
    return session.scalar(query.where(Document.content.is_not(None)).limit(1)) is not None


def text_of(session: Session, owner: User, document_id: int) -> tuple[str, bytes]:
    """Return name and text of a document of the owner's. Raises NotFoundError once it is gone."""
    query = select(Document.name, Document.content)
    row = session.execute(
        query.where(Document.owner_id == owner.id, Document.id == document_id)
    ).first()
    if row is None or row.content is None:
        raise NotFoundError
    return row.name, row.content


def archive(session: Session, owner: User, batch: str) -> Iterator[bytes]:
    """Yield a ZIP of what was moved together, text by text. Raises NotFoundError for none."""
    query = select(Document.id).where(Document.owner_id == owner.id, Document.batch == batch)
    ids = session.scalars(query.where(Document.content.is_not(None)).order_by(Document.name)).all()
    if not ids:
        raise NotFoundError
    return packed(session, owner, ids)


def packed(session: Session, owner: User, ids: Sequence[int]) -> Iterator[bytes]:
    buffer = BytesIO()
    with zipfile.ZipFile(cast("BinaryIO", Growing(buffer)), "w", zipfile.ZIP_DEFLATED) as made:
        for id_ in ids:
            made.writestr(*text_of(session, owner, id_))
            yield taken(buffer)
    yield taken(buffer)


class Growing:
    """A file that is only ever written to, so that `zipfile` does not go back in it."""

    def __init__(self, buffer: BytesIO) -> None:
        self._buffer = buffer

    def write(self, content: bytes, /) -> int:
        return self._buffer.write(content)

    def flush(self) -> None:
        """Nothing waits."""


def taken(buffer: BytesIO) -> bytes:
    """Empty the buffer and return what was in it."""
    content = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return content


def forget_texts(session: Session, at: datetime, *, dry_run: bool = False) -> int:
    """Forget texts that were kept long enough, and commit; return how many.

    What they mention stays known. With `dry_run` nothing is forgotten.
    """
    old = (Document.content.is_not(None), Document.created < at - KEPT)
    if dry_run:
        return session.scalar(select(func.count()).select_from(Document).where(*old)) or 0
    begin_write(session)
    forgotten = session.scalars(
        update(Document)
        .where(*old)
        .values(content=None)
        .returning(Document.id)
        .execution_options(synchronize_session=False)
    ).all()
    session.commit()
    return len(forgotten)
