"""Items of AVIF and HEIC files: ISO/IEC 14496-12 section 8.11, 23008-12 annex A.

A metadata item stays an item, with content that says nothing, so that readers find what they
expect: an Exif block without tags, an XMP packet without properties, otherwise zeros.
"""

from collections.abc import Iterator
from typing import NamedTuple

from flaskr.imaging.metadata import exif
from flaskr.imaging.metadata.walk import (
    MOST_PARTS,
    Span,
    damaged,
    incomplete,
    number,
    take,
)

Edit = tuple[int, bytes]

_EMPTY_EXIF = bytes(4) + exif.EMPTY  # ExifDataBlock: an offset, then the TIFF header
_EMPTY_XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"></x:xmpmeta>'
_FILE, _IDAT = 0, 1  # construction methods


class Box(NamedTuple):
    """A box: where its header, its contents and itself end."""

    type: bytes
    start: int
    body: int
    stop: int


class _Item(NamedTuple):
    id: int
    method: int
    here: bool  # its data is in this file
    extents: list[Span]


def children(view: memoryview, start: int, stop: int, *, top: bool = False) -> Iterator[Box]:
    """Yield the boxes from `start` to `stop` (14496-12 section 4.2).

    At the top of a file the last one may reach further than `stop`; the caller has to look.
    """
    for _ in range(MOST_PARTS):
        if start + 8 > stop:
            return
        size, body = number(view, start, 4), start + 8
        if size == 1:
            size, body = number(view, start + 8, 8) if start + 16 <= stop else 16, start + 16
        elif size == 0 and top:
            size = stop - start
        end = start + size
        if (end < body or end > stop) and not top:
            raise damaged("box")
        yield Box(bytes(view[start + 4 : start + 8]), start, body, max(end, body))
        start = max(end, body)
    raise damaged("too many boxes")


def item_edits(view: memoryview, parts: dict[bytes, Box]) -> tuple[list[Edit], list[Span]]:
    """Return the edits that empty metadata items, and the bytes that all other items use.

    `parts` are the boxes of a MetaBox by type.
    """
    if b"iloc" not in parts:
        return [], []
    fillers = dict(_metadata_items(view, parts[b"iinf"])) if b"iinf" in parts else {}
    edits: list[Edit] = []
    used: list[Span] = []
    for item in _locations(view, parts[b"iloc"]):
        if not item.here:
            continue
        if item.method not in {_FILE, _IDAT}:
            if item.id in fillers:
                raise damaged("item made of items")
            continue
        extents = item.extents
        if item.method == _IDAT:
            extents = _inside(extents, parts.get(b"idat"))
        if any(extent.stop > len(view) for extent in extents):
            raise incomplete()
        if item.id in fillers:
            edits += _emptied(extents, fillers[item.id])
        else:
            used += extents
    return edits, used


def _inside(extents: list[Span], idat: Box | None) -> list[Span]:
    """Return extents relative to the file that are given relative to an ItemDataBox."""
    if idat is None or any(idat.body + extent.stop > idat.stop for extent in extents):
        raise damaged("idat")
    return [Span(idat.body + start, idat.body + stop) for start, stop in extents]


def _emptied(extents: list[Span], filler: bytes) -> Iterator[Edit]:
    total = sum(stop - start for start, stop in extents)
    if total < len(filler):
        filler = b""
    padding = b" " if filler == _EMPTY_XMP else b"\0"
    done = 0
    for start, stop in extents:
        size = stop - start
        part = filler[done : done + size]
        yield start, part.ljust(size, padding)
        done += size


def _metadata_items(view: memoryview, iinf: Box) -> Iterator[tuple[int, bytes]]:
    """Yield id and new content of each metadata item (14496-12 section 8.11.6)."""
    version = number(view, iinf.body, 1)
    start = iinf.body + 4 + (2 if version == 0 else 4)
    for box in children(view, start, iinf.stop):
        if box.type != b"infe" or box.body + 4 > box.stop:
            continue
        entry = bytes(view[box.body : box.stop])
        wide = entry[0] == 3
        at = 8 if wide else 6
        id_ = int.from_bytes(entry[4:at])
        kind, _, texts = entry[at + 2 : at + 6], at, entry[at + 6 :]
        if entry[0] < 2:  # no type yet: a name and a media type
            kind, texts = b"mime", entry[at + 2 :]
        if kind == b"Exif":
            yield id_, _EMPTY_EXIF
        elif kind == b"uri ":
            yield id_, b""
        elif kind == b"mime":
            media = texts.split(b"\0")[1:2] or [b""]
            if not media[0].startswith(b"image/"):
                yield id_, _EMPTY_XMP if media[0] == b"application/rdf+xml" else b""


def _locations(view: memoryview, iloc: Box) -> list[_Item]:
    """Read an ItemLocationBox, versions 0 to 2 (14496-12 section 8.11.3)."""
    box = view[: iloc.stop]
    version = number(box, iloc.body, 1)
    if version > 2:
        raise damaged("iloc")
    sizes = number(box, iloc.body + 4, 2)
    offset, length, base, index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    if not {offset, length, base, index if version else 0} <= {0, 4, 8}:
        raise damaged("iloc")
    reader = _Reader(box, iloc.body + 6)
    wide = 4 if version == 2 else 2
    items: list[_Item] = []
    left = MOST_PARTS
    for _ in range(reader.next(wide)):
        id_ = reader.next(wide)
        method = reader.next(2) & 15 if version else 0
        here = reader.next(2) == 0
        start = reader.next(base)
        count = reader.next(2)
        left -= count + 1
        if left < 0:
            raise damaged("too many items")
        extents: list[Span] = []
        for _ in range(count):
            reader.next(index if version else 0)
            first = start + reader.next(offset)
            size = reader.next(length)
            # No length at all means all there is (23008-12 wants lengths).
            extents.append(Span(first, first + size if length else max(first, len(view))))
        items.append(_Item(id_, method, here, extents))
    return items


class _Reader:
    """Reads numbers one after another."""

    def __init__(self, view: memoryview, at: int) -> None:
        self._view = view
        self._at = at

    def next(self, size: int) -> int:
        value = int.from_bytes(take(self._view, self._at, size))
        self._at += size
        return value
