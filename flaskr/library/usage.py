"""What an account keeps, and how much it may.

An image counts with its bytes, and so does each version of it, until it is purged: in the trash
too, and also where others keep the same content. The totals stand in the account's row and change
in the transaction that makes or purges the image; library.check tells whether they are right.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Update, func, or_, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from flaskr.errors import (
    ImageQuotaExceededError,
    NotFoundError,
    QuotaExceededError,
    UnavailableError,
)
from flaskr.models import Blob, Image, ImageVersion, User
from flaskr.transactions import begin_write


@dataclass(frozen=True)
class Quota:
    """How many images and bytes an account may keep, unless its row says otherwise. 0: any."""

    images: int = 0
    bytes: int = 0


UNLIMITED = Quota()
CLAIMS = 3
"""How often room is asked for that others make meanwhile."""


@dataclass(frozen=True)
class Usage:
    """What an account keeps, and how much it may: None where it may keep any number."""

    images: int
    bytes: int
    most_images: int | None
    most_bytes: int | None

    def all_bytes(self, free: int) -> int:
        """Return how much it may keep in all; without a quota, as much as is `free` beside that."""
        return self.bytes + free if self.most_bytes is None else self.most_bytes


class Part(NamedTuple):
    """What an account keeps of one type."""

    name: str
    images: int
    bytes: int


class Month(NamedTuple):
    """What came in the month that starts at this moment."""

    month: datetime
    images: int
    bytes: int


def claim(
    session: Session, quota: Quota, owner_id: int, *, bytes: int = 0, images: int = 0
) -> None:
    """Add to what an account keeps. Raises QuotaExceededError if that would be too much.

    One statement both looks and adds, so that uploads at once cannot get over the quota together.
    Raises UnavailableError where others change it all the time.
    """
    begin_write(session)
    most_images = func.coalesce(User.quota_images, quota.images)
    most_bytes = func.coalesce(User.quota_bytes, quota.bytes)
    adding = update(User).where(User.id == owner_id)
    if images > 0:
        adding = adding.where(or_(most_images == 0, User.used_images + images <= most_images))
    if bytes > 0:
        adding = adding.where(or_(most_bytes == 0, User.used_bytes + bytes <= most_bytes))
    adding = adding.values(
        used_images=User.used_images + images, used_bytes=User.used_bytes + bytes
    )
    for _ in range(CLAIMS):
        if change(session, owner_id, adding):
            return
        # Where this finds room, somebody has made it in between.
        compare(session, quota, owner_id, bytes=bytes, images=images)
    raise UnavailableError


def require_room(
    session: Session, quota: Quota, owner_id: int, *, bytes: int = 1, images: int
) -> None:
    """Raise QuotaExceededError where there is no room for so many bytes, or one of `images`.

    Only saves the work: `claim` decides.
    """
    with suppress(NotFoundError):
        compare(session, quota, owner_id, bytes=bytes, images=images)


def release(session: Session, owner_id: int, *, bytes: int = 0, images: int = 0) -> None:
    """Take from what an account keeps what has been purged."""
    begin_write(session)
    taking = update(User).where(User.id == owner_id)
    taking = taking.values(
        used_images=User.used_images - images, used_bytes=User.used_bytes - bytes
    )
    change(session, owner_id, taking)


def change(session: Session, owner_id: int, statement: Update) -> bool:
    """Change the totals by `statement`; tell whether it found the account's row."""
    done: Any = session.execute(statement.execution_options(synchronize_session=False))
    owner = session.identity_map.get(identity_key(User, owner_id))
    if owner is not None:
        session.expire(owner, ["used_images", "used_bytes"])
    return bool(done.rowcount)


def of(session: Session, quota: Quota, owner_id: int) -> Usage:
    """Return what an account keeps and may keep. Raises NotFoundError where it is gone."""
    columns = (User.used_images, User.used_bytes, User.quota_images, User.quota_bytes)
    row = session.execute(select(*columns).where(User.id == owner_id)).first()
    if row is None:
        raise NotFoundError
    images, bytes_, own_images, own_bytes = row
    most_images = quota.images if own_images is None else own_images
    most_bytes = quota.bytes if own_bytes is None else own_bytes
    return Usage(images, bytes_, most_images or None, most_bytes or None)


def compare(session: Session, quota: Quota, owner_id: int, *, bytes: int, images: int) -> None:
    """Raise what says which quota is in the way. Raises NotFoundError where the account is gone."""
    usage = of(session, quota, owner_id)
    if images and usage.most_images is not None and usage.images + images > usage.most_images:
        raise ImageQuotaExceededError(count=usage.images, most=usage.most_images)
    if bytes and usage.most_bytes is not None and usage.bytes + bytes > usage.most_bytes:
        raise QuotaExceededError(used=usage.bytes, limit=usage.most_bytes, needed=bytes)


def set_quota(session: Session, user: User, *, images: int | None, bytes: int | None) -> None:
    """Set how much an account may keep. None: as the settings say; 0: any number."""
    begin_write(session)
    user.quota_images, user.quota_bytes = images, bytes


# ---- parts of the whole ---------------------------------------------------------------------


def by_type(session: Session, owner: User) -> Sequence[Part]:
    """Return what an account keeps outside of the trash by the pictures' types, most bytes first.

    A type is named by its extension. Earlier versions are not counted.
    """
    total = select(Image.extension, func.count(), func.sum(Image.bytes)).where(*living(owner))
    rows = session.execute(total.group_by(Image.extension))
    parts = [Part(extension, images, int(size)) for extension, images, size in rows]
    return sorted(parts, key=lambda part: (-part.bytes, part.name))


def by_month(session: Session, owner: User, at: datetime, months: int) -> Sequence[Month]:
    """Return the same of the last `months` months up to the one of `at`, empty ones included.

    An image counts for the month, in UTC, in which it came.
    """
    count = at.year * 12 + at.month - 1
    starts = [
        datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC)
        for number in range(count - months + 1, count + 1)
    ]
    if session.get_bind().dialect.name == "sqlite":
        name = func.strftime("%Y-%m", Image.created)
    else:
        name = func.to_char(func.timezone("UTC", Image.created), "YYYY-MM")
    total = select(name, func.count(), func.sum(Image.bytes)).where(*living(owner))
    total = total.where(Image.created >= starts[0]).group_by(name)
    found = {month: (images, int(size)) for month, images, size in session.execute(total)}
    return [Month(start, *found.get(f"{start:%Y-%m}", (0, 0))) for start in starts]


def living(owner: User) -> tuple[ColumnElement[bool], ...]:
    """Return that an image counts; an index tells all of it without the rows."""
    return Image.owner_id == owner.id, Image.deleted.is_(None)


# ---- are the totals right? ------------------------------------------------------------------


def wrong_totals(session: Session) -> Sequence[tuple[int, int, int, int, int]]:
    """Return the accounts whose totals are wrong: id, images and bytes as told, and as counted."""
    images, bytes_ = counted()
    told = (User.used_images, User.used_bytes)
    query = select(User.id, *told, images, bytes_).where(
        or_(User.used_images != images, User.used_bytes != bytes_)
    )
    return [tuple(map(int, row)) for row in session.execute(query)]  # type: ignore[misc]


def recount(session: Session, owner_id: int) -> None:
    """Set an account's totals anew. Within `library.guard.own_bytes`, where nothing is recorded."""
    images, bytes_ = counted()
    change(
        session,
        owner_id,
        update(User).where(User.id == owner_id).values(used_images=images, used_bytes=bytes_),
    )


def counted() -> tuple[ColumnElement[int], ColumnElement[int]]:
    """Return how many images an account keeps, and how many bytes with their versions."""
    own = Image.owner_id == User.id
    images = select(func.count()).select_from(Image).where(own)
    current = select(func.coalesce(func.sum(Image.bytes), 0)).where(own)
    earlier = (
        select(func.coalesce(func.sum(Blob.bytes), 0))
        .select_from(Image)
        .join(ImageVersion, ImageVersion.image_id == Image.id)
        .join(Blob, ImageVersion.blob_id == Blob.id)
        .where(own)
    )
    total, before, after = (
        each.correlate(User).scalar_subquery() for each in (images, current, earlier)
    )
    return total, before + after
