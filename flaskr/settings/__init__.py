"""What an account can set for itself."""

from flask import Blueprint

bp = Blueprint("settings", __name__, url_prefix="/settings")

from flaskr.settings import (  # noqa: E402 - they add their routes to `bp`
    clients,
    tokens,
    uploads,
    usage,
)

__all__ = ["bp", "clients", "tokens", "uploads", "usage"]
