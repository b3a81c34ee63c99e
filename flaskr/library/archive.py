"""A ZIP of pictures, made while it is sent: nothing is compressed, little is held in memory.

APPNOTE 6.3.10. Every size is known before, so the whole length can be told; checksums stand before
the content, so that programs that read a ZIP as it arrives can, too.
"""

import struct
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from flaskr.errors import NotFoundError, NothingChosenError, TooManyChosenError
from flaskr.imaging.formats import EXTENSION_ALIASES
from flaskr.library.chosen import MOST, distinct, pieces
from flaskr.library.media import Media, blob_name
from flaskr.models import Album, AlbumImage, Blob, Image, User
from flaskr.storage import MissingFileError, Store
from flaskr.transactions import end_read

CHUNK = 1024 * 1024
MOST_16, MOST_32 = 0xFFFF, 0xFFFFFFFF
PLAIN, WITH_64 = 20, 45
"""The versions of ZIP that a reader needs: the second for large files, sizes or numbers."""

UTF_8 = 1 << 11
MADE_ON_UNIX = 3 << 8
FILE_MODE = 0o100644 << 16

LOCAL = struct.Struct("<4sHHHHHLLLHH")
CENTRAL = struct.Struct("<4sHHHHHHLLLHHHHHLL")
END_64 = struct.Struct("<4sQHHLLQQQQ")
LOCATOR_64 = struct.Struct("<4sLQL")
END = struct.Struct("<4sHHHHLLH")

MISSING_NAME = "MISSING.txt"
FORBIDDEN = set('<>:"/\\|?*')
RESERVED = {"con", "prn", "aux", "nul"} | {
    f"{name}{n}" for name in ("com", "lpt") for n in range(10)
}
"""Names that Windows keeps for itself, whatever their ending."""

MAX_STEM = 200
"""Bytes of a name without its ending: most file systems take 255 for the whole."""


class BrokenArchiveError(Exception):
    """A file has gone or changed since the length was told: the answer has to break off."""


class Chosen(NamedTuple):
    """What an archive needs to know of an image; `stored` is what is sent, if not the blob."""

    name: str
    created: datetime
    sha256: str
    bytes: int
    extension: str
    stored: str = ""


@dataclass(frozen=True)
class Member:
    """A file of the archive: a stored one, or `text`. `size` is in bytes."""

    name: bytes
    created: datetime
    size: int
    stored: str = ""
    text: bytes = b""


@dataclass(frozen=True)
class Archive:
    """What an archive will hold, in order, and how long it will be."""

    members: list[Member] = field(default_factory=list)

    @property
    def size(self) -> int:
        """The length of the whole in bytes."""
        total = 0
        central = 0
        for member in self.members:
            offset = total
            total += LOCAL.size + len(member.name) + len(large(member.size, member.size))
            total += member.size
            central += CENTRAL.size + len(member.name)
            central += len(large(member.size, member.size, offset))
        return total + central + len(ending(len(self.members), central, total))

    def pieces(self, store: Store) -> Iterator[bytes]:
        """Yield the archive in pieces of CHUNK bytes at most, read from the store as they go.

        Raises BrokenArchiveError when a file is not what it was.
        """
        central: list[bytes] = []
        at = 0
        for member in self.members:
            checksum = checksum_of(store, member)
            header = local_header(member, checksum)
            central.append(central_header(member, checksum, at))
            at += len(header) + member.size
            yield header
            yield from content(store, member)
        directory = b"".join(central)
        yield directory + ending(len(central), len(directory), at)


# ---- what goes into it ----------------------------------------------------------------------


def of_images(session: Session, media: Media, owner: User, keys: Iterable[str]) -> Archive:
    """Return the archive of some of the owner's images, in the order they were named.

    What is somebody else's is passed over. Raises NothingChosenError, TooManyChosenError, and
    NotFoundError if none is the owner's.
    """
    wanted = distinct(keys)
    found: dict[str, Chosen] = {}
    for some in pieces(wanted):
        query = select(Image.key, *COLUMNS).join(Blob, Image.blob_id == Blob.id)
        query = query.where(Image.key.in_(some), Image.owner_id == owner.id, *Image.lives())
        found.update({row.key: Chosen(*row[1:]) for row in session.execute(query)})
    if not found:
        raise NotFoundError
    return of(session, media, [found[key] for key in wanted if key in found])


def of_album(session: Session, media: Media, album: Album) -> Archive:
    """Return the archive of an album's images, in its order. Raises as `of_images` does."""
    query = select(*COLUMNS).join(Blob, Image.blob_id == Blob.id)
    query = query.join(AlbumImage, AlbumImage.image_id == Image.id)
    query = query.where(AlbumImage.album_id == album.id, *Image.lives())
    query = query.order_by(AlbumImage.position, AlbumImage.image_id).limit(MOST + 1)
    return of(session, media, [Chosen(*row) for row in session.execute(query)])


COLUMNS = (Image.name, Image.created, Blob.sha256, Blob.bytes, Blob.extension)


def of(session: Session, media: Media, chosen: list[Chosen]) -> Archive:
    """Return the archive of these pictures. Bytes that are missing are named in a text instead."""
    end_read(session)  # the disk may be slow
    if not chosen:
        raise NothingChosenError
    if len(chosen) > MOST:
        raise TooManyChosenError(most=MOST)
    names = Names()
    members, missing = [], []
    for image in chosen:
        stored = image.stored or blob_name(image.sha256)
        if is_there(media.store, stored, image.bytes):
            name = names.give(image.name, image.extension)
            members.append(Member(name.encode(), image.created, image.bytes, stored=stored))
        else:
            missing.append(image.name)
    if missing:
        text = "".join(f"{name}\r\n" for name in missing).encode()
        made = datetime.now(UTC)
        name = names.give(MISSING_NAME, "txt")
        members.append(Member(name.encode(), made, len(text), text=text))
    return Archive(members)


def is_there(store: Store, name: str, size: int) -> bool:
    """Tell whether the store has the file, whole."""
    try:
        return store.stat(name).size == size
    except MissingFileError:
        return False


class Names:
    """Gives each file a name that no other one has, whatever the file system makes of case."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._next: dict[str, int] = {}

    def give(self, name: str, extension: str) -> str:
        """Return the name, numbered if it is taken, with the ending that the content has."""
        stem, dot, ending = name.rpartition(".")
        if not dot or not stem or len(ending) > 10:
            stem, ending = name, ""
        lower = ending.lower()
        if EXTENSION_ALIASES.get(lower, lower) != extension:
            ending = extension
        stem = harmless(stem)
        wanted = f"{stem}.{ending}"
        number = self._next.get(key(wanted), 2)
        given = wanted
        while key(given) in self._taken:
            given = f"{stem} ({number}).{ending}"
            number += 1
        self._next[key(wanted)] = number
        self._taken.add(key(given))
        return given


def harmless(stem: str) -> str:
    """Return the name without its ending as every file system takes it."""
    shown = "".join("_" if c in FORBIDDEN or not c.isprintable() else c for c in stem)
    short = shown.encode()[:MAX_STEM].decode(errors="ignore")
    if len(short) < len(shown):  # a mark belongs to the letter before
        short = short[: next((at for at in range(len(short), 0, -1) if not is_mark(shown[at])), 0)]
    shown = short.strip(" .") or "image"
    return f"_{shown}" if shown.partition(".")[0].lower() in RESERVED else shown


def is_mark(character: str) -> bool:
    """Tell whether a character changes how the one before it looks."""
    return unicodedata.category(character) in {"Mn", "Mc", "Me"}


def key(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


# ---- how it is written ----------------------------------------------------------------------


def content(store: Store, member: Member) -> Iterator[bytes]:
    """Yield the bytes of a member. Raises BrokenArchiveError unless they are as many as told."""
    if not member.stored:
        yield member.text
        return
    left = member.size
    try:
        with store.open(member.stored) as file:
            while chunk := file.read(min(CHUNK, left) or 1):
                left -= len(chunk)
                if left < 0:
                    break
                yield chunk
    except MissingFileError:
        raise BrokenArchiveError(member.stored) from None
    if left:
        raise BrokenArchiveError(member.stored)


def checksum_of(store: Store, member: Member) -> int:
    """Read a member once before it is sent: the second time the system has it at hand."""
    checksum = 0
    for chunk in content(store, member):
        checksum = zlib.crc32(chunk, checksum)
    return checksum


def large(*numbers: int) -> bytes:
    """Return the extra field for those of the numbers that 32 bits cannot hold (4.5.3).

    The local header always has both sizes in it, or none.
    """
    beyond = [number for number in numbers if number >= MOST_32]
    return struct.pack(f"<HH{len(beyond)}Q", 1, 8 * len(beyond), *beyond) if beyond else b""


def clock(moment: datetime) -> tuple[int, int]:
    """Return time and date as MS-DOS has them: from 1980 on, in steps of two seconds."""
    at = moment.astimezone(UTC)
    if not 1980 <= at.year <= 2107:
        at = datetime(1980, 1, 1, tzinfo=UTC)
    date = (at.year - 1980) << 9 | at.month << 5 | at.day
    return at.hour << 11 | at.minute << 5 | at.second // 2, date


def local_header(member: Member, checksum: int) -> bytes:
    extra = large(member.size, member.size)
    needs = WITH_64 if extra else PLAIN
    size = min(member.size, MOST_32)
    length = len(member.name), len(extra)
    fields = (needs, UTF_8, 0, *clock(member.created), checksum, size, size, *length)
    return LOCAL.pack(b"PK\x03\x04", *fields) + member.name + extra


def central_header(member: Member, checksum: int, offset: int) -> bytes:
    extra = large(member.size, member.size, offset)
    needs = WITH_64 if extra else PLAIN
    size, at = min(member.size, MOST_32), min(offset, MOST_32)
    fields = (MADE_ON_UNIX | needs, needs, UTF_8, 0, *clock(member.created), checksum, size, size)
    rest = (len(member.name), len(extra), 0, 0, 0, FILE_MODE, at)
    return CENTRAL.pack(b"PK\x01\x02", *fields, *rest) + member.name + extra


def ending(count: int, length: int, offset: int) -> bytes:
    """Return what follows the central directory of `count` entries and `length` bytes."""
    end = END.pack(
        b"PK\x05\x06",
        0,
        0,
        min(count, MOST_16),
        min(count, MOST_16),
        min(length, MOST_32),
        min(offset, MOST_32),
        0,
    )
    if count < MOST_16 and length < MOST_32 and offset < MOST_32:
        return end
    fields = (END_64.size - 12, MADE_ON_UNIX | WITH_64, WITH_64, 0, 0, count, count, length, offset)
    record = END_64.pack(b"PK\x06\x06", *fields)
    return record + LOCATOR_64.pack(b"PK\x06\x07", 0, offset + length, 1) + end
