"""Texts that were moved: kept for a while, so that they can be fetched, and known as uses."""

import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from io import BytesIO
from typing import BinaryIO, cast

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, undefer

from flaskr.errors import NotFoundError
from flaskr.library import uses
from flaskr.library.mover.moving import Moved
from flaskr.models import Document, User, now
from flaskr.transactions import begin_write

KEPT = timedelta(days=7)
"""How long the text of a move can be fetched."""

MOST_LEFT = 1000
"""How many addresses that were left are noted of each text."""


def record(session: Session, owner_id: int, batch: str, moved: Moved) -> Document:
    """Note a text that was moved, in the place of the one that had its name before."""
    begin_write(session)
    session.execute(
        delete(Document).where(Document.owner_id == owner_id, Document.name == moved.name)
    )
    document = Document(
        owner_id=owner_id,
        batch=batch,
        name=moved.name,
        content=moved.content,
        rewritten=moved.rewritten,
        left=[
            {
                "address": storable(each.address),
                "message": each.error.message,
                "details": each.error.details,
            }
            for each in moved.left[:MOST_LEFT]
        ],
    )
    session.add(document)
    session.flush()
    uses.note_document(session, document, moved.addresses)
    session.flush()
    return document


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


def forget_texts(session: Session, at: datetime | None = None) -> int:
    """Forget the texts that were kept long enough, and commit; what they mention stays known."""
    begin_write(session)
    old = (Document.content.is_not(None), Document.created < (at or now()) - KEPT)
    forgotten = session.scalars(
        update(Document)
        .where(*old)
        .values(content=None)
        .returning(Document.id)
        .execution_options(synchronize_session=False)
    ).all()
    session.commit()
    return len(forgotten)
