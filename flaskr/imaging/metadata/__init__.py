"""Removes metadata from pictures without re-encoding: pixels stay identical bit by bit.

Colour profile and right orientation stay; what else stays or goes, each format's module says, and
docs/metadata.md says it to people. On the way every module walks the file's structure to its end,
which finds truncation and damage that decoders overlook.

`strip` reads the source once and answers with a plan: which stretches of it stay, with new bytes
between them. A plan is small and can be pickled. `pieces` carries it out, in chunks of memory's
size rather than the file's:

    plan = strip(source, format_)
    if plan is not None:
        for chunk in pieces(source, plan):
            spooled.write(chunk)
"""

from collections.abc import Callable, Iterator
from mmap import mmap

from flaskr.errors import DomainError
from flaskr.imaging.formats import Format
from flaskr.imaging.metadata import bmp, gif, isobmff, jpeg, png, tiff, webp
from flaskr.imaging.metadata.walk import Piece, Plan, Span, settle

__all__ = ["Piece", "Plan", "Span", "pieces", "strip", "turn_jpeg"]

CHUNK = 256 * 1024

_WALKERS: dict[str, Callable[[memoryview], list[Piece]]] = {
    "JPEG": jpeg.walk,
    "PNG": png.walk,
    "WebP": webp.walk,
    "GIF": gif.walk,
    "AVIF": isobmff.walk,
    "HEIC": isobmff.walk,
    "TIFF": tiff.walk,
    "BMP": bmp.walk,
}


def strip(source: bytes | mmap, format_: Format) -> Plan | None:
    """Return what makes `source`, a file of `format_`, free of metadata; None if it is already.

    Raises UnreadableImageError where the file is damaged (`details["reason"]` is "damaged") or
    ends too early ("incomplete"), TooComplexError where it is made to take long to decode. Keeps no
    reference to `source`.
    """
    return _plan(source, _WALKERS[format_.name])


def turn_jpeg(source: bytes | mmap, turned: Callable[[int], int]) -> Plan | None:
    """Return the same for a JPEG that gets another orientation besides.

    `turned` makes the new one of EXIF's 1 to 8 from the one that is there.
    """
    return _plan(source, lambda view: jpeg.turn(view, turned))


def _plan(source: bytes | mmap, walk: Callable[[memoryview], list[Piece]]) -> Plan | None:
    try:
        with memoryview(source) as view:
            return settle(view, walk(view))
    except DomainError as error:
        kind, details = type(error), error.details
    # Without the first one's traceback: its frames hold views, and a mapping that has views can't
    # be closed.
    raise kind(**details)


def pieces(source: bytes | mmap, plan: Plan) -> Iterator[bytes]:
    """Yield the bytes that `plan` makes of `source`, in chunks of CHUNK bytes at most.

    Small parts come joined, so that each chunk is worth a write.
    """
    small = bytearray()
    for part in plan:
        for chunk in _chunks(source, part):
            if small and len(small) + len(chunk) > CHUNK:
                yield bytes(small)
                small.clear()
            if len(chunk) >= CHUNK // 4:
                if small:
                    yield bytes(small)
                    small.clear()
                yield chunk
            else:
                small += chunk
    if small:
        yield bytes(small)


def _chunks(source: bytes | mmap, part: Piece) -> Iterator[bytes]:
    start, stop = part if isinstance(part, Span) else (0, len(part))
    origin = source if isinstance(part, Span) else part
    for at in range(start, stop, CHUNK):
        yield origin[at : min(at + CHUNK, stop)]
