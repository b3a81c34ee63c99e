"""What `library.check` can find, and what it keeps in mind while it looks."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import BinaryIO, NamedTuple, Self

from sqlalchemy.orm import Session

from flaskr.errors import NotFoundError
from flaskr.imaging.formats import HEAD_BYTES
from flaskr.library.media import Media
from flaskr.storage import Entry, MissingFileError

CHUNK = 1024 * 1024


class Kind(StrEnum):
    """What is wrong. Missing and damaged bytes are a loss, unreadable folders may hide one."""

    MISSING = "missing"
    DAMAGED = "damaged"
    UNREADABLE = "unreadable"
    WRONG_ROW = "wrong row"
    WRONG_TOTAL = "wrong total"
    DANGLING = "dangling"
    ORPHAN = "orphan"
    STRAY = "stray"
    LEFTOVER = "leftover"
    UNFINISHED = "unfinished"


@dataclass
class Fault:
    """One thing that is wrong: with a file, or a row (`name`); the keys of the images it hurts."""

    kind: Kind
    name: str
    detail: str
    images: tuple[str, ...] = ()
    repaired: bool = False


@dataclass
class Report:
    """How much was looked at, and what was found."""

    blobs: int = 0
    bytes: int = 0
    files: int = 0
    faults: list[Fault] = field(default_factory=list)

    @property
    def remaining(self) -> list[Fault]:
        return [fault for fault in self.faults if not fault.repaired]


class BlobRow(NamedTuple):
    """What a row says of its bytes."""

    id: int
    sha256: str
    md5: str
    bytes: int
    type: str
    extension: str
    width: int
    height: int
    frames: int


@dataclass(frozen=True)
class Content:
    """What a file holds: hex digests, size in bytes, its first bytes."""

    sha256: str
    md5: str
    size: int
    head: bytes

    @classmethod
    def of(cls, file: BinaryIO) -> Self:
        """Read an open file to its end."""
        sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
        size, head = 0, b""
        while chunk := file.read(CHUNK):
            head = head or chunk[:HEAD_BYTES]
            sha256.update(chunk)
            md5.update(chunk)
            size += len(chunk)
        return cls(sha256.hexdigest(), md5.hexdigest(), size, head)


@dataclass(frozen=True)
class Finding:
    """What looked wrong with a blob, and the file as it was then (None: it was not there)."""

    kind: Kind
    detail: str
    entry: Entry | None
    content: Content | None = None


@dataclass
class Inspection:
    """One run of `check`. `lost` are the faults that bytes found elsewhere would mend, by hash."""

    session: Session
    media: Media
    repair: bool
    report: Report = field(default_factory=Report)
    lost: dict[str, Fault] = field(default_factory=dict)

    def mend(self, fault: Fault, mending: Callable[[], None]) -> None:
        """Mend a fault and commit, if that is wanted. A disk that refuses leaves it as it is."""
        if not self.repair:
            return
        try:
            mending()
            self.session.commit()
        except (OSError, MissingFileError, NotFoundError) as error:
            self.session.rollback()
            cause = error.strerror if isinstance(error, OSError) else "the file is gone"
            fault.detail += f"; the repair failed: {cause}"
            fault.repaired = False
