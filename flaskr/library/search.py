"""Finding images by what they are called, by a link to them, by the hash of their content.

On SQLite words are looked up in `image_search`, which migration 0006 makes and describes; on
PostgreSQL the planner takes its index of trigrams. Either tells which images may have the words;
whether they do says the text itself.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from sqlalchemy import BigInteger, Select, and_, column, literal_column, select, table, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from flaskr.library.keys import BASE58
from flaskr.library.keys import KEY_LENGTH as LETTERS
from flaskr.library.narrowing import Index, Narrowing
from flaskr.models import Blob, Image, ImageTag, SetFile, Tag

KEY_LENGTH = 255
"""What the column `name_key` holds."""

ROWS = 500
"""How many images are looked at in one go."""

LONGEST = 200
"""How many characters of what was typed are looked at."""

MOST_TEXT = 2000
"""The same before links are told from words: they may be long."""

MOST_TRIGRAMS = 24
"""More of them would hardly leave out more."""

QUOTE = '"'
BETWEEN = "\x1f"
OWNER_SHIFT = 36
INDEX = table("image_search", column("rowid", BigInteger))

KEY = f"(?P<key>[{BASE58}]{{{LETTERS}}})"
LINK = re.compile(
    rf"(?:^|/)(?:i|download|images)/{KEY}(?![{BASE58}])"
    r"|/_uploads/(?P<set>[\w-]+)/(?P<name>[\w.-]+)"
)
"""A link to an image, alone or within Markdown or HTML, whatever follows the key."""

BARE_KEY = re.compile(KEY)
SHA256 = re.compile("[0-9a-f]{64}")
MD5 = re.compile("[0-9a-f]{32}")


def fold(text: str) -> str:
    """Return the form in which texts are compared: without case, width, or unusual blanks."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    printable = (" " if unicodedata.category(each) in {"Cc", "Cs"} else each for each in folded)
    return " ".join("".join(printable).split())


def write_texts(image: Image, tags: Iterable[str] = ()) -> None:
    """Set what an image is sorted by and found by, from its name, title, text and tags."""
    image.name_key = name_key(image.name)
    image.search_text = search_text(image.name, image.title or "", image.alt or "", tags)


def refresh(session: Session, image_ids: Sequence[int]) -> None:
    """Set it for images whose texts or tags have been changed within this write transaction."""
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
        for id_ in some:
            if (image := session.identity_map.get(identity_key(Image, id_))) is not None:
                session.expire(image, ["name_key", "search_text"])


def name_key(name: str) -> str:
    """Return what names are sorted by."""
    return fold(name)[:KEY_LENGTH]


def search_text(name: str, title: str, alt: str, tags: Iterable[str]) -> str:
    """Return the text in which an image is searched for; no word of it reaches over two texts."""
    texts = (fold(text) for text in (name, title, alt, *tags))
    return "\n".join(text for text in texts if text)


# ---- what is asked for ----------------------------------------------------------------------


def asked_for(session: Session, owner_id: int, text: str) -> list[Narrowing]:
    """Return what the images have to fulfil that somebody asks for with these words.

    A link to an image means that image, a hash those with this content; all else means words.
    """
    text = "".join(text[:MOST_TEXT].split("\0")).strip()
    if link := LINK.search(text):
        return [by_ids(linked(owner_id, link))]
    for ids in exact(owner_id, text):
        if session.scalar(ids.limit(1)) is not None:
            return [by_ids(ids)]
    return by_words(session, owner_id, text)


def linked(owner_id: int, link: re.Match[str]) -> Select[int]:
    """Return the id of the owner's image that a link leads to."""
    own = select(Image.id).where(Image.owner_id == owner_id)
    if link["key"]:
        return own.where(Image.key == link["key"])
    named = select(SetFile.image_id).where(
        SetFile.set_name == link["set"], SetFile.name == link["name"], SetFile.deleted.is_(None)
    )
    return own.where(Image.id == named.scalar_subquery())


def exact(owner_id: int, text: str) -> list[Select[int]]:
    """Return the ids of images whose key or hash the text may be."""
    own = select(Image.id).where(Image.owner_id == owner_id)
    digits = text.lower()
    found = []
    if BARE_KEY.fullmatch(text):
        found.append(own.where(Image.key == text))
    if SHA256.fullmatch(digits):
        found.append(own.join(Blob).where(Blob.sha256 == digits))
    if MD5.fullmatch(digits):
        found.append(own.join(Blob).where(Blob.md5 == digits))
    return found


def by_ids(ids: Select[int]) -> Narrowing:
    return Narrowing(ids, Image.id.in_(ids))


def by_words(session: Session, owner_id: int, text: str) -> list[Narrowing]:
    """Return that all words are in an image's text."""
    words = list(dict.fromkeys(fold(text)[:LONGEST].split()))
    if not words:
        return []
    condition = and_(*(Image.search_text.contains(word, autoescape=True) for word in words))
    if session.get_bind().dialect.name != "sqlite":
        return [Narrowing(None, condition)]
    index = look_up(owner_id, words)
    return [Narrowing(index.ids, condition, index)]


def look_up(owner_id: int, words: Iterable[str]) -> Index:
    """Return where the owner's images are whose texts have the trigrams of the words."""
    trigrams = list(dict.fromkeys(trigram for word in words for trigram in trigrams_of(word)))
    quoted = (f'"{trigram.replace(QUOTE, QUOTE * 2)}"' for trigram in trigrams[:MOST_TRIGRAMS])
    first = owner_id << OWNER_SHIFT
    last = first + (1 << OWNER_SHIFT) - 1
    matching = and_(
        literal_column(INDEX.name).op("MATCH")(" AND ".join(quoted)),
        INDEX.c.rowid.between(first, last),
    )
    return Index(INDEX.c.rowid, first, last, matching)


def trigrams_of(word: str) -> list[str]:
    """Return what the index has of a word; for one or two characters what stands between them."""
    if len(word) >= 3:
        return [word[start : start + 3] for start in range(len(word) - 2)]
    return [BETWEEN.join(word) if len(word) == 2 else f"{BETWEEN}{word}{BETWEEN}"]
