"""What a variant is to be."""

from dataclasses import dataclass
from typing import Literal

from flaskr.imaging.formats import AVIF, GIF, JPEG, PNG, WEBP

Fit = Literal["inside", "cover"]

VARIANT_FORMATS = (JPEG, PNG, WEBP, AVIF, GIF)


@dataclass(frozen=True)
class Spec:
    """A format, and a box of pixels (None: no bound) with the way to fit it.

    `inside` keeps the whole picture, `cover` fills the box and crops what is over. Neither
    enlarges. `still` asks for the first frame of an animation.
    """

    extension: str
    width: int | None = None
    height: int | None = None
    fit: Fit = "inside"
    still: bool = False


THUMBNAIL = Spec("webp", 320, 320, still=True)
"""What lists show; made while the upload is decoded."""
