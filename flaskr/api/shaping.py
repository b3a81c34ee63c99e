"""Every error on a client's addresses in the shape that the client reads."""

import sqlite3
from collections.abc import Callable
from functools import partial
from urllib.parse import unquote, urlsplit

from flask import Blueprint, Response, request
from flask.globals import request_ctx
from flask_babel import gettext
from limits.errors import StorageError
from sqlalchemy.exc import DatabaseError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionError
from sqlalchemy.orm.exc import ObjectDeletedError, StaleDataError
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import RequestRedirect

from flaskr.db import db
from flaskr.errors import (
    BusyError,
    DomainError,
    InvalidTokenError,
    NoFileError,
    NotAdmittedError,
    NotFoundError,
    RequestTooLargeError,
    UnavailableError,
    WrongCredentialsError,
    message_,
)
from flaskr.web.errors import describe, too_large
from flaskr.web.uploading import tell_fault

FAULTS = (
    DatabaseError,
    NoConnectionError,
    OSError,
    ObjectDeletedError,
    StaleDataError,
    StorageError,
    sqlite3.Error,
)
"""What is no DomainError, and yet can be told."""

Shape = Callable[[DomainError, int], Response]
"""Makes a client's envelope of an error and an HTTP status."""


class WrongMethodError(DomainError):
    """The address does not take this kind of request."""

    code = "method_not_allowed"
    status = 405
    message = message_("This address does not take that kind of request. Check the settings.")


class WrongAddressError(DomainError):
    """The address is written otherwise; a redirect to the right one says so, too."""

    code = "wrong_address"
    status = 404
    message = message_("The address is not quite right. Check the settings.")


TEXTS: dict[type[DomainError], str] = {
    BusyError: message_("Too many pictures at the moment. Try again in a minute."),
    InvalidTokenError: message_(
        "The token is wrong or has expired. Make a new one in the settings of the image host, and "
        "enter it here."
    ),
    NoFileError: message_("No picture arrived. Choose one, then send it again."),
    NotAdmittedError: message_(
        "A token is needed. Make one in the settings of the image host, and enter it here."
    ),
    NotFoundError: message_("There is no such picture, or it is deleted already."),
    WrongCredentialsError: message_("User name or password is wrong."),
}
"""What people are told in another program, where the usual words speak of pages and headers."""


def tell(error: DomainError) -> str:
    """Return what another program shows of an error, in the language of the request."""
    text = TEXTS.get(type(error))
    return describe(error) if text is None else str(gettext(text))


def shape_errors(blueprint: Blueprint, shape: Shape) -> None:
    """Let every error on the blueprint's addresses be answered by `shape`, with nothing written."""

    def answer_domain_error(error: DomainError) -> Response:
        db.session.rollback()
        response = shape(error, error.status)
        if "seconds" in error.details:
            response.headers["Retry-After"] = str(error.details["seconds"])
        return response

    def answer_http_error(error: HTTPException) -> Response:
        status = error.code or 500
        if status == RequestTooLargeError.status:
            return answer_domain_error(too_large())
        db.session.rollback()
        return shape(DomainError(), status)

    def answer_misrouted() -> Response | None:
        """Answer a wrong method, or an address with a slash too many, on the blueprint's routes."""
        failure = request.routing_exception
        if failure is None or meant_blueprint(failure) != blueprint.name:
            return None
        if isinstance(failure, RequestRedirect):
            response = shape(WrongAddressError(), failure.code)
            response.location = failure.new_url
            return response
        return answer_wrong_method(shape, failure)

    def answer_fault(error: Exception) -> Response:
        return answer_domain_error(fault(error))

    # Such a request has no route yet, and hence no blueprint whose error handlers would be asked.
    blueprint.before_app_request(answer_misrouted)
    blueprint.register_error_handler(DomainError, answer_domain_error)
    blueprint.register_error_handler(HTTPException, answer_http_error)
    blueprint.register_error_handler(MethodNotAllowed, partial(answer_wrong_method, shape))
    for kind in FAULTS:
        blueprint.register_error_handler(kind, answer_fault)


def answer_wrong_method(shape: Shape, error: HTTPException) -> Response:
    """Answer that the method was wrong, and tell which are right."""
    response = shape(WrongMethodError(), WrongMethodError.status)
    response.headers["Allow"] = ", ".join(allowed_methods(error))
    return response


def fault(error: Exception) -> DomainError:
    """Return what to tell of an error that is no DomainError yet. Raises it if it is another."""
    if isinstance(error, StaleDataError | ObjectDeletedError):
        return NotFoundError()  # somebody deleted what was to be changed
    if isinstance(error, sqlite3.Error | StorageError):
        return UnavailableError()  # attempts cannot be counted
    if isinstance(error, OSError | SQLAlchemyError):
        return tell_fault(error)
    raise error


def refuse_head() -> None:
    """Let only GET do what is done by GET: who asks HEAD wants nothing to happen.

    Raises MethodNotAllowed.
    """
    if request.method == "HEAD" and request.url_rule is not None:
        raise MethodNotAllowed(sorted((request.url_rule.methods or set()) - {"HEAD"}))


def close_after_upload(response: Response) -> Response:
    """Let the connection end: PicGo waits for that before it ends itself (after_request)."""
    if request.method == "POST":
        response.headers["Connection"] = "close"
    return response


def meant_blueprint(failure: HTTPException) -> str | None:
    """Return whose address a request meant that found no route for its method, or no exact one."""
    if isinstance(failure, RequestRedirect):
        path, method = unquote(urlsplit(failure.new_url).path), request.method
    elif allowed := allowed_methods(failure):
        path, method = request.path, allowed[0]
    else:
        return None
    if request_ctx.url_adapter is None:
        return None
    try:
        endpoint, _ = request_ctx.url_adapter.match(path, method)
    except HTTPException:
        return None
    return str(endpoint).partition(".")[0]


def allowed_methods(failure: HTTPException) -> list[str]:
    """Return the methods that the address takes, if it is the method that was wrong."""
    allowed = failure.valid_methods if isinstance(failure, MethodNotAllowed) else None
    return sorted(set(allowed or ()) - {"OPTIONS"})
