"""Checking the places of upload sets: each row has its file, each file its row.

Part of `library.check`. A copy of a picture is made again from the picture; a document that is lost
or damaged is reported, and put back if its bytes are found under another name.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import NamedTuple

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from flaskr.library import copies
from flaskr.library.faults import Content, Fault, Inspection, Kind
from flaskr.library.media import blob_name
from flaskr.library.mending import mend_leftover
from flaskr.library.set_orphans import PAGE, content_of, is_copy, orphans, set_aside
from flaskr.library.sets import Place
from flaskr.models import Blob, Image, SetFile
from flaskr.storage import MissingFileError, Store
from flaskr.transactions import begin_write, end_read


@dataclass(frozen=True)
class LostDocument:
    """A document whose bytes are missing or damaged: where they belong, and what was told."""

    place: Place
    name: str
    fault: Fault


Lost = dict[str, list[LostDocument]]
"""The documents whose bytes are lost, by their SHA-256."""


class Row(NamedTuple):
    """What a row says of its file: the hash of the document, or of the picture it is a copy of.

    `shown` tells whether others may see the picture; of one that they may not there is no copy.
    """

    id: int
    name: str
    image_id: int | None
    image_key: str | None
    document: str | None
    picture: str | None
    shown: bool | None


def check_sets(inspection: Inspection, orphaned: datetime, forgotten: datetime) -> None:
    """Go through the places of all sets; what others put there is not looked at.

    Files that were stored after `orphaned`, and spooled ones after `forgotten`, may be on their
    way. All rows come first: what one of them misses may lie in the place of any set.
    """
    sets = inspection.media.sets.items()
    places = [(name, each.place) for name, each in sets if each.place is not None]
    lost: Lost = {}
    for name, place in places:
        with reporting(inspection, name):
            check_rows(inspection, name, place, lost)
    for name, place in places:
        with reporting(inspection, name):
            check_orphans(inspection, name, place, orphaned, lost)
        check_leftovers(inspection, name, place, forgotten)


@contextmanager
def reporting(inspection: Inspection, set_name: str) -> Iterator[None]:
    """Report a place that cannot be looked into, and go on with the next."""
    try:
        yield
    except OSError as error:
        detail = f"cannot be looked into: {error.strerror}"
        fault = Fault(Kind.UNREADABLE, str(error.filename or set_name), detail)
        inspection.report.faults.append(fault)


def check_rows(inspection: Inspection, set_name: str, place: Place, lost: Lost) -> None:
    """Compare every file that a row names with what the row says of it; note lost documents."""
    for row in rows_of(inspection.session, set_name):
        if row.picture is not None and not row.shown:
            check_hidden(inspection, set_name, place, row)
        elif row.document is not None or row.picture is not None:
            check_file(inspection, set_name, place, row, lost)


def rows_of(session: Session, set_name: str) -> Iterator[Row]:
    """Yield all rows of the set, outside of any transaction. Documents in the trash have files."""
    columns = (
        SetFile.id,
        SetFile.name,
        SetFile.image_id,
        Image.key,
        SetFile.sha256,
        Blob.sha256,
        and_(*Image.shown()),
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


def check_file(inspection: Inspection, set_name: str, place: Place, row: Row, lost: Lost) -> None:
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
    elif row.document is not None:
        lost.setdefault(row.document, []).append(LostDocument(place, row.name, fault))


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
    shown = or_(SetFile.sha256.is_not(None), and_(*Image.shown()))
    found = session.scalar(wants.where(SetFile.id == row.id, shown)) is not None
    end_read(session)
    return found


def mend_copy(inspection: Inspection, place: Place, row: Row, fault: Fault) -> None:
    """Make a copy of a picture again, if the picture is shown still.

    The place may be slow, so that comes before the write transaction that looks whether it was
    right. Raises NotFoundError, OSError.
    """
    session = inspection.session
    place.store.delete(row.name)
    copies.put_picture(inspection.media, place, row.name, str(row.picture))
    begin_write(session)
    shown = select(Blob.sha256).join(Image, Image.blob_id == Blob.id)
    shown = shown.where(Image.id == row.image_id, *Image.shown())
    picture = session.scalar(shown.with_for_update(of=Image))
    if picture is None:
        place.store.delete(row.name)
    fault.repaired = picture in (None, row.picture)


def check_hidden(inspection: Inspection, set_name: str, place: Place, row: Row) -> None:
    """Find the copy of a picture that is deleted or private; the next `gc` would remove it."""
    try:
        place.store.stat(row.name)
    except MissingFileError:
        return
    fault = Fault(
        Kind.LEFTOVER, f"{set_name}: {row.name}", "is the copy of a picture that is not shown"
    )
    inspection.report.faults.append(fault)
    inspection.mend(fault, partial(mend_hidden, inspection, place, row, fault))


def mend_hidden(inspection: Inspection, place: Place, row: Row, fault: Fault) -> None:
    """Remove the copy of a picture that is not shown still."""
    session = inspection.session
    begin_write(session)
    hidden = select(Image.id).where(Image.id == row.image_id, ~and_(*Image.shown()))
    if session.scalar(hidden.with_for_update()) is not None:
        place.store.delete(row.name)
    fault.repaired = True


def check_orphans(
    inspection: Inspection, set_name: str, place: Place, orphaned: datetime, lost: Lost
) -> None:
    """Find files under names of ours that no row knows."""
    for entry in orphans(inspection.session, place, orphaned):
        fault = Fault(Kind.ORPHAN, f"{set_name}: {entry.name}", "belongs to no file of a set")
        inspection.report.faults.append(fault)
        inspection.mend(fault, partial(mend_orphan, inspection, place, entry.name, fault, lost))


def mend_orphan(inspection: Inspection, place: Place, name: str, fault: Fault, lost: Lost) -> None:
    """Put a file where its bytes are missed; remove it if it is a mere copy, else set it aside.

    Raises MissingFileError, OSError.
    """
    sha256 = content_of(place, name).sha256
    bring_home(inspection, place, name, fault, lost.get(sha256, []))
    if sha256 in inspection.lost:
        bring_picture_home(inspection, place, name, fault, sha256)
    if is_copy(inspection.session, inspection.media, sha256):
        place.store.delete(name)
    else:
        fault.detail += f"; set aside as {set_aside(inspection.media, place, name)}"
    fault.repaired = True


def bring_home(
    inspection: Inspection, place: Place, name: str, fault: Fault, homes: list[LostDocument]
) -> None:
    """Copy a file to where documents have lost these bytes; what is there instead is set aside."""
    media = inspection.media
    for home in list(homes):
        with suppress(MissingFileError):
            aside = set_aside(media, home.place, home.name)
            home.fault.detail += f"; set aside as {aside}"
        with place.store.open(name) as content, copies.copied(media.spool, content) as copy:
            copies.put(home.place, home.name, copy.path)
        home.fault.repaired = True
        homes.remove(home)
        fault.detail += f"; it was missed as {home.fault.name}, and is there now"


def bring_picture_home(
    inspection: Inspection, place: Place, name: str, fault: Fault, sha256: str
) -> None:
    """Copy a file to where a picture has lost these bytes."""
    media = inspection.media
    with place.store.open(name) as content, copies.copied(media.spool, content) as copy:
        media.store.put(blob_name(sha256), copy.path)
    inspection.lost.pop(sha256).repaired = True
    fault.detail += "; it was missed elsewhere, and is there now"


def check_leftovers(
    inspection: Inspection, set_name: str, place: Place, forgotten: datetime
) -> None:
    """Find what uploads that were killed left in the place's own spool."""
    for path in place.spool.leftovers(forgotten):
        detail = "was left by an upload that was broken off"
        fault = Fault(Kind.LEFTOVER, f"{set_name}: {path.name}", detail)
        inspection.report.faults.append(fault)
        inspection.mend(fault, partial(mend_leftover, path, fault))
