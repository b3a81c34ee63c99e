"""Children that open pictures hang, die, pile up or are left alone: the rest goes on."""

import ast
import fcntl
import os
import signal
import subprocess
import sys
import termios
import threading
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from flaskr import imaging
from flaskr.errors import BusyError, TooComplexError
from flaskr.imaging import DecodePool, Limits, pool
from tests.factories import png

LIMITS = asdict(Limits(pixels=50_000_000, side=16_384, frames=500, total_pixels=250_000_000))


@pytest.fixture
def children(monkeypatch) -> list[int]:
    """The process ids of all children that were started, oldest first."""
    started: list[int] = []

    class Counted(pool.Child):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            started.append(self.process.pid)

    monkeypatch.setattr(pool, "Child", Counted)
    return started


@pytest.fixture
def decoders(children: list[int]) -> Iterator[DecodePool]:
    made = DecodePool(2)
    yield made
    made.close()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "picture"
    path.write_bytes(png())
    return path


def open_one(decoders: DecodePool, source: Path) -> dict[str, Any]:
    thumbnail = source.with_name(f"thumbnail-{threading.get_ident()}")
    return decoders.run(
        "intake", source=str(source), clean=None, thumbnail=str(thumbnail), limits=LIMITS
    )


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def has_request(pid: int) -> bool:
    """Tell whether something was written to a child's input that it has not read."""
    with Path(f"/proc/{pid}/fd/0").open("rb") as its_input:
        return any(fcntl.ioctl(its_input, termios.FIONREAD, bytes(4)))


def test_a_child_that_hangs_is_killed_and_replaced(decoders, children, source, monkeypatch):
    open_one(decoders, source)
    os.kill(children[0], signal.SIGSTOP)
    with monkeypatch.context() as impatient:
        impatient.setattr(pool, "CHILD_WALL_SECONDS", 0.2)
        with pytest.raises(TooComplexError):
            open_one(decoders, source)
    assert not is_running(children[0])
    assert open_one(decoders, source)["extension"] == "png"
    assert len(children) == 2


def test_a_child_that_is_killed_costs_its_picture_only(decoders, children, source):
    open_one(decoders, source)
    os.kill(children[0], signal.SIGSTOP)  # so that it is in the middle of it
    with ThreadPoolExecutor(1) as elsewhere:
        lost = elsewhere.submit(open_one, decoders, source)
        while not has_request(children[0]):
            pass
        os.kill(children[0], signal.SIGKILL)
        with pytest.raises(TooComplexError):
            lost.result()
    assert open_one(decoders, source)["extension"] == "png"


def test_a_child_that_died_while_idle_costs_nothing(decoders, children, source):
    open_one(decoders, source)
    os.kill(children[0], signal.SIGKILL)
    os.waitid(os.P_PID, children[0], os.WEXITED | os.WNOWAIT)
    assert open_one(decoders, source)["extension"] == "png"


def test_there_are_never_more_children_than_allowed(decoders, children, source):
    with ThreadPoolExecutor(12) as everybody:
        for opened in [everybody.submit(open_one, decoders, source) for _ in range(36)]:
            assert opened.result()["extension"] == "png"
    assert len(children) <= decoders.size


def test_when_too_many_wait_the_next_is_refused_at_once(decoders, source):
    with ExitStack() as everybody:
        for _ in range(decoders.size):
            everybody.enter_context(decoders._turn(0))
        with pytest.raises(BusyError):
            decoders.run("intake", patience=0)
        for _ in range(pool.QUEUE_LENGTH):
            assert decoders._queue.acquire(blocking=False)
            everybody.callback(decoders._queue.release)
        with pytest.raises(BusyError):
            open_one(decoders, source)
    assert open_one(decoders, source)["extension"] == "png"


def test_a_child_is_told_no_settings(decoders, children, source, monkeypatch):
    monkeypatch.setenv("TUCHUANG_SECRET_KEY", "not for pictures")
    open_one(decoders, source)
    assert b"TUCHUANG_" not in Path(f"/proc/{children[0]}/environ").read_bytes()


def test_every_refusal_of_a_child_is_known_to_its_parent():
    used = set()
    for path in Path(imaging.__path__[0]).rglob("*.py"):
        if path != Path(pool.__file__):  # the parent's own
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ImportFrom) and node.module == "flaskr.errors":
                    used |= {name.name for name in node.names}
    assert "FileTooLargeError" in used
    assert used - {"DomainError"} <= {error.__name__ for error in pool.REFUSALS.values()}
    assert all(error.code == code for code, error in pool.REFUSALS.items())


def test_an_idle_child_leaves_and_another_comes(decoders, children, source, monkeypatch):
    monkeypatch.setattr(pool, "IDLE_SECONDS", 0)
    open_one(decoders, source)
    os.waitid(os.P_PID, children[0], os.WEXITED | os.WNOWAIT)
    assert open_one(decoders, source)["extension"] == "png"
    assert len(children) == 2


def test_a_forked_process_has_children_of_its_own(decoders, children, source):
    open_one(decoders, source)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads that fork
        forked = os.fork()
    if not forked:
        status = 1
        try:
            opened = open_one(decoders, source)["extension"] == "png"
            status = 0 if opened and len(children) == 2 else 2
            decoders.close()
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(forked, 0)[1]) == 0
    assert open_one(decoders, source)["extension"] == "png"
    assert len(children) == 1


ENDLESS = """
import os, sys
from flaskr.imaging import worker

def task():
    os.write(2, b"started")
    while True:
        pass

stderr = os.dup(2)
worker.TASKS["endless"] = lambda: (os.dup2(stderr, 2), task())
worker.main()
"""


def test_a_child_in_the_middle_of_a_picture_dies_with_its_parent():
    """Its standard input ends with its parent; here, because we close it."""
    with subprocess.Popen(
        [sys.executable, "-c", ENDLESS, str(pool.CHILD_MEMORY), "60", "60"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stdin
        assert child.stderr
        child.stdin.write(b'{"task": "endless", "arguments": {}}\n')
        child.stdin.flush()
        assert child.stderr.read(7) == b"started"
        child.stdin.close()
        child.wait()
    assert child.returncode == -signal.SIGIO
