"""The blog: posts in Markdown, by their author; its feed."""

from flask import Blueprint

bp = Blueprint("blog", __name__)

from flaskr.blog import feed, reading, writing  # noqa: E402 - they add their routes to `bp`

__all__ = ["bp", "feed", "reading", "writing"]
