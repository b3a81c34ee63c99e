"""Fetching a picture that lies elsewhere, from public addresses only.

A name is resolved once for each request, every address it has is checked, and the connection goes
to one of these very addresses: there is no second look-up that could tell something else.
"""

import socket
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from http.client import HTTPConnection, HTTPException, HTTPResponse, IncompleteRead
from ipaddress import ip_address
from threading import BoundedSemaphore
from typing import Any

from flaskr.errors import (
    BadAnswerError,
    BrokenOffError,
    BusyError,
    EncodedAnswerError,
    FetchFailedError,
    FetchStatusError,
    FetchTimeoutError,
    FileTooLargeError,
    ForbiddenAddressError,
    HostNotFoundError,
    InsecureError,
    TooManyRedirectsError,
    UnreachableError,
)
from flaskr.remote.address import Address
from flaskr.remote.networks import IPNetwork, is_forbidden
from flaskr.remote.resolving import Place, Resolver
from flaskr.remote.streams import Deadline, TimedStream

AT_ONCE = 8
"""How many pictures one process fetches at once; each holds a thread."""

REDIRECTS = 2
REDIRECT_STATUSES = {301, 302, 303, 307, 308}
CHUNK = 64 * 1024
HEADERS = {
    "User-Agent": "Tuchuang",
    "Accept": "image/*",
    "Accept-Encoding": "identity",
    "Connection": "close",
}


@dataclass(frozen=True)
class Patience:
    """How many seconds a connection, each read, and all of it together may take."""

    connect: float = 5
    read: float = 10
    total: float = 30


class Download:
    """A picture on its way. `total` is its size in bytes, as far as the other side tells."""

    def __init__(self, address: Address, response: HTTPResponse) -> None:
        self._address = address
        self._response = response
        self.total: int | None = response.length
        self.name = file_name(response) or address.name

    def read(self) -> Iterator[bytes]:
        """Yield the content.

        Raises FetchTimeoutError, BrokenOffError, and BadAnswerError for what is no HTTP.
        """
        received = 0
        while True:
            with told(self._address):
                chunk = self._response.read1(CHUNK)
            if not chunk:
                break
            received += len(chunk)
            yield chunk
        if self.total is not None and received < self.total:
            raise BrokenOffError(host=self._address.host)


class Fetcher:
    """What one process fetches. Addresses in `allowed` networks may be private."""

    def __init__(
        self,
        allowed: Iterable[IPNetwork] = (),
        patience: Patience | None = None,
        resolver: Resolver | None = None,
    ) -> None:
        self._allowed = tuple(allowed)
        self._patience = patience or Patience()
        self._resolver = resolver or Resolver()
        self._seats = BoundedSemaphore(AT_ONCE)

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context()

    @contextmanager
    def seat(self) -> Iterator[None]:
        """Hold one of the seats, without which nothing is fetched. Raises BusyError at once."""
        if not self._seats.acquire(blocking=False):
            raise BusyError
        try:
            yield
        finally:
            self._seats.release()

    def check(self, address: Address) -> None:
        """Raise ForbiddenAddressError if the host is a number that is not public; ask nobody."""
        try:
            place = ip_address(address.host)
        except ValueError:
            return
        if is_forbidden(place, self._allowed):
            raise ForbiddenAddressError(host=address.host)

    @contextmanager
    def open(self, address: Address, limit: int) -> Iterator[Download]:
        """Ask for a picture of `limit` bytes at the most; give it once the answer has begun.

        Raises a DomainError for each way in which that fails.
        """
        deadline = Deadline(self._patience.total)
        for _ in range(1 + REDIRECTS):
            with self._ask(address, deadline) as response:
                if response.status not in REDIRECT_STATUSES:
                    check_answer(address, response, limit)
                    yield Download(address, response)
                    return
                location = header_text(response.headers.get("Location"))
            if not location:
                raise BadAnswerError(host=address.host)
            address = address.join(location)
        raise TooManyRedirectsError

    @contextmanager
    def _ask(self, address: Address, deadline: Deadline) -> Iterator[HTTPResponse]:
        """Send one request and give the answer, as far as its headers."""
        with told(address):
            connected = self._connect(address, self._find(address, deadline), deadline)
        try:
            with told(address):
                if address.scheme == "https":
                    connected = self._secure(connected, address, deadline)
                connection = HTTPConnection(address.host, address.port)
                connection.auto_open = 0
                stream = TimedStream(connected, deadline, self._patience.read)
                connection.sock = stream  # as much as it needs of one
                connection.putrequest(
                    "GET", address.path, skip_host=True, skip_accept_encoding=True
                )
                for name, text in {"Host": address.authority, **HEADERS}.items():
                    connection.putheader(name, text)
                connection.endheaders()
                response = connection.getresponse()
            yield response
        finally:
            connected.close()

    def _find(self, address: Address, deadline: Deadline) -> list[Place]:
        """Return where the host is. Raises ForbiddenAddressError if any of that is not public."""
        seconds = deadline.left(self._patience.connect)
        try:
            places = self._resolver.resolve(address.host, address.port, seconds)
        except TimeoutError:
            raise
        except OSError:
            raise HostNotFoundError(host=address.host.rstrip(".")) from None
        if not places:
            raise HostNotFoundError(host=address.host.rstrip("."))
        if any(is_forbidden(ip_address(place[0]), self._allowed) for _, place in places):
            raise ForbiddenAddressError(host=address.host)
        return places

    def _connect(
        self, address: Address, places: Iterable[Place], deadline: Deadline
    ) -> socket.socket:
        """Connect to the first place that answers. Raises UnreachableError, TimeoutError."""
        failure: OSError | None = None
        for family, place in places:
            try:
                return open_socket(family, place, deadline.left(self._patience.connect))
            except OSError as error:
                failure = error
        if isinstance(failure, TimeoutError):
            raise failure
        raise UnreachableError(host=address.host)

    def _secure(
        self, connected: socket.socket, address: Address, deadline: Deadline
    ) -> socket.socket:
        """Speak TLS, with a certificate for the name that was asked for."""
        connected.settimeout(deadline.left(self._patience.connect))
        return self._trust.wrap_socket(connected, server_hostname=address.host.rstrip("."))


def open_socket(family: int, place: Any, seconds: float) -> socket.socket:
    """Connect a socket. Raises OSError."""
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.settimeout(seconds)
        made.connect(place)
    except BaseException:
        made.close()
        raise
    return made


@contextmanager
def told(address: Address) -> Iterator[None]:
    """Say in our own words what goes wrong on the network."""
    host = address.host
    try:
        yield
    except TimeoutError:
        raise FetchTimeoutError(host=host) from None
    except ssl.SSLError:
        raise InsecureError(host=host) from None
    except (OSError, IncompleteRead):
        raise BrokenOffError(host=host) from None
    except (HTTPException, ValueError):
        raise BadAnswerError(host=host) from None


def check_answer(address: Address, response: HTTPResponse, limit: int) -> None:
    """Raise a DomainError unless the answer can be a picture of `limit` bytes at the most."""
    if response.status != 200:
        passes = response.status >= 500 or response.status in {408, 425, 429}
        kind = FetchFailedError if passes else FetchStatusError
        raise kind(host=address.host, status=response.status)
    if response.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise EncodedAnswerError(host=address.host)
    if response.length is not None and response.length > limit:
        raise FileTooLargeError(limit=limit)


def file_name(response: HTTPResponse) -> str:
    """Return the name that the other side gives the file, or nothing."""
    with suppress(ValueError, LookupError, TypeError, AttributeError):  # of a header without sense
        return header_text(response.headers.get_filename()).strip()
    return ""


def header_text(text: str | None) -> str:
    """Return a header's text as UTF-8, which http.client reads as Latin-1."""
    text = text or ""
    with suppress(UnicodeError):
        return text.encode("latin-1").decode()
    return text
