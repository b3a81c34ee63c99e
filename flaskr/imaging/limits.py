"""What pictures are taken."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Pixels of a frame, of a side, of all frames together; number of frames; drawings or not."""

    pixels: int
    side: int
    frames: int
    total_pixels: int
    svg: bool = False
