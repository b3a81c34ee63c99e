"""How transactions begin and what SQLite is told on connecting. Plain SQLAlchemy, no Flask."""

from sqlite3 import Connection as SQLiteConnection
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session, sessionmaker

BUSY_SECONDS = 10
WRITING = "writing"
"""Key in `Session.info` that is set while a write transaction is open."""


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


def prepare_sessions(sessions: sessionmaker[Session]) -> None:
    """Make `begin_write` notice when a session's transaction is over."""

    def forget_write(session: Session, transaction: Any) -> None:
        if transaction.parent is None:
            session.info.pop(WRITING, None)

    event.listen(sessions.class_, "after_transaction_end", forget_write)


def prepare_sqlite(engine: Engine, *, foreign_keys: bool = True) -> None:
    """Set what SQLite needs to be safe under several writers: docs/adr/0005-sqlite.md."""

    def on_connect(connection: SQLiteConnection, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by itself
        connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")

    def on_begin(connection: Connection) -> None:
        mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {mode}")

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)
