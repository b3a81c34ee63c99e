"""Files of upload sets: taken in, found, listed, deleted.

A picture is taken in as every picture is; the set gives it a name of its own. A document is kept
as it came, in the set's store.
"""

import re
import secrets
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from flaskr.errors import (
    EmptyFileError,
    FormatNotInSetError,
    NoFileError,
    NotFoundError,
    NotInSetError,
    UnsupportedTypeError,
)
from flaskr.imaging import Limits
from flaskr.imaging.formats import FORMATS, HEAD_BYTES, SVG, Format, sniff
from flaskr.library import copies, images
from flaskr.library.media import Media
from flaskr.library.names import display_name
from flaskr.library.sets import IMAGES, Place, UploadSet, extension_of
from flaskr.library.uploads import Arrival, accept
from flaskr.models import SetFile, User, now
from flaskr.storage import SpooledFile
from flaskr.transactions import begin_write, end_read

NAME_BYTES = 10
"""80 random bits: a name that cannot be guessed."""

NAME = re.compile(r"[0-9a-f]{20}\.[a-z0-9]{1,10}")
"""The names that files of sets have; what else lies in a set's place is not ours."""

OCTETS = "application/octet-stream"
TYPES = {
    "txt": "text/plain; charset=utf-8",
    "ini": "text/plain; charset=utf-8",
    "yaml": "text/plain; charset=utf-8",
    "yml": "text/plain; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "pdf": "application/pdf",
    "rtf": "application/rtf",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "aac": "audio/aac",
    "ogg": "audio/ogg",
    "oga": "audio/ogg",
    "flac": "audio/flac",
    "m4a": "audio/mp4",
    "opus": "audio/opus",
    "gz": "application/gzip",
    "tgz": "application/gzip",
    "bz2": "application/x-bzip2",
    "zip": "application/zip",
    "tar": "application/x-tar",
    "7z": "application/x-7z-compressed",
}
"""Media types of documents by extension; all others are OCTETS, so none is ever a page."""


@dataclass(frozen=True)
class SetArrival:
    """A file that has arrived for a set. Of the owner's files with one `slot` the last stays."""

    file: SpooledFile
    name: str
    slot: str | None = None


def take(
    session: Session,
    media: Media,
    owner: User,
    upload_set: UploadSet,
    arrival: SetArrival,
    limits: Limits,
) -> SetFile:
    """Take a file into a set.

    Raises NoFileError, EmptyFileError, NotInSetError, what `library.uploads.accept` raises, and
    OSError; nothing is kept then. Commit after each file: no earlier write may be pending.
    """
    if not arrival.name:
        raise NoFileError
    if not arrival.file.size:
        raise EmptyFileError
    extension = extension_of(arrival.name)
    if upload_set.place and upload_set.takes(extension) and extension not in IMAGES:
        made = take_document(session, upload_set, upload_set.place, owner, arrival)
    else:
        made = take_picture(session, media, owner, upload_set, arrival, limits)
    if arrival.slot is not None:
        empty_slot(session, media, made, arrival.slot)
        made.slot = arrival.slot
    session.flush()
    return made


def check_picture(upload_set: UploadSet, arrival: SetArrival) -> Format:
    """Return the format of a picture, by its content: mini programs make names up.

    Raises UnsupportedTypeError for what is no picture, NotInSetError for what the set does not
    take.
    """
    with arrival.file.path.open("rb") as content:
        format_ = sniff(content.read(HEAD_BYTES))
    kinds = ", ".join(sorted(upload_set.allowed))
    if format_ is None:
        if upload_set.allowed.issubset(IMAGES) or upload_set.takes(extension_of(arrival.name)):
            raise UnsupportedTypeError(formats=", ".join(formats_of(upload_set)))
        raise NotInSetError(formats=kinds)
    if not upload_set.takes_picture(format_.extension):
        raise FormatNotInSetError(format=format_.name, formats=kinds)
    return format_


def formats_of(upload_set: UploadSet) -> list[str]:
    """Return the names of the picture formats that the set takes."""
    known = [*FORMATS, SVG]
    return [format_.name for format_ in known if upload_set.takes_picture(format_.extension)]


def take_picture(
    session: Session,
    media: Media,
    owner: User,
    upload_set: UploadSet,
    arrival: SetArrival,
    limits: Limits,
) -> SetFile:
    """Take a picture in; where the set has a place of its own, put a copy there.

    The copy comes before the rows, so that no name is given out without its file, and before the
    write transaction: a place that is slow keeps nobody else from writing.
    """
    name = new_name(check_picture(upload_set, arrival).extension)
    place = upload_set.place
    copy = partial(copies.put_copy, media, place, name) if place else None
    # A slot deletes its image when the next one comes, so the image has to be the set's own.
    picture = Arrival(arrival.file, arrival.name, None, "share", anew=True, copy=copy)
    with copies.removing(place, name) if place else nullcontext():
        image = accept(session, media, owner, picture, limits).image
        made = SetFile(
            set_name=upload_set.name,
            name=name,
            owner_id=owner.id,
            original=image.name,
            image=image,
        )
        session.add(made)
        session.flush()
    return made


def take_document(
    session: Session, upload_set: UploadSet, place: Place, owner: User, arrival: SetArrival
) -> SetFile:
    """Store a document as it came; its name says what it is, and it is never shown as a page."""
    extension = extension_of(arrival.name)
    name = new_name(extension)
    owner_id = owner.id
    end_read(session)
    copies.put(place, name, arrival.file.path)
    with copies.removing(place, name):
        begin_write(session)
        made = SetFile(
            set_name=upload_set.name,
            name=name,
            owner_id=owner_id,
            original=display_name(arrival.name, extension),
            bytes=arrival.file.size,
            sha256=arrival.file.sha256,
        )
        session.add(made)
        session.flush()
    return made


def new_name(extension: str) -> str:
    """Make a file's public name. Stores take lower case only, hence hexadecimal digits."""
    return f"{secrets.token_hex(NAME_BYTES)}.{extension}"


def empty_slot(session: Session, media: Media, made: SetFile, slot: str) -> None:
    """Delete what the owner had in the slot. Two who come at once wait for each other."""
    session.execute(select(User.id).where(User.id == made.owner_id).with_for_update())
    for earlier in SetFile.in_slot(session, made.owner_id, made.set_name, slot):
        delete(session, media, earlier)


def has_slot(session: Session, owner: User, upload_set: UploadSet, slot: str) -> bool:
    """Tell whether the owner has a file in this slot, which the next one would replace."""
    return bool(SetFile.in_slot(session, owner.id, upload_set.name, slot))


def find(session: Session, set_name: str, name: str) -> SetFile:
    """Return a file of a set, whoever owns it. Raises NotFoundError."""
    found = SetFile.by_name(session, set_name, name)
    if found is None:
        raise NotFoundError
    return found


def find_own(session: Session, owner: User, set_name: str, name: str) -> SetFile:
    """Return a file of the owner's. Raises NotFoundError, also for somebody else's."""
    found = find(session, set_name, name)
    if found.owner_id != owner.id:
        raise NotFoundError
    return found


def list_own(
    session: Session, owner: User, upload_set: UploadSet, *, before: str | None, size: int
) -> Sequence[SetFile]:
    """Return up to `size` of the owner's files, newest first, older than the one named `before`."""
    return SetFile.page(session, owner.id, upload_set.name, before, size)


def is_own(session: Session, owner: User, upload_set: UploadSet, name: str) -> bool:
    """Tell whether the owner has, or had, a file of this name in the set: lists go on from it."""
    return SetFile.has_had(session, owner.id, upload_set.name, name)


def delete(session: Session, media: Media, file: SetFile) -> None:
    """Take a file from its address; a picture from every address it has.

    A document stays in its place until it is collected.
    """
    if file.image is not None:
        images.delete(session, media, file.image)
        return
    begin_write(session)
    file.deleted = now()


def media_type(name: str) -> str:
    """Return the type under which a document of this name is sent."""
    return TYPES.get(extension_of(name), OCTETS)
