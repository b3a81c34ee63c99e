"""Between those who rely on stored bytes and those who remove them.

Bytes and rows are in two places, and no transaction spans both. So whoever records that a picture
has certain bytes looks, within the write transaction of that record, whether they are there
(library.uploads); and whoever removes bytes does so within a write transaction in which no record
needs them (library.collect, library.check). Only one of the two is at work at a time: on SQLite
because there is one writer, on PostgreSQL by the lock below. docs/adr/0008-collection.md
"""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from flaskr.transactions import begin_write

BYTES_LOCK = int.from_bytes(b"tuchuang")
"""The advisory lock's number on PostgreSQL: any will do, the same in every process."""


def rely_on_bytes(session: Session) -> None:
    """Start the write transaction, if need be, in which bytes that are there stay there.

    Others may rely on bytes at the same time, as far as the database lets them.
    """
    begin_write(session)
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock_shared(BYTES_LOCK)))


def own_bytes(session: Session) -> None:
    """Start a write transaction in which nobody else relies on bytes, or removes any.

    It has to be short: uploads wait for its end.
    """
    begin_write(session)
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(BYTES_LOCK)))
