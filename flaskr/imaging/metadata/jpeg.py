"""JPEG: ITU T.81 annex B (markers, segments), JFIF (T.871), Exif, ICC.1 annex B.4.

Kept: tables, frame headers, scans, the JFIF and Adobe segments (trimmed to what decoders read, so
without JFIF's thumbnail), the ICC profile, the orientation. Dropped: every other APPn (Exif, XMP,
IPTC and Photoshop, multi-picture index, C2PA …), comments, fill and stray bytes between segments,
and all that follows the end marker (further pictures, gain maps, videos, HTML, ZIP).
"""

import re
from collections.abc import Callable

from flaskr.errors import TooComplexError
from flaskr.imaging.metadata import exif
from flaskr.imaging.metadata.jpeg_scan import Frame, read_frame, restarts
from flaskr.imaging.metadata.walk import (
    MOST_PARTS,
    Piece,
    Span,
    damaged,
    incomplete,
    keep,
    number,
    take,
)

# A marker is 0xFF and a code; 0xFF 0x00 is a stuffed byte and 0xFF 0xFF fill (T.81 B.1.1.2).
_MARKER = re.compile(rb"\xff[\x01-\xfe]")
_TEM, _DHT, _JPG, _DAC = 0x01, 0xC4, 0xC8, 0xCC
_RST0, _RST7, _SOI, _EOI, _SOS, _DQT, _DNL, _DRI = 0xD0, 0xD7, 0xD8, 0xD9, 0xDA, 0xDB, 0xDC, 0xDD
_APP0, _APP1, _APP2, _APP14, _APP15, _COM = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF, 0xFE
_TABLES = {_DHT, _DAC, _DQT, _DNL, _DRI}
_FRAMES = set(range(0xC0, 0xD0)) - {_DHT, _JPG, _DAC}
# Lengths of whole segments: marker, length field and the fields that decoders read.
_JFIF_BYTES, _ADOBE_BYTES = 18, 16
# A decoder goes through all samples for each scan, though the scan is a dozen bytes that change
# nothing: a small file can hold thousands. 50 megapixels in the ten scans that encoders write make
# 700 million; this many cost a second or two.
_MOST_SAMPLES = 2_000_000_000


def walk(view: memoryview) -> list[Piece]:
    """Return what stays. Raises UnreadableImageError unless the file is whole up to its EOI.

    Raises TooComplexError where decoding would go through too many scans.
    """
    return turn(view, lambda orientation: orientation)


def turn(view: memoryview, turned: Callable[[int], int]) -> list[Piece]:
    """Return the same with another orientation: what `turned` makes of the one that is there.

    Raises as `walk` does.
    """
    if bytes(view[:2]) != b"\xff\xd8":
        raise damaged("start marker")
    jpeg = _Jpeg(view)
    at = 2
    for _ in range(MOST_PARTS):
        at = _next_marker(view, at)
        if view[at + 1] == _EOI:
            return jpeg.finish(at, turned)
        at = jpeg.segment(at)
    raise damaged("too many segments")


def _next_marker(view: memoryview, at: int) -> int:
    match = _MARKER.search(view, at)
    if match is None:
        raise incomplete()
    return match.start()


class _Jpeg:
    """What was seen so far: header segments and scans that stay, and what scans depend on."""

    def __init__(self, view: memoryview) -> None:
        self._view = view
        self._header: list[Piece] = []
        self._rest: list[Piece] = []
        self._frame: Frame | None = None
        self._interval = 0
        self._exif: bytes | None = None
        self._samples = 0

    def segment(self, at: int) -> int:
        """Take in the segment at `at`, a scan with its data; return where it ends."""
        code = self._view[at + 1]
        if code == _TEM:
            return at + 2
        if code < 0xC0 or _RST0 <= code <= _SOI or _APP15 < code < _COM:
            raise damaged(f"marker {code:02X}")
        length = number(self._view, at + 2, 2)
        if length < 2:
            raise damaged("segment length")
        stop = at + 2 + length
        body = take(self._view, at + 4, length - 2)
        if code == _SOS:
            return self._scan(at, stop, body)
        if code in _TABLES or code in _FRAMES:
            self._table(code, at, stop, body)
        elif _APP0 <= code <= _APP15:
            self._application(code, at, stop, body)
        elif code != _COM:
            raise damaged(f"marker {code:02X}")
        return stop

    def _table(self, code: int, at: int, stop: int, body: memoryview) -> None:
        if code in _FRAMES:
            if self._frame is not None:
                raise damaged("second frame")
            self._frame = read_frame(code, body)
        elif code == _DRI:
            if len(body) != 2:
                raise damaged("restart interval")
            self._interval = number(body, 0, 2)
        self._keep(Span(at, stop))

    def _application(self, code: int, at: int, stop: int, body: memoryview) -> None:
        head = bytes(body[:12])
        if code == _APP0 and head[:5] == b"JFIF\0" and stop - at >= _JFIF_BYTES:
            self._trim(at, _JFIF_BYTES)
        elif code == _APP14 and head[:5] == b"Adobe" and stop - at >= _ADOBE_BYTES:
            self._trim(at, _ADOBE_BYTES)
        elif code == _APP2 and head == b"ICC_PROFILE\0":
            self._keep(Span(at, stop))
        elif code == _APP1 and head[:6] == exif.PREFIX and not self._rest and self._exif is None:
            self._exif = bytes(body[6:])

    def _keep(self, piece: Piece) -> None:
        (self._rest or self._header).append(piece)

    def _trim(self, at: int, size: int) -> None:
        """Keep the first `size` bytes of a segment, without the thumbnail if it is JFIF's."""
        body = bytes(self._view[at + 4 : at + size])
        if self._view[at + 1] == _APP0:
            body = body[:-2] + b"\0\0"  # 0 x 0 pixels
        self._keep(bytes(self._view[at : at + 2]) + (size - 2).to_bytes(2) + body)

    def _scan(self, at: int, stop: int, body: memoryview) -> int:
        """Find the marker that ends a scan, its restart markers in turn (T.81 B.2.1, F.1.1.5)."""
        if self._frame is None or not self._frame.holds(body):
            raise damaged("scan header")
        self._samples += self._frame.samples(body)
        if self._samples > _MOST_SAMPLES:
            raise TooComplexError
        needed = restarts(self._frame, body, self._interval)
        # One more than needed is how some cameras end their last interval.
        most = len(self._view) if needed is None else needed + bool(self._interval)
        count = 0
        for match in _MARKER.finditer(self._view, stop):
            end = match.start()
            code = self._view[end + 1]
            if not _RST0 <= code <= _RST7:
                break
            if code - _RST0 != count & 7 or count == most:
                raise damaged("restart markers")
            count += 1
        else:
            raise incomplete()
        if needed is not None and count < needed:
            raise damaged("restart markers")
        keep(self._rest, at, end)
        return end

    def finish(self, at: int, turned: Callable[[int], int]) -> list[Piece]:
        """Return what stays of the file whose end marker is at `at`, with its orientation."""
        if not self._rest:
            raise incomplete()
        keep(self._rest, at, at + 2)
        orientation = turned(exif.orientation(self._exif or b""))
        segment: list[Piece] = []
        if orientation in exif.TURNED:
            block = exif.PREFIX + exif.minimal(orientation)
            segment = [bytes((0xFF, _APP1)) + (len(block) + 2).to_bytes(2) + block]
        jfif = int(self._starts_with_jfif())
        return [Span(0, 2), *self._header[:jfif], *segment, *self._header[jfif:], *self._rest]

    def _starts_with_jfif(self) -> bool:
        first = self._header[0] if self._header else b""
        return isinstance(first, bytes) and first[1:2] == bytes((_APP0,))
