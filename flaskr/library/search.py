"""Finding images by what they are called."""

import unicodedata
from collections.abc import Iterable, Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from flaskr.models import Image, ImageTag, Tag
from flaskr.transactions import begin_write

KEY_LENGTH = 255
"""What the column `name_key` holds."""

ROWS = 500
"""How many images are looked at in one go."""


def fold(text: str) -> str:
    """Return the form in which texts are compared: without case, width, or unusual blanks."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    printable = (" " if unicodedata.category(each) == "Cc" else each for each in folded)
    return " ".join("".join(printable).split())


def write_texts(image: Image, tags: Iterable[str] = ()) -> None:
    """Set what an image is sorted by and found by, from its name, title, text and tags."""
    image.name_key = name_key(image.name)
    image.search_text = search_text(image.name, image.title or "", image.alt or "", tags)


def refresh(session: Session, image_ids: Sequence[int]) -> None:
    """Set it for images whose texts or tags have changed; what was changed is written first."""
    begin_write(session)
    session.flush()
    for start in range(0, len(image_ids), ROWS):
        some = image_ids[start : start + ROWS]
        tagged: dict[int, list[str]] = {}
        named = select(ImageTag.image_id, Tag.name).join(Tag, ImageTag.tag_id == Tag.id)
        for id_, name in session.execute(named.where(ImageTag.image_id.in_(some)).order_by(Tag.id)):
            tagged.setdefault(id_, []).append(name)
        texts = select(Image.id, Image.name, Image.title, Image.alt).where(Image.id.in_(some))
        rows = [
            {
                "id": row.id,
                "name_key": name_key(row.name),
                "search_text": search_text(row.name, row.title, row.alt, tagged.get(row.id, ())),
            }
            for row in session.execute(texts)
        ]
        if rows:
            session.execute(update(Image), rows)


def name_key(name: str) -> str:
    """Return what names are sorted by."""
    return fold(name)[:KEY_LENGTH]


def search_text(name: str, title: str, alt: str, tags: Iterable[str]) -> str:
    """Return the text in which an image is searched for; no word of it reaches over two texts."""
    texts = (fold(text) for text in (name, title, alt, *tags))
    return "\n".join(text for text in texts if text)
