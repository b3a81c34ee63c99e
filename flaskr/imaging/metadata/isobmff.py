"""AVIF and HEIC: ISO/IEC 14496-12 (boxes, items), 23008-12 (HEIF), AV1 Image File Format.

Nothing moves, because files refer to their parts by offset. Overwritten in place: Exif, XMP and
other metadata items, user data and times of image sequences, descriptive texts, boxes we don't
know. Cut: such boxes and stray bytes at the end of the file. Kept: everything that decoding
needs; orientation is a property here (`irot`, `imir`), the colour profile another (`colr`).
"""

from collections.abc import Iterator
from typing import NamedTuple

from flaskr.imaging.metadata.isobmff_items import Box, Edit, children, item_edits
from flaskr.imaging.metadata.walk import MOST_PARTS, Piece, Span, damaged, incomplete, number
from flaskr.imaging.metadata.walk import overwrite as overwritten

_TOP = {b"ftyp", b"meta", b"moov", b"mdat"}
_META = {b"hdlr", b"pitm", b"iinf", b"iloc", b"iprp", b"iref", b"idat", b"dinf", b"grpl", b"ipro"}
_NESTS = {b"trak", b"mdia"}
_MOVIE_METADATA = {b"udta", b"meta", b"uuid"}
_TIMED = {b"mvhd", b"tkhd", b"mdhd"}
# Item properties that hold texts and times (23008-12 sections 6.5.20 to 6.5.31).
_TEXTS = {b"udes", b"altt", b"crtt", b"mdft"}


class _Top(NamedTuple):
    boxes: list[Box]
    stop: int


def walk(view: memoryview) -> list[Piece]:
    """Return what stays. Raises UnreadableImageError unless boxes and items fit the file."""
    top = _top(view)
    edits: list[Edit] = []
    used: list[Span] = []
    for box in top.boxes:
        if box.type == b"meta":
            found, spans = _meta(view, box)
            edits += found
            used += spans
        elif box.type == b"moov":
            edits += _movie(view, box)
        elif box.type not in _TOP:
            edits.append(_freed(view, box))
    _check_untouched(edits, used, top.stop)
    return overwritten(view, top.stop, edits)


def _top(view: memoryview) -> _Top:
    """Read the boxes of the file, and where the last one ends that we keep."""
    boxes: list[Box] = []
    stop = 0
    for box in children(view, 0, len(view), top=True):
        if box.stop > len(view):
            if box.type in _TOP:
                raise incomplete()
            break  # not a box: bytes that someone added
        boxes.append(box)
        if box.type in _TOP:
            stop = box.stop
    kinds = [box.type for box in boxes]
    if kinds[:1] != [b"ftyp"]:
        raise damaged("ftyp")
    if kinds.count(b"meta") > 1 or kinds.count(b"moov") > 1:
        raise damaged("second meta or moov")
    if not {b"meta", b"moov"} & set(kinds):
        raise incomplete()
    return _Top(boxes, stop)


def _meta(view: memoryview, box: Box) -> tuple[list[Edit], list[Span]]:
    """Return the edits a MetaBox needs and the bytes that the items we keep use."""
    edits: list[Edit] = []
    parts: dict[bytes, Box] = {}
    for child in children(view, box.body + 4, box.stop):
        if child.type not in _META:
            edits.append(_freed(view, child))
        elif child.type in parts:
            raise damaged("second box in meta")
        parts[child.type] = child
    if b"iprp" in parts:
        edits += _properties(view, parts[b"iprp"])
    found, used = item_edits(view, parts)
    return edits + found, used


def _properties(view: memoryview, iprp: Box) -> Iterator[Edit]:
    for box in children(view, iprp.body, iprp.stop):
        if box.type != b"ipco":
            continue
        for item in children(view, box.body, box.stop):
            text = item.body + 4  # past version and flags
            if item.type in _TEXTS and text < item.stop:
                yield text, bytes(item.stop - text)


def _movie(view: memoryview, moov: Box) -> list[Edit]:
    """Blank the metadata and times of an image sequence (14496-12 sections 8.2 to 8.4, 8.10)."""
    edits: list[Edit] = []
    nests = [moov]
    while nests:
        nest = nests.pop()
        for box in children(view, nest.body, nest.stop):
            if box.type in _NESTS:
                nests.append(box)
            elif box.type in _MOVIE_METADATA:
                edits.append(_freed(view, box))
            elif box.type in _TIMED:
                size = 16 if number(view, box.body, 1) == 1 else 8
                if box.body + 4 + size > box.stop:
                    raise damaged("header box")
                edits.append((box.body + 4, bytes(size)))
    return edits


def _freed(view: memoryview, box: Box) -> Edit:
    """Turn a box into an empty FreeSpaceBox of its size (14496-12 section 8.1.2)."""
    head = bytes(view[box.start : box.start + 4]) + b"free" + bytes(view[box.start + 8 : box.body])
    return box.start, head + bytes(box.stop - box.body)


def _check_untouched(edits: list[Edit], used: list[Span], stop: int) -> None:
    """Refuse a file whose picture lies where metadata is, or is not all there."""
    if any(span.stop > stop for span in used):
        raise incomplete()
    if len(edits) > MOST_PARTS:
        raise damaged("too many boxes")
    blanks = [(start, start + len(data), True) for start, data in edits if data]
    spans = [(span.start, span.stop, False) for span in used if span.stop > span.start]
    furthest = {True: 0, False: 0}
    for start, end, blank in sorted(blanks + spans):
        if start < furthest[not blank]:
            raise damaged("overlapping parts")
        furthest[blank] = max(furthest[blank], end)
