"""Counters of attempts in an SQLite file, shared by all processes of one machine.

The `limits` library counts in memory by default, which lets each process admit the full number.
"""

import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

from limits.storage import Storage

from flaskr.transactions import BUSY_SECONDS

SCHEME = "tuchuang-sqlite"


def address(instance_path: str) -> str:
    """Return the storage address of the instance's counters."""
    return f"{SCHEME}://{Path(instance_path, 'limits.sqlite3')}"


class SQLiteStorage(Storage):
    """Fixed windows: a number and the moment it falls back to zero, for each key."""

    STORAGE_SCHEME = [SCHEME]  # noqa: RUF012 - as the library declares it

    def __init__(self, uri: str, **options: Any) -> None:
        super().__init__(uri, **options)
        self._path = Path(uri.removeprefix(f"{SCHEME}://"))
        self._local = threading.local()

    @property
    def base_exceptions(self) -> type[Exception]:
        return sqlite3.Error

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Add `amount` to the key's number and return it; the window starts with the first."""
        moment = time.time()
        with self._connection() as connection:
            connection.execute("DELETE FROM counter WHERE expires <= ?", (moment,))
            row = connection.execute(
                "INSERT INTO counter VALUES (?, ?, ?) ON CONFLICT (key) "
                "DO UPDATE SET number = number + excluded.number RETURNING number",
                (key, amount, moment + expiry),
            ).fetchone()
        return int(row[0])

    def get(self, key: str) -> int:
        """Return the key's number in the present window."""
        row = self._row(key)
        return int(row[0]) if row else 0

    def get_expiry(self, key: str) -> float:
        """Return when the key's window ends, in seconds since the epoch."""
        row = self._row(key)
        return float(row[1]) if row else time.time()

    def check(self) -> bool:
        """Tell whether the file can be read."""
        try:
            self.get("check")
        except sqlite3.Error:
            return False
        return True

    def reset(self) -> int | None:
        """Forget every key; return how many there were."""
        with self._connection() as connection:
            return connection.execute("DELETE FROM counter").rowcount

    def clear(self, key: str) -> None:
        """Forget one key."""
        with self._connection() as connection:
            connection.execute("DELETE FROM counter WHERE key = ?", (key,))

    def _row(self, key: str) -> tuple[int, float] | None:
        row: tuple[int, float] | None = (
            self._connection()
            .execute(
                "SELECT number, expires FROM counter WHERE key = ? AND expires > ?",
                (key, time.time()),
            )
            .fetchone()
        )
        return row

    def _connection(self) -> sqlite3.Connection:
        """Return this thread's connection; each statement commits by itself."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self._path, timeout=BUSY_SECONDS)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = OFF")  # counters need not survive a crash
            connection.execute(
                "CREATE TABLE IF NOT EXISTS counter "
                "(key TEXT PRIMARY KEY, number INTEGER NOT NULL, expires REAL NOT NULL)"
            )
            connection.execute("CREATE INDEX IF NOT EXISTS counter_expires ON counter (expires)")
            self._local.connection = connection
        return connection
