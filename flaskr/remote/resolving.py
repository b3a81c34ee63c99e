"""From names of hosts to addresses, within a time limit."""

import socket
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import BoundedSemaphore, Thread
from typing import Any

AT_ONCE = 16

Place = tuple[int, Any]
"""A family of sockets, and an address as sockets of that family take it."""

LookUp = Callable[[str, int], list[Place]]


def look_up(host: str, port: int) -> list[Place]:
    """Ask the system. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return [(family, place) for family, _, _, _, place in found]


class Resolver:
    """A look-up with a time limit.

    The system's own cannot be interrupted. So it runs in a thread, which is left behind when time
    is up and ends when the system gives up; there are never more than AT_ONCE of them.
    """

    def __init__(self, find: LookUp = look_up) -> None:
        self._find = find
        self._free = BoundedSemaphore(AT_ONCE)

    def resolve(self, host: str, port: int, seconds: float) -> list[Place]:
        """Return where the host is. Raises TimeoutError, or another OSError if there is none."""
        if not self._free.acquire(timeout=seconds):
            raise TimeoutError
        answer: SimpleQueue[list[Place] | OSError] = SimpleQueue()
        try:
            Thread(target=self._run, args=(host, port, answer), daemon=True).start()
        except RuntimeError as error:  # no more threads
            self._free.release()
            raise OSError(str(error)) from error
        try:
            found = answer.get(timeout=seconds)
        except Empty:
            raise TimeoutError from None
        if isinstance(found, OSError):
            raise found
        return found

    def _run(self, host: str, port: int, answer: SimpleQueue[list[Place] | OSError]) -> None:
        try:
            answer.put(self._find(host, port))
        except Exception as error:  # noqa: BLE001 - whoever waits has to hear of each
            answer.put(error if isinstance(error, OSError) else OSError(repr(error)))
        finally:
            self._free.release()
