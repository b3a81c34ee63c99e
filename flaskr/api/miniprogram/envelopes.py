"""Answers as the clients read them: always JSON, whatever went wrong."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, current_app, json, request
from sqlalchemy.exc import DatabaseError
from sqlalchemy.exc import TimeoutError as NoConnectionError
from werkzeug.exceptions import HTTPException

from flaskr.db import db
from flaskr.errors import DomainError, RequestTooLargeError, TooManyAttemptsError
from flaskr.web.errors import too_large
from flaskr.web.uploading import tell_fault

Shape = Callable[[DomainError, int], Response]
"""Makes a client's envelope of an error and an HTTP status."""


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
            return answer_domain_error(too_large(request.max_content_length or 0))
        return shape(DomainError(), status)

    def answer_fault(error: DatabaseError | NoConnectionError | OSError) -> Response:
        return answer_domain_error(tell_fault(error))

    blueprint.register_error_handler(DomainError, answer_domain_error)
    blueprint.register_error_handler(HTTPException, answer_http_error)
    blueprint.register_error_handler(DatabaseError, answer_fault)
    blueprint.register_error_handler(NoConnectionError, answer_fault)
    blueprint.register_error_handler(OSError, answer_fault)
