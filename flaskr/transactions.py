"""How transactions begin and what SQLite is told on connecting. Plain SQLAlchemy, no Flask."""

import logging
import os
from collections.abc import Callable
from sqlite3 import Connection as SQLiteConnection
from sqlite3 import OperationalError
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import Session, sessionmaker

log = logging.getLogger(__name__)

BUSY_SECONDS = 4
"""How long a writer waits for another one. With POOL_SECONDS it is less than the 6 seconds in which
people are told that the database does not answer."""

POOL_SECONDS = 1.5
"""How long a request waits for a connection when all are taken."""

WRITING = "writing"
"""Key in `Session.info` that is set while a write transaction is open."""

AFTERWARDS = "afterwards"
"""Key in `Session.info`: what is to be done once the transaction is committed."""

FILE = "file"
"""Key in the pool's records: which file a connection was opened on."""


def begin_write(session: Session) -> None:
    """Start the transaction that the coming writes belong to; a verb that writes calls it first.

    SQLite takes the write lock here and waits for it if need be. A transaction that starts by
    reading and writes later would fail at once when somebody else wrote in between, so the read
    snapshot, if there is one, is given up: rows already loaded are read again when next used.
    Within one write transaction a second call changes nothing.
    """
    if session.info.get(WRITING):
        return
    session.rollback()
    session.connection(execution_options={"sqlite_begin": "IMMEDIATE"})
    session.info[WRITING] = True


def end_read(session: Session) -> None:
    """Give the connection back before something slow; what was loaded is read again when used.

    Raises RuntimeError if a write transaction is open: its writes would be lost.
    """
    if session.info.get(WRITING):
        raise RuntimeError("commit the open write transaction first")
    session.rollback()


def after_commit(session: Session, action: Callable[[], object]) -> None:
    """Do something once the write transaction is committed, and not if it is rolled back.

    For files: whoever removes one before its row is gone may leave a row that points at nothing.
    The commit stands whatever becomes of the action, so an OSError of it is logged, no more.
    """
    session.info.setdefault(AFTERWARDS, []).append(action)


def prepare_sessions(sessions: sessionmaker[Session]) -> None:
    """Make `begin_write` and `after_commit` notice when a session's transaction is over."""

    def act(session: Session) -> None:
        if session.in_nested_transaction():
            return
        for action in session.info.pop(AFTERWARDS, []):
            try:
                action()
            except OSError:
                log.warning("could not be done after a commit", exc_info=True)

    def forget_write(session: Session, transaction: Any) -> None:
        if transaction.parent is None:
            session.info.pop(WRITING, None)
            session.info.pop(AFTERWARDS, None)

    event.listen(sessions.class_, "after_commit", act)
    event.listen(sessions.class_, "after_transaction_end", forget_write)


def prepare_sqlite(engine: Engine, *, foreign_keys: bool = True, create: bool = True) -> None:
    """Set what SQLite needs to be safe under several writers: docs/adr/0005-sqlite.md.

    With `create` false, a file that is missing is an error, as it is with other databases.
    """
    file = engine.url.database or ""

    def on_do_connect(*_: object) -> None:
        if not create and identity(file) is None:
            raise OperationalError("unable to open database file")

    def on_connect(connection: SQLiteConnection, record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by itself
        connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
        record.info[FILE] = identity(file)

    def on_checkout(_connection: SQLiteConnection, record: Any, _proxy: object) -> None:
        # A connection goes on with a file that was moved away: what it writes there is lost.
        if record.info[FILE] != identity(file):
            raise DisconnectionError

    def on_begin(connection: Connection) -> None:
        mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {mode}")

    event.listen(engine, "do_connect", on_do_connect)
    event.listen(engine, "connect", on_connect)
    event.listen(engine, "checkout", on_checkout)
    event.listen(engine, "begin", on_begin)


def identity(path: str) -> tuple[int, int] | None:
    """Return what tells a file from another one that takes its name; None if there is none."""
    try:
        facts = os.stat(path)  # noqa: PTH116 - for every connection taken: quicker than a Path
    except OSError:
        return None
    return facts.st_dev, facts.st_ino
