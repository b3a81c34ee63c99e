"""The trash: what is deleted or past its time, until it is restored or purged.

An image there has no address, but all it ever had: key, links, albums, tags, versions. `tuchuang
gc` purges it after TRASH_DAYS; it counts towards the quota until then.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Self

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from flaskr.errors import NotFoundError
from flaskr.library import images
from flaskr.library.chosen import distinct, in_batches, one_at_a_time
from flaskr.library.collect import ROWS, batches, purge
from flaskr.library.media import Media
from flaskr.models import Blob, Image, ImageVersion, User, now

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
PLACE = re.compile(r"([0-9]{1,17})-([0-9]{1,18})", re.ASCII)


class Place(NamedTuple):
    """Where an image stands in the list of the trash, also once it has left it."""

    moment: datetime
    id: int

    @classmethod
    def of(cls, image: Image) -> Self:
        """Return the place of an image that is in the trash."""
        return cls(image.deleted or image.expires or EPOCH, image.id)

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return the place that was written so; None for what is none."""
        found = PLACE.fullmatch(text)
        if found is None:
            return None
        return cls(EPOCH + int(found[1]) * MICROSECOND, int(found[2]))

    def __str__(self) -> str:
        return f"{(self.moment - EPOCH) // MICROSECOND}-{self.id}"


@dataclass(frozen=True)
class Contents:
    """How much is in somebody's trash: images, and bytes with those of their versions."""

    images: int
    bytes: int


def discard(session: Session, media: Media, owner: User, keys: Iterable[str]) -> list[str]:
    """Delete images; return the keys of those that were there. To delete again is no error.

    Many are deleted, restored and purged in several transactions. Raises NothingChosenError,
    TooManyChosenError, and NotFoundError if none is the owner's.
    """
    gone = []
    for some in own(session, owner, keys):
        gone += [image.key for image in some if delete(session, media, image)]
        session.flush()
    return gone


def delete(session: Session, media: Media, image: Image) -> bool:
    """Delete an image unless it is in the trash already; return whether it was not."""
    if is_gone(image):
        return False
    images.delete(session, media, image)
    return True


def restore(session: Session, media: Media, owner: User, keys: Iterable[str]) -> list[str]:
    """Let images out of the trash; return the keys of those that were in it.

    Raises as `discard` does.
    """
    restored = []
    for some in own(session, owner, keys):
        for image in some:
            if is_gone(image):
                images.restore(session, media, image)
                restored.append(image.key)
        session.flush()
    return restored


def purge_chosen(session: Session, owner: User, keys: Iterable[str]) -> int:
    """Remove images in the trash for good; return how many. Those that live stay.

    Raises as `discard` does. Their bytes go with the next `tuchuang gc`.
    """
    at = now()
    chosen = own(session, owner, keys)
    return sum(purge(session, [image.id for image in some], gone(), at) for some in chosen)


def empty(session: Session, owner: User) -> int:
    """Remove all that is in the trash for good; return how much.

    Commits some at a time: nobody waits for the whole.
    """
    owner_id, at, done = owner.id, now(), 0
    for ids in batches(session, select(Image.id).where(Image.owner_id == owner_id, gone()), ROWS):
        done += purge(session, ids, gone(), at)
        session.commit()
    return done


def find_own(session: Session, owner: User, key: str) -> Image:
    """Return an image in the owner's trash. Raises NotFoundError."""
    query = select(Image).where(Image.key == key, Image.owner_id == owner.id, gone())
    image = session.scalar(query)
    if image is None:
        raise NotFoundError
    return image


def list_page(session: Session, owner: User, after: Place | None, size: int) -> Sequence[Image]:
    """Return up to `size` images of the trash, the last deleted first, from `after` on."""
    left = Image.deleted
    in_trash = select(Image).where(Image.owner_id == owner.id)
    lists = (
        (left, in_trash.where(left.is_not(None))),
        (Image.expires, in_trash.where(left.is_(None), Image.expires <= func.current_timestamp())),
    )
    found = [
        image
        for moment, query in lists
        for image in session.scalars(latest(query, moment, after, size))
    ]
    return sorted(found, key=Place.of, reverse=True)[:size]


def measure(session: Session, owner: User) -> Contents:
    """Return how much is in the trash."""
    own_trash = (Image.owner_id == owner.id, gone())
    count, size = session.execute(
        select(func.count(Image.id), func.coalesce(func.sum(Image.bytes), 0)).where(*own_trash)
    ).one()
    versions = select(func.coalesce(func.sum(Blob.bytes), 0)).select_from(ImageVersion)
    versions = versions.join(ImageVersion.blob).join(Image, ImageVersion.image_id == Image.id)
    return Contents(count, size + (session.scalar(versions.where(*own_trash)) or 0))


def latest(
    query: Select[Image],
    moment: InstrumentedAttribute[datetime | None],
    after: Place | None,
    size: int,
) -> Select[Image]:
    """Return the query for those that left last, of those that come after a place."""
    if after is not None:
        then, id_ = after
        query = query.where((moment < then) | ((moment == then) & (Image.id < id_)))
    return query.order_by(moment.desc(), Image.id.desc()).limit(size)


def own(session: Session, owner: User, keys: Iterable[str]) -> Iterator[Sequence[Image]]:
    """Yield the owner's images with these keys, in the trash or not, as `chosen.own_ids` does."""
    owner_id, any_found = owner.id, False
    for some in in_batches(session, distinct(keys)):
        one_at_a_time(session, owner)
        query = select(Image).where(Image.key.in_(some), Image.owner_id == owner_id)
        query = query.order_by(Image.id).with_for_update(of=Image)
        fresh = session.scalars(query.execution_options(populate_existing=True))
        found = {image.key: image for image in fresh}
        if found:
            any_found = True
            yield [found[key] for key in some if key in found]
    if not any_found:
        raise NotFoundError


def is_gone(image: Image) -> bool:
    """Tell whether an image is in the trash."""
    return image.deleted is not None or (image.expires is not None and image.expires <= now())


def gone() -> ColumnElement[bool]:
    """The image is in the trash."""
    return Image.deleted.is_not(None) | (Image.expires <= func.current_timestamp())
