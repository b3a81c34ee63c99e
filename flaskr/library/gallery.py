"""Lists of one owner's images: narrowed, sorted, page by page.

A page costs the same wherever it is: it starts from where the one before ended. The indexes of
`Image.by_owner` hold what lists are narrowed by.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from flaskr.library.narrowing import Narrowing, few
from flaskr.library.search import KEY_LENGTH, asked_for
from flaskr.library.uses import is_used
from flaskr.models import MAX_ID, AlbumImage, Image, ImageTag, ImageUse, User

FIRST, LAST = "", "last"
"""Cursors of the first page and the last one."""

MAX_CURSOR = 2000
"""No cursor of ours is longer: it holds a name of at most 255 characters."""


class Sort(StrEnum):
    """An order of images. By `POSITION` only within an album."""

    NEWEST = "newest"
    OLDEST = "oldest"
    LARGEST = "largest"
    SMALLEST = "smallest"
    NAME = "name"
    NAME_DOWN = "name-down"
    POSITION = "position"


class Order(NamedTuple):
    """The columns of an order, the last of which tells any two images apart."""

    columns: tuple[ColumnElement[Any] | InstrumentedAttribute[Any], ...]
    descending: bool


ORDERS = {
    Sort.NEWEST: Order((Image.id,), descending=True),
    Sort.OLDEST: Order((Image.id,), descending=False),
    Sort.LARGEST: Order((Image.bytes, Image.id), descending=True),
    Sort.SMALLEST: Order((Image.bytes, Image.id), descending=False),
    Sort.NAME: Order((Image.name_key, Image.id), descending=False),
    Sort.NAME_DOWN: Order((Image.name_key, Image.id), descending=True),
    Sort.POSITION: Order((AlbumImage.position, AlbumImage.image_id), descending=False),
}


KEYS = {sort: tuple(str(column.key) for column in order.columns) for sort, order in ORDERS.items()}
"""What the columns of an order are called in an image."""


@dataclass(frozen=True)
class Filter:
    """What narrows a list: all of it has to be so. Albums and tags are given by their ids.

    `text` is what somebody typed into the search box; `used` are those that posts or imported texts
    mention, `hidden` those that are not public; from `since` on, and before `until`.
    """

    text: str = ""
    extension: str | None = None
    visibility: str | None = None
    hidden: bool = False
    album: int | None = None
    tag: int | None = None
    used: bool | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Page:
    """Some images in their order, and the cursors of the pages beside (None: there is none)."""

    images: Sequence[Image]
    previous: str | None
    next: str | None


class Neighbours(NamedTuple):
    """The images before and after one in a list."""

    previous: Image | None
    next: Image | None


class Anchor(NamedTuple):
    """Where a page starts: right after these values, or before them if `backwards`.

    Without values: at the list's beginning, or its end.
    """

    values: tuple[Any, ...]
    backwards: bool


EVERYTHING = Filter()


def list_page(
    session: Session,
    owner: User,
    wanted: Filter = EVERYTHING,
    sort: Sort = Sort.NEWEST,
    cursor: str | None = FIRST,
    *,
    size: int,
) -> Page:
    """Return the page of up to `size` images that `cursor` stands for.

    A cursor comes from a page of the same order, or is FIRST or LAST; any other means FIRST.
    """
    if sort is Sort.POSITION and wanted.album is None:
        sort = Sort.NEWEST
    anchor = read_cursor(cursor or FIRST, sort)
    found = select_images(session, owner.id, wanted, sort, anchor, size + 1)
    more, images = len(found) > size, found[:size]
    if not anchor.backwards:
        return Page(
            images,
            previous=write_cursor(session, wanted, sort, images[0], backwards=True)
            if images and anchor.values
            else None,
            next=write_cursor(session, wanted, sort, images[-1]) if more else None,
        )
    if anchor.values and not more and len(images) < size:
        return list_page(session, owner, wanted, sort, size=size)
    images = images[::-1]
    return Page(
        images,
        previous=write_cursor(session, wanted, sort, images[0], backwards=True) if more else None,
        next=write_cursor(session, wanted, sort, images[-1]) if images and anchor.values else None,
    )


def list_keys(session: Session, owner: User, wanted: Filter, sort: Sort, *, most: int) -> list[str]:
    """Return the keys of up to `most` images of the list, in its order."""
    if sort is Sort.POSITION and wanted.album is None:
        sort = Sort.NEWEST
    start = Anchor((), backwards=False)
    return [image.key for image in select_images(session, owner.id, wanted, sort, start, most)]


def neighbours(
    session: Session,
    owner: User,
    image: Image,
    wanted: Filter = EVERYTHING,
    sort: Sort = Sort.NEWEST,
) -> Neighbours:
    """Return the images beside one in a list that it is in, or would be in."""
    if sort is Sort.POSITION and wanted.album is None:
        sort = Sort.NEWEST
    values = values_of(session, wanted, sort, image)
    beside = [
        select_images(session, owner.id, wanted, sort, Anchor(values, backwards), 1)
        for backwards in (True, False)
    ]
    return Neighbours(*(found[0] if found else None for found in beside))


def select_images(
    session: Session, owner_id: int, wanted: Filter, sort: Sort, anchor: Anchor, size: int
) -> Sequence[Image]:
    """Return up to `size` images from the anchor on, the nearest first."""
    narrowings = narrow(session, owner_id, wanted)
    ids = few(session, narrowings)
    query = Image.living().where(*conditions(wanted), *(each.condition for each in narrowings))
    order = ORDERS[sort]
    along = next((each.along for each in narrowings if each.along), None)
    # The sums keep SQLite from going through all of the owner's.
    if ids is not None:
        query = query.where(Image.id.in_(ids), Image.owner_id + 0 == owner_id)
    elif along is not None and order.columns == (Image.id,):
        query = query.where(Image.id == along.number - along.first, Image.owner_id + 0 == owner_id)
        query = query.where(along.matching)
        order = Order((along.number,), order.descending)
        anchor = anchor._replace(values=tuple(along.at(value) for value in anchor.values))
    else:
        query = query.where(Image.owner_id == owner_id)
    if sort is Sort.POSITION:
        query = query.join(AlbumImage, AlbumImage.image_id == Image.id)
        query = query.where(AlbumImage.album_id == wanted.album)
    return session.scalars(in_order(query, order, anchor).limit(size)).all()


def in_order(query: Select[Image], order: Order, anchor: Anchor) -> Select[Image]:
    """Sort a query, and let it start at the anchor."""
    descending = order.descending is not anchor.backwards
    here: Any
    there: Any
    if anchor.values:
        here, there = order.columns[0], anchor.values[0]
        if len(order.columns) > 1:
            here, there = tuple_(*order.columns), tuple_(*anchor.values)
        query = query.where(here < there if descending else here > there)
    return query.order_by(*(each.desc() if descending else each for each in order.columns))


def conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    """Return what the image's own row has to say."""
    found: list[ColumnElement[bool]] = []
    if wanted.extension is not None:
        found.append(Image.extension == wanted.extension)
    if wanted.visibility is not None:
        found.append(Image.visibility == wanted.visibility)
    if wanted.hidden:
        found.append(Image.visibility != "public")
    if wanted.since is not None:
        found.append(Image.created >= wanted.since)
    if wanted.until is not None:
        found.append(Image.created < wanted.until)
    return found


def narrow(session: Session, owner_id: int, wanted: Filter) -> list[Narrowing]:
    """Return what other tables have to say."""
    found = []
    if wanted.album is not None:
        inside = select(AlbumImage.image_id).where(AlbumImage.album_id == wanted.album)
        found.append(Narrowing(inside, of_image(inside, AlbumImage.image_id)))
    if wanted.tag is not None:
        tagged = select(ImageTag.image_id).where(ImageTag.tag_id == wanted.tag)
        found.append(Narrowing(tagged, of_image(tagged, ImageTag.image_id)))
    if wanted.used is not None:
        mentioned = select(ImageUse.image_id).join(Image, ImageUse.image_id == Image.id)
        ids = mentioned.where(Image.owner_id == owner_id).distinct() if wanted.used else None
        found.append(Narrowing(ids, is_used() if wanted.used else ~is_used()))
    if wanted.text:
        found += asked_for(session, owner_id, wanted.text)
    return found


def of_image(ids: Select[int], column: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Return that an image's id is among these."""
    return ids.where(column == Image.id).correlate(Image).exists()


# ---- cursors --------------------------------------------------------------------------------


def write_cursor(
    session: Session, wanted: Filter, sort: Sort, image: Image, *, backwards: bool = False
) -> str:
    """Return the cursor of the page after an image, or before it."""
    told = [sort.value, int(backwards), *values_of(session, wanted, sort, image)]
    return urlsafe_b64encode(json.dumps(told, ensure_ascii=False).encode()).decode().rstrip("=")


def values_of(session: Session, wanted: Filter, sort: Sort, image: Image) -> tuple[Any, ...]:
    """Return where an image stands in an order."""
    if sort is Sort.POSITION:
        place = session.get(AlbumImage, (wanted.album, image.id))
        return (0 if place is None else place.position, image.id)
    return tuple(getattr(image, name) for name in KEYS[sort])


def read_cursor(cursor: str, sort: Sort) -> Anchor:
    """Return where a page starts: at the beginning for what is no cursor of this order."""
    if cursor == LAST:
        return Anchor((), backwards=True)
    if len(cursor) > MAX_CURSOR:
        return Anchor((), backwards=False)
    try:
        padded = cursor.encode("ascii") + b"=="
        told_sort, backwards, *values = json.loads(urlsafe_b64decode(padded))
    except (ValueError, TypeError, RecursionError):
        return Anchor((), backwards=False)
    types = [column.type.python_type for column in ORDERS[sort].columns]
    fits = len(values) == len(types) and all(map(is_value, values, types))
    if told_sort != sort.value or not fits:
        return Anchor((), backwards=False)
    return Anchor(tuple(values), backwards=backwards == 1)


def is_cursor(cursor: str, sort: Sort) -> bool:
    """Tell whether a page of this order starts there; `list_page` begins anew where none does."""
    return cursor in {FIRST, LAST} or bool(read_cursor(cursor, sort).values)


def is_value(value: object, type_: type) -> bool:
    """Tell whether a column of this type can be compared with the value."""
    if type_ is int:
        return type(value) is int and abs(value) <= MAX_ID
    return isinstance(value, str) and len(value) <= KEY_LENGTH and is_storable(value)


def is_storable(text: str) -> bool:
    """Tell whether a database can hold the text: no NUL, no half of a character."""
    return "\0" not in text and not any("\ud800" <= each <= "\udfff" for each in text)
