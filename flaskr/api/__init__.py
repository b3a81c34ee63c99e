"""Programs instead of people: the native API."""

from flaskr.api.native import bp

__all__ = ["bp"]
