"""The picture formats taken, and how each is told from its first bytes."""

import re
from dataclasses import dataclass
from importlib.util import find_spec


@dataclass(frozen=True)
class Format:
    """A format: its name, its media type, the extension of our links, Pillow's decoders for it."""

    name: str
    type: str
    extension: str
    decoders: tuple[str, ...]


JPEG = Format("JPEG", "image/jpeg", "jpg", ("JPEG", "MPO"))
PNG = Format("PNG", "image/png", "png", ("PNG",))
GIF = Format("GIF", "image/gif", "gif", ("GIF",))
WEBP = Format("WebP", "image/webp", "webp", ("WEBP",))
AVIF = Format("AVIF", "image/avif", "avif", ("AVIF",))
BMP = Format("BMP", "image/bmp", "bmp", ("BMP",))
TIFF = Format("TIFF", "image/tiff", "tiff", ("TIFF",))
HEIC = Format("HEIC", "image/heic", "heic", ("HEIF",))

SVG = Format("SVG", "image/svg+xml", "svg", ())

HEIC_INSTALLED = find_spec("pillow_heif") is not None
SVG_INSTALLED = all(find_spec(name) is not None for name in ("py_svg_hush", "resvg_py"))
FORMATS = (JPEG, PNG, GIF, WEBP, AVIF, BMP, TIFF) + ((HEIC,) if HEIC_INSTALLED else ())
ACCEPTED_TYPES = tuple(format_.type for format_ in FORMATS)
EXTENSIONS = {format_.extension: format_ for format_ in (*FORMATS, HEIC, SVG)}
"""Every format a stored picture can have, HEIC and SVG too: they may have been taken once."""

EXTENSION_ALIASES = {"jpeg": "jpg", "jpe": "jpg", "tif": "tiff", "heif": "heic"}

HEAD_BYTES = 1024
_SVG_START = re.compile(
    rb"\xef\xbb\xbf|\s+|<\?xml.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(\[.*?\])?\s*>", re.DOTALL
)
# ISO 23008-12 annex B; AVIF files list the HEIF brands too, so theirs are looked for first.
AVIF_BRANDS = {b"avif", b"avis"}
HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
HEIC_BRANDS |= {b"mif1", b"msf1"}


def sniff(head: bytes) -> Format | None:
    """Tell the format from the first `HEAD_BYTES` of a file, or None if it is none of ours.

    Signatures: ITU T.81 (JPEG), W3C PNG, GIF89a, RFC 9649 (WebP), ISO 14496-12 brands (AVIF),
    the Windows bitmap header, TIFF 6.0.
    """
    signatures = (
        (b"\xff\xd8\xff", JPEG),
        (b"\x89PNG\r\n\x1a\n", PNG),
        (b"GIF87a", GIF),
        (b"GIF89a", GIF),
        (b"BM", BMP),
        (b"II*\0", TIFF),
        (b"MM\0*", TIFF),
    )
    for signature, format_ in signatures:
        if head.startswith(signature):
            return format_
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    if head[4:8] == b"ftyp":
        return _by_brand(head)
    return SVG if _is_svg(head) else None


def _is_svg(head: bytes) -> bool:
    """Tell whether the first element is `svg`, after what may stand before it."""
    at = 0
    while match := _SVG_START.match(head, at):
        at = match.end()
    return re.match(rb"<svg[\s>/]", head[at : at + 5]) is not None


def _by_brand(head: bytes) -> Format | None:
    """Tell AVIF from HEIC by the brands in the first box, four bytes each."""
    box = head[8 : int.from_bytes(head[:4])]
    brands = {box[at : at + 4] for at in range(0, len(box), 4) if at != 4}  # its version
    if brands & AVIF_BRANDS:
        return AVIF
    return HEIC if brands & HEIC_BRANDS else None
