"""Posts as they are read: Markdown as HTML, our own pictures in it in the sizes pages need."""

import re
from dataclasses import dataclass

from markupsafe import Markup, escape

from flaskr.db import db
from flaskr.imaging.formats import SVG
from flaskr.library import posts
from flaskr.library.keys import BASE58, KEY_LENGTH
from flaskr.models import Image
from flaskr.web.links import PAGE_BOXES, absolute, files_folder, srcset
from flaskr.web.markdown import to_html

COLUMN = 680
"""How wide a text is at most, in pixels, as css/tokens.css has it (`--reading`)."""

TAG = re.compile("<[a-z][^>]*>")
"""A tag as the cleaner writes it: values stand in double quotes, without any of `<>"`."""

PICTURE = re.compile(r"<img\b[^>]*>")
ATTRIBUTE = re.compile(r' ([a-z]+)="([^"]*)"')
ROOTED = re.compile(r' (href|src)="(/(?!/)[^"]*)"')
FILE = re.compile(rf"([{BASE58}]{{{KEY_LENGTH}}})\.[a-z]+")


@dataclass(frozen=True)
class Prose:
    """A text to be read, and the first of our pictures in it that everybody may see."""

    html: Markup
    first: Image | None


def read_prose(source: str) -> Prose:
    """Return Markdown as HTML. Our own pictures in it come in the size that the page needs.

    What readers could not open stays as it is: nothing is told of it.
    """
    html = str(to_html(source))
    starts = own_addresses() if "<img" in html else ()
    keys = [key for tag in PICTURE.findall(html) if (key := own_key(tag, starts)) is not None]
    found = posts.pictures(db.session, keys)

    def dress(match: re.Match[str]) -> str:
        key = own_key(match[0], starts)
        image = found.get(key) if key else None
        return dressed(match[0], image) if image else match[0]

    first = next((found[key] for key in keys if key in found), None)
    whole = PICTURE.sub(dress, html) if found else html
    return Prose(Markup(whole), first)  # noqa: S704 - cleaned by `to_html`


def own_addresses() -> tuple[str, ...]:
    """Return what the direct links of pictures start with, as paths and as whole addresses."""
    paths = [files_folder(), files_folder("short_links.download")]
    return (*paths, *(str(escape(absolute(path))) for path in paths))


def own_key(tag: str, starts: tuple[str, ...]) -> str | None:
    """Return the key of our picture that an `<img>` shows as it is, or None."""
    source = dict(ATTRIBUTE.findall(tag)).get("src", "")
    for start in starts:
        if source.startswith(start) and (match := FILE.fullmatch(source, len(start))):
            return match[1]
    return None


def dressed(tag: str, image: Image) -> str:
    """Return an `<img>` with the sizes that there are, and its own unless the author gave one."""
    given = {name for name, _ in ATTRIBUTE.findall(tag)}
    added: dict[str, object] = {"decoding": "async"}
    if image.blob.extension != SVG.extension:  # it is sharp at any size
        added |= {"srcset": srcset(image, PAGE_BOXES, still=False), "sizes": column_sizes(image)}
    if not given & {"width", "height"}:
        added |= {"width": image.blob.width, "height": image.blob.height}
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in added.items())
    return f"{tag.removesuffix('>')}{attributes}>"


def column_sizes(image: Image) -> str:
    """Return how wide a picture in a text is, as `sizes` has it: never wider than its own."""
    width = min(COLUMN, image.blob.width)
    return f"(max-width: {width}px) 100vw, {width}px"


def for_elsewhere(html: str) -> str:
    """Return cleaned HTML in which every address is a whole one."""
    site = str(escape(absolute("")))

    def whole(match: re.Match[str]) -> str:
        return f' {match[1]}="{site}{match[2]}"'

    return TAG.sub(lambda tag: ROOTED.sub(whole, tag[0]), html)
