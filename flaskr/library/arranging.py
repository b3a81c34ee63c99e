"""Orders that people make by hand: of albums that lie side by side, of images in an album."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from flaskr.errors import NotFoundError
from flaskr.library import albums
from flaskr.library.chosen import one_at_a_time
from flaskr.models import Album, AlbumImage, Image, User


class Step(StrEnum):
    """A way to go from where something is."""

    FIRST = "first"
    EARLIER = "earlier"
    LATER = "later"
    LAST = "last"


class Beside(NamedTuple):
    """A place right before another thing, or right after it; the thing is told by its key."""

    key: str
    is_after: bool


Place = Step | Beside


def place_album(session: Session, owner: User, album: Album, place: Place) -> None:
    """Move an album among those that lie beside it.

    Raises NotFoundError if it is gone, or if the other one is not among them.
    """
    id_, parent_id, key = album.id, album.parent_id, album.key
    one_at_a_time(session, owner)
    query = select(Album.key, Album.id).where(Album.owner_id == owner.id, albums.beside(parent_id))
    rows = session.execute(query.order_by(Album.position, Album.id)).all()
    ids = {row.key: row.id for row in rows}
    if ids.get(key) != id_:
        raise NotFoundError
    order = moved(list(ids), key, steps_to(place, list(ids), key))
    albums.renumber(session, [ids[each] for each in order])


def place_image(session: Session, album: Album, key: str, place: Place) -> None:
    """Move an image within an album. Those in the trash keep their places, but count for no step.

    Raises NotFoundError if either image is not in the album.
    """
    albums.hold(session, album)
    inside = select(Image.key, Image.id).join(AlbumImage, AlbumImage.image_id == Image.id)
    inside = inside.where(AlbumImage.album_id == album.id)
    inside = inside.order_by(AlbumImage.position, AlbumImage.image_id)
    ids = {row.key: row.id for row in session.execute(inside)}
    living = [row.key for row in session.execute(inside.where(*Image.lives()))]
    if key not in living:
        raise NotFoundError
    order = moved(list(ids), key, steps_to(place, living, key))
    albums.number(session, album, [ids[each] for each in order])
    album.revision += 1
    session.flush()


def steps_to(place: Place, order: Sequence[str], key: str) -> Beside | None:
    """Return beside which of these a step leads; None if it leads nowhere."""
    if isinstance(place, Beside):
        return place
    at = order.index(key)
    goal = {
        Step.FIRST: 0,
        Step.EARLIER: max(at - 1, 0),
        Step.LATER: min(at + 1, len(order) - 1),
        Step.LAST: len(order) - 1,
    }[place]
    return None if goal == at else Beside(order[goal], is_after=goal > at)


def moved(order: list[str], key: str, place: Beside | None) -> list[str]:
    """Return the order with one at another place. Raises NotFoundError if that is not there."""
    if place is None or place.key == key:
        return order
    rest = [each for each in order if each != key]
    if place.key not in rest:
        raise NotFoundError
    at = rest.index(place.key) + place.is_after
    return [*rest[:at], key, *rest[at:]]
