"""What pages show of an image to others than its owner: shares, and what is public."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import attrgetter
from urllib.parse import quote

from flask import url_for

from flaskr.imaging.formats import EXTENSIONS
from flaskr.imaging.spec import THUMBNAIL, Spec
from flaskr.models import Image
from flaskr.web.links import (
    LIST_BOXES,
    PAGE_BOXES,
    PREVIEW,
    absolute,
    alt_text,
    is_shown_everywhere,
    size_query,
)
from flaskr.web.tiles import ROW, SMALL, STEP, TALLEST, ratio

CARD = Spec("jpg", 1280, 1280, still=True)
"""What other sites show of a page that is linked there; every one of them can show a JPEG."""


@dataclass(frozen=True)
class Place:
    """Where others find images: their files right below `files`, their pages below `pages`.

    `called` says by what name.
    """

    files: str
    pages: str
    called: Callable[[Image], str] = attrgetter("key")

    def path(self, image: Image, extension: str) -> str:
        """Return the path of an image's file."""
        return f"{self.files}{self.called(image)}.{extension}"


@dataclass(frozen=True)
class Shown:
    """An image on a page for others; sizes are pixels and bytes, `across` is rem."""

    title: str
    alt: str
    described: str
    page: str
    path: str
    shown: str
    download: str
    thumbnail: str
    thumbnails: str
    preview: str
    previews: str
    ratio: int
    across: int
    is_small: bool
    width: int
    height: int
    bytes: int
    format: str


@dataclass(frozen=True)
class Card:
    """The picture by which other sites show a page; `url` is absolute."""

    url: str
    width: int
    height: int
    alt: str


def show(image: Image, place: Place) -> Shown:
    """Gather what others see of an image."""
    blob = image.blob
    shape = ratio(blob.width, blob.height)
    path = place.path(image, blob.extension)
    return Shown(
        title=image.title or image.name,
        alt=alt_text(image),
        described=image.alt,
        page=f"{place.pages}{place.called(image)}",
        path=path,
        shown=path if is_shown_everywhere(image) else place.path(image, "jpg"),
        download=f"{path}?download",
        thumbnail=variant(image, place, THUMBNAIL),
        thumbnails=sources(image, place, LIST_BOXES, still=True),
        preview=variant(image, place, PREVIEW),
        previews=sources(image, place, PAGE_BOXES, still=False),
        ratio=shape,
        across=max(1, round(ROW * STEP ** (shape + TALLEST))),
        is_small=max(blob.width, blob.height) < SMALL,
        width=blob.width,
        height=blob.height,
        bytes=blob.bytes,
        format=EXTENSIONS[blob.extension].name,
    )


def variant(image: Image, place: Place, spec: Spec) -> str:
    """Return the path of a variant; it changes with the content."""
    asked = size_query(spec)
    if image.version > 1:
        asked.append(f"v={image.version}")
    path = place.path(image, spec.extension)
    return f"{path}?{'&'.join(asked)}" if asked else path


def sources(image: Image, place: Place, boxes: Iterable[int], *, still: bool) -> str:
    """Return variants for `srcset`, each with its true width; none beyond the original."""
    found, longest = [], max(image.blob.width, image.blob.height)
    for box in boxes:
        path = variant(image, place, Spec("webp", box, box, still=still))
        found.append(f"{path} {fitted(image, box)[0]}w")
        if box >= longest:
            break
    return ", ".join(found)


def fitted(image: Image, box: int) -> tuple[int, int]:
    """Return the size of an image once it fits into a square; it never grows."""
    blob = image.blob
    scale = min(1.0, box / max(blob.width, blob.height))
    return max(1, round(blob.width * scale)), max(1, round(blob.height * scale))


def oembed_link(address: str) -> str:
    """Return where other sites are told of the picture behind an address of ours."""
    return absolute(f"{url_for('oembed.oembed')}?url={quote(address, safe='')}")


def card(image: Image, place: Place) -> Card:
    """Return the picture by which other sites show a page about this image."""
    width, height = fitted(image, CARD.width or 0)
    return Card(absolute(variant(image, place, CARD)), width, height, alt_text(image))
