"""Answers as the clients read them: always JSON, whatever went wrong."""

from collections.abc import Mapping
from typing import Any

from flask import Response, current_app, json
from flask_babel import gettext

from flaskr.api.shaping import WrongAddressError, WrongMethodError
from flaskr.errors import (
    BusyError,
    DomainError,
    InvalidMd5Error,
    InvalidOpenidError,
    InvalidTokenError,
    NoFileError,
    NotAdmittedError,
    NotFoundError,
    ScopeError,
    SeveralFilesError,
    StorageFullError,
    UnavailableError,
    message_,
)
from flaskr.web.errors import describe

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
    WrongAddressError: message_(
        "The mini program uses an address that is not quite right. Update it."
    ),
    WrongMethodError: message_(
        "The mini program asks for something that is not possible. Update it."
    ),
}
"""What people in WeChat are told, where the usual words speak of pages, tokens and settings."""


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
