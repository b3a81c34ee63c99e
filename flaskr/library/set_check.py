"""Checking the places of upload sets: each row has its file, each file its row.

Part of `library.check`. A copy of a picture is made again from the picture; a document that is lost
or damaged is reported, for nobody else has its bytes.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from flaskr.library import copies
from flaskr.library.faults import Content, Fault, Inspection, Kind
from flaskr.library.mending import mend_leftover
from flaskr.library.set_collect import PAGE, orphans
from flaskr.library.sets import Place
from flaskr.models import Blob, Image, SetFile
from flaskr.storage import MissingFileError, Store
from flaskr.transactions import begin_write, end_read


class Row(NamedTuple):
    """What a row says of its file: the hash of the document, or of the picture it is a copy of."""

    id: int
    name: str
    image_id: int | None
    image_key: str | None
    document: str | None
    picture: str | None
    hidden: datetime | None


def check_sets(inspection: Inspection, orphaned: datetime, forgotten: datetime) -> None:
    """Go through the places of all sets; what others put there is not looked at.

    Files that were stored after `orphaned`, and spooled ones after `forgotten`, may be on their
    way.
    """
    for name, each in inspection.media.sets.items():
        if each.place is None:
            continue
        try:
            check_rows(inspection, name, each.place)
            check_orphans(inspection, name, each.place, orphaned)
        except OSError as error:
            detail = f"cannot be looked into: {error.strerror}"
            fault = Fault(Kind.UNREADABLE, str(error.filename or name), detail)
            inspection.report.faults.append(fault)
        for path in each.place.spool.leftovers(forgotten):
            detail = "was left by an upload that was broken off"
            fault = Fault(Kind.LEFTOVER, f"{name}: {path.name}", detail)
            inspection.report.faults.append(fault)
            inspection.mend(fault, partial(mend_leftover, path, fault))


def check_rows(inspection: Inspection, set_name: str, place: Place) -> None:
    """Compare every file that a row names with what the row says of it."""
    for row in rows_of(inspection.session, set_name):
        if row.document is None and row.hidden is not None:
            check_hidden(inspection, set_name, place, row)
        elif row.document is not None or row.picture is not None:
            check_file(inspection, set_name, place, row)


def rows_of(session: Session, set_name: str) -> Iterator[Row]:
    """Yield all rows of the set, outside of any transaction. Documents in the trash have files."""
    columns = (
        SetFile.id,
        SetFile.name,
        SetFile.image_id,
        Image.key,
        SetFile.sha256,
        Blob.sha256,
        Image.deleted,
    )
    rows = select(*columns).outerjoin(Image, SetFile.image_id == Image.id)
    rows = rows.outerjoin(Blob, Image.blob_id == Blob.id).order_by(SetFile.id).limit(PAGE)
    last = 0
    while True:
        query = rows.where(SetFile.set_name == set_name, SetFile.id > last)
        page = [Row(*row) for row in session.execute(query)]
        end_read(session)
        if not page:
            return
        yield from page
        last = page[-1].id


def check_file(inspection: Inspection, set_name: str, place: Place, row: Row) -> None:
    """Find a file that is missing or holds other bytes; make a copy of a picture again."""
    inspection.report.files += 1
    wrong = examine(place.store, row)
    if wrong is None:
        return
    kind, detail = wrong
    # Whoever deletes a file commits that first: seen again after we looked, it was there to find.
    if not stands(inspection.session, row):
        return
    if row.picture is not None:  # no loss: the picture's own bytes are looked after elsewhere
        detail += f"; it is a copy of the picture {row.image_key}"
    fault = Fault(kind, f"{set_name}: {row.name}", detail)
    inspection.report.faults.append(fault)
    if row.picture is not None:
        inspection.mend(fault, partial(mend_copy, inspection, place, row, fault))


def examine(store: Store, row: Row) -> tuple[Kind, str] | None:
    """Read a file to its end, and return what is wrong with it."""
    try:
        with store.open(row.name) as file:
            content = Content.of(file)
    except MissingFileError:
        return Kind.MISSING, "is not there"
    except OSError as error:
        return Kind.DAMAGED, f"cannot be read: {error.strerror}"
    if content.sha256 != (row.document or row.picture):
        return Kind.DAMAGED, f"holds {content.size} bytes with the SHA-256 {content.sha256}"
    return None


def stands(session: Session, row: Row) -> bool:
    """Tell whether the row still wants its file."""
    wants = select(SetFile.id).outerjoin(Image, SetFile.image_id == Image.id)
    shown = or_(SetFile.sha256.is_not(None), Image.deleted.is_(None))
    found = session.scalar(wants.where(SetFile.id == row.id, shown)) is not None
    end_read(session)
    return found


def mend_copy(inspection: Inspection, place: Place, row: Row, fault: Fault) -> None:
    """Make a copy of a picture again, if the picture is shown still. Raises NotFoundError."""
    session = inspection.session
    begin_write(session)
    shown = select(Image).where(Image.id == row.image_id, Image.deleted.is_(None))
    image = session.scalar(shown.with_for_update(of=Image))
    if image is not None:
        place.store.delete(row.name)
        copies.put_picture(inspection.media, place, row.name, image.blob.sha256)
    fault.repaired = True


def check_hidden(inspection: Inspection, set_name: str, place: Place, row: Row) -> None:
    """Find the copy of a deleted picture that is served still; the next `gc` would remove it."""
    try:
        place.store.stat(row.name)
    except MissingFileError:
        return
    fault = Fault(Kind.LEFTOVER, f"{set_name}: {row.name}", "is the copy of a deleted picture")
    inspection.report.faults.append(fault)
    inspection.mend(fault, partial(mend_hidden, inspection, place, row, fault))


def mend_hidden(inspection: Inspection, place: Place, row: Row, fault: Fault) -> None:
    """Remove the copy of a picture that is deleted still."""
    session = inspection.session
    begin_write(session)
    hidden = select(Image.id).where(Image.id == row.image_id, Image.deleted.is_not(None))
    if session.scalar(hidden.with_for_update()) is not None:
        place.store.delete(row.name)
    fault.repaired = True


def check_orphans(inspection: Inspection, set_name: str, place: Place, orphaned: datetime) -> None:
    """Find files under names of ours that no row knows."""

    def mend(name: str, fault: Fault) -> None:
        place.store.delete(name)
        fault.repaired = True

    for entry in orphans(inspection.session, place, orphaned):
        fault = Fault(Kind.ORPHAN, f"{set_name}: {entry.name}", "belongs to no file of a set")
        inspection.report.faults.append(fault)
        inspection.mend(fault, partial(mend, entry.name, fault))
