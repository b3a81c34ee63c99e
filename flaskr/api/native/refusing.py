"""Errors in words for programs, where the usual ones speak of pages."""

from flask import Response

from flaskr.api.native import bp
from flaskr.errors import NotFoundError, message_
from flaskr.web.errors import answer_domain_error


class NothingThereError(NotFoundError):
    """The account has no picture, album, tag, share or token of this key, name or number."""

    message = message_("You have nothing of this key, name or number, or no longer.")


@bp.errorhandler(NotFoundError)
def answer_not_found(error: NotFoundError) -> Response:
    """Answer that what was named is not there, unless it was said what that is."""
    return answer_domain_error(NothingThereError() if type(error) is NotFoundError else error)
