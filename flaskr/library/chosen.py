"""What somebody chose to do something with: keys from outside, found among what is theirs."""

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from flaskr.errors import NothingChosenError, NothingLeftError, TooManyChosenError
from flaskr.library.keys import is_key
from flaskr.models import Image, User, now
from flaskr.transactions import begin_write

Item = TypeVar("Item")

MOST = 10_000
"""How many images one request may name."""

ROWS = 500
"""How many ids one statement names."""

BATCH = 200
"""How many images one transaction changes: others wait for some hundredths of a second."""

PAUSE_SECONDS = 0.02
"""How long they have then: who waits for SQLite looks ten times a second whether it is free."""


def own_ids(session: Session, owner: User, keys: Iterable[str]) -> Iterator[Sequence[int]]:
    """Yield the ids of the owner's living images, some at a time, in the given order.

    Each time within a write transaction as `one_at_a_time` begins it, in which they stay what they
    are; all but the last are committed here. What is somebody else's, or nobody's, is passed over.
    Raises NothingChosenError without any key, TooManyChosenError, and NothingLeftError if none of
    them is the owner's.
    """
    owner_id, any_found = owner.id, False
    for some in in_batches(session, distinct(keys)):
        one_at_a_time(session, owner)
        query = Image.living().where(Image.key.in_(some), Image.owner_id == owner_id)
        held = query.with_only_columns(Image.key, Image.id).order_by(Image.id)
        rows = session.execute(held.with_for_update(of=Image))
        found = {row.key: row.id for row in rows}
        if found:
            any_found = True
            yield [found[key] for key in some if key in found]
    if not any_found:
        raise NothingLeftError


def own_images(session: Session, owner: User, keys: Iterable[str]) -> list[Image]:
    """Return the owner's living images, in the given order. Raises as `own_ids` does."""
    wanted = distinct(keys)
    found: dict[str, Image] = {}
    for some in pieces(wanted):
        query = Image.living().where(Image.key.in_(some), Image.owner_id == owner.id)
        found.update({image.key: image for image in session.scalars(query)})
    if not found:
        raise NothingLeftError
    return [found[key] for key in wanted if key in found]


def distinct(keys: Iterable[str]) -> list[str]:
    """Return each key once, in order. Raises NothingChosenError, TooManyChosenError."""
    wanted = list(dict.fromkeys(keys))
    if not wanted:
        raise NothingChosenError
    if len(wanted) > MOST:
        raise TooManyChosenError(most=MOST)
    return [key for key in wanted if is_key(key)]


def pieces(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Yield the items, as many at once as a statement may name."""
    for start in range(0, len(items), ROWS):
        yield items[start : start + ROWS]


def in_batches(session: Session, items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Yield the items, as many at once as one transaction changes, and commit in between.

    Then others may write, for a moment at least. Killed, what was done stays done.
    """
    for start in range(0, len(items), BATCH):
        if start:
            session.commit()
            time.sleep(PAUSE_SECONDS)
        yield items[start : start + BATCH]


def touch(session: Session, ids: Sequence[int]) -> None:
    """Note on these images that they have changed."""
    for some in pieces(ids):
        changed = {"revision": Image.revision + 1, "changed": now()}
        session.execute(update(Image).where(Image.id.in_(some)).values(changed))


def one_at_a_time(session: Session, owner: User) -> None:
    """Start a write transaction for which others of the same account's wait.

    Who orders or names things by what is there needs it, and who changes several rows: locks are
    taken in one order, the owner's row, then albums', then images', so that no two wait for each
    other. On SQLite there is one writer anyway.
    """
    owner_id = owner.id
    begin_write(session)
    session.execute(select(User.id).where(User.id == owner_id).with_for_update(key_share=True))
