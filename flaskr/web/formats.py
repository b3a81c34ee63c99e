"""What the other side wants to read: a page or JSON."""

from flask import request

PROGRAMS = ("/api/", "/files/")
"""What the addresses start with that only programs use."""


def wants_json() -> bool:
    """Tell whether the answer should be JSON: at an address of theirs, or asked for before HTML."""
    if request.path.startswith(PROGRAMS):
        return True
    accepted = request.accept_mimetypes
    best = accepted.best_match(["text/html", "application/json"])
    return best == "application/json" and accepted[best] > accepted["text/html"]
