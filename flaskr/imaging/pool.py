"""A bounded number of child processes that open pictures."""

import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from selectors import EVENT_READ, DefaultSelector
from typing import Any

from flaskr.config import ENVIRONMENT_PREFIX
from flaskr.errors import (
    BusyError,
    DomainError,
    FileTooLargeError,
    FormatNotTakenError,
    IncompleteImageError,
    TooComplexError,
    TooManyFramesError,
    TooManyPixelsError,
    UnreadableImageError,
    UnsupportedTypeError,
)

log = logging.getLogger(__name__)

MIB = 1024**2
GIB = 1024**3
CHILD_MEMORY = GIB * 3 // 2
CHILD_CPU_SECONDS = 10
CHILD_WALL_SECONDS = 20
IDLE_SECONDS = 60
QUEUE_SECONDS = 60
QUEUE_LENGTH = 144
"""How many may wait for a child, each with a thread of the server: the others are for pages."""

MALLOC = {"MALLOC_MMAP_THRESHOLD_": str(32 * MIB), "MALLOC_TRIM_THRESHOLD_": str(256 * MIB)}
"""glibc keeps what a picture took for the next one, rather than ask the kernel for each buffer.

A child that has nothing to do gives it back (`imaging.worker.wait`).
"""

REFUSALS: dict[str, type[DomainError]] = {
    error.code: error
    for error in (
        FileTooLargeError,
        FormatNotTakenError,
        IncompleteImageError,
        TooComplexError,
        TooManyFramesError,
        TooManyPixelsError,
        UnreadableImageError,
        UnsupportedTypeError,
    )
}


def affordable_children(wanted: int = 0) -> int:
    """Return how many pictures may be open at once: `wanted`, or what cores and memory allow."""
    if wanted:
        return wanted
    memory = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return max(1, min(len(os.sched_getaffinity(0)), memory // CHILD_MEMORY))


def environment() -> dict[str, str]:
    """Return the environment of a child: ours without settings, of which some are secret."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(ENVIRONMENT_PREFIX)
    }
    return kept | MALLOC


class ChildGoneError(Exception):
    """The child ended without an answer; `idle` tells that it had nothing to do and left."""

    def __init__(self, *, idle: bool) -> None:
        super().__init__()
        self.idle = idle


class Child:
    """One child process. `python -m flaskr.imaging.worker` is its other end."""

    def __init__(self, idle_seconds: int) -> None:
        self.process = subprocess.Popen(  # noqa: S603 - our own module
            [
                sys.executable,
                "-P",  # nothing that lies in the folder we were started in
                "-m",
                "flaskr.imaging.worker",
                str(CHILD_MEMORY),
                str(CHILD_CPU_SECONDS),
                str(idle_seconds),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env=environment(),
        )

    def ask(self, request: bytes, seconds: float) -> bytes:
        """Send one line and return the answer's.

        Raises TimeoutError when none came in time, ChildGoneError when the child ended.
        """
        assert self.process.stdin is not None  # noqa: S101 - asked for above
        assert self.process.stdout is not None  # noqa: S101 - asked for above
        try:
            self.process.stdin.write(request)
        except BrokenPipeError:
            raise self._gone() from None
        deadline = time.monotonic() + seconds
        answer = b""
        with DefaultSelector() as selector:
            selector.register(self.process.stdout, EVENT_READ)
            while not answer.endswith(b"\n"):
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise TimeoutError
                piece = self.process.stdout.read(65536)
                if not piece:
                    raise self._gone()
                answer += piece
        return answer

    def alive(self) -> bool:
        """Tell whether the process is there."""
        return self.process.poll() is None

    def end(self) -> None:
        """Kill the process and forget it."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()

    def _gone(self) -> ChildGoneError:
        ended_by = self.process.wait()
        if ended_by:
            log.warning("a child process that opened a picture ended with %d", ended_by)
        return ChildGoneError(idle=ended_by == 0)


class DecodePool:
    """Runs tasks of imaging.tasks in child processes, at most `size` at once.

    Children are made when they are needed and leave when they are idle.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._reset()
        os.register_at_fork(after_in_child=self._reset)  # the parent's children are not ours

    def _reset(self) -> None:
        self._slots = threading.BoundedSemaphore(self.size)
        self._queue = threading.BoundedSemaphore(QUEUE_LENGTH)
        self._idle: list[Child] = []
        self._lock = threading.Lock()

    def run(
        self, task: str, *, patience: float = QUEUE_SECONDS, **arguments: Any
    ) -> dict[str, Any]:
        """Run a task and return what it returns; wait up to `patience` seconds for its turn.

        Raises the DomainError the task raised; TooComplexError when it took too much time or
        memory, or killed its process; BusyError when all children are busy for too long, or too
        many wait for them; OSError when a file could not be written.
        """
        request = json.dumps({"task": task, "arguments": arguments}).encode() + b"\n"
        with self._turn(patience):
            answer = json.loads(self._ask(request))
        if "refused" in answer:
            raise REFUSALS[answer["refused"]](**answer["details"])
        if "os_error" in answer:
            raise OSError(answer["os_error"], os.strerror(answer["os_error"]))
        done: dict[str, Any] = answer["done"]
        return done

    def close(self) -> None:
        """End the children that are idle."""
        with self._lock:
            idle, self._idle = self._idle, []
        for child in idle:
            child.end()

    @contextmanager
    def _turn(self, patience: float) -> Iterator[None]:
        """Hold the right to one child."""
        if not self._slots.acquire(blocking=False):
            if not self._queue.acquire(blocking=False):
                raise BusyError
            try:
                if not self._slots.acquire(timeout=patience):
                    raise BusyError
            finally:
                self._queue.release()
        try:
            yield
        finally:
            self._slots.release()

    def _ask(self, request: bytes) -> bytes:
        while True:
            child = self._take()
            try:
                answer = child.ask(request, CHILD_WALL_SECONDS)
            except TimeoutError:
                child.end()
                log.warning("a child process took too long over a picture and was killed")
                raise TooComplexError from None
            except ChildGoneError as gone:
                child.end()
                if gone.idle:
                    continue
                raise TooComplexError from None
            except BaseException:
                child.end()
                raise
            with self._lock:
                self._idle.append(child)
            return answer

    def _take(self) -> Child:
        """Return the child used last, while it is warm, or a new one."""
        while True:
            with self._lock:
                if not self._idle:
                    break
                child = self._idle.pop()
            if child.alive():
                return child
            child.end()
        return Child(IDLE_SECONDS)
