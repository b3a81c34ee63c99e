"""The outermost WSGI layer under the production server.

Bodies that are whole, refusals that arrive, files in wide pieces: docs/adr/0004-server.md lists
what the server leaves open.
"""

import io
import os
import threading
import time
from collections.abc import Iterable, Iterator
from typing import IO, TYPE_CHECKING, Any

from werkzeug.exceptions import ClientDisconnected
from werkzeug.wsgi import FileWrapper, get_content_length

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PIECE = 256 * 1024
DRAIN_BYTES = 64 * 1024 * 1024
DRAIN_SECONDS = 10
BUSY_SECONDS = 5

REQUEST_NAMES = {
    "CONTENT_LENGTH",
    "CONTENT_TYPE",
    "GATEWAY_INTERFACE",
    "HTTP_HOST",
    "PATH_INFO",
    "QUERY_STRING",
    "REMOTE_ADDR",
    "REMOTE_PORT",
    "REQUEST_METHOD",
    "SCRIPT_NAME",
    "SERVER_NAME",
    "SERVER_PORT",
    "SERVER_PROTOCOL",
    "SERVER_SOFTWARE",
}
"""What a request may need to be told by, whatever else has that name (RFC 3875)."""


class Body(io.RawIOBase):
    """A `wsgi.input` that raises ClientDisconnected where the server's ends without a word.

    The server's own stream also refuses `read(-1)`, and loses bytes when `read()` or `readline()`
    follows `read(n)`; here all of them rest on `read(n)`. `length` is in bytes, None if chunked.
    """

    def __init__(self, stream: IO[bytes], length: int | None) -> None:
        self._stream = stream
        self._left = length
        self.ended = length == 0

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        if size is None or size < 0:
            return self.readall()
        if size == 0 or self.ended:
            return b""
        data = self._stream.read(min(size, PIECE))
        if self._left is not None:
            self._left -= len(data)
        if not data:
            self.ended = True
            if self._left:
                raise ClientDisconnected
        elif self._left == 0:
            self.ended = True
        return data

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def drain(self) -> None:
        """Read on for a while, so that a client that is still sending gets the answer."""
        until = time.monotonic() + DRAIN_SECONDS
        left = DRAIN_BYTES
        while not self.ended and left > 0 and time.monotonic() < until:
            left -= len(self._stream.read(64 * 1024)) or left


class Edge:
    """The middleware. At most `bodies` requests with a body are under way at a time.

    A slow body holds a thread; beyond that number they get 503, so that threads are left for
    everybody else.
    """

    def __init__(self, app: "WSGIApplication", bodies: int) -> None:
        self.app = app
        self._bodies = threading.BoundedSemaphore(bodies)
        # The server copies them into every request, and writes what is told of it over them.
        self._foreign = frozenset(os.environ) - REQUEST_NAMES

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        for name in self._foreign:
            environ.pop(name, None)
        environ["wsgi.file_wrapper"] = wide
        chunked = "HTTP_TRANSFER_ENCODING" in environ
        length = None if chunked else get_content_length(environ) or 0
        if length == 0:
            return self.app(environ, start_response)
        if not self._bodies.acquire(blocking=False):
            start_response(
                "503 Service Unavailable",
                [("Retry-After", str(BUSY_SECONDS)), ("Content-Length", "0")],
            )
            return []
        body = Body(environ["wsgi.input"], length)
        environ["wsgi.input"] = body
        try:
            answer = self.app(environ, start_response)
        except BaseException:
            self._bodies.release()
            raise
        return self._finish(answer, body, drain="HTTP_EXPECT" not in environ)

    def _finish(self, answer: Iterable[bytes], body: Body, *, drain: bool) -> Iterator[bytes]:
        """Pass the answer on, then read what the app left of the body."""
        try:
            yield from answer
        finally:
            close = getattr(answer, "close", None)
            if close is not None:
                close()
            try:
                if drain:
                    body.drain()
            finally:
                self._bodies.release()


def wide(file: IO[bytes], _size: int = 0) -> FileWrapper:
    """Read a file in pieces of PIECE bytes, whatever the caller suggests."""
    return FileWrapper(file, PIECE)
