"""Turning, mirroring and cropping a stored picture, with as little loss as its format allows.

A JPEG that is only turned or mirrored keeps its pixels: another orientation is written. Formats
without loss stay without, as far as Pillow reads them: of 16 bits a colour in PNG it keeps 8.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image, JpegImagePlugin

from flaskr.imaging import metadata
from flaskr.imaging.color import eight_bit
from flaskr.imaging.formats import AVIF, HEIC, JPEG, PNG, TIFF, WEBP, Format
from flaskr.imaging.spec import Spec
from flaskr.imaging.variants import UPRIGHTING, flatten, open_first, orientation, write

QUALITY = 95
"""Of what loses something each time it is written. The version before stays as it was."""

HALVED_BOTH_WAYS = 2
"""Pillow's number for JPEG colours in half the resolution (4:2:0)."""

KEPT = ("icc_profile", "transparency")
"""What of a picture's surroundings is part of how it looks."""

OPTIONS: dict[Format, dict[str, Any]] = {
    PNG: {"compress_level": 3},  # 50 megapixels in 6 seconds
    AVIF: {"quality": QUALITY, "speed": 8},
    TIFF: {"compression": "tiff_adobe_deflate"},
}


class Box(NamedTuple):
    """A part of a picture, in pixels from its left upper corner."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True)
class Edit:
    """A change to a picture as it is shown: turned, then mirrored left to right, then cropped.

    `turn` is 0, 90, 180 or 270 degrees clockwise; `box` is a part of what that gave, None all.
    """

    turn: int = 0
    mirror: bool = False
    box: Box | None = None

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Return the size of a picture of that size once it is turned."""
        return (height, width) if self.turn % 180 else (width, height)

    def orientation(self, before: int) -> int:
        """Return the orientation of EXIF that shows turned and mirrored what `before` showed."""
        mirrored, quarters = MEANINGS[before]
        quarters = (quarters + self.turn // 90) % 4
        if self.mirror:
            mirrored, quarters = not mirrored, -quarters % 4
        return next(number for number, meant in MEANINGS.items() if meant == (mirrored, quarters))


MEANINGS = {
    1: (False, 0),
    2: (True, 0),
    3: (False, 2),
    4: (True, 2),
    5: (True, 3),
    6: (False, 1),
    7: (True, 1),
    8: (False, 3),
}
"""Orientations: whether the stored picture is mirrored left to right, and then by how many
quarters it is turned clockwise."""


def apply(source: Path, format_: Format, edit: Edit, target: Path) -> None:
    """Write the changed picture to the new file `target`.

    It has the format of the source, but for HEIC, which becomes JPEG.
    """
    if format_ is JPEG and edit.box is None:
        target.write_bytes(b"".join(reorient(source, edit)))
        return
    with open_first(source, format_) as image:
        image.load()
        frame = changed(image, edit)
        if format_ is HEIC:
            frame = flatten(eight_bit(frame), Spec(JPEG.extension))
        write(frame, target, **save_options(image, frame, format_, source))


def reorient(source: Path, edit: Edit) -> Iterable[bytes]:
    """Yield the JPEG with another orientation, and without its metadata."""
    with source.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
        plan = metadata.turn_jpeg(content, edit.orientation)
        yield from metadata.pieces(content, plan) if plan is not None else [content[:]]


def changed(image: Image.Image, edit: Edit) -> Image.Image:
    """Return the picture turned, mirrored and cropped, upright without help of EXIF."""
    method = UPRIGHTING.get(edit.orientation(orientation(image)))
    frame = image.copy() if method is None else image.transpose(method)
    if edit.box is not None:
        left, top, width, height = edit.box
        frame = frame.crop((left, top, left + width, top + height))
    frame.info = {name: image.info[name] for name in KEPT if name in image.info}
    return frame


def save_options(
    image: Image.Image, frame: Image.Image, format_: Format, source: Path
) -> dict[str, Any]:
    """Return how Pillow is to write the frame."""
    if format_ in {JPEG, HEIC}:
        options = jpeg_options(image)
    elif format_ is WEBP:
        options = webp_options(source)
    else:
        options = OPTIONS.get(format_, {})
    name = "JPEG" if format_ is HEIC else format_.decoders[0]
    profile = frame.info.get("icc_profile")
    return {"format": name, **options, **({"icc_profile": profile} if profile else {})}


def jpeg_options(image: Image.Image) -> dict[str, Any]:
    """Return how a JPEG is written: its colours as fine as they were."""
    halved = isinstance(image, JpegImagePlugin.JpegImageFile) and (
        JpegImagePlugin.get_sampling(image) == HALVED_BOTH_WAYS
    )
    return {
        "quality": QUALITY,
        "subsampling": HALVED_BOTH_WAYS if halved else 0,
        "optimize": True,
        "progressive": bool(image.info.get("progressive")),
    }


def webp_options(source: Path) -> dict[str, Any]:
    """Return how a WebP is written: without loss if it was so (RFC 9649, chunk VP8L)."""
    with source.open("rb") as file:
        file.seek(12)
        while len(header := file.read(8)) == 8:
            if header[:4] == b"VP8L":
                return {"lossless": True, "quality": 50, "method": 2, "exact": True}
            if header[:4] == b"VP8 ":
                break
            size = int.from_bytes(header[4:], "little")
            file.seek(size + size % 2, 1)
    return {"quality": QUALITY, "method": 2}
