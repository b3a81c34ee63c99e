"""What the gallery shows of an image: less than a card, for there are many on a page."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from math import log

from flask import url_for

from flaskr.library.trash import is_gone
from flaskr.models import Image
from flaskr.web.links import LIST_BOXES, absolute, chosen_link, file_path, srcset
from flaskr.web.links import thumbnail_path as thumbnail

STEP = 1.04
TALLEST = -20
WIDEST = 19
"""A tile is STEP to the power of TALLEST … WIDEST as wide as high; css/tiles.css has a class for
each, since no style may stand on a page. What is taller or wider is cut off a little."""

SMALL = 200
"""Pixels: what is shorter on both sides is shown as it is."""

ROW = 15
"""About how high a row of tiles is, in rem."""


@dataclass(frozen=True)
class Tile:
    """An image among others.

    `ratio` names the class of its shape, `across` is its width in rem, `link` is its link in the
    form that the account copies.
    """

    key: str
    name: str
    page: str
    thumbnail: str
    thumbnails: str
    ratio: int
    across: int
    width: int
    height: int
    is_small: bool
    bytes: int
    visibility: str
    created: datetime
    deleted: datetime | None
    url: str
    link: str


@dataclass(frozen=True)
class Month:
    """Tiles of one month in UTC; `name` is `2026-11`, and empty where tiles have another order."""

    name: str
    first: datetime
    tiles: list[Tile]


def tiles_of(images: Iterable[Image]) -> list[Tile]:
    """Gather what is shown of images."""
    page = url_for("tuchuang.images")
    return [
        tile_of(image, trashed_path(image) if is_gone(image) else f"{page}/{image.key}")
        for image in images
    ]


def trashed_path(image: Image) -> str:
    """Return where its owner sees an image that is in the trash."""
    return url_for("tuchuang.trashed", key=image.key, extension=image.blob.extension)


def tile_of(image: Image, page: str) -> Tile:
    """Gather what is shown of an image, whose page lies at `page`."""
    blob = image.blob
    shape = ratio(blob.width, blob.height)
    return Tile(
        key=image.key,
        name=image.title or image.name,
        page=page,
        thumbnail=thumbnail(image),
        thumbnails=srcset(image, LIST_BOXES, still=True),
        ratio=shape,
        across=max(1, round(ROW * STEP ** (shape + TALLEST))),
        width=blob.width,
        height=blob.height,
        is_small=max(blob.width, blob.height) < SMALL,
        bytes=blob.bytes,
        visibility=image.visibility,
        created=image.created,
        deleted=(image.deleted or image.expires) if is_gone(image) else None,
        url=absolute(file_path(image)),
        link=chosen_link(image),
    )


def ratio(width: int, height: int) -> int:
    """Return the number of the class that is nearest to this shape."""
    step = round(log(max(1, width) / max(1, height), STEP))
    return min(max(step, TALLEST), WIDEST) - TALLEST


def months(tiles: Iterable[Tile]) -> Iterator[Month]:
    """Yield the tiles by the month they came in, in the order they have."""
    for name, some in groupby(tiles, key=lambda tile: f"{tile.created:%Y-%m}"):
        group = list(some)
        yield Month(name, group[0].created, group)
