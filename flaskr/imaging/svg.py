"""SVG: a document that can hold scripts, so it is rebuilt from what is known to be harmless.

svg-hush keeps an allow-list of elements and attributes and drops scripts, handlers, entities and
foreign hosts. What it leaves of addresses is cut down here to fragments and embedded pictures: a
path such as `/etc/…` would be read by the renderer. Pictures for lists and variants are drawn by
resvg. Only where `ALLOW_SVG` is on and the extra `svg` is installed.
"""

import re
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree as ET

from PIL import Image

from flaskr.errors import (
    FileTooLargeError,
    TooManyPixelsError,
    UnreadableImageError,
)
from flaskr.imaging.limits import Limits

MEGA = 1_000_000
MAX_BYTES = 4 * 1024 * 1024
"""Markup, not pixels: more than this is a bomb or a map."""

EMBEDDED = {"image": ["png", "jpeg", "gif", "webp"]}
DEFAULT_SIZE = (300, 150)  # CSS 2.2, 10.3.2: what has no size of its own

_SVG = "http://www.w3.org/2000/svg"
_LENGTH = re.compile(r"\s*([0-9]*\.?[0-9]+)\s*(px)?\s*")
_ADDRESS = re.compile(r"url\(\s*['\"]?(?!#)[^)]*\)", re.IGNORECASE)
_ELSEWHERE = re.compile(r"@import[^;{}]*;?|(?:https?:)?//[^\s;{}]*;?", re.IGNORECASE)
_KEPT_ADDRESSES = ("#", "data:image/")


def sanitise(source: Path) -> bytes:
    """Return the drawing without anything that acts or leads elsewhere.

    Raises FileTooLargeError, or UnreadableImageError for what is no well-formed SVG.
    """
    from py_svg_hush import filter_svg  # noqa: PLC0415 - the extra may not be there

    if source.stat().st_size > MAX_BYTES:
        raise FileTooLargeError(limit=MAX_BYTES)
    try:
        root = ET.fromstring(filter_svg(source.read_bytes(), EMBEDDED))  # noqa: S314 - no entities left
    except (ValueError, ET.ParseError) as error:
        raise UnreadableImageError from error
    if root.tag != f"{{{_SVG}}}svg":
        raise UnreadableImageError
    for element in root.iter():
        _cut_addresses(element)
    ET.register_namespace("", _SVG)
    ET.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _cut_addresses(element: ET.Element) -> None:
    for name, value in list(element.attrib.items()):
        if name.rpartition("}")[2] == "href" and not value.strip().startswith(_KEPT_ADDRESSES):
            del element.attrib[name]
        else:
            element.attrib[name] = _ADDRESS.sub("none", value)
    if element.tag == f"{{{_SVG}}}style" and element.text:
        element.text = _ELSEWHERE.sub("", _ADDRESS.sub("none", element.text))


def natural_size(drawing: bytes, limits: Limits) -> tuple[int, int]:
    """Return width and height in pixels, from the root's own or its view box.

    Raises TooManyPixelsError if the drawing claims more than `limits` allow.
    """
    root = ET.fromstring(drawing)  # noqa: S314 - our own output
    box = [float(number) for number in re.findall(r"-?[0-9.]+", root.get("viewBox", ""))][2:4]
    width = _length(root.get("width"))
    height = _length(root.get("height"))
    if len(box) == 2 and min(box) > 0:
        ratio = box[0] / box[1]
        width, height = (
            width or (height * ratio if height else box[0]),
            height or (width / ratio if width else box[1]),
        )
    size = max(1, round(width or DEFAULT_SIZE[0])), max(1, round(height or DEFAULT_SIZE[1]))
    if max(size) > limits.side or size[0] * size[1] > limits.pixels:
        raise TooManyPixelsError(megapixels=limits.pixels // MEGA, side=limits.side)
    return size


def draw(drawing: bytes, width: int) -> Image.Image:
    """Return the sanitised drawing as a picture `width` pixels wide.

    Raises UnreadableImageError if it cannot be drawn.
    """
    import resvg_py  # noqa: PLC0415 - the extra may not be there

    try:
        content = resvg_py.svg_to_bytes(svg_string=drawing.decode(), width=width)
    except ValueError as error:
        raise UnreadableImageError from error
    return Image.open(BytesIO(bytes(content)), formats=("PNG",))


def _length(text: str | None) -> float | None:
    match = _LENGTH.fullmatch(text or "")
    return float(match[1]) if match and float(match[1]) > 0 else None
