"""Image file directories of TIFF 6.0 (section 2) and BigTIFF, reduced to what stays."""

import struct
from typing import Literal, NamedTuple

from flaskr.imaging.metadata.walk import Order, Span, damaged, number, take

# Sizes of field types 1 to 13 (TIFF 6.0 and its notes) and 16 to 18 (BigTIFF).
_TYPE_BYTES = dict(zip(range(1, 14), (1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4), strict=True))
_TYPE_BYTES |= {16: 8, 17: 8, 18: 8}
_UNSIGNED = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}

# Baseline and extension fields of TIFF 6.0, and ICC's, as far as decoding and display need them.
_KEPT = {
    *range(254, 260),  # NewSubfileType … Compression
    *(262, 263, 264, 265, 266),  # PhotometricInterpretation … FillOrder
    *(273, 274, 277, 278, 279, 280, 281),  # StripOffsets, Orientation … MaxSampleValue
    *(282, 283, 284, 290, 291, 292, 293, 296, 297),  # resolution, planes, grey, fax, page
    *(301, 317, 318, 319, 320, 321, 322, 323, 324, 325),  # colours, predictor, tiles
    *(326, 327, 328, 330, 332, 334, 336),  # fax, SubIFDs, inks
    *(338, 339, 340, 341, 342, 347),  # extra samples, sample format, transfer, JPEG tables
    *(512, 513, 514, 515, 517, 518, 519, 520, 521),  # old-style JPEG
    *(529, 530, 531, 532),  # YCbCr
    *(32995, 32996, 32997, 32998),  # SGI: matte, type, depth
    *(34675, 37439, 50674),  # ICC profile, SToNits, LERC
}


class Layout(NamedTuple):
    """What a header says of the file: byte order and the sizes of its numbers, in bytes."""

    order: Order
    sign: Literal["<", ">"]
    header_bytes: int
    count_bytes: int
    entry_bytes: int
    word_bytes: int


class Field(NamedTuple):
    """A field: its type, how many values, and where they are; `span` is None inside the entry."""

    type: int
    length: int
    at: int
    span: Span | None


class Ifd(NamedTuple):
    """A directory: fields that stay by tag, the next one's offset, its new and shorter bytes.

    `entries` is how many it had.
    """

    fields: dict[int, Field]
    next: int
    data: bytes
    entries: int


def layout_of(view: memoryview) -> tuple[Layout, int]:
    """Read the header: the layout and the offset of the first directory."""
    signs: dict[bytes, tuple[Order, Literal["<", ">"]]] = {
        b"II": ("little", "<"),
        b"MM": ("big", ">"),
    }
    found = signs.get(bytes(view[:2]))
    if found is None:
        raise damaged("header")
    order, sign = found
    magic = number(view, 2, 2, order)
    if magic == 42:
        return Layout(order, sign, 8, 2, 12, 4), number(view, 4, 4, order)
    if magic == 43 and number(view, 4, 4, order) == 8:
        return Layout(order, sign, 16, 8, 20, 8), number(view, 8, 8, order)
    raise damaged("header")


def read_ifd(view: memoryview, layout: Layout, at: int) -> Ifd:
    """Read the directory at `at` and make the one that takes its place."""
    entries = number(view, at, layout.count_bytes, layout.order)
    start = at + layout.count_bytes
    table = bytes(take(view, start, layout.entry_bytes * entries))
    next_ = number(view, start + len(table), layout.word_bytes, layout.order)
    fields: dict[int, Field] = {}
    kept: list[bytes] = []
    for number_ in range(entries):
        first = number_ * layout.entry_bytes
        entry = table[first : first + layout.entry_bytes]
        tag, field = _field(entry, layout, start + first)
        if tag not in _KEPT:
            continue
        if tag in fields:
            raise damaged("field twice")
        fields[tag] = field
        kept.append(entry)
    data = len(kept).to_bytes(layout.count_bytes, layout.order) + b"".join(kept)
    data += next_.to_bytes(layout.word_bytes, layout.order)
    return Ifd(fields, next_, data, entries)


def _field(entry: bytes, layout: Layout, at: int) -> tuple[int, Field]:
    """Read the entry that stands at `at`; its values, if it stays, have a known size."""
    word = "I" if layout.word_bytes == 4 else "Q"
    tag, kind, count, offset = struct.unpack(f"{layout.sign}HH{word}{word}", entry)
    size = _TYPE_BYTES.get(kind, 0) * count
    if tag in _KEPT and not size:
        raise damaged("field")
    if size <= layout.word_bytes:
        return tag, Field(kind, count, at + layout.entry_bytes - layout.word_bytes, None)
    return tag, Field(kind, count, offset, Span(offset, offset + size))


def values(view: memoryview, layout: Layout, field: Field) -> tuple[int, ...]:
    """Return the values of a field of unsigned numbers."""
    code = _UNSIGNED.get(field.type)
    if code is None:
        raise damaged("field type")
    data = take(view, field.at, field.length * _TYPE_BYTES[field.type])
    return struct.unpack(f"{layout.sign}{field.length}{code}", data)
