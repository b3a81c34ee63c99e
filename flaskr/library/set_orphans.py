"""Files in the places of upload sets that no row knows: found, told apart, taken away.

Such a file may be what an upload left, and just as well the last copy of a document: of another
instance that has the same place, of a database that is newer than ours. So only what we have
elsewhere is deleted; all else is moved into the quarantine.
"""

import secrets
from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from flaskr.library import copies
from flaskr.library.faults import Content
from flaskr.library.media import QUARANTINE, Media, blob_name
from flaskr.library.set_files import NAME
from flaskr.library.sets import Place
from flaskr.models import Blob, SetFile
from flaskr.storage import Entry, MissingFileError, Store
from flaskr.transactions import end_read

PAGE = 500
"""How many names the database is asked about at once."""


def orphans(session: Session, place: Place, before: datetime) -> Iterator[Entry]:
    """Yield the files under names of ours that were stored before that moment and have no row.

    A set may have had another name in the settings, so a row of any set will do.
    """
    ours = (e for e in place.store.list() if NAME.fullmatch(e.name) and e.modified < before)
    while page := list(islice(ours, PAGE)):
        names = [entry.name for entry in page]
        known = set(session.scalars(select(SetFile.name).where(SetFile.name.in_(names))))
        end_read(session)
        yield from (entry for entry in page if entry.name not in known)


def content_of(place: Place, name: str) -> Content:
    """Read a file of the place to its end. Raises MissingFileError, OSError."""
    with place.store.open(name) as file:
        return Content.of(file)


def is_copy(session: Session, media: Media, sha256: str) -> bool:
    """Tell whether a row knows these bytes, and they are in the place that it names, unharmed."""
    known = session.scalar(select(Blob.id).where(Blob.sha256 == sha256)) is not None
    columns = select(SetFile.set_name, SetFile.name)
    rows = session.execute(columns.where(SetFile.sha256 == sha256)).all()
    end_read(session)
    if known and holds(media.store, blob_name(sha256), sha256):
        return True
    sets = [(media.sets[set_name], name) for set_name, name in rows if set_name in media.sets]
    return any(each.place and holds(each.place.store, name, sha256) for each, name in sets)


def holds(store: Store, name: str, sha256: str) -> bool:
    """Tell whether the store has a file of this name and content that can be read."""
    try:
        with store.open(name) as file:
            return Content.of(file).sha256 == sha256
    except (MissingFileError, OSError):
        return False


def set_aside(media: Media, place: Place, name: str) -> str:
    """Move a file of the place into the quarantine; return its name there.

    Raises MissingFileError, OSError.
    """
    target = f"{QUARANTINE}{name}.{secrets.token_hex(4)}"
    with place.store.open(name) as content, copies.copied(media.spool, content) as copy:
        media.store.put(target, copy.path)
    place.store.delete(name)
    return target
