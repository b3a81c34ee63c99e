"""Bytes to facts, and pictures made from pictures. No database, no Flask.

Pictures are opened in child processes only: `DecodePool` runs them, `worker` is what they run.
"""

from flaskr.imaging.formats import EXTENSIONS, FORMATS, Format
from flaskr.imaging.limits import Limits
from flaskr.imaging.pool import DecodePool, affordable_children
from flaskr.imaging.spec import VARIANT_FORMATS, Fit, Spec

__all__ = [
    "EXTENSIONS",
    "FORMATS",
    "VARIANT_FORMATS",
    "DecodePool",
    "Fit",
    "Format",
    "Limits",
    "Spec",
    "affordable_children",
]
