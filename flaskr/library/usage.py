"""What an account keeps, and how much it may.

An image counts with its bytes, and so does each version of it, until it is purged: in the trash
too, and also where others keep the same content. The totals stand in the account's row and change
in the transaction that makes or purges the image; library.check tells whether they are right.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Update, func, or_, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from flaskr.errors import ImageQuotaExceededError, NotFoundError, QuotaExceededError
from flaskr.models import User
from flaskr.transactions import begin_write


@dataclass(frozen=True)
class Quota:
    """How many images and bytes an account may keep, unless its row says otherwise. 0: any."""

    images: int = 0
    bytes: int = 0


UNLIMITED = Quota()


def claim(
    session: Session, quota: Quota, owner_id: int, *, bytes: int = 0, images: int = 0
) -> None:
    """Add to what an account keeps. Raises QuotaExceededError if that would be too much.

    One statement both looks and adds, so that uploads at once cannot get over the quota together.
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
    if not change(session, owner_id, adding):
        compare(session, quota, owner_id, bytes=bytes, images=images)


def require_room(session: Session, quota: Quota, owner_id: int, *, images: int) -> None:
    """Raise QuotaExceededError where not even a byte more, or one of `images`, has room.

    Only saves the work: `claim` decides.
    """
    with suppress(NotFoundError):
        compare(session, quota, owner_id, bytes=1, images=images)


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


def compare(session: Session, quota: Quota, owner_id: int, *, bytes: int, images: int) -> None:
    """Raise what says which quota is in the way. Raises NotFoundError where the account is gone."""
    columns = (User.used_images, User.used_bytes, User.quota_images, User.quota_bytes)
    row = session.execute(select(*columns).where(User.id == owner_id)).first()
    if row is None:
        raise NotFoundError
    used_images, used_bytes, own_images, own_bytes = row
    most_images = quota.images if own_images is None else own_images
    most_bytes = quota.bytes if own_bytes is None else own_bytes
    if images and most_images and used_images + images > most_images:
        raise ImageQuotaExceededError(count=used_images, most=most_images)
    if bytes and most_bytes and used_bytes + bytes > most_bytes:
        raise QuotaExceededError(used=used_bytes, limit=most_bytes, needed=bytes)
