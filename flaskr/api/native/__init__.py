"""The native API. Every request carries a Bearer token; cookies do not count here.

Each view is told beside itself what is documented of it (`operations`); `document` makes the
OpenAPI file and the page about it.
"""

from flask import Blueprint

bp = Blueprint("api", __name__, url_prefix="/api")

from flaskr.api.native import (  # noqa: E402 - they add their routes to `bp`
    account,
    albums,
    contents,
    document,
    images,
    manual,
    refusing,
    shares,
    tags,
    tokens,
    trash,
    uploads,
)

__all__ = [
    "account",
    "albums",
    "bp",
    "contents",
    "document",
    "images",
    "manual",
    "refusing",
    "shares",
    "tags",
    "tokens",
    "trash",
    "uploads",
]
