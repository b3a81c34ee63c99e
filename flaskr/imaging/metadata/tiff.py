"""TIFF: TIFF 6.0 sections 2, 7, 8 and 15, the technical notes for SubIFDs and JPEG, BigTIFF.

Nothing moves, because files refer to their parts by offset. Kept: the header, in each directory
the fields that say how to decode and show the picture (colour profile and orientation among them),
their values, strips and tiles. All else is overwritten with zeros or, at the end, cut: Exif, GPS,
XMP, IPTC, Photoshop, texts, dates, maker notes, private fields, bytes that nothing refers to.
"""

from flaskr.imaging.metadata.tiff_ifd import Field, Ifd, Layout, layout_of, read_ifd, values
from flaskr.imaging.metadata.walk import MOST_PARTS, Piece, Span, damaged, incomplete, keep

_SUB_IFDS = 330
_STRIPS = ((273, 279), (324, 325))  # offsets and byte counts of strips, of tiles
_JPEG_OFFSET, _JPEG_BYTES = 513, 514
_OLD_JPEG_TABLES = {519, 520, 521}
_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _SAMPLES = 256, 257, 258, 259, 262, 277
_UNCOMPRESSED, _YCBCR = 1, 6


def walk(view: memoryview) -> list[Piece]:
    """Return what stays. Raises UnreadableImageError unless all that is referred to is there."""
    layout, first = layout_of(view)
    tiff = _Tiff(view, layout)
    tiff.follow(first)
    return tiff.pieces()


class _Tiff:
    def __init__(self, view: memoryview, layout: Layout) -> None:
        self._view = view
        self._layout = layout
        self._ifds: dict[int, Ifd] = {}
        self._spans = [Span(0, layout.header_bytes)]
        self._left = MOST_PARTS

    def follow(self, first: int) -> None:
        """Read the directory at `first` and all it leads to, each once."""
        ahead = [first]
        while ahead:
            at = ahead.pop()
            if at in self._ifds:
                raise damaged("directory loop")
            ifd = read_ifd(self._view, self._layout, at)
            self._spend(ifd.entries + 1)
            self._ifds[at] = ifd
            if ifd.next:
                ahead.append(ifd.next)
            self._spans += [field.span for field in ifd.fields.values() if field.span]
            ahead += [offset for offset in self._numbers(ifd, _SUB_IFDS) if offset]
            self._pixels(ifd)

    def _spend(self, parts: int) -> None:
        self._left -= parts
        if self._left < 0:
            raise damaged("too many parts")

    def _numbers(self, ifd: Ifd, tag: int) -> tuple[int, ...]:
        field: Field | None = ifd.fields.get(tag)
        if field is None:
            return ()
        self._spend(field.length)
        return values(self._view, self._layout, field)

    def _pixels(self, ifd: Ifd) -> None:
        """Note where strips and tiles are, and old-style JPEG data (section 22)."""
        total = 0
        for offsets_tag, counts_tag in (*_STRIPS, (_JPEG_OFFSET, _JPEG_BYTES)):
            offsets, counts = self._numbers(ifd, offsets_tag), self._numbers(ifd, counts_tag)
            if len(offsets) != len(counts):
                raise damaged("strips")
            total += sum(counts)
            self._spans += map(Span, offsets, map(int.__add__, offsets, counts))
        if _OLD_JPEG_TABLES & ifd.fields.keys():
            raise damaged("old-style JPEG")
        if total < self._least_bytes(ifd):
            raise damaged("strips")

    def _least_bytes(self, ifd: Ifd) -> int:
        """Return how many bytes of strips a directory needs at least: few if compressed."""
        if not ifd.fields.keys() >= {_WIDTH, _HEIGHT, _COMPRESSION}:
            return 0
        width, height, compression, photometric, samples = (
            (self._numbers(ifd, tag) or (1,))[0]
            for tag in (_WIDTH, _HEIGHT, _COMPRESSION, _PHOTOMETRIC, _SAMPLES)
        )
        if compression != _UNCOMPRESSED or photometric == _YCBCR:
            return 1
        bits = min(self._numbers(ifd, _BITS) or (1,))
        return width * height * samples * bits // 8

    def pieces(self) -> list[Piece]:
        """Return directories and all kept bytes at their places, with zeros between them."""
        parts: list[tuple[int, int, bytes | None]] = [(*span, None) for span in self._spans]
        parts += [(at, at + len(ifd.data), ifd.data) for at, ifd in self._ifds.items()]
        pieces: list[Piece] = []
        position = free = 0  # where the last part ends, where the last directory does
        for start, stop, data in sorted(parts, key=lambda part: part[:2]):
            if stop > len(self._view):
                raise incomplete()
            if start < (position if data else free):
                raise damaged("overlapping parts")
            if start > position:
                _zeros(pieces, self._view, position, start)
            if data:
                pieces.append(data)
                free = stop
            else:
                keep(pieces, max(start, position), max(stop, position))
            position = max(position, stop)
        return pieces


def _zeros(pieces: list[Piece], view: memoryview, start: int, stop: int) -> None:
    """Put zeros, as bytes of the source where it has zeros already."""
    zeros = bytes(stop - start)
    if view[start:stop] == zeros:
        keep(pieces, start, stop)
    else:
        pieces.append(zeros)
