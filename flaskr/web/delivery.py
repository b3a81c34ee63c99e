"""Sending stored files: conditional, in parts, and never as a page.

Plain WSGI, so that Flask's view and the short way past it (`tuchuang.shortcut`) answer alike.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from threading import Lock
from time import time
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from werkzeug.exceptions import PreconditionFailed, RequestedRangeNotSatisfiable
from werkzeug.http import is_resource_modified, parse_range_header

from flaskr.errors import NotFoundError
from flaskr.storage import MissingFileError, Store
from flaskr.web.security import FILE_POLICY, REFERRER_POLICY

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

PIECE = 256 * 1024
"""Up to this many bytes are sent in one piece."""

SMALLEST_PIECE, LARGEST_PIECE = 64 * 1024, 1024 * 1024
PIECES = 16 * 1024 * 1024
"""What the pieces of all larger files on their way may come to together, in bytes."""

ABOUT_THE_BODY = {"Content-Type", "Content-Disposition"}
"""What a 304, which has no body, does not say."""

Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class StoredFile:
    """A file of the store, its media type, and a strong validator of its content."""

    name: str
    type: str
    etag: str


@dataclass(frozen=True)
class Caching:
    """Whether shared caches may keep an answer, and for how many seconds.

    Pages elsewhere may show what is public, or `embedded`. `second` is when the image was looked
    up, in whole seconds since 1970.
    """

    public: bool
    max_age: int
    second: int = field(default_factory=lambda: int(time()))
    embedded: bool = False


class Answer(NamedTuple):
    """A status line, headers and body as WSGI has them."""

    status: str
    headers: Headers
    body: Iterable[bytes]


def file_headers(file: StoredFile, caching: Caching) -> Headers:
    """Return what says how to read and how long to keep the file."""
    keep = f"public, max-age={caching.max_age}" if caching.public else "private, no-store"
    readers = "cross-origin" if caching.public or caching.embedded else "same-site"
    return [
        ("Content-Type", file.type),
        ("ETag", f'"{file.etag}"'),
        ("Cache-Control", keep),
        ("Content-Security-Policy", FILE_POLICY),
        ("Cross-Origin-Resource-Policy", readers),
        ("Referrer-Policy", REFERRER_POLICY),
        ("X-Content-Type-Options", "nosniff"),
    ]


@dataclass(frozen=True)
class Delivery:
    """A stored file to be sent, who may keep it, and what else is to be said of it."""

    file: StoredFile
    caching: Caching
    more: Headers = field(default_factory=list)

    def headers(self) -> Headers:
        return [*file_headers(self.file, self.caching), *self.more]


def answer_file(
    environ: "WSGIEnvironment", store: Store, delivery: Delivery, accel_prefix: str
) -> Answer:
    """Answer with a stored file, as GET, HEAD, Range and If-None-Match ask for it.

    Behind a front server (`accel_prefix`) only the headers are ours; it sends the bytes. Raises
    NotFoundError when the file is not there, PreconditionFailed, RequestedRangeNotSatisfiable.
    """
    file, headers = delivery.file, delivery.headers()
    try:
        size = store.stat(file.name).size
    except MissingFileError:
        raise NotFoundError from None
    if not size:  # a variant that a power cut left empty
        raise NotFoundError
    if not is_wanted(environ, file.etag):
        kept = [header for header in headers if header[0] not in ABOUT_THE_BODY]
        return Answer("304 Not Modified", kept, ())
    if accel_prefix:
        return handed_over(accel_prefix, delivery, headers)
    part = asked_part(environ, file.etag, size)
    status, start, stop = "200 OK", 0, size
    headers = [*headers, ("Accept-Ranges", "bytes")]
    if part is not None:
        status, (start, stop) = "206 Partial Content", part
        headers.append(("Content-Range", f"bytes {start}-{stop - 1}/{size}"))
    headers.append(("Content-Length", str(stop - start)))
    if environ["REQUEST_METHOD"] == "HEAD":
        return Answer(status, headers, ())
    return Answer(status, headers, body(store, file.name, start, stop))


def handed_over(prefix: str, delivery: Delivery, headers: Headers) -> Answer:
    """Tell the front server which file to send; ranges are its business.

    It may give the same answer to others until the second is over in which the image was looked
    up. A whole second from now on would let a deleted image be seen for almost two: nginx counts
    in whole ones.
    """
    headers = [*headers, ("X-Accel-Redirect", prefix + delivery.file.name), ("Content-Length", "0")]
    if delivery.caching.public:
        headers.append(("X-Accel-Expires", f"@{delivery.caching.second}"))
    return Answer("200 OK", headers, ())


def is_wanted(environ: "WSGIEnvironment", etag: str) -> bool:
    """Tell whether the client lacks this version. Raises PreconditionFailed."""
    if "HTTP_IF_NONE_MATCH" not in environ and "HTTP_IF_MATCH" not in environ:
        return True
    if is_resource_modified(environ, etag):
        return True
    if "HTTP_IF_MATCH" in environ:
        raise PreconditionFailed
    return False


def asked_part(environ: "WSGIEnvironment", etag: str, size: int) -> tuple[int, int] | None:
    """Return where the part that is asked for starts and ends, or None for the whole.

    Several parts at once, and what cannot be read, give the whole, as RFC 9110 allows. Raises
    RequestedRangeNotSatisfiable for a part past the end.
    """
    if "HTTP_RANGE" not in environ:
        return None
    if environ.get("HTTP_IF_RANGE", f'"{etag}"') != f'"{etag}"':
        return None
    asked = parse_range_header(environ["HTTP_RANGE"])
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return None
    part = asked.range_for_length(size)
    if part is None:
        raise RequestedRangeNotSatisfiable(size)
    return part


def body(store: Store, name: str, start: int, stop: int) -> Iterable[bytes]:
    """Return the bytes of a file from `start` to `stop`. Raises NotFoundError."""
    try:
        if stop - start <= PIECE:
            return [store.read(name, start, stop - start)]
        file = store.open(name)
    except MissingFileError:
        raise NotFoundError from None
    file.seek(start)
    return Pieces(file, stop - start)


class Pieces:
    """The next `length` bytes of an open file, in pieces; closing it closes the file.

    Large pieces are quick, but the server holds some six for each connection, however slow: so
    they get smaller when many files are on their way (docs/adr/0009-direct-links.md).
    """

    _lock = Lock()
    _open = 0

    def __init__(self, file: BinaryIO, length: int) -> None:
        self._file = file
        self._left = length
        self._count(1)

    @classmethod
    def _count(cls, change: int) -> None:
        with cls._lock:
            cls._open += change

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        share = max(SMALLEST_PIECE, min(LARGEST_PIECE, PIECES // self._open))
        piece = self._file.read(min(share, self._left))
        if not piece:
            raise StopIteration
        self._left -= len(piece)
        return piece

    def close(self) -> None:
        if not self._file.closed:
            self._file.close()
            self._count(-1)

    __del__ = close
