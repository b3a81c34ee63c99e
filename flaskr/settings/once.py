"""A token's text on its way from the form that made it to the page that shows it, this once.

Between both it is in the session, which is the browser's own and reaches further than any token:
so the answer to the form can be a redirect, and to load the page again makes no second token.
"""

from flask import request, session

HELD = "fresh_token"


def hold(secret: str) -> None:
    """Keep the text of a token that was just made for the next view of this address."""
    session[HELD] = [request.path, secret]


def take() -> str | None:
    """Return what was held for this address, and forget it."""
    path, secret = session.get(HELD, [None, None])
    if path != request.path:
        return None
    del session[HELD]
    return str(secret)
