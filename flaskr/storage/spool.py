"""Files on their way in: written to the final volume and hashed while they arrive."""

import hashlib
import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from flaskr.errors import FileTooLargeError
from flaskr.storage.durable import make_folder

PART, LOCK, PIECES = ".part", ".lock", ".upload"
"""How the names end of files on their way in, of locks held while variants are made, and of files
that come in pieces."""


class ArrivedFile(Protocol):
    """A file that has arrived: where it lies, its size in bytes, its hashes as hex digests."""

    @property
    def path(self) -> Path: ...
    @property
    def size(self) -> int: ...
    @property
    def sha256(self) -> str: ...
    @property
    def md5(self) -> str: ...


class SpooledFile:
    """A file that has arrived or is arriving; it is removed by `close`, or by leaving `with`.

    `size` is in bytes; `sha256` and `md5` are hex digests of what was written so far.
    """

    def __init__(self, path: Path, limit: int | None = None) -> None:
        self.path = path
        self.limit = limit
        self.size = 0
        self._file = path.open("xb", buffering=0)
        self._sha256 = hashlib.sha256()
        self._md5 = hashlib.md5(usedforsecurity=False)

    @property
    def sha256(self) -> str:
        return self._sha256.hexdigest()

    @property
    def md5(self) -> str:
        return self._md5.hexdigest()

    def write(self, chunk: bytes) -> None:
        """Append `chunk`.

        Raises FileTooLargeError when that makes more than `limit` bytes, OSError when there is no
        room.
        """
        if self.limit is not None and self.size + len(chunk) > self.limit:
            raise FileTooLargeError(limit=self.limit)
        self._sha256.update(chunk)
        self._md5.update(chunk)
        view = memoryview(chunk)
        while view:
            view = view[self._file.write(view) :]
        self.size += len(chunk)

    def finish(self) -> None:
        """Stop writing; the file stays until `close`."""
        self._file.close()

    def close(self) -> None:
        """Stop writing and remove the file, unless it was moved away."""
        self._file.close()
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Spool:
    """The folder for files on their way in. It has to be on the volume of the store.

    `mode` is the folder's, as far as the process's mask admits it.
    """

    def __init__(self, folder: Path, mode: int = 0o777) -> None:
        self.folder = folder
        self.mode = mode

    def create(self, limit: int | None = None) -> SpooledFile:
        """Start an empty file under a new name, to hold `limit` bytes at the most."""
        return SpooledFile(self.new_path(), limit)

    def new_path(self) -> Path:
        """Return a path in the spool that nothing has yet, for somebody else to write to."""
        make_folder(self.folder, self.mode)  # the store lies in the folder above, which has to last
        return self.folder / f"{secrets.token_hex(16)}{PART}"

    def path_of(self, key: str) -> Path:
        """Return where the file that comes in pieces under this key lies."""
        return self.folder / f"{key}{PIECES}"

    def in_pieces(self, before: datetime) -> dict[str, Path]:
        """Return by key the files that come in pieces and got the last one before that moment."""
        found = {}
        for path in self.folder.glob(f"*{PIECES}"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before.timestamp():
                    found[path.stem] = path
        return found

    def free_bytes(self) -> int:
        """Return how much room the volume has left."""
        make_folder(self.folder)
        return shutil.disk_usage(self.folder).free

    def leftovers(self, before: datetime) -> Iterator[Path]:
        """Yield what was last written before that moment, and hence forgotten: nobody takes days.

        A process that was killed leaves such files.
        """
        for path in self.folder.glob("*"):
            with suppress(FileNotFoundError):  # done while we looked
                if path.suffix in (PART, LOCK) and path.stat().st_mtime < before.timestamp():
                    yield path
