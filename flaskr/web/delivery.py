"""Sending stored files: conditional, in parts, and never as a page."""

from dataclasses import dataclass

from flask import current_app, request
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wrappers import Response
from werkzeug.wsgi import wrap_file

from flaskr.errors import NotFoundError
from flaskr.storage import MissingFileError, Store
from flaskr.web.security import FILE_POLICY


@dataclass(frozen=True)
class StoredFile:
    """A file of the store, its media type, and a strong validator of its content."""

    name: str
    type: str
    etag: str


@dataclass(frozen=True)
class Caching:
    """Whether shared caches may keep an answer, and for how many seconds."""

    public: bool
    max_age: int


def send_stored(store: Store, file: StoredFile, caching: Caching) -> Response:
    """Answer with a stored file, as GET, HEAD, Range and If-None-Match ask for it.

    Behind a front server (`ACCEL_PREFIX`) only the headers are ours; it sends the bytes. Raises
    NotFoundError when the file is not there.
    """
    prefix: str = current_app.config["ACCEL_PREFIX"]
    response = handed_over(prefix, file) if prefix else opened(store, file)
    response.set_etag(file.etag)
    set_headers(response, file, caching)
    if prefix:
        # Range is the front server's business; a 304 is ours, since the validator is.
        return response.make_conditional(request)
    try:
        return response.make_conditional(
            request, accept_ranges=True, complete_length=response.content_length
        )
    except RequestedRangeNotSatisfiable:
        response.close()
        raise


def opened(store: Store, file: StoredFile) -> Response:
    """Return a response that sends the bytes itself."""
    try:
        stream = store.open(file.name)
    except MissingFileError:
        raise NotFoundError from None
    response = Response(wrap_file(request.environ, stream), direct_passthrough=True)
    response.content_length = store.stat(file.name).size
    response.call_on_close(stream.close)
    return response


def handed_over(prefix: str, file: StoredFile) -> Response:
    """Return a response that tells the front server which file to send."""
    response = Response()
    response.headers["X-Accel-Redirect"] = prefix + file.name
    return response


def set_headers(response: Response, file: StoredFile, caching: Caching) -> None:
    """Set what says how to read and how long to keep the file."""
    response.content_type = file.type
    response.headers["Content-Security-Policy"] = FILE_POLICY
    if caching.public:
        response.headers["Cache-Control"] = f"public, max-age={caching.max_age}"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    else:
        response.headers["Cache-Control"] = "private, no-store"
        response.headers["Cross-Origin-Resource-Policy"] = "same-site"
