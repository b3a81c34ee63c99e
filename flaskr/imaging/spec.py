"""What a variant is to be."""

from dataclasses import dataclass, replace
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


def simplest(spec: Spec, size: tuple[int, int], frames: int) -> Spec:
    """Return the shortest spec that gives the same variant of a picture of this size, as shown.

    Many ask for the same with different words: one variant is made and kept for all of them.
    """
    width, height = size
    wanted_width, wanted_height = spec.width or width, spec.height or height
    across, down = min(wanted_width, width), min(wanted_height, height)
    # A bound is as tight as its share of the side it bounds; of two, `inside` obeys the tighter.
    tighter = down * width - across * height
    if spec.fit == "cover" and spec.width and spec.height and tighter:
        box = replace(spec, width=across, height=down)
    elif (across, down) == size:
        box = replace(spec, width=None, height=None, fit="inside")
    elif tighter >= 0:
        box = replace(spec, width=across, height=None, fit="inside")
    else:
        box = replace(spec, width=None, height=down, fit="inside")
    return replace(box, still=spec.still and frames > 1 and spec.extension != JPEG.extension)


THUMBNAIL = Spec("webp", 320, 320, still=True)
"""What lists show; made while the upload is decoded."""
