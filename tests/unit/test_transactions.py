"""Writers wait for each other; none loses what another wrote."""

import multiprocessing

import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.orm import Session, sessionmaker

from flaskr.transactions import (
    after_commit,
    begin_write,
    end_read,
    prepare_sessions,
    prepare_sqlite,
)

PROCESSES = 4
ROUNDS = 40


def open_sessions(path: str) -> sessionmaker[Session]:
    engine = create_engine(f"sqlite:///{path}")
    prepare_sqlite(engine)
    sessions = sessionmaker(engine)
    prepare_sessions(sessions)
    return sessions


@pytest.fixture
def path(tmp_path) -> str:
    return str(tmp_path / "counter.sqlite3")


@pytest.fixture
def sessions(path):
    made = open_sessions(path)
    with made() as session:
        begin_write(session)
        session.execute(text("CREATE TABLE counter (number INTEGER)"))
        session.execute(text("INSERT INTO counter VALUES (0)"))
        session.commit()
    yield made
    made.kw["bind"].dispose()


def read(session: Session) -> int:
    return int(session.scalar(text("SELECT number FROM counter")) or 0)


def write(session: Session, number: int) -> None:
    session.execute(text("UPDATE counter SET number = :number"), {"number": number})


def count_up(path: str, rounds: int) -> None:
    sessions = open_sessions(path)
    for _ in range(rounds):
        with sessions() as session:
            read(session)  # a view has often read before it writes
            begin_write(session)
            write(session, read(session) + 1)
            session.commit()
    sessions.kw["bind"].dispose()


def test_processes_that_read_and_write_at_once_lose_no_update(sessions, path):
    context = multiprocessing.get_context("spawn")
    workers = [
        context.Process(target=count_up, args=(path, ROUNDS), daemon=True) for _ in range(PROCESSES)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * PROCESSES
    with sessions() as session:
        assert read(session) == PROCESSES * ROUNDS


def test_begin_write_sees_what_others_wrote_since_the_session_read(sessions):
    with sessions() as mine, sessions() as theirs:
        assert read(mine) == 0
        begin_write(theirs)
        write(theirs, 7)
        theirs.commit()
        assert read(mine) == 0
        begin_write(mine)
        assert read(mine) == 7


def test_begin_write_takes_the_lock_once(sessions):
    begun: list[str] = []

    def note(_connection, _cursor, statement, *_rest) -> None:
        if statement.startswith("BEGIN"):
            begun.append(statement)

    event.listen(sessions.kw["bind"], "before_cursor_execute", note)
    with sessions() as session:
        begin_write(session)
        write(session, 3)
        begin_write(session)
        session.commit()
        assert read(session) == 3
    assert begun == ["BEGIN IMMEDIATE", "BEGIN DEFERRED"]


@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_after_the_transaction_the_next_write_locks_again(sessions, end):
    with sessions() as session:
        begin_write(session)
        getattr(session, end)()
        with sessions() as other:
            begin_write(other)
            write(other, 5)
            other.commit()
        begin_write(session)
        assert read(session) == 5


def test_end_read_refuses_to_lose_a_write(sessions):
    with sessions() as session:
        begin_write(session)
        with pytest.raises(RuntimeError, match="commit the open write"):
            end_read(session)
        write(session, 1)
        session.commit()
        end_read(session)
        assert read(session) == 1


def test_end_read_gives_the_connection_back(sessions):
    pool = sessions.kw["bind"].pool
    with sessions() as session:
        read(session)
        assert pool.checkedout() == 1
        end_read(session)
        assert pool.checkedout() == 0


# ---- what is done afterwards ------------------------------------------------------------------


def test_what_waits_for_the_commit_is_done_once_others_see_it(sessions):
    seen: list[int] = []
    with sessions() as mine, sessions() as theirs:
        begin_write(mine)
        write(mine, 7)
        after_commit(mine, lambda: seen.append(read(theirs)))
        assert seen == []
        mine.commit()
        assert seen == [7]
        begin_write(mine)
        mine.commit()
    assert seen == [7]


def test_what_waits_for_the_commit_is_not_done_after_a_rollback(sessions):
    seen: list[int] = []
    with sessions() as session:
        begin_write(session)
        after_commit(session, lambda: seen.append(1))
        session.rollback()
        begin_write(session)
        session.commit()
    assert seen == []


def test_a_disk_that_refuses_afterwards_undoes_nothing(sessions, caplog):
    def refuse() -> None:
        raise OSError(5, "Input/output error")

    seen: list[int] = []
    with sessions() as session:
        begin_write(session)
        write(session, 7)
        after_commit(session, refuse)
        after_commit(session, lambda: seen.append(1))
        session.commit()
        assert read(session) == 7
    assert seen == [1]
    assert "Input/output error" in caplog.text
