"""Bytes to facts, and pictures made from pictures. No database, no Flask."""

from flaskr.imaging.formats import ACCEPTED_TYPES, EXTENSIONS, FORMATS, Format
from flaskr.imaging.probe import Facts, Limits, probe

__all__ = ["ACCEPTED_TYPES", "EXTENSIONS", "FORMATS", "Facts", "Format", "Limits", "probe"]
