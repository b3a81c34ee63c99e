"""TLS in front of a server, as a reverse proxy speaks it: for clients that know nothing else."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import trustme

from tests.serving import HOST

NAMES = ("localhost", HOST, "api.imgur.com")
"""For whom the certificate is: this machine, and a host that a client cannot be told to change."""

READ = 64 * 1024
HELLO = b"\x16"


class Front:
    """Passes on what comes over TLS to a port of this machine.

    It is a proxy, too: whatever host a client wants to be connected to, it gets here. `authority`
    is a file with the certificate to trust.
    """

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self.authority = folder / "authority.pem"
        authority.cert_pem.write_to_path(self.authority)
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(*NAMES).configure_cert(self._context)
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"https://localhost:{self.port}"
        self.proxy = f"http://{HOST}:{self.port}"
        self.server_port = 0
        self._over = False
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            if self._over:
                client.close()
                return
            thread = threading.Thread(target=self._serve, args=(client,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError):  # clients leave when they like
            if client.recv(1, socket.MSG_PEEK) != HELLO:
                read_head(client)
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with (
                self._context.wrap_socket(client, server_side=True) as secure,
                socket.create_connection((HOST, self.server_port)) as server,
            ):
                back = threading.Thread(target=pass_on, args=(server, secure))
                back.start()
                pass_on(secure, server)
                back.join()

    def close(self) -> None:
        """Take no more connections, and wait for the end of those that there are."""
        self._over = True
        socket.create_connection(self._listener.getsockname()).close()
        for thread in self._threads:
            thread.join()
        self._listener.close()


def read_head(client: socket.socket) -> bytes:
    """Read a request up to the empty line; nothing behind it is taken."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = client.recv(1)
        if not byte:
            raise ConnectionError
        head += byte
    return head


def pass_on(source: socket.socket, target: socket.socket) -> None:
    """Send what comes from one to the other, until it ends; then end that direction."""
    with suppress(OSError):
        while data := source.recv(READ):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(
            socket.SHUT_WR if not isinstance(target, ssl.SSLSocket) else socket.SHUT_RDWR
        )


@contextmanager
def front(folder: Path) -> Iterator[Front]:
    made = Front(folder)
    try:
        yield made
    finally:
        made.close()
