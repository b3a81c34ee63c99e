"""What a camera wrote into a picture, as far as people want to read it. In the child process."""

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from PIL import Image
from PIL.ExifTags import IFD, Base

from flaskr.imaging.formats import SVG, Format
from flaskr.imaging.variants import open_first

MAX_TEXT = 100


@dataclass(frozen=True)
class Camera:
    """What is known; None or an empty text stands for what is not.

    `taken` is as the camera's clock showed it, `exposure` in seconds, `focal_length` in
    millimetres, `latitude` and `longitude` in degrees.
    """

    maker: str = ""
    model: str = ""
    lens: str = ""
    software: str = ""
    taken: str = ""
    exposure: float | None = None
    aperture: float | None = None
    iso: int | None = None
    focal_length: float | None = None
    latitude: float | None = None
    longitude: float | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> Self:
        return cls(**told)


def read_camera(source: Path, format_: Format) -> Camera:
    """Read a picture's EXIF. What cannot be read is left out."""
    if format_ is SVG:
        return Camera()
    with open_first(source, format_) as image:
        tags = image.getexif()
        if not tags and format_.name == "PNG":
            image.load()  # it may stand at the end
            tags = image.getexif()
        return Camera(**facts(tags))


def facts(tags: Image.Exif) -> dict[str, Any]:
    """Return what the tags tell."""
    shot, place = tags.get_ifd(IFD.Exif), tags.get_ifd(IFD.GPSInfo)
    return {
        "maker": text(tags.get(Base.Make)),
        "model": text(tags.get(Base.Model)),
        "lens": text(shot.get(Base.LensModel)),
        "software": text(tags.get(Base.Software)),
        "taken": text(shot.get(Base.DateTimeOriginal) or tags.get(Base.DateTime)),
        "exposure": number(shot.get(Base.ExposureTime)),
        "aperture": number(shot.get(Base.FNumber)),
        "iso": whole(shot.get(Base.ISOSpeedRatings)),
        "focal_length": number(shot.get(Base.FocalLength)),
        "latitude": degrees(place.get(2), place.get(1), "S", 90),
        "longitude": degrees(place.get(4), place.get(3), "W", 180),
    }


def text(value: Any) -> str:
    """Return a tag's text, printable and not too long."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return ""
    shown = "".join(character for character in value if character.isprintable())
    return " ".join(shown.split())[:MAX_TEXT]


def number(value: Any) -> float | None:
    """Return a tag's number if it is one and positive; fractions may have nothing below."""
    try:
        found = float(value)
    except (TypeError, ValueError, ArithmeticError):
        return None
    return found if math.isfinite(found) and found > 0 else None


def whole(value: Any) -> int | None:
    """Return a tag's whole number; some cameras write several."""
    found = number(value[0] if isinstance(value, tuple) and value else value)
    return None if found is None else int(found)


def degrees(value: Any, side: Any, negative: str, most: int) -> float | None:
    """Return degrees, minutes and seconds as one number, negative on that side."""
    try:
        hours, minutes, seconds = (float(part) for part in value)
    except (TypeError, ValueError, ArithmeticError):
        return None
    found = hours + minutes / 60 + seconds / 3600
    if not (math.isfinite(found) and 0 <= found <= most):
        return None
    return round(-found if side == negative else found, 6)
