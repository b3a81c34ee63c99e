"""What the other side wants to read: a page or JSON."""

from flask import request

PROGRAMS = ("/api/", "/files/")
"""What the addresses start with that only programs use."""

LINES = "application/x-ndjson"
"""JSON in lines that come one by one."""


def wants_json() -> bool:
    """Tell whether the answer should be JSON: at an address of theirs, or asked for before HTML."""
    if request.path.startswith(PROGRAMS):
        return True
    accepted = request.accept_mimetypes
    best = accepted.best_match(["text/html", "application/json", LINES])
    return best in {"application/json", LINES} and accepted[best] > accepted["text/html"]


def wants_lines() -> bool:
    """Tell whether the answer should be lines of JSON, one for each thing that happens."""
    accepted = request.accept_mimetypes
    return wants_json() and accepted.best_match(["application/json", LINES]) == LINES
