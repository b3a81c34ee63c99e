"""Sending stored files: conditional, in parts, and never as a page."""

from flask import request
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wrappers import Response
from werkzeug.wsgi import wrap_file

from flaskr.errors import NotFoundError
from flaskr.storage import MissingFileError, Store
from flaskr.web.security import FILE_POLICY


def send_stored(store: Store, name: str, *, content_type: str, etag: str, max_age: int) -> Response:
    """Answer with a stored file, as GET, HEAD, Range and If-None-Match ask for it.

    `etag` is a strong validator of the content; caches may keep it for `max_age` seconds. Raises
    NotFoundError when the file is not there.
    """
    try:
        entry = store.stat(name)
        file = store.open(name)
    except MissingFileError:
        raise NotFoundError from None
    response = Response(
        wrap_file(request.environ, file),
        content_type=content_type,
        direct_passthrough=True,
    )
    response.content_length = entry.size
    response.set_etag(etag)
    response.cache_control.public = True
    response.cache_control.max_age = max_age
    response.headers["Content-Security-Policy"] = FILE_POLICY
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.call_on_close(file.close)
    try:
        return response.make_conditional(request, accept_ranges=True, complete_length=entry.size)
    except RequestedRangeNotSatisfiable:
        response.close()
        raise
