"""Pictures made from pictures: another size, another format.

A variant is upright, in sRGB, without metadata, never larger than its source; animated if source
and format are.
"""

from collections.abc import Callable, Iterator
from io import BytesIO
from math import ceil
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from flaskr.imaging.color import eight_bit, to_srgb
from flaskr.imaging.formats import AVIF, GIF, JPEG, PNG, WEBP, Format
from flaskr.imaging.spec import Spec

TURNED = {5, 6, 7, 8}
"""EXIF orientations that swap width and height."""

ORIENTATION = 0x0112
UPRIGHTING = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes a picture upright that has one of the other orientations than 1."""

PAPER = (255, 255, 255)
"""What shows through where a format has no transparency."""

# Measured against the libraries' own defaults: docs/adr/0007-variants.md.
SAVE: dict[str, dict[str, Any]] = {
    JPEG.extension: {"quality": 82},
    WEBP.extension: {"quality": 83, "method": 1},
    AVIF.extension: {"quality": 64, "speed": 9},
    PNG.extension: {"compress_level": 6},
    GIF.extension: {},
}
ANIMATED: dict[str, dict[str, Any]] = {
    WEBP.extension: {"minimize_size": False},
    AVIF.extension: {},
    PNG.extension: {},
    GIF.extension: {"disposal": 2},
}


def open_first(path: Path, format_: Format) -> Image.Image:
    """Open a picture; only the decoders of its own format may try."""
    return Image.open(path, formats=format_.decoders)


def render(image: Image.Image, spec: Spec, target: Path) -> None:
    """Make the variant of an open picture and write it to `target`.

    An animation stays one if the format can.
    """
    if not spec.still and spec.extension in ANIMATED and is_animation(image):
        _save_animation(image, spec, target)
    else:
        prepare_scaled(image, spec)
        _save(flatten(_frame(image, spec), spec), spec, target)


def is_animation(image: Image.Image) -> bool:
    """Tell whether the picture moves; the further pictures of an MPO are no frames."""
    return image.format != "MPO" and getattr(image, "n_frames", 1) > 1


def prepare_scaled(image: Image.Image, spec: Spec) -> None:
    """Tell a JPEG decoder what size will do: it then decodes at 1/2, 1/4 or 1/8."""
    turned = orientation(image) in TURNED
    box = target_box(shown_size(image), spec)
    image.draft("RGB", (box[1], box[0]) if turned else box)


def orientation(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 to 8."""
    try:
        value = image.getexif().get(ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - nonsense there makes Pillow raise nearly anything
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def shown_size(image: Image.Image) -> tuple[int, int]:
    """Return width and height in pixels as shown."""
    width, height = image.size
    return (height, width) if orientation(image) in TURNED else (width, height)


def target_box(shown: tuple[int, int], spec: Spec) -> tuple[int, int]:
    """Return the size the whole picture is scaled to, before any cropping. Never enlarges."""
    width, height = shown
    ratios = [
        bound / side
        for bound, side in ((spec.width, width), (spec.height, height))
        if bound is not None
    ]
    if not ratios:
        return shown
    scale = min(1.0, max(ratios) if spec.fit == "cover" else min(ratios))
    return max(1, ceil(width * scale - 0.5)), max(1, ceil(height * scale - 0.5))


def _frame(image: Image.Image, spec: Spec) -> Image.Image:
    """Return the current frame as the spec wants it, RGB or RGBA."""
    profile = image.info.get("icc_profile")
    steps: tuple[Callable[[Image.Image], Image.Image], ...] = (
        eight_bit,
        lambda frame: _scale(frame, image, spec),
        lambda frame: to_srgb(frame, profile),
        lambda frame: _turn(frame, image),
        lambda frame: _crop(frame, spec),
    )
    frame = image
    for step in steps:
        frame = step(frame)
    return frame


def _scale(frame: Image.Image, source: Image.Image, spec: Spec) -> Image.Image:
    box = target_box(shown_size(source), spec)
    if orientation(source) in TURNED:
        box = box[1], box[0]
    if box == frame.size:
        return frame
    return frame.resize(box, Image.Resampling.BICUBIC, reducing_gap=1.0)


def _turn(frame: Image.Image, source: Image.Image) -> Image.Image:
    method = UPRIGHTING.get(orientation(source))
    return frame if method is None else frame.transpose(method)


def _crop(frame: Image.Image, spec: Spec) -> Image.Image:
    if spec.fit != "cover" or spec.width is None or spec.height is None:
        return frame
    size = min(spec.width, frame.width), min(spec.height, frame.height)
    return frame if size == frame.size else ImageOps.fit(frame, size)


def flatten(frame: Image.Image, spec: Spec) -> Image.Image:
    if spec.extension != JPEG.extension or frame.mode != "RGBA":
        return frame
    paper = Image.new("RGB", frame.size, PAPER)
    paper.paste(frame, mask=frame.getchannel("A"))
    return paper


def _save(frame: Image.Image, spec: Spec, target: Path) -> None:
    frame.info.clear()  # Pillow would write comments, XMP and profiles it finds here
    write(frame, target, format=_pillow_name(spec), **SAVE[spec.extension])


def write(frame: Image.Image, target: Path, **options: Any) -> None:
    """Encode, then write: an encoder that writes itself does not tell a full disk from a fault."""
    encoded = BytesIO()
    frame.save(encoded, **options)
    target.write_bytes(encoded.getbuffer())


def _save_animation(image: Image.Image, spec: Spec, target: Path) -> None:
    durations: list[int] = []
    loop = image.info.get("loop", 0)
    frames = list(_frames(image, spec, durations))
    first = frames[0]
    first.info.clear()
    write(
        first,
        target,
        format=_pillow_name(spec),
        save_all=True,
        append_images=frames[1:],
        duration=durations,
        loop=loop,
        **SAVE[spec.extension],
        **ANIMATED[spec.extension],
    )


def _frames(image: Image.Image, spec: Spec, durations: list[int]) -> Iterator[Image.Image]:
    for number in range(getattr(image, "n_frames", 1)):
        image.seek(number)
        image.load()
        durations.append(round(image.info.get("duration", 100)))
        frame = _frame(image, spec)
        yield frame.copy() if frame is image else frame


def _pillow_name(spec: Spec) -> str:
    return {"jpg": "JPEG"}.get(spec.extension, spec.extension.upper())
