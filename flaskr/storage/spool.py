"""Files on their way in: written to the final volume and hashed while they arrive."""

import hashlib
import secrets
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from flaskr.errors import EmptyFileError, FileTooLargeError

CHUNK = 256 * 1024


class SpooledFile:
    """A file that has arrived or is arriving. Leaving its `with` block removes it.

    `size` is in bytes; `sha256` and `md5` are hex digests of what was written so far.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
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
        """Append `chunk`. Raises OSError when there is no room for it."""
        self._sha256.update(chunk)
        self._md5.update(chunk)
        view = memoryview(chunk)
        while view:
            view = view[self._file.write(view) :]
        self.size += len(chunk)

    def close(self) -> None:
        """Stop writing; the file stays."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
        self.path.unlink(missing_ok=True)


class Spool:
    """The folder for files on their way in. It has to be on the volume of the store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def create(self) -> SpooledFile:
        """Start an empty file under a new name."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return SpooledFile(self.folder / f"{secrets.token_hex(16)}.part")

    def receive(self, stream: BinaryIO, limit: int) -> SpooledFile:
        """Read `stream` to its end into a new file.

        Raises FileTooLargeError as soon as more than `limit` bytes came, EmptyFileError when none
        did, OSError when they could not be written; nothing is left behind then.
        """
        spooled = self.create()
        try:
            while chunk := stream.read(CHUNK):
                if spooled.size + len(chunk) > limit:
                    raise FileTooLargeError(limit=limit)
                spooled.write(chunk)
            if not spooled.size:
                raise EmptyFileError
            spooled.close()
        except BaseException:
            spooled.__exit__(None, None, None)
            raise
        return spooled
