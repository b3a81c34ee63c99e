"""The image host's own pages: upload, library, files."""

from flask import Blueprint

bp = Blueprint("tuchuang", __name__, url_prefix="/tuchuang")
short_links = Blueprint("short_links", __name__)

from flaskr.tuchuang import (  # noqa: E402 - they add their routes to `bp`
    albums,
    arranging,
    bulk,
    changing,
    describing,
    drop_boxes,
    drops,
    fetch,
    files,
    gallery,
    kept,
    lookalikes,
    mover,
    pages,
    profile,
    sets,
    share_forms,
    shares,
    signed,
    tags,
    trash,
    upload,
)
from flaskr.tuchuang.shortcut import Shortcut  # noqa: E402 - as above

__all__ = [
    "Shortcut",
    "albums",
    "arranging",
    "bp",
    "bulk",
    "changing",
    "describing",
    "drop_boxes",
    "drops",
    "fetch",
    "files",
    "gallery",
    "kept",
    "lookalikes",
    "mover",
    "pages",
    "profile",
    "sets",
    "share_forms",
    "shares",
    "short_links",
    "signed",
    "tags",
    "trash",
    "upload",
]
