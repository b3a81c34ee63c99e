"""One place shapes every error: a page for people, JSON for programs."""

import logging
import sqlite3
from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, g, jsonify, make_response, render_template, request
from flask_babel import gettext
from limits.errors import StorageError
from sqlalchemy.exc import DatabaseError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionError
from sqlalchemy.orm.exc import ObjectDeletedError, StaleDataError
from werkzeug.exceptions import HTTPException

from flaskr.db import db, from_database_error
from flaskr.errors import (
    FIGURES,
    SIZES,
    DomainError,
    FileTooLargeError,
    NotFoundError,
    RequestTooLargeError,
    TooManyAttemptsError,
    UnavailableError,
    from_os_error,
    message_,
)
from flaskr.web.filters import figure, filesize, limitsize
from flaskr.web.formats import wants_json
from flaskr.web.redirects import redirect_to_login

log = logging.getLogger(__name__)

RETRY_SECONDS = 30

TITLES = {
    400: message_("That did not work"),
    401: message_("Please log in"),
    403: message_("Not allowed"),
    404: message_("Nothing here"),
    405: message_("Not possible here"),
    410: message_("No longer here"),
    413: message_("Too large"),
    429: message_("A little slower, please"),
    500: message_("Something broke"),
    503: message_("Back in a moment"),
    507: message_("No room left"),
}
MESSAGES = {
    400: message_("The request could not be understood. Go back, reload the page and try again."),
    405: message_("This address does not take that kind of request. Go back and try another way."),
    500: message_("This is our fault and has been recorded. Try again in a moment."),
}


def init_app(app: Flask) -> None:
    app.register_error_handler(DomainError, answer_domain_error)
    app.register_error_handler(HTTPException, answer_http_error)
    app.register_error_handler(StaleDataError, answer_vanished_row)
    app.register_error_handler(ObjectDeletedError, answer_vanished_row)
    app.register_error_handler(DatabaseError, answer_database_error)
    app.register_error_handler(NoConnectionError, answer_database_error)
    app.register_error_handler(sqlite3.Error, answer_database_error)  # counters of attempts
    app.register_error_handler(StorageError, answer_limits_error)  # counters elsewhere
    app.register_error_handler(OSError, answer_os_error)
    app.after_request(say_when_to_retry)
    app.after_request(say_how_to_come_in)


def answer_domain_error(error: DomainError) -> Response:
    """Answer in the form the other side reads, with nothing written."""
    db.session.rollback()
    if error.status == 401 and not wants_json() and request.endpoint != "auth.login":
        return make_response(redirect_to_login())
    response = shape(error.status, error.code, describe(error))
    if isinstance(error, TooManyAttemptsError):
        response.headers["Retry-After"] = str(error.details["seconds"])
    return response


def say_when_to_retry(response: Response) -> Response:
    """Tell clients when to come back after a fault of ours, whoever shaped the answer."""
    if response.status_code in {503, 507}:
        response.headers.setdefault("Retry-After", str(RETRY_SECONDS))
    return response


def say_how_to_come_in(response: Response) -> Response:
    """Tell programs that a token opens what they were refused; people get a page to log in."""
    if response.status_code == 401 and response.mimetype != "text/html":
        response.headers.setdefault("WWW-Authenticate", "Bearer")
    return response


def answer_http_error(error: HTTPException) -> Response:
    """Answer what Werkzeug and Flask raise in our own words."""
    status = error.code or 500
    if status == NotFoundError.status:
        return answer_domain_error(NotFoundError())
    if status == RequestTooLargeError.status:
        return answer_domain_error(too_large())
    if error.response is not None or status < 400:
        return make_response(error.get_response())
    message = gettext(MESSAGES.get(status, MESSAGES[500 if status >= 500 else 400]))
    response = shape(status, error.name.lower().replace(" ", "_"), message)
    for name, value in error.get_headers():
        if name in {"Allow", "Content-Range", "Retry-After"}:
            response.headers[name] = value
    return response


def too_large() -> DomainError:
    """Say what is too large: the one file that the request may carry, or all of it."""
    if "one_file_limit" in g:
        return FileTooLargeError(limit=g.one_file_limit)
    return RequestTooLargeError(limit=request.max_content_length or 0)


def answer_vanished_row(_error: StaleDataError | ObjectDeletedError) -> Response:
    """Somebody deleted what was to be changed, after it was found."""
    return answer_domain_error(NotFoundError())


def answer_database_error(error: SQLAlchemyError | sqlite3.Error) -> Response:
    """The database is locked, gone, damaged or full."""
    refusal = from_database_error(error)
    if refusal is None:
        raise error
    log.error("database error on %s %r", request.method, request.path, exc_info=error)
    g.database_down = True  # the page about it must not ask it again
    return answer_domain_error(refusal)


def answer_limits_error(error: StorageError) -> Response:
    """The store that counts attempts does not answer, so nobody may try."""
    log.error("cannot count attempts on %s %r", request.method, request.path, exc_info=error)
    return answer_domain_error(UnavailableError())


def answer_os_error(error: OSError) -> Response:
    """The volume is full, read-only or failing."""
    log.error("storage error on %s %r", request.method, request.path, exc_info=error)
    return answer_domain_error(from_os_error(error))


def describe(error: DomainError) -> str:
    """Return the error's message in the language of the request."""
    return fill(error.message, error.details)


def fill(message: str, told: Mapping[str, Any]) -> str:
    """Return a message of an error, with its details, in the language of the request."""
    details = dict(told)
    if "limit" in details:
        details["limit"] = limitsize(details["limit"])
    for name in SIZES & details.keys() - {"limit"}:
        details[name] = filesize(details[name])
    for name in FIGURES & details.keys():
        details[name] = figure(details[name])
    return str(gettext(message, **details))


def error_json(error: DomainError) -> Response:
    """Return the error as JSON, whatever the other side would rather read."""
    return body_of(error.code, describe(error))


def body_of(code: str, message: str) -> Response:
    return jsonify(error={"code": code, "message": message})


def shape(status: int, code: str, message: str) -> Response:
    """Return the answer as a page or as JSON."""
    if wants_json():
        response = body_of(code, message)
    else:
        title = gettext(TITLES.get(status, TITLES[500 if status >= 500 else 400]))
        response = make_response(
            render_template("errors/error.html", status=status, title=title, message=message)
        )
    response.status_code = status
    return response
