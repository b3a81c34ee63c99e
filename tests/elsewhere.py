"""Web servers elsewhere, good and bad: what they send is given byte by byte."""

import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Answer = bytes | Callable[[socket.socket], None]

HOME = "127.0.0.1"
TLS_HELLO = b"\x16"


def ok(body: bytes, *headers: str, length: int | None = None) -> bytes:
    """A plain answer."""
    stated = len(body) if length is None else length
    return answer("200 OK", f"Content-Length: {stated}", *headers) + body


def answer(status: str, *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode()


def redirect(target: str, status: str = "302 Found") -> bytes:
    return answer(status, f"Location: {target}", "Content-Length: 0")


class Canary:
    """A port that listens and tells whether anybody connected."""

    def __init__(self, host: str = "0.0.0.0") -> None:
        self.socket = socket.create_server((host, 0))
        self.port: int = self.socket.getsockname()[1]

    @property
    def touched(self) -> bool:
        return bool(select.select([self.socket], [], [], 0)[0])

    def close(self) -> None:
        self.socket.close()


class Elsewhere:
    """A server that sends what `answers` has for a path, and keeps the requests that came."""

    def __init__(self, host: str = HOME, wrap: Callable[..., socket.socket] | None = None) -> None:
        self.host = host
        self.answers: dict[str, Answer] = {}
        self.requests: list[bytes] = []
        self.over = threading.Event()
        self._wrap = wrap
        self._socket = socket.create_server((host, 0))
        self.port: int = self._socket.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def url(self, path: str, host: str | None = None, scheme: str = "http") -> str:
        return f"{scheme}://{host or self.host}:{self.port}{path}"

    def close(self) -> None:
        self.over.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        while not self.over.is_set():
            try:
                connected, _ = self._socket.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connected,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connected: socket.socket) -> None:
        # The other side may leave at any time: that is what some tests are about.
        with suppress(OSError), connected:
            served = self._wrap(connected) if self._wrap else connected
            with served:
                head = b""
                while b"\r\n\r\n" not in head:
                    piece = served.recv(65536)
                    if not piece:
                        return
                    head += piece
                    if head.startswith(TLS_HELLO) and not self._wrap:
                        served.sendall(answer("400 Bad Request"))
                        return
                self.requests.append(head)
                path = head.split(b" ")[1].decode()
                made = self.answers.get(path, answer("404 Not Found", "Content-Length: 0"))
                if isinstance(made, bytes):
                    served.sendall(made)
                else:
                    made(served)


@contextmanager
def elsewhere(host: str = HOME, **options) -> Iterator[Elsewhere]:
    server = Elsewhere(host, **options)
    try:
        yield server
    finally:
        server.close()
