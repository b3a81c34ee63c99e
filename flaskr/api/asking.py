"""Words and numbers in requests, read with care."""

from flask import request

MOST_DIGITS = 9


def sent_text(*names: str) -> str:
    """Return the first of these fields that the request has, as a form or JSON; or nothing."""
    try:
        body = request.get_json(silent=True)
    except RecursionError:  # brackets within brackets within brackets
        body = None
    said = body if isinstance(body, dict) else request.form
    for name in names:
        if isinstance(text := said.get(name), str):
            return text.replace("\0", "").encode(errors="replace").decode()
    return ""


def asked_page() -> int:
    """Return the number of the page that the query asks for; the first for what is none.

    One that is further than any list reaches is cut to a number that still is.
    """
    said = request.args.get("page", "")
    return int(said[:MOST_DIGITS]) if said.isascii() and said.isdecimal() else 1
