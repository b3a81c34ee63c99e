"""What the walkers share: how they read, what they hand back, how they refuse."""

from typing import Literal, NamedTuple

from flaskr.errors import IncompleteImageError, UnreadableImageError

# More segments, chunks, boxes, items or strips than any writer makes of a file that we take. It
# bounds the time that a hostile file costs to some tenths of a second.
MOST_PARTS = 300_000

Order = Literal["big", "little"]


class Span(NamedTuple):
    """Bytes `start` to `stop` of the source, as they are."""

    start: int
    stop: int


Piece = Span | bytes
Plan = tuple[Piece, ...]


def incomplete() -> UnreadableImageError:
    """The error for a file that ends too early."""
    return IncompleteImageError(reason="incomplete")


def damaged(part: str) -> UnreadableImageError:
    """The error for a file that breaks its format's rules; `part` says where."""
    return UnreadableImageError(reason="damaged", part=part)


def take(view: memoryview, at: int, size: int) -> memoryview:
    """Return `size` bytes from `at`. Raises UnreadableImageError where the file is shorter."""
    if at + size > len(view):
        raise incomplete()
    return view[at : at + size]


def number(view: memoryview, at: int, size: int, order: Order = "big") -> int:
    """Return the unsigned number of `size` bytes at `at`."""
    return int.from_bytes(take(view, at, size), order)


def keep(pieces: list[Piece], start: int, stop: int) -> None:
    """Append bytes `start` to `stop` of the source to `pieces`, one with what they follow."""
    last = pieces[-1] if pieces else None
    if isinstance(last, Span) and last.stop == start:
        pieces[-1] = Span(last.start, stop)
    elif stop > start:
        pieces.append(Span(start, stop))


def settle(view: memoryview, pieces: list[Piece]) -> Plan | None:
    """Return `pieces` in as few parts as can be, or None if they say what `view` holds already."""
    settled: list[Piece] = []
    position = 0
    for piece in pieces:
        if isinstance(piece, Span):
            keep(settled, *piece)
            position += piece.stop - piece.start
            continue
        stop = position + len(piece)
        if view[position:stop] == piece:
            keep(settled, position, stop)
        elif piece:
            settled.append(piece)
        position = stop
    return None if settled == [Span(0, len(view))] else tuple(settled)


def overwrite(view: memoryview, stop: int, edits: list[tuple[int, bytes]]) -> list[Piece]:
    """Return the first `stop` bytes of the source with each edit's bytes put at its place.

    Edits from `stop` on are left out. Raises UnreadableImageError if edits overlap.
    """
    pieces: list[Piece] = []
    position = 0
    for start, data in sorted(edits):
        if start >= stop:
            break
        if start < position:
            raise damaged("overlapping parts")
        keep(pieces, position, start)
        pieces.append(data[: stop - start])
        position = start + len(data)
    keep(pieces, min(position, stop), stop)
    if stop > len(view):
        raise incomplete()
    return pieces
