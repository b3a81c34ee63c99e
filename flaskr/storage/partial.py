"""Files that arrive over several requests, which several processes may answer.

A request whose connection was cut may sit there for minutes before it notices, while the next one
goes on with the same file. So the lock is held for single writes, never while bytes are waited for,
and the file carries the mark of whoever writes to it, in MARK_BYTES past its length: a later writer
puts its own there, and the one before it finds that out at its next write.
"""

import fcntl
import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from flaskr.storage.durable import make_folder, sync_folder
from flaskr.storage.spool import PART

MARK_BYTES = 16
READ_BYTES = 1024 * 1024
PATIENCE = 3
"""How many seconds somebody else's write, or the reception of a whole picture, is waited for."""

POLL_SECONDS = 0.02


class LockedError(Exception):
    """Somebody else has held the lock for PATIENCE seconds."""


class TakenOverError(Exception):
    """A later request writes to the file now."""


@dataclass(frozen=True)
class WholeFile:
    """A file that has arrived. `size` is in bytes, the hashes are hex digests."""

    path: Path
    size: int
    sha256: str
    md5: str


class PartialFile:
    """The file at `path` that is to have `length` bytes.

    Opening raises FileNotFoundError if it is gone. Only `locked` may be called without the lock.
    """

    def __init__(self, path: Path, length: int) -> None:
        self.path = path
        self.length = length
        self._mark = secrets.token_bytes(MARK_BYTES)
        self._descriptor = os.open(path, os.O_RDWR)

    @staticmethod
    def create(path: Path) -> None:
        """Make an empty file, so that it is there after a power cut too."""
        make_folder(path.parent)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        sync_folder(path.parent)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep everybody else from the file. The kernel lets go if we die.

        Raises LockedError after PATIENCE, FileNotFoundError if the file was removed.
        """
        until = time.monotonic() + PATIENCE
        while not self._try_lock():
            if time.monotonic() > until:
                raise LockedError
            time.sleep(POLL_SECONDS)
        try:
            yield
        finally:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def _try_lock(self) -> bool:
        """Lock the file that is at `path` now: `take_over` may have put another one there."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        if os.path.samestat(os.fstat(self._descriptor), self.path.stat()):
            return True
        self._use(os.open(self.path, os.O_RDWR))
        return False

    def take_over(self) -> None:
        """Become the one who writes; whoever did so before finds the file taken over."""
        if os.fstat(self._descriptor).st_nlink > 1:
            self._leave_to_store()
        self._write(self._mark, self.length)

    def _leave_to_store(self) -> None:
        """Go on with a copy.

        The store was given this file under a second name when it seemed complete, but that could
        not be recorded: what is written now must not change bytes that others may rely on.
        """
        draft = self.path.with_name(f"{secrets.token_hex(16)}{PART}")
        try:
            shutil.copyfile(self.path, draft)
            descriptor = os.open(draft, os.O_RDWR)
            try:
                os.fsync(descriptor)
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                draft.replace(self.path)
            except BaseException:
                os.close(descriptor)
                raise
        finally:
            draft.unlink(missing_ok=True)
        self._use(descriptor)
        sync_folder(self.path.parent)

    def check(self) -> None:
        """Raise TakenOverError unless it is still us who write."""
        if os.pread(self._descriptor, MARK_BYTES + 1, self.length) != self._mark:
            raise TakenOverError

    def write(self, chunk: bytes, position: int) -> None:
        """Put bytes at `position`, below `length`. Raises OSError when there is no room."""
        if position + len(chunk) > self.length:
            raise ValueError("past the end of the file")
        self._write(chunk, position)

    def _write(self, data: bytes, position: int) -> None:
        view = memoryview(data)
        while view:
            written = os.pwrite(self._descriptor, view, position)
            position += written
            view = view[written:]

    def sync(self) -> None:
        """Return when what was written is on the disk."""
        os.fsync(self._descriptor)

    def finish(self) -> WholeFile:
        """Take the mark off, so that nobody can write any more, and hash all of it."""
        os.ftruncate(self._descriptor, self.length)
        sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
        position = 0
        while chunk := os.pread(self._descriptor, READ_BYTES, position):
            sha256.update(chunk)
            md5.update(chunk)
            position += len(chunk)
        return WholeFile(self.path, position, sha256.hexdigest(), md5.hexdigest())

    def remove(self) -> None:
        """Remove the file; whoever waits for the lock finds that out."""
        self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the file, which stays."""
        os.close(self._descriptor)

    def _use(self, descriptor: int) -> None:
        with suppress(OSError):
            os.close(self._descriptor)
        self._descriptor = descriptor

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
