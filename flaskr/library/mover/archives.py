"""ZIP archives from people: looked through before anything is unpacked, and refused with a reason.

Nothing is unpacked to disk: files are read from where they lie, and never further than a limit.
"""

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import RawIOBase
from pathlib import Path
from typing import BinaryIO, cast
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo
from zlib import error as ZlibError  # noqa: N812 - it is an exception

from flaskr.errors import (
    ArchiveBombError,
    ArchiveLinkError,
    BadArchiveError,
    EncryptedArchiveError,
    TooManyEntriesError,
    UnsafeEntryError,
    UnusualArchiveError,
)

MOST_ENTRIES = 10_000
MOST_UNPACKED = 2 * 1024**3
"""How many bytes all files of an archive may be together."""

MOST_RATIO = 100
"""How many times larger than the archive its files may be, once they are SMALL no more."""

SMALL = 16 * 1024**2
MOST_AT_ONCE = 4 * 1024**2
"""How many bytes are read in one piece: `zipfile` reads a whole table of contents so."""

CHUNK = 64 * 1024
MAX_PATH = 500
UTF8_FLAG, ENCRYPTED_FLAG = 0x800, 0x1
METHODS = {ZIP_STORED, ZIP_DEFLATED}
"""How files may be packed. `zipfile` unpacks other methods without a bound, whatever is read."""

DRIVE = re.compile(r"[A-Za-z]:")


class ArchiveFile(RawIOBase):
    """A file of which nobody reads too much at once, whatever it says itself."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place. Raises ValueError for one before the beginning, as BytesIO does."""
        if whence == os.SEEK_SET and offset < 0:
            raise ValueError("a place before the beginning")
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int | None = -1) -> bytes:
        """Read `size` bytes, or the rest. Raises TooManyEntriesError for more than is sensible."""
        if size is None or size < 0:
            size = MOST_AT_ONCE
        if size > MOST_AT_ONCE:
            raise TooManyEntriesError(most=MOST_ENTRIES)
        return self._file.read(size)


class Archive:
    """A ZIP archive whose table of contents has been found harmless."""

    def __init__(self, file: ZipFile, entries: dict[str, ZipInfo]) -> None:
        self._file = file
        self._entries = entries

    @property
    def paths(self) -> list[str]:
        """The paths of its files."""
        return list(self._entries)

    def read(self, path: str) -> Iterator[bytes]:
        """Yield the content of a file. Raises BadArchiveError where it is damaged."""
        try:
            with self._file.open(self._entries[path]) as content:
                while chunk := content.read(CHUNK):
                    yield chunk
        except (BadZipFile, ZlibError, EOFError, NotImplementedError, RuntimeError, ValueError):
            raise BadArchiveError from None


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Open an archive.

    Raises BadArchiveError, TooManyEntriesError, ArchiveBombError, EncryptedArchiveError,
    UnusualArchiveError, UnsafeEntryError and ArchiveLinkError.
    """
    with path.open("rb") as content:
        try:
            file = ZipFile(cast("BinaryIO", ArchiveFile(content)))
        except (BadZipFile, NotImplementedError, UnicodeError, ValueError, OverflowError):
            raise BadArchiveError from None
        with file:
            yield Archive(file, check(file.infolist(), path.stat().st_size))


def check(found: list[ZipInfo], packed: int) -> dict[str, ZipInfo]:
    """Return the files by their paths. Raises what `open_archive` does."""
    if len(found) > MOST_ENTRIES:
        raise TooManyEntriesError(most=MOST_ENTRIES)
    unpacked = sum(entry.file_size for entry in found)
    if unpacked > MOST_UNPACKED or unpacked > max(SMALL, MOST_RATIO * packed):
        raise ArchiveBombError
    entries = {}
    for entry in found:
        name = safe_name(entry_name(entry))
        if entry.flag_bits & ENCRYPTED_FLAG:
            raise EncryptedArchiveError
        if entry.compress_type not in METHODS:
            raise UnusualArchiveError(name=name)
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
            raise ArchiveLinkError(name=name)
        if not name.endswith("/") and kind != stat.S_IFDIR:
            entries[name] = entry
    return entries


def entry_name(entry: ZipInfo) -> str:
    """Return what an entry is called: in UTF-8 if that is marked or fits, else as Windows does."""
    if entry.flag_bits & UTF8_FLAG:
        return entry.orig_filename
    try:
        written = entry.orig_filename.encode("cp437")
    except UnicodeError:
        return entry.orig_filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return written.decode(encoding)
        except UnicodeError:
            continue
    return entry.orig_filename


def safe_name(name: str) -> str:
    """Return a path with slashes. Raises UnsafeEntryError if it leads anywhere else."""
    path = name.replace("\\", "/")
    parts = path.removesuffix("/").split("/")
    strange = "\0" in path or len(path) > MAX_PATH or DRIVE.match(path)
    if strange or any(part in {"", ".", ".."} for part in parts):
        raise UnsafeEntryError(name=name[:MAX_PATH].encode(errors="replace").decode())
    return path
