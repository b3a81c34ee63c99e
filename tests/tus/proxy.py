"""A network between client and server that fails where a test wants it to."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from tests.serving import HOST

READ = 64 * 1024
AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: closing resets the connection


class Proxy:
    """Passes bytes on to a port of this machine.

    A connection that has carried as many bytes to the server as the first of `cuts` says is reset
    on both sides, and so is one whose answer begins when it has carried as many as the first of
    `lost_answers`. `then` is called before each. `done` counts them.
    """

    def __init__(self, port: int) -> None:
        self.cuts: list[int] = []
        self.lost_answers: list[int] = []
        self.then: Callable[[], None] = lambda: None
        self.done = 0
        self._server_port = port
        self._listener = socket.create_server((HOST, 0))
        self.url = f"http://{HOST}:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            if not self._threads:
                client.close()
                return
            thread = threading.Thread(target=self._serve, args=(client,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError), self._reach_server() as server:
            Connection(self, client, server).run()

    def _reach_server(self) -> socket.socket:
        return socket.create_connection((HOST, self._server_port))

    def close(self) -> None:
        """Take no more connections, and wait for the end of those that there are."""
        threads, self._threads = self._threads, []
        socket.create_connection(self._listener.getsockname()).close()
        for thread in threads:
            thread.join()
        self._listener.close()


class Connection:
    """One connection through the proxy."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self.proxy, self.client, self.server = proxy, client, server
        self.carried = 0

    def run(self) -> None:
        answers = threading.Thread(target=self._to_client)
        answers.start()
        try:
            self._to_server()
        finally:
            answers.join()

    def _to_server(self) -> None:
        cuts = self.proxy.cuts
        with suppress(OSError):
            while data := self.client.recv(READ):
                if cuts and self.carried + len(data) >= cuts[0]:
                    self.server.sendall(data[: cuts.pop(0) - self.carried])
                    self._cut()
                    return
                self.carried += len(data)
                self.server.sendall(data)
        self._end()

    def _to_client(self) -> None:
        lost = self.proxy.lost_answers
        with suppress(OSError):
            while data := self.server.recv(READ):
                if lost and self.carried >= lost[0]:
                    del lost[0]
                    self._cut()
                    return
                self.client.sendall(data)
        self._end()

    def _cut(self) -> None:
        self.proxy.then()
        for end in (self.client, self.server):
            with suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        self._end()
        self.proxy.done += 1

    def _end(self) -> None:
        """Let both directions know."""
        for end in (self.client, self.server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxied(port: int) -> Iterator[Proxy]:
    proxy = Proxy(port)
    try:
        yield proxy
    finally:
        proxy.close()
