"""The contract every storage back end keeps; tests/unit/test_storage.py holds them to it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

NAME_PATTERN = re.compile(r"[a-z0-9][a-z0-9._=-]*(/[a-z0-9][a-z0-9._=-]*)*")
MAX_NAME = 200


class MissingFileError(Exception):
    """There is no file of that name."""


@dataclass(frozen=True)
class Entry:
    """What is known of a stored file: its name, its size in bytes, when it was stored (UTC)."""

    name: str
    size: int
    modified: datetime


class Store(Protocol):
    """Files by name. Names are made by the program, never taken from outside (`check_name`).

    A file is there whole or not at all, and stays as it was put until it is deleted.
    """

    def put(self, name: str, source: Path, *, durable: bool = True) -> bool:
        """Store the file at `source` under `name` unless that name is taken.

        Returns whether it was stored. `source` is its maker's to remove afterwards; it may have
        been moved away. When the call returns, the bytes survive a power cut; with `durable` false
        that is left to chance, for what can be made again. Raises OSError when they could not be
        written.
        """
        ...

    def open(self, name: str) -> BinaryIO:
        """Open the file for reading from its start. Raises MissingFileError."""
        ...

    def read(self, name: str, start: int = 0, length: int | None = None) -> bytes:
        """Return `length` bytes from offset `start`, or all up to the end.

        A range that reaches past the end gives what there is. Raises MissingFileError.
        """
        ...

    def stat(self, name: str) -> Entry:
        """Return what is known of the file. Raises MissingFileError."""
        ...

    def delete(self, name: str) -> bool:
        """Remove the file; return whether there was one."""
        ...

    def list(self, prefix: str = "") -> Iterator[Entry]:
        """Yield every file whose name starts with `prefix`, in no particular order.

        Files that somebody else put there are among them, also under names that are none. Raises
        OSError at the end if something could not be looked at.
        """
        ...

    def local_path(self, name: str) -> Path | None:
        """Return where the file lies on this machine, or None for a back end elsewhere."""
        ...


def check_name(name: str) -> str:
    """Return `name` if it can be a stored file's; raise ValueError otherwise.

    Lower case, digits and `._=-` in parts divided by `/`; no part starts with a dot.
    """
    if len(name) > MAX_NAME or not NAME_PATTERN.fullmatch(name):
        raise ValueError(f"not a storage name: {name!r}")
    return name
