"""Signed links: whoever has one sees a private picture until it ends, without an account.

The first of the keys signs, all of them are believed. So keys rotate: put a new one first, and take
the old one away once the links that it signed have ended, or at once to end them all.
"""

import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta

from flaskr.errors import DomainError, message_
from flaskr.library.keys import derive_secret
from flaskr.models import now

PURPOSE = "direct-link"
LONGEST = timedelta(days=3650)
MOST_DIGITS = 12
"""Of the moment in a link, in seconds since 1970."""


class LinkRefusedError(DomainError):
    """The signature of a link does not fit, or its time is over."""

    code = "link_refused"
    status = 403
    message = message_("This link has ended, or is not complete. Ask whoever gave it to you.")


class LinkSpanError(DomainError):
    """A link cannot be good for so long."""

    code = "invalid_span"
    status = 422
    message = message_("Choose from 1 to %(most)s days.")


def sign(keys: Sequence[str], image_key: str, days: int, at: datetime | None = None) -> str:
    """Return the query of a link to the image that is good for so many days from now.

    Raises LinkSpanError.
    """
    if not 1 <= days <= LONGEST.days:
        raise LinkSpanError(most=LONGEST.days)
    until = str(int(((at or now()) + timedelta(days=days)).timestamp()))
    return f"until={until}&sign={signature(keys[0], image_key, until)}"


def signature(key: str, image_key: str, until: str) -> str:
    """Return what only those with the key can know: base58, 128 bits."""
    return derive_secret(key, PURPOSE, f"{image_key}:{until}")


def check(keys: Sequence[str], image_key: str, until: str, sign: str) -> None:
    """Raise LinkRefusedError unless the link was signed here and has not ended."""
    made = [signature(key, image_key, until) for key in keys]
    if not any([hmac.compare_digest(each.encode(), sign.encode()) for each in made]):  # noqa: C419 - all are compared, in the same time
        raise LinkRefusedError
    if len(until) > MOST_DIGITS or int(until) <= now().timestamp():
        raise LinkRefusedError
