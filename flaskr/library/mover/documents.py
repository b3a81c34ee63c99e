"""Texts that were moved: kept for a while, so that they can be fetched, and known as uses."""

import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from itertools import accumulate
from typing import Any, BinaryIO, cast

from sqlalchemy import ColumnElement, and_, case, delete, func, select, update
from sqlalchemy.orm import Session, undefer

from flaskr.errors import NotFoundError
from flaskr.library import uses
from flaskr.library.chosen import pieces
from flaskr.library.mover.moving import Left, Moved, Skipped, each_once
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

MOST_LEFT_TOGETHER = 5000
"""How many are noted of all texts of a move."""

MOST_KEPT = 128 * 1024**2
"""How many bytes of earlier moves are kept for an account, beside those of the latest."""

ROW = 256
"""What a text counts for among these, beside its own bytes."""


@dataclass
class Recorder:
    """Notes the texts of one move as they come; without `keep_text` not their words.

    `noted` counts the addresses in its report.
    """

    owner_id: int
    batch: str
    keep_text: bool = True
    noted: int = 0
    started: bool = False

    def record(self, session: Session, moved: Moved) -> Document:
        """Note a text that was moved, and which images it mentions now.

        It takes the place of earlier ones of its name of which it mentions every image.
        """
        document = Document(name=storable(moved.name)[-MOST_NAME:], rewritten=moved.rewritten)
        document.content = moved.content if self.keep_text else None
        document.left_count = len(moved.left)
        earlier = self._add(session, document, moved.left)
        uses.note_document(session, document, moved.addresses)
        session.flush()
        supersede(session, earlier, images_of(session, document.id))
        return document

    def skip(self, session: Session, skipped: Skipped) -> Document:
        """Note a text that could not be moved, and why."""
        document = Document(name=storable(skipped.name)[-MOST_NAME:], passing=True)
        document.left_count = 1
        self._add(session, document, [Left("", skipped.error)])
        return document

    def _add(self, session: Session, document: Document, left: Sequence[Left]) -> Sequence[int]:
        """Add a text with what was left in it; return which have had its name before."""
        begin_write(session)
        if not self.started:
            forget_earlier(session, self.owner_id)
            self.started = True
        query = select(Document.id).where(Document.owner_id == self.owner_id)
        query = query.where(Document.name == document.name, Document.passing.is_(False))
        earlier = session.scalars(query).all()
        distinct = each_once(left)
        most = min(MOST_LEFT, MOST_LEFT_TOGETHER - self.noted)
        noted = [told(each, times) for each, times in distinct[:most]]
        self.noted += len(noted)
        document.owner_id, document.batch = self.owner_id, self.batch
        document.left, document.untold = noted, len(distinct) - len(noted)
        document.kept = ROW + len(document.content or b"") + len(json.dumps(noted))
        session.add(document)
        session.flush()
        return earlier


def supersede(session: Session, ids: Sequence[int], mentioned: set[int]) -> None:
    """Let texts go that mention only these images; those that can be fetched stay for that."""
    old = [id_ for id_ in ids if images_of(session, id_) <= mentioned]
    session.execute(delete(Document).where(Document.id.in_(old), Document.content.is_(None)))
    session.execute(delete(ImageUse).where(ImageUse.document_id.in_(old)))
    session.execute(update(Document).where(Document.id.in_(old)).values(passing=True))


def images_of(session: Session, document_id: int) -> set[int]:
    """Return the ids of the images that a text mentions."""
    return set(
        session.scalars(select(ImageUse.image_id).where(ImageUse.document_id == document_id))
    )


def told(left: Left, times: int) -> dict[str, Any]:
    """Return an address that was left, how often, and why, as it is kept."""
    error = left.error
    return {
        "address": storable(left.address[:MOST_SHOWN]),
        "times": times,
        "message": error.message,
        "details": {
            name: value if isinstance(value, int) else storable(str(value))
            for name, value in error.details.items()
        },
    }


def storable(text: str) -> str:
    """Return a text that every database takes."""
    return text.replace("\0", "").encode(errors="replace").decode()


@dataclass(frozen=True)
class Summary:
    """What came of a move: how many texts, how many not; whether these can be fetched still."""

    texts: int
    skipped: int
    rewritten: int
    left: int
    kept: bool


def summary(session: Session, owner: User, batch: str) -> Summary:
    """Return what came of a move. Raises NotFoundError for nothing."""
    skipped = and_(Document.passing, Document.content.is_(None))
    columns = (
        func.count(),
        func.sum(case((skipped, 1), else_=0)),
        func.sum(Document.rewritten),
        func.sum(case((skipped, 0), else_=Document.left_count)),
        func.min(case((skipped, 1), else_=Document.kept)),
    )
    query = select(*columns).where(Document.owner_id == owner.id, Document.batch == batch)
    number, not_moved, rewritten, left, kept = session.execute(query).one()
    if not number:
        raise NotFoundError
    return Summary(number - not_moved, not_moved, rewritten, left, bool(kept))


def of_batch(
    session: Session, owner: User, batch: str, after: int, size: int, *, only_left: bool = False
) -> Sequence[Document]:
    """Return up to `size` texts of a move, in the order in which they were moved.

    They come after the one with that id; with `only_left`, those in which something was left.
    """
    query = select(Document).where(Document.owner_id == owner.id, Document.batch == batch)
    query = query.where(Document.id > after).order_by(Document.id).limit(size)
    if only_left:
        query = query.where(Document.left_count > 0)
    return session.scalars(query.options(undefer(Document.left))).all()


def fetchable(session: Session, owner: User, batch: str) -> Sequence[int]:
    """Return the ids of the texts of a move that are kept still. Raises NotFoundError for none."""
    query = select(Document.id).where(Document.owner_id == owner.id, Document.batch == batch)
    ids = session.scalars(query.where(Document.content.is_not(None)).order_by(Document.name)).all()
    if not ids:
        raise NotFoundError
    return ids


def text_of(session: Session, owner: User, document_id: int) -> tuple[str, bytes]:
    """Return name and text of a document of the owner's. Raises NotFoundError once it is gone."""
    query = select(Document.name, Document.content)
    row = session.execute(
        query.where(Document.owner_id == owner.id, Document.id == document_id)
    ).first()
    if row is None or row.content is None:
        raise NotFoundError
    return row.name, row.content


def archive(session: Session, owner: User, ids: Sequence[int]) -> Iterator[bytes]:
    """Yield a ZIP of these texts, one by one. Raises NotFoundError once one is gone."""
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


def forget_earlier(session: Session, owner_id: int) -> None:
    """Forget an account's oldest moves, each as a whole, as far as they are more than is kept."""
    kept = select(Document.batch, func.sum(Document.kept))
    kept = kept.where(Document.owner_id == owner_id, Document.kept > 0).group_by(Document.batch)
    rows = session.execute(kept.order_by(func.max(Document.id).desc())).all()
    totals = accumulate(int(size) for _, size in rows)
    old = [batch for (batch, _), total in zip(rows, totals, strict=True) if total > MOST_KEPT]
    for some in pieces(old):
        forget(session, Document.owner_id == owner_id, Document.batch.in_(some))


def forget(session: Session, *chosen: ColumnElement[bool]) -> int:
    """Forget what is kept of these texts, within a write transaction; return of how many.

    What they mention stays known.
    """
    there = (Document.kept > 0, *chosen)
    quietly = {"synchronize_session": False}
    gone = delete(Document).where(Document.passing, *there).returning(Document.id)
    number = len(session.scalars(gone, execution_options=quietly).all())
    emptied = update(Document).where(*there).values(content=None, left=[], untold=0, kept=0)
    emptied_ids = session.scalars(emptied.returning(Document.id), execution_options=quietly)
    return number + len(emptied_ids.all())


def forget_texts(session: Session, at: datetime, *, dry_run: bool = False) -> int:
    """Forget texts that were kept long enough, and commit; return how many.

    What they mention stays known. With `dry_run` nothing is forgotten.
    """
    old = Document.created < at - KEPT
    if dry_run:
        counted = select(func.count()).select_from(Document).where(Document.kept > 0, old)
        return session.scalar(counted) or 0
    begin_write(session)
    forgotten = forget(session, old)
    session.commit()
    return forgotten
