"""WebP: RFC 9649 section 2 (the RIFF container).

Kept: VP8X, the colour profile, animation, alpha and pixel chunks, and the orientation. Dropped:
Exif, XMP, every chunk we don't know, also inside frames, and all that follows the RIFF chunk. The
flags and sizes of the container are put right.
"""

from flaskr.imaging.metadata import exif
from flaskr.imaging.metadata.walk import MOST_PARTS, Piece, Span, damaged, incomplete, keep, number

_PIXELS = {b"VP8 ", b"VP8L"}
_EXTENDED = {b"ICCP", b"ANIM", b"ALPH", *_PIXELS}
_ICC, _ALPHA, _EXIF, _ANIMATION = 0x20, 0x10, 0x08, 0x02
_FRAME_HEADER = 16


def walk(view: memoryview) -> list[Piece]:
    """Return what stays. Raises UnreadableImageError unless the RIFF chunk is whole and sound."""
    if bytes(view[:4]) != b"RIFF" or bytes(view[8:12]) != b"WEBP":
        raise damaged("signature")
    stop = 8 + number(view, 4, 4, "little")
    if stop > len(view):
        raise incomplete()
    riff = view[:stop]
    first = bytes(riff[12:16])
    if first in _PIXELS:
        pieces: list[Piece] = []
        _keep_chunk(pieces, riff, 12, _chunk(riff, 12)[1])
    elif first == b"VP8X":
        pieces = _extended(riff)
    else:
        raise damaged("first chunk")
    size = 4 + sum(_size(piece) for piece in pieces)
    return [b"RIFF" + size.to_bytes(4, "little") + b"WEBP", *pieces]


def _chunk(riff: memoryview, at: int) -> tuple[bytes, int]:
    """Read the header of the chunk at `at`: its type and where its data ends, without padding."""
    stop = at + 8 + number(riff, at + 4, 4, "little")
    if stop > len(riff):
        raise incomplete()
    return bytes(riff[at : at + 4]), stop


def _keep_chunk(pieces: list[Piece], riff: memoryview, at: int, stop: int) -> None:
    """Keep a chunk, padded with one zero byte where its size is odd (RFC 9649 section 2.3)."""
    keep(pieces, at, stop)
    if (stop - at) % 2:
        if bytes(riff[stop : stop + 1]) == b"\0":
            keep(pieces, stop, stop + 1)
        else:
            pieces.append(b"\0")


def _extended(riff: memoryview) -> list[Piece]:
    """Walk an extended file (section 2.7)."""
    if _chunk(riff, 12)[1] != 30:
        raise damaged("VP8X")
    flags = riff[20]
    pieces: list[Piece] = []
    turned = exif.UPRIGHT
    pictures = 0
    at = 30
    for _ in range(MOST_PARTS):
        if at >= len(riff):
            break
        kind, stop = _chunk(riff, at)
        if kind == b"ANMF":
            pieces += _frame(riff, at, stop)
        elif kind in _EXTENDED:
            _keep_chunk(pieces, riff, at, stop)
        elif kind == b"EXIF" and flags & _EXIF and turned == exif.UPRIGHT:
            turned = exif.orientation(bytes(riff[at + 8 : stop]))
        pictures += kind in _PIXELS or kind == b"ANMF"
        at = stop + stop % 2
    else:
        raise damaged("too many chunks")
    if not pictures:
        raise incomplete()
    kept = flags & (_ICC | _ALPHA | _ANIMATION)
    if turned in exif.TURNED:
        kept |= _EXIF
        pieces.append(_made(b"EXIF", exif.minimal(turned)))
    return [_made(b"VP8X", bytes((kept, 0, 0, 0)) + bytes(riff[24:30])), *pieces]


def _frame(riff: memoryview, at: int, stop: int) -> list[Piece]:
    """Keep an animation frame without the chunks in it that we don't know (section 2.7.1.2)."""
    pieces: list[Piece] = []
    inner = at + 8 + _FRAME_HEADER
    frame = riff[:stop]
    pictures = 0
    while inner < stop:
        kind, end = _chunk(frame, inner)
        if kind == b"ALPH" or kind in _PIXELS:
            _keep_chunk(pieces, frame, inner, end)
        pictures += kind in _PIXELS
        inner = end + end % 2
    if not pictures:
        raise damaged("ANMF")
    size = _FRAME_HEADER + sum(_size(piece) for piece in pieces)
    head = riff[at + 8 : at + 8 + _FRAME_HEADER]
    return [b"ANMF" + size.to_bytes(4, "little") + bytes(head), *pieces]


def _size(piece: Piece) -> int:
    return piece.stop - piece.start if isinstance(piece, Span) else len(piece)


def _made(kind: bytes, body: bytes) -> bytes:
    return kind + len(body).to_bytes(4, "little") + body
