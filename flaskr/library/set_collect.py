"""Removing what upload sets no longer need: documents out of the trash, copies, leftovers."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, delete, select
from sqlalchemy.orm import Session

from flaskr.library.collect import LEFTOVER_AGE
from flaskr.library.media import Media
from flaskr.library.set_orphans import content_of, is_copy, orphans, set_aside
from flaskr.library.sets import Place
from flaskr.models import Image, SetFile, User
from flaskr.storage import MissingFileError, Store
from flaskr.transactions import begin_write, end_read


@dataclass
class CollectedFromSets:
    """How many files of sets went, and how many leftovers of uploads that were broken off.

    `set_aside` files are nobody's and may be a last copy: they went into the quarantine.
    """

    files: int = 0
    leftovers: int = 0
    set_aside: int = 0


class Due(NamedTuple):
    """What the row of a file says that may have to go."""

    id: int
    set_name: str
    name: str
    image_id: int | None


def collect_sets(
    session: Session, media: Media, trashed: datetime, at: datetime, *, dry_run: bool = False
) -> CollectedFromSets:
    """Remove documents deleted before `trashed`, copies of hidden pictures, and what no row knows.

    Commits one by one, and removes a file after the commit that forgets it. A set that the settings
    no longer describe is left alone; so is what others put into a set's place. Raises OSError when
    a file cannot be removed; the next run finds it again.
    """
    done = CollectedFromSets()
    for row in due_rows(session, trashed):
        if row.set_name in media.sets:
            done.files += collect_row(session, media.sets[row.set_name].place, row, dry_run=dry_run)
    for each in media.sets.values():
        if each.place is not None:
            sweep(session, media, each.place, at - LEFTOVER_AGE, done, dry_run=dry_run)
    return done


def due_rows(session: Session, trashed: datetime) -> list[Due]:
    """Return the files whose document was deleted long ago, or whose picture is not shown."""
    old = SetFile.sha256.is_not(None) & (SetFile.deleted <= trashed)
    gone = SetFile.sha256.is_(None) & (SetFile.image_id.is_(None) | ~and_(*Image.shown()))
    columns = (SetFile.id, SetFile.set_name, SetFile.name, SetFile.image_id)
    query = select(*columns).outerjoin(Image, SetFile.image_id == Image.id).where(old | gone)
    rows = [Due(*row) for row in session.execute(query)]
    end_read(session)
    return rows


def collect_row(session: Session, place: Place | None, row: Due, *, dry_run: bool) -> bool:
    """Remove a row's file, and the row unless its picture may be shown again.

    Returns whether there was a file, or is.
    """
    if dry_run:
        return place is not None and exists(place.store, row.name)
    begin_write(session)
    if row.image_id is None:
        session.execute(delete(SetFile).where(SetFile.id == row.id))
        session.commit()
        return place is not None and place.store.delete(row.name)
    # Whoever shows the picture again waits, and puts the copy there again.
    hidden = select(Image.id).where(Image.id == row.image_id, ~and_(*Image.shown()))
    still = session.scalar(hidden.with_for_update()) is not None
    removed = still and place is not None and place.store.delete(row.name)
    session.commit()
    return removed


def sweep(
    session: Session,
    media: Media,
    place: Place,
    before: datetime,
    done: CollectedFromSets,
    *,
    dry_run: bool,
) -> None:
    """Take away what was written before that moment and belongs to nobody.

    An upload that was killed leaves such files. What we have nowhere else is moved into the
    quarantine, for it may be another instance's, or of a newer database.
    """
    for path in place.spool.leftovers(before):
        done.leftovers += 1
        if not dry_run:
            path.unlink(missing_ok=True)
    if session.scalar(select(User.id).limit(1)) is None:
        end_read(session)
        return  # a database that knows nobody is new, or the wrong one: it may not judge
    for entry in orphans(session, place, before):
        with suppress(MissingFileError):  # somebody took it away while we looked
            if is_copy(session, media, content_of(place, entry.name).sha256):
                done.leftovers += 1
                if not dry_run:
                    place.store.delete(entry.name)
            else:
                done.set_aside += 1
                if not dry_run:
                    set_aside(media, place, entry.name)


def exists(store: Store, name: str) -> bool:
    """Tell whether the store has this file."""
    try:
        store.stat(name)
    except MissingFileError:
        return False
    return True
