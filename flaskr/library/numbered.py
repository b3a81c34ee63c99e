"""Lists in numbered pages, as older programs ask for them; pages of our own go by cursors."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from flaskr.library.albums import count_images
from flaskr.library.gallery import ORDERS, Anchor, Filter, Sort, conditions, in_order, narrow
from flaskr.library.narrowing import few
from flaskr.models import Album, Image, User

Item = TypeVar("Item")

MAX_PAGE = 1_000_000


class AlbumSort(StrEnum):
    """An order of albums."""

    NEWEST = "newest"
    OLDEST = "oldest"
    MOST = "most"
    LEAST = "least"


@dataclass(frozen=True)
class NumberedPage(Generic[Item]):
    """The page of this number, from 1 on, of all `total` items."""

    items: Sequence[Item]
    number: int
    size: int
    total: int

    @property
    def last(self) -> int:
        """The number of the last page; there is always one."""
        return max(1, -(-self.total // self.size))


def image_page(
    session: Session, owner: User, wanted: Filter, sort: Sort, number: int, *, size: int
) -> NumberedPage[Image]:
    """Return a page of the owner's images; it is empty beyond the last one."""
    narrowings = narrow(session, owner.id, wanted)
    query = Image.living().where(
        Image.owner_id == owner.id,
        *conditions(wanted),
        *(narrowing.condition for narrowing in narrowings),
    )
    ids = few(session, narrowings)
    if ids is not None:
        query = query.where(Image.id.in_(ids))
    total = session.scalar(query.with_only_columns(func.count(Image.id))) or 0
    number = min(max(1, number), MAX_PAGE)
    ordered = in_order(query, ORDERS[sort], Anchor((), backwards=False))
    found = session.scalars(ordered.limit(size).offset((number - 1) * size)).all()
    return NumberedPage(found, number, size, total)


def album_page(
    session: Session, owner: User, sort: AlbumSort, number: int, *, size: int
) -> NumberedPage[tuple[Album, int]]:
    """Return a page of the owner's albums, wherever they lie, with how many images each has."""
    own = Album.owner_id == owner.id
    total = session.scalar(select(func.count(Album.id)).where(own)) or 0
    images = count_images().label("images")
    orders: dict[AlbumSort, tuple[Any, ...]] = {
        AlbumSort.NEWEST: (Album.id.desc(),),
        AlbumSort.OLDEST: (Album.id,),
        AlbumSort.MOST: (images.desc(), Album.id.desc()),
        AlbumSort.LEAST: (images, Album.id),
    }
    number = min(max(1, number), MAX_PAGE)
    query = select(Album, images).where(own).order_by(*orders[sort])
    rows = session.execute(query.limit(size).offset((number - 1) * size)).all()
    return NumberedPage([(album, count) for album, count in rows], number, size, total)
