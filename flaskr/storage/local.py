"""Files in a folder of this machine."""

import errno
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from flaskr.storage.contract import Entry, MissingFileError, check_name
from flaskr.storage.durable import sync_file, sync_folder

# File systems without hard links say so in one of these ways.
NO_HARD_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS}

FOLDER_TRIES = 10


class LocalStore:
    """The store in the folder `root`, which is made when it is first written to."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, name: str, source: Path, *, durable: bool = True) -> bool:
        """Store `source`, which has to be on the same volume. See Store.put."""
        target = self._path(name)
        if durable:
            sync_file(source)
        for _ in range(FOLDER_TRIES):
            try:
                return self._place(source, target, durable=durable)
            except FileNotFoundError:  # the folder was removed as we came to it, for it was empty
                if not source.exists():
                    raise
        return self._place(source, target, durable=durable)

    def open(self, name: str) -> BinaryIO:
        """See Store.open."""
        try:
            return self._path(name).open("rb")
        except FileNotFoundError:
            raise MissingFileError(name) from None

    def read(self, name: str, start: int = 0, length: int | None = None) -> bytes:
        """See Store.read."""
        with self.open(name) as file:
            file.seek(start)
            return file.read() if length is None else file.read(length)

    def stat(self, name: str) -> Entry:
        """See Store.stat."""
        try:
            return _entry(name, self._path(name))
        except FileNotFoundError:
            raise MissingFileError(name) from None

    def delete(self, name: str) -> bool:
        """See Store.delete."""
        path = self._path(name)
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        folder = path.parent
        if folder != self.root:
            with suppress(OSError):  # others are in it
                folder.rmdir()
                folder = folder.parent
        with suppress(FileNotFoundError):  # somebody removed it in turn
            sync_folder(folder)
        return True

    def list(self, prefix: str = "") -> Iterator[Entry]:
        """See Store.list."""
        failures: list[OSError] = []
        top = self.root / prefix.rpartition("/")[0]
        for folder, _, files in os.walk(top, onerror=failures.append):
            for file in files:
                path = Path(folder, file)
                name = path.relative_to(self.root).as_posix()
                if not name.startswith(prefix):
                    continue
                try:
                    entry = _entry(name, path)
                except OSError as error:
                    failures.append(error)
                else:
                    yield entry
        for failure in failures:
            if not isinstance(failure, FileNotFoundError):  # deleted while we looked
                raise failure

    def local_path(self, name: str) -> Path:
        """See Store.local_path."""
        return self._path(name)

    def _path(self, name: str) -> Path:
        return self.root / check_name(name)

    def _place(self, source: Path, target: Path, *, durable: bool) -> bool:
        self._make_folder(target.parent, durable=durable)
        stored = _link_or_move(source, target)
        if durable:
            sync_folder(target.parent)
        return stored

    def _make_folder(self, folder: Path, *, durable: bool) -> None:
        """Make `folder` and its parents, each recorded in the folder that holds it.

        What need not be durable waits for the disk only where the folder may be shared with others:
        down to those in the root.
        """
        if folder.is_dir():
            return
        self._make_folder(folder.parent, durable=durable)
        with suppress(FileExistsError):
            folder.mkdir()
        if durable or self.root not in folder.parent.parents:
            sync_folder(folder.parent)


def _entry(name: str, path: Path) -> Entry:
    facts = path.stat()
    return Entry(name, facts.st_size, datetime.fromtimestamp(facts.st_mtime, UTC))


def _link_or_move(source: Path, target: Path) -> bool:
    """Give `source` the name `target` unless it is taken; tell whether it was free."""
    try:
        os.link(source, target)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in NO_HARD_LINKS:
            raise
        # Names are made from content, so to replace a file is to put the same bytes there again.
        absent = not target.exists()
        source.replace(target)
        return absent
    return True
