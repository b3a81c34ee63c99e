"""What a file is, found by opening it and decoding it to its end."""

import warnings
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from flaskr.errors import (
    DomainError,
    TooManyFramesError,
    TooManyPixelsError,
    UnreadableImageError,
    UnsupportedTypeError,
)
from flaskr.imaging.formats import FORMATS, HEAD_BYTES, JPEG, Format, sniff
from flaskr.imaging.thumbnail import THUMBNAIL_SIDE, encode_thumbnail

MEGA = 1_000_000

# Our own limits replace Pillow's, which only warns up to twice its figure.
Image.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True)
class Limits:
    """How big a picture may be: pixels of a frame, of a side, of all frames; number of frames."""

    pixels: int
    side: int
    frames: int
    total_pixels: int


@dataclass(frozen=True)
class Facts:
    """What is known of a picture that was decoded to its end.

    `width` and `height` are pixels as shown, after the EXIF orientation. `thumbnail` is a WebP of
    the first frame that fits a square of THUMBNAIL_SIDE pixels.
    """

    format: Format
    width: int
    height: int
    frames: int
    thumbnail: bytes


def probe(path: Path, limits: Limits) -> Facts:
    """Open the picture at `path`, check it against `limits`, and decode every frame.

    Raises UnsupportedTypeError, TooManyPixelsError, TooManyFramesError or UnreadableImageError.
    """
    with path.open("rb") as file:
        format_ = sniff(file.read(HEAD_BYTES))
    if format_ is None:
        raise UnsupportedTypeError(formats=", ".join(known.name for known in FORMATS))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _decode(path, format_, limits)
    except DomainError:
        raise
    except Exception as error:  # hostile files make Pillow raise nearly anything
        raise UnreadableImageError from error


def _decode(path: Path, format_: Format, limits: Limits) -> Facts:
    with Image.open(path, formats=format_.decoders) as image:
        _check_size(image, limits)
        frames = 1 if format_ is JPEG else getattr(image, "n_frames", 1)
        _check_frames(image, frames, limits)
        width, height = _shown_size(image)
        # At 1/8 scale the decoder still reads a JPEG to its end, in half the time.
        image.draft("RGB", (THUMBNAIL_SIDE, THUMBNAIL_SIDE))
        thumbnail = encode_thumbnail(image)
        for number in range(1, frames):
            image.seek(number)
            image.load()
    return Facts(format_, width, height, frames, thumbnail)


def _check_size(image: Image.Image, limits: Limits) -> None:
    if max(image.size) > limits.side or image.width * image.height > limits.pixels:
        raise TooManyPixelsError(megapixels=limits.pixels // MEGA, side=limits.side)


def _check_frames(image: Image.Image, frames: int, limits: Limits) -> None:
    pixels = frames * image.width * image.height
    if frames > limits.frames or (frames > 1 and pixels > limits.total_pixels):
        raise TooManyFramesError(frames=limits.frames, megapixels=limits.total_pixels // MEGA)


def _shown_size(image: Image.Image) -> tuple[int, int]:
    turned = image.getexif().get(0x0112, 1) in {5, 6, 7, 8}
    return (image.height, image.width) if turned else (image.width, image.height)
