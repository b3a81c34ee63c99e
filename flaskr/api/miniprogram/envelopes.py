"""Answers as the clients read them: always JSON, whatever went wrong."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from flask import Blueprint, Response, current_app, json, request
from flask.globals import request_ctx
from flask_babel import gettext
from sqlalchemy.exc import DatabaseError
from sqlalchemy.exc import TimeoutError as NoConnectionError
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import RequestRedirect

from flaskr.db import db
from flaskr.errors import (
    BusyError,
    DomainError,
    InvalidMd5Error,
    InvalidOpenidError,
    InvalidTokenError,
    NoFileError,
    NotAdmittedError,
    NotFoundError,
    RequestTooLargeError,
    ScopeError,
    SeveralFilesError,
    StorageFullError,
    TooManyAttemptsError,
    UnavailableError,
    message_,
)
from flaskr.web.errors import describe, too_large
from flaskr.web.uploading import tell_fault

Shape = Callable[[DomainError, int], Response]
"""Makes a client's envelope of an error and an HTTP status."""


TEXTS: dict[type[DomainError], str] = {
    BusyError: message_("Too many pictures at the moment. Try again in a minute."),
    InvalidMd5Error: message_("Which picture is meant? Refresh the list, then try again."),
    InvalidOpenidError: message_("Your log-in was not recognised. Open the mini program again."),
    InvalidTokenError: message_("Your log-in has expired. Log in again."),
    NoFileError: message_("No picture arrived. Choose one, then send it again."),
    NotAdmittedError: message_("Log in first, then try again."),
    NotFoundError: message_("This picture is no longer here. Refresh the list."),
    ScopeError: message_("Your log-in does not allow this. Log in again."),
    SeveralFilesError: message_("Send one picture at a time."),
    StorageFullError: message_("The server is full. Try again later."),
    UnavailableError: message_("The server is busy. Try again in a minute."),
}
"""What people in WeChat are told, where the usual words speak of pages, tokens and settings."""


class WrongMethodError(DomainError):
    """The address does not take this kind of request."""

    code = "method_not_allowed"
    status = 405
    message = message_("The mini program asks for something that is not possible. Update it.")


class WrongAddressError(DomainError):
    """The address is written otherwise; a redirect to the right one says so, too."""

    code = "wrong_address"
    status = 404
    message = message_("The mini program uses an address that is not quite right. Update it.")


def tell(error: DomainError) -> str:
    """Return what to show of an error, in the language of the request."""
    text = TEXTS.get(type(error))
    return describe(error) if text is None else str(gettext(text))


def answer(body: Mapping[str, Any], status: int = 200) -> Response:
    """Return JSON in which there is no apostrophe.

    Some clients replace every apostrophe by a quotation mark before they parse, for their first
    back end answered with Python's `str`.
    """
    text = json.dumps(body).replace("'", "\\u0027")
    return current_app.response_class(text + "\n", status, mimetype="application/json")


def shape_errors(blueprint: Blueprint, shape: Shape) -> None:
    """Let every error on the blueprint's addresses be answered by `shape`, with nothing written."""

    def answer_domain_error(error: DomainError) -> Response:
        db.session.rollback()
        response = shape(error, error.status)
        if isinstance(error, TooManyAttemptsError):
            response.headers["Retry-After"] = str(error.details["seconds"])
        return response

    def answer_http_error(error: HTTPException) -> Response:
        status = error.code or 500
        if status == RequestTooLargeError.status:
            return answer_domain_error(too_large())
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
        response = shape(WrongMethodError(), WrongMethodError.status)
        response.headers["Allow"] = ", ".join(allowed_methods(failure))
        return response

    def answer_fault(error: DatabaseError | NoConnectionError | OSError) -> Response:
        return answer_domain_error(tell_fault(error))

    # Such a request has no route yet, and hence no blueprint whose error handlers would be asked.
    blueprint.before_app_request(answer_misrouted)
    blueprint.register_error_handler(DomainError, answer_domain_error)
    blueprint.register_error_handler(HTTPException, answer_http_error)
    blueprint.register_error_handler(DatabaseError, answer_fault)
    blueprint.register_error_handler(NoConnectionError, answer_fault)
    blueprint.register_error_handler(OSError, answer_fault)


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
