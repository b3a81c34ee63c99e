"""What the other side wants to read: a page or JSON."""

from flask import request

API_PREFIX = "/api/"


def wants_json() -> bool:
    """Tell whether the answer should be JSON: below /api/, or asked for rather than HTML."""
    if request.path.startswith(API_PREFIX):
        return True
    accepted = request.accept_mimetypes
    best = accepted.best_match(["text/html", "application/json"])
    return best == "application/json" and accepted[best] > accepted["text/html"]
