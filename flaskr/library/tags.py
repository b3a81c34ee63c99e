"""Tags: put on images, taken off, renamed, merged, suggested while somebody types.

Each account has its own. Two that only differ in case or width are one.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ScalarSelect, delete, func, select
from sqlalchemy.orm import Session

from flaskr.errors import NoTagError, NotFoundError, TagNameError, TooManyTagsError
from flaskr.library.chosen import distinct, in_batches, one_at_a_time, own_ids, pieces, touch
from flaskr.library.search import fold, refresh
from flaskr.library.texts import is_visible, one_line
from flaskr.models import Image, ImageTag, Tag, User, insert_if_absent

MAX_NAME = 64
MAX_KEY = 128
"""What the column `name_key` holds: some characters are compared as several."""

MAX_TAGS = 50
"""How many tags an image may have."""

SUGGESTIONS = 8
SEPARATORS = re.compile(r"[,，、;；\r\n]")
"""What divides tags that are written in one text."""

DOTS = {".", ".."}
"""No browser asks for an address that ends with these."""


@dataclass(frozen=True)
class Used:
    """A tag, and how many living images have it."""

    name: str
    images: int


def read(text: str) -> list[str]:
    """Return the tags that a text names, divided by commas or lines. Raises TagNameError."""
    names = [check_name(part) for part in SEPARATORS.split(text) if one_line(part).strip("# ")]
    return list({fold(name): name for name in reversed(names)}.values())[::-1]


def check_name(name: str) -> str:
    """Return the name as it is kept. Raises TagNameError."""
    name = one_line(name).lstrip("#＃ ")
    key = fold(name)
    wrong = not 1 <= len(name) <= MAX_NAME or not 1 <= len(key) <= MAX_KEY
    if wrong or SEPARATORS.search(name) or name in DOTS or not is_visible(name):
        raise TagNameError(most=MAX_NAME)
    return name


# ---- find and list --------------------------------------------------------------------------


def find_own(session: Session, owner: User, name: str) -> Tag:
    """Return a tag of the owner's. Raises NotFoundError."""
    tag = session.scalar(select(Tag).where(Tag.owner_id == owner.id, Tag.name_key == fold(name)))
    if tag is None:
        raise NotFoundError
    return tag


def list_own(session: Session, owner: User) -> list[Used]:
    """Return the tags that living images of the owner's have, by name."""
    used = count_images().label("used")
    query = select(Tag.name, used).where(Tag.owner_id == owner.id).order_by(Tag.name_key)
    return [Used(name, images) for name, images in session.execute(query) if images]


def count(session: Session, tag: Tag) -> Used:
    """Return the tag with the number of living images that have it."""
    images = session.scalar(select(count_images()).where(Tag.id == tag.id)) or 0
    return Used(tag.name, images)


def names(session: Session, owner: User, size: int) -> Sequence[str]:
    """Return up to `size` names of the owner's tags, by name; images in the trash have them too."""
    query = select(Tag.name).where(Tag.owner_id == owner.id).order_by(Tag.name_key)
    return session.scalars(query.limit(size)).all()


def tags_of(session: Session, image: Image) -> Sequence[str]:
    """Return the names of an image's tags, by name."""
    query = select(Tag.name).join(ImageTag, ImageTag.tag_id == Tag.id)
    return session.scalars(query.where(ImageTag.image_id == image.id).order_by(Tag.name_key)).all()


def of_each(session: Session, ids: Sequence[int]) -> dict[int, list[str]]:
    """Return the names of the tags of many images, by name; an image without any is left out."""
    found: dict[int, list[str]] = {}
    for some in pieces(ids):
        query = select(ImageTag.image_id, Tag.name).join(Tag, ImageTag.tag_id == Tag.id)
        query = query.where(ImageTag.image_id.in_(some)).order_by(Tag.name_key)
        for id_, name in session.execute(query):
            found.setdefault(id_, []).append(name)
    return found


def suggest(session: Session, owner: User, start: str, *, size: int = SUGGESTIONS) -> list[Used]:
    """Return up to `size` tags that start so, the most used first."""
    used = count_images().label("used")
    query = select(Tag.name, used).where(
        Tag.owner_id == owner.id,
        Tag.name_key.startswith(fold(start.lstrip("#＃ ")), autoescape=True),
    )
    query = query.order_by(used.desc(), Tag.name_key).limit(size)
    return [Used(name, images) for name, images in session.execute(query)]


def count_images() -> ScalarSelect[int]:
    """The number of living images with the tag of the row."""
    tagged = Image.living().with_only_columns(func.count(Image.id))
    tagged = tagged.join(ImageTag, ImageTag.image_id == Image.id)
    return tagged.where(ImageTag.tag_id == Tag.id).correlate(Tag).scalar_subquery()


# ---- put on and take off --------------------------------------------------------------------


def put_on(session: Session, owner: User, keys: Iterable[str], names: Iterable[str]) -> int:
    """Put tags on images, those they have not yet; return how many images have changed.

    Raises TagNameError, NoTagError, TooManyTagsError, and what `chosen.own_ids` raises.
    """
    wanted, keys = [check_name(name) for name in names], distinct(keys)
    if not wanted:
        raise NoTagError
    check_room(session, owner, keys, wanted)
    number = 0
    for ids in own_ids(session, owner, keys):
        changed = add(session, ids, made(session, owner.id, wanted))
        note(session, changed)
        number += len(changed)
    return number


def check_room(session: Session, owner: User, keys: Sequence[str], names: Sequence[str]) -> None:
    """Raise TooManyTagsError if that is what one of the owner's images would have with these."""
    wanted = {fold(name) for name in names}
    if len(wanted) > MAX_TAGS:
        raise TooManyTagsError(most=MAX_TAGS)
    for some in pieces(keys):
        others = select(Image.id).join(ImageTag, ImageTag.image_id == Image.id)
        others = others.join(Tag, ImageTag.tag_id == Tag.id).where(
            Image.key.in_(some), Image.owner_id == owner.id, Tag.name_key.not_in(wanted)
        )
        full = others.group_by(Image.id).having(func.count() > MAX_TAGS - len(wanted))
        if session.scalar(full.limit(1)) is not None:
            raise TooManyTagsError(most=MAX_TAGS)


def take_off(session: Session, owner: User, keys: Iterable[str], names: Iterable[str]) -> int:
    """Take tags off images; return how many images have changed.

    Raises TooManyTagsError, and what `chosen.own_ids` raises. A tag that no image has any more is
    gone.
    """
    wanted = list(names)
    if len(wanted) > MAX_TAGS:
        raise TooManyTagsError(most=MAX_TAGS)
    number, tag_ids = 0, known(session, owner.id, wanted)
    for ids in own_ids(session, owner, keys):
        removal = delete(ImageTag).where(ImageTag.image_id.in_(ids), ImageTag.tag_id.in_(tag_ids))
        changed = set(session.scalars(removal.returning(ImageTag.image_id)))
        drop_unused(session, tag_ids)
        note(session, sorted(changed))
        number += len(changed)
    return number


def set_tags(session: Session, owner: User, image: Image, names: Iterable[str]) -> None:
    """Give an image exactly these tags. Raises TagNameError, TooManyTagsError.

    Whoever calls it has the search text written afresh, and the revision.
    """
    wanted = [check_name(name) for name in names]
    if len(wanted) > MAX_TAGS:
        raise TooManyTagsError(most=MAX_TAGS)
    one_at_a_time(session, owner)
    before = set(session.scalars(select(ImageTag.tag_id).where(ImageTag.image_id == image.id)))
    after = set(made(session, owner.id, wanted))
    gone = before - after
    removal = delete(ImageTag).where(ImageTag.image_id == image.id, ImageTag.tag_id.in_(gone))
    session.execute(removal)
    add(session, [image.id], sorted(after - before))
    drop_unused(session, sorted(gone))


def add(session: Session, ids: Sequence[int], tag_ids: Sequence[int]) -> list[int]:
    """Put tags on images; return the ids of those that lacked one. Raises TooManyTagsError."""
    changed: list[int] = []
    for some in pieces(ids):
        query = select(ImageTag.image_id, ImageTag.tag_id).where(ImageTag.image_id.in_(some))
        has: dict[int, set[int]] = {id_: set() for id_ in some}
        for image_id, tag_id in session.execute(query):
            has[image_id].add(tag_id)
        for image_id, already in has.items():
            lacking = [tag_id for tag_id in tag_ids if tag_id not in already]
            if len(already) + len(lacking) > MAX_TAGS:
                raise TooManyTagsError(most=MAX_TAGS)
            session.add_all(ImageTag(image_id=image_id, tag_id=tag_id) for tag_id in lacking)
            if lacking:
                changed.append(image_id)
        session.flush()
    return changed


def made(session: Session, owner_id: int, names: Sequence[str]) -> list[int]:
    """Return the ids of the owner's tags of these names, made if they are new."""
    for name in names:
        insert_if_absent(session, Tag, owner_id=owner_id, name=name, name_key=fold(name))
    return known(session, owner_id, names)


def known(session: Session, owner_id: int, names: Iterable[str]) -> list[int]:
    """Return the ids of those of the owner's tags that are there."""
    keys = {fold(name) for name in names}
    query = select(Tag.id).where(Tag.owner_id == owner_id, Tag.name_key.in_(keys))
    return list(session.scalars(query.order_by(Tag.id)))


def drop_unused(session: Session, tag_ids: Sequence[int]) -> None:
    """Remove those of the tags that no image has, not even one in the trash."""
    used = select(ImageTag.tag_id).where(ImageTag.tag_id == Tag.id).exists()
    session.execute(delete(Tag).where(Tag.id.in_(tag_ids), ~used))


def note(session: Session, ids: Sequence[int]) -> None:
    """Note that images have changed, and what they are found by."""
    touch(session, ids)
    refresh(session, ids)


# ---- rename, merge, delete ------------------------------------------------------------------


def rename(session: Session, owner: User, old: str, new: str) -> Used:
    """Give a tag another name; if there is one of that name already, both become that one.

    Many images are changed in several transactions: in between, and if we are killed, some have
    the one tag and the others the other; to rename it once more completes it. Raises
    NotFoundError, TagNameError.
    """
    name = check_name(new)
    one_at_a_time(session, owner)
    tag = find_own(session, owner, old)
    if fold(name) == tag.name_key:
        tag.name = name  # what images are found by stays the same
        session.flush()
    else:
        replace(session, owner, tag.id, name)
    return count(session, find_own(session, owner, name))


def remove(session: Session, owner: User, name: str) -> int:
    """Take a tag off all images; return off how many. Raises NotFoundError.

    Many are changed in several transactions: killed in between, the others have it still.
    """
    one_at_a_time(session, owner)
    return replace(session, owner, find_own(session, owner, name).id, None)


def replace(session: Session, owner: User, tag_id: int, name: str | None) -> int:
    """Give all images with a tag one of that name instead, or none; return how many they were.

    Then it is gone, unless somebody has put it on others meanwhile.
    """
    owner_id, number = owner.id, 0
    for some in in_batches(session, tagged(session, tag_id)):
        one_at_a_time(session, owner)
        removal = delete(ImageTag).where(ImageTag.tag_id == tag_id, ImageTag.image_id.in_(some))
        ids = sorted(session.scalars(removal.returning(ImageTag.image_id)))
        if name is not None:
            add(session, ids, made(session, owner_id, [name]))
        note(session, ids)
        number += len(ids)
    if name is not None:
        made(session, owner_id, [name])
    drop_unused(session, [tag_id])
    return number


def tagged(session: Session, tag_id: int) -> Sequence[int]:
    """Return the ids of the images that have a tag, those in the trash too."""
    query = select(ImageTag.image_id).where(ImageTag.tag_id == tag_id)
    return session.scalars(query.order_by(ImageTag.image_id)).all()
