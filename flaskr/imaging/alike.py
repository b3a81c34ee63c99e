"""A number of 64 bits that says what a picture looks like; alike pictures have nearly the same.

Of the picture made small and grey, the eight lowest frequencies each way are taken (a discrete
cosine transform), and each bit says whether one is above their median. Size, format and quality
hardly change it.
"""

from math import cos, pi
from pathlib import Path
from statistics import median

from PIL import Image

from flaskr.imaging.facts import FEATURELESS

SIDE = 32
LOW = 8
LEAST_CONTRAST = SIDE * SIDE / 2
"""A lower sum of all frequencies is what rounding makes of a single colour."""

WAVES = [[cos(pi * wave * (2 * at + 1) / (2 * SIDE)) for at in range(SIDE)] for wave in range(LOW)]
WHITE = (255, 255, 255, 255)


def perceptual_hash(thumbnail: Path) -> int:
    """Return the number of the picture whose thumbnail (a still WebP of ours) this is, signed."""
    with Image.open(thumbnail, formats=("WEBP",)) as image:
        shown = image.convert("RGBA")
    paper = Image.new("RGBA", shown.size, WHITE)
    grey = Image.alpha_composite(paper, shown).convert("L")
    return hash_of(list(grey.resize((SIDE, SIDE), Image.Resampling.BOX).tobytes()))


def hash_of(pixels: list[int]) -> int:
    """Return the number of a grey picture of SIDE rows of SIDE pixels."""
    rows = [pixels[start : start + SIDE] for start in range(0, SIDE * SIDE, SIDE)]
    across = [[sum(map(float.__mul__, wave, map(float, row))) for row in rows] for wave in WAVES]
    found = [sum(map(float.__mul__, wave, column)) for wave in WAVES for column in across]
    found[0] = 0.0  # how bright it is as a whole
    if sum(map(abs, found)) < LEAST_CONTRAST:
        return FEATURELESS
    middle = median(found)
    number = 0
    for value in found:
        number = number << 1 | (value > middle)
    return number - (1 << 64) if number >> 63 else number
