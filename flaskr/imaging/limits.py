"""What pictures are taken."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Pixels of a frame, of a side, of all frames together; number of frames; drawings or not.

    `extensions` are those of the formats that are taken; none means all.
    """

    pixels: int
    side: int
    frames: int
    total_pixels: int
    svg: bool = False
    extensions: tuple[str, ...] = ()


ANY_SIZE = Limits(pixels=2**62, side=2**31, frames=2**31, total_pixels=2**62, svg=True)
"""For what was within the limits when it was taken in: they may be others now."""
