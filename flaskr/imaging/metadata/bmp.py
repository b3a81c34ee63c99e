"""BMP: Microsoft's BITMAPFILEHEADER and BITMAPINFOHEADER to BITMAPV5HEADER.

The format has no place for metadata. What follows pixels and colour profile is dropped; the name
of a linked profile goes with it where it stands behind the pixels.
"""

from flaskr.imaging.metadata.walk import Piece, damaged, incomplete, keep, number

_CORE, _INFO, _V5 = 12, 40, 124
_RGB, _RLE8, _RLE4, _BITFIELDS, _ALPHA_BITFIELDS = 0, 1, 2, 3, 6
_EMBEDDED_PROFILE = b"DEBM"  # PROFILE_EMBEDDED, "MBED", as a little-endian number
_DEPTHS = {1, 2, 4, 8, 16, 24, 32}


def walk(view: memoryview) -> list[Piece]:
    """Return what stays. Raises UnreadableImageError if the pixels are not all there."""
    if bytes(view[:2]) != b"BM":
        raise damaged("signature")
    pixels = number(view, 10, 4, "little")
    header = number(view, 14, 4, "little")
    if header < _INFO and header != _CORE:
        raise damaged("header")
    if pixels < 14 + header:
        raise damaged("pixel offset")
    stop = max(pixels + _pixel_bytes(view, header), _profile_end(view, header))
    if stop > len(view):
        raise incomplete()
    pieces: list[Piece] = []
    if stop == len(view):
        keep(pieces, 0, stop)
        return pieces
    keep(pieces, 0, 2)
    pieces.append(stop.to_bytes(4, "little"))  # the file's size
    keep(pieces, 6, stop)
    return pieces


def _pixel_bytes(view: memoryview, header: int) -> int:
    if header == _CORE:
        width, height = number(view, 18, 2, "little"), number(view, 20, 2, "little")
        return _rows(width, height, number(view, 24, 2, "little"))
    width, height = number(view, 18, 4, "little"), number(view, 22, 4, "little")
    if height >= 1 << 31:  # rows from top to bottom
        height = (1 << 32) - height
    compression = number(view, 30, 4, "little")
    size = number(view, 34, 4, "little")
    if compression in {_RGB, _BITFIELDS, _ALPHA_BITFIELDS}:
        return _rows(width, height, number(view, 28, 2, "little"))
    if compression in {_RLE8, _RLE4}:
        # Without a size only decoding tells where the pixels end; all that follows stays then.
        return size or len(view) - number(view, 10, 4, "little")
    raise damaged("compression")


def _rows(width: int, height: int, depth: int) -> int:
    """Return the bytes of `height` rows, each padded to 32 bits."""
    if depth not in _DEPTHS or not width or not height:
        raise damaged("header")
    return (width * depth + 31) // 32 * 4 * height


def _profile_end(view: memoryview, header: int) -> int:
    if header < _V5 or view[70:74] != _EMBEDDED_PROFILE:
        return 0
    return 14 + number(view, 126, 4, "little") + number(view, 130, 4, "little")
