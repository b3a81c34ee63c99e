"""PNG and APNG: W3C PNG, third edition, sections 5 (chunks) and 11 (what each means).

Kept: the critical chunks and those that change how the picture is shown. Dropped: text, time, Exif
but for the orientation, every chunk we don't know, and all that follows IEND.
"""

import zlib

from flaskr.imaging.metadata import exif
from flaskr.imaging.metadata.walk import MOST_PARTS, Piece, damaged, keep, number, take

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_IHDR_STOP = 8 + 12 + 13
_CRITICAL = {b"IHDR", b"PLTE", b"IDAT", b"IEND"}
# Ancillary chunks that stay, and how long each has to be: None where that depends. A chunk of
# another length is one that decoders ignore and that can hide anything.
_SHOWN: dict[bytes, int | None] = {
    b"acTL": 8,
    b"bKGD": None,
    b"cHRM": 32,
    b"cICP": 4,
    b"cLLI": 8,
    b"fcTL": 26,
    b"fdAT": None,
    b"gAMA": 4,
    b"hIST": None,
    b"iCCP": None,
    b"mDCV": 24,
    b"pHYs": 9,
    b"sBIT": None,
    b"sRGB": 1,
    b"tRNS": None,
}


def walk(view: memoryview) -> list[Piece]:
    """Return what stays. Raises UnreadableImageError unless every chunk up to IEND is sound."""
    if view[:8] != _SIGNATURE:
        raise damaged("signature")
    rest: list[Piece] = []
    turned = exif.UPRIGHT
    at, pixels = 8, False
    for _ in range(MOST_PARTS):
        kind, body, stop = _chunk(view, at)
        if (kind == b"IHDR") != (at == 8):
            raise damaged("IHDR")
        if at > 8 and _stays(kind, len(body)):
            keep(rest, at, stop)
        elif kind == b"eXIf" and turned == exif.UPRIGHT:
            turned = exif.orientation(bytes(body))
        pixels = pixels or kind == b"IDAT"
        if kind == b"IEND":
            break
        at = stop
    else:
        raise damaged("too many chunks")
    if not pixels:
        raise damaged("IDAT")
    head: list[Piece] = []
    keep(head, 0, _IHDR_STOP)
    if turned in exif.TURNED:
        head.append(_made(b"eXIf", exif.minimal(turned)))
    return head + rest


def _chunk(view: memoryview, at: int) -> tuple[bytes, memoryview, int]:
    """Read the chunk at `at` and check its CRC: its type, its data, where it ends."""
    length = number(view, at, 4)
    kind = bytes(take(view, at + 4, 4))
    body = take(view, at + 8, length)
    if not kind.isalpha() or (kind == b"IHDR" and length != 13):
        raise damaged("chunk")
    stop = at + 12 + length
    if number(view, stop - 4, 4) != zlib.crc32(view[at + 4 : stop - 4]):
        raise damaged(kind.decode("ascii"))
    return kind, body, stop


def _stays(kind: bytes, length: int) -> bool:
    if kind in _CRITICAL:
        return True
    if kind[:1].isupper():
        raise damaged("unknown critical chunk")
    return kind in _SHOWN and _SHOWN[kind] in {None, length}


def _made(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)
