"""A short way past Flask for what is asked for most: a picture that anybody with its link may see.

It answers GET and HEAD of direct links whose file is there, from one look-up, with the same
headers as the view in `files` (both go through `direct` and `web.delivery`). Everything else
(private pictures, variants still to be made, errors) it leaves to Flask:
docs/adr/0009-direct-links.md says why.
"""

import logging
import re
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.exceptions import HTTPException

from flaskr.db import db
from flaskr.errors import DomainError
from flaskr.library.keys import KEY_PATTERN
from flaskr.library.media import Media
from flaskr.tuchuang.direct import read_link, read_query
from flaskr.tuchuang.lookup import DirectLookup
from flaskr.web.delivery import Answer, answer_file
from flaskr.web.links import is_known_host

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

LINK = re.compile(rf"/(?:tuchuang/download|i)/({KEY_PATTERN.pattern})\.([a-z]{{3,5}})")


class Shortcut:
    """The middleware, directly around Flask's own application."""

    def __init__(self, app: Flask, beyond: "WSGIApplication") -> None:
        self._app = app
        self.beyond = beyond
        with app.app_context():
            self._find = DirectLookup(db.engine)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> "Iterable[bytes]":
        link = LINK.fullmatch(environ.get("PATH_INFO", ""))
        if link and environ["REQUEST_METHOD"] in {"GET", "HEAD"}:
            answer = self._answer(environ, *link.groups())
            if answer is not None:
                start_response(answer.status, answer.headers)
                return answer.body
        return self.beyond(environ, start_response)

    def _answer(self, environ: "WSGIEnvironment", key: str, extension: str) -> Answer | None:
        """Answer, or return None for what Flask has to see to."""
        config = self._app.config
        media: Media = self._app.extensions["tuchuang.media"]
        if not (config["PUBLIC_URL"] or is_known_host(environ.get("HTTP_HOST", ""), config)):
            return None
        try:
            image = self._find(key)
            if image is None or image.visibility == "private":
                return None
            query = read_query(environ.get("QUERY_STRING", ""))
            wanted = read_link(image, extension, query, environ.get("HTTP_ACCEPT", ""), config)
            return answer_file(environ, media.store, wanted.delivery, config["ACCEL_PREFIX"])
        except (DomainError, HTTPException):
            return None  # Flask finds the same, and has a page for it
        except Exception:
            log.warning("the short way failed for %r", environ.get("PATH_INFO"), exc_info=True)
            return None
