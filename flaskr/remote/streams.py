"""Sockets for http.client on which everything together has a time limit."""

import io
import socket
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BUFFER = 64 * 1024


class Deadline:
    """A moment until which something has to be done."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def left(self, at_most: float) -> float:
        """Return the seconds that are left for a step. Raises TimeoutError if none are."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return min(left, at_most)


class TimedStream:
    """What http.client uses of a socket.

    `step` bounds each read in seconds, the deadline all of them: a server that sends a byte from
    time to time never exceeds the first. Closing is left to whoever opened the socket.
    """

    def __init__(self, connected: socket.socket, deadline: Deadline, step: float) -> None:
        self._socket = connected
        self._deadline = deadline
        self._step = step

    def sendall(self, data: bytes) -> None:
        self._socket.settimeout(self._deadline.left(self._step))
        self._socket.sendall(data)

    def receive(self, buffer: "WriteableBuffer") -> int:
        """Read into `buffer`; return how much. Raises OSError."""
        self._socket.settimeout(self._deadline.left(self._step))
        return self._socket.recv_into(buffer)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self), BUFFER)

    def close(self) -> None:
        """Do nothing: http.client closes before it has read the answer."""


class _Reader(io.RawIOBase):
    def __init__(self, stream: TimedStream) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        return self._stream.receive(buffer)
