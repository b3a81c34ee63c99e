"""Images that look alike, whatever their size, format and quality: flaskr.imaging.alike.

Numbers of pictures that look the same differ in a few of their 64 bits, those of others in 18 or
more. One owner's numbers are read from an index at once, 128,000 in a quarter of a
second, so nothing is kept for it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sqlalchemy import ColumnElement, or_, select, true, update
from sqlalchemy.orm import Session

from flaskr.errors import NotFoundError, TooComplexError, UnreadableImageError
from flaskr.imaging.facts import FEATURELESS
from flaskr.imaging.spec import THUMBNAIL, simplest
from flaskr.library.media import Media
from flaskr.library.variants import ensure, local_copy
from flaskr.models import Blob, Image, User
from flaskr.transactions import begin_write, end_read

ALIKE = 6
"""In how many bits pictures may differ that look alike."""

SAME = 2
"""In how many those may that are listed as copies: one more or less is above the median in each."""

MOST_COMPARED = 150_000
"""How many of an owner's images are compared, those with the newest contents."""

CROWD = 16
"""With how many of those that have a part in common one is compared."""

BITS = 64
UNSIGNED = (1 << BITS) - 1
"""Bits are counted in numbers without a sign; a database has none of so many bits."""

ROWS = 500


@dataclass(frozen=True)
class Copies:
    """Images that look the same, the one with most bytes first, and what all others take."""

    images: Sequence[Image]
    spare_bytes: int


def looks_like(session: Session, image: Image, *, most: int) -> Sequence[Image]:
    """Return up to `most` other images of the same owner that look like this one, nearest first."""
    number = image.blob.phash
    if not number:
        return []
    similar = or_(*(Blob.phash.op("&")(part) == number & part for part in parts(ALIKE)))
    distances = {
        id_: distance
        for id_, other in numbers(session, image.owner_id, similar)
        if (distance := (number & UNSIGNED ^ other).bit_count()) <= ALIKE and id_ != image.id
    }
    nearest = sorted(distances, key=lambda id_: (distances[id_], -id_))
    found = load(session, image.owner_id, nearest[: most + ROWS])
    return [found[id_] for id_ in nearest if id_ in found][:most]


def copies(session: Session, owner: User, *, most: int) -> Sequence[Copies]:
    """Return up to `most` groups of the owner's images that look the same, most to win first."""
    same: dict[int, list[int]] = {}
    for id_, number in numbers(session, owner.id, true()):
        same.setdefault(number, []).append(id_)
    groups = [[id_ for number in group for id_ in same[number]] for group in clusters(list(same))]
    groups = [group for group in groups if len(group) > 1]
    sizes = living_sizes(session, [id_ for group in groups for id_ in group])
    found = []
    for group in groups:
        there = sorted((id_ for id_ in group if id_ in sizes), key=lambda id_: (-sizes[id_], -id_))
        found.append((sum(sizes[id_] for id_ in there[1:]), there))
    best = sorted((each for each in found if len(each[1]) > 1), reverse=True)[:most]
    images = load(session, owner.id, [id_ for _, group in best for id_ in group])
    return [Copies([images[id_] for id_ in group if id_ in images], spare) for spare, group in best]


def numbers(
    session: Session, owner_id: int, similar: ColumnElement[bool]
) -> Iterator[tuple[int, int]]:
    """Yield the ids of the owner's images, deleted or not, with the numbers that are `similar`."""
    query = select(Image.id, Blob.phash).join(Blob, Image.blob_id == Blob.id)
    query = query.where(Image.owner_id == owner_id, similar)
    newest = query.order_by(Image.blob_id.desc()).limit(MOST_COMPARED)
    for id_, number in session.execute(newest):
        if number:  # neither unknown nor FEATURELESS
            yield id_, number & UNSIGNED


def living_sizes(session: Session, ids: Sequence[int]) -> Mapping[int, int]:
    """Return the bytes of those of the images that are not deleted."""
    found: dict[int, int] = {}
    for start in range(0, len(ids), ROWS):
        some = select(Image.id, Image.bytes).where(Image.id.in_(ids[start : start + ROWS]))
        rows = session.execute(some.where(Image.deleted.is_(None)))
        found |= {id_: size for id_, size in rows}  # noqa: C416 - dict() is not typed for rows
    return found


def load(session: Session, owner_id: int, ids: Sequence[int]) -> Mapping[int, Image]:
    """Return those of the images that are not deleted."""
    found: dict[int, Image] = {}
    for start in range(0, len(ids), ROWS):
        some = Image.living().where(Image.id.in_(ids[start : start + ROWS]))
        found |= {each.id: each for each in session.scalars(some.where(Image.owner_id == owner_id))}
    return found


def parts(bits: int) -> list[int]:
    """Return masks of which numbers that differ in `bits` bits have the same under at least one.

    They are signed, as a database's numbers are.
    """
    edges = [BITS * part // (bits + 1) for part in range(bits + 2)]
    masks = [(1 << high) - (1 << low) for low, high in pairwise(edges)]
    return [mask - (1 << BITS) if mask >> (BITS - 1) else mask for mask in masks]


def clusters(found: Sequence[int]) -> Iterator[list[int]]:
    """Yield groups of numbers, each of which differs from another one of its group in SAME bits.

    Only those are compared that have a part in common, and of a crowd that has the same one, each
    with the CROWD before it.
    """
    leader = {number: number for number in found}

    def lead(number: int) -> int:
        while leader[number] != number:
            leader[number] = leader[leader[number]]
            number = leader[number]
        return number

    for part in parts(SAME):
        crowds: dict[int, list[int]] = {}
        for number in found:
            crowd = crowds.setdefault(number & part, [])
            for other in crowd[-CROWD:]:
                if (number ^ other).bit_count() <= SAME:
                    leader[lead(number)] = lead(other)
            crowd.append(number)
    groups: dict[int, list[int]] = {}
    for number in found:
        groups.setdefault(lead(number), []).append(number)
    yield from groups.values()


# ---- contents from before there were numbers ------------------------------------------------


def look_at_rest(session: Session, media: Media, *, most: int) -> int:
    """Find the numbers of up to `most` blobs that have none; commit each. Returns how many.

    The thumbnail, which is there as a rule, is all that is opened. Raises OSError, BusyError.
    """
    columns = (Blob.id, Blob.sha256, Blob.extension, Blob.width, Blob.height, Blob.frames)
    rest = session.execute(select(*columns).where(Blob.phash.is_(None)).limit(most)).all()
    end_read(session)
    for id_, sha256, extension, width, height, frames in rest:
        number = FEATURELESS
        try:
            spec = simplest(THUMBNAIL, (width, height), frames)
            with local_copy(media, ensure(media, sha256, extension, spec)) as thumbnail:
                number = media.decoders.run("look", thumbnail=str(thumbnail))["phash"]
        except (NotFoundError, TooComplexError, UnreadableImageError):
            pass  # nothing to compare
        begin_write(session)
        session.execute(update(Blob).where(Blob.id == id_).values(phash=number))
        session.commit()
    return len(rest)
