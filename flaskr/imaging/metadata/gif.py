"""GIF: the GIF89a specification, sections 15 to 27.

Kept: header, colour tables, images, graphic control, the loop count (NETSCAPE2.0, ANIMEXTS1.0) and
an ICC profile (ICCRGBG1012). Dropped: comments, plain text, other application extensions (XMP
among them), extensions we don't know, stray zeros between blocks, and all that follows the trailer.
"""

from flaskr.imaging.metadata.walk import MOST_PARTS, Piece, damaged, incomplete, keep, take

_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_GRAPHIC_CONTROL, _APPLICATION = 0xF9, 0xFF
_LOOPS = {b"NETSCAPE2.0", b"ANIMEXTS1.0"}
_PROFILE = b"ICCRGBG1012"
# Of the loop extensions, the sub-blocks with a meaning: (length, first byte).
_LOOP_BLOCKS = {(3, 1), (5, 2)}


def walk(view: memoryview) -> list[Piece]:
    """Return what stays. Raises UnreadableImageError unless the blocks lead to the trailer."""
    if view[:6] not in {b"GIF87a", b"GIF89a"}:
        raise damaged("signature")
    at = 13 + _table(take(view, 10, 3)[0])
    pieces: list[Piece] = []
    keep(pieces, 0, at)
    pictures = 0
    for _ in range(MOST_PARTS):
        kind = take(view, at, 1)[0]
        if kind == _IMAGE:
            stop = at + 11 + _table(take(view, at, 10)[9])
            stop = _blocks_end(view, stop)
            keep(pieces, at, stop)
            pictures += 1
        elif kind == _EXTENSION:
            stop = _extension(view, at, pieces)
        elif kind == _TRAILER:
            keep(pieces, at, at + 1)
            break
        elif kind == 0:
            stop = at + 1
        else:
            raise damaged("block")
        at = stop
    else:
        raise damaged("too many blocks")
    if not pictures:
        raise damaged("no image")
    return pieces


def _table(packed: int) -> int:
    """Return the size of the colour table that a packed field announces (sections 18 to 21)."""
    return 3 << ((packed & 7) + 1) if packed & 0x80 else 0


def _blocks_end(view: memoryview, at: int) -> int:
    """Return where the sub-blocks at `at` end, past their terminator (sections 15 and 16)."""
    while at < len(view):
        size = view[at]
        at += size + 1
        if not size:
            return at
    raise incomplete()


def _extension(view: memoryview, at: int, pieces: list[Piece]) -> int:
    """Keep the extension at `at` or not; return where it ends."""
    stop = _blocks_end(view, at + 2)
    label = view[at + 1]
    name = bytes(view[at + 3 : at + 14]) if view[at + 2] == 11 else b""
    if label == _APPLICATION and name in _LOOPS:
        _loop(view, at, stop, pieces)
    elif (label, stop - at) == (_GRAPHIC_CONTROL, 8) or (label, name) == (_APPLICATION, _PROFILE):
        keep(pieces, at, stop)
    return stop


def _loop(view: memoryview, at: int, stop: int, pieces: list[Piece]) -> None:
    keep(pieces, at, at + 14)
    block = at + 14
    while size := view[block]:
        end = block + 1 + size
        if (size, view[block + 1]) in _LOOP_BLOCKS:
            keep(pieces, block, end)
        block = end
    keep(pieces, block, stop)
