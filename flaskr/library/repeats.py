"""What an owner sent before: known by the key of its request, or by its content."""

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from flaskr.errors import IdempotencyMismatchError
from flaskr.models import (
    BatchEntry,
    Blob,
    IdempotencyKey,
    Image,
    SetFile,
    User,
    insert_if_absent,
    now,
)


def wait_for_owner(session: Session, owner_id: int) -> None:
    """Let the owner's uploads be recorded one by one, so that each sees those before it.

    Within a write transaction, until its end. SQLite has one writer anyway, and locks no row.
    """
    owner = select(User.id).where(User.id == owner_id)
    session.execute(owner.with_for_update(key_share=True))


def led_to(session: Session, owner_id: int, key: str | None, sha256: str) -> IdempotencyKey | None:
    """Return the owner's earlier request with this key, if its image lives, or None.

    `sha256` stands for the request. Raises IdempotencyMismatchError if the key came with another.
    """
    if key is None:
        return None
    earlier = IdempotencyKey.of(session, owner_id, key)
    if earlier is None:
        return None
    if earlier.content_sha256 != sha256:
        raise IdempotencyMismatchError
    return earlier if earlier.image.deleted is None else None


def is_used(session: Session, owner_id: int, key: str | None) -> bool:
    """Tell whether a request of the owner's with this key led to an image that lives."""
    earlier = IdempotencyKey.of(session, owner_id, key) if key is not None else None
    return earlier is not None and earlier.image.deleted is None


def note_key(session: Session, image: Image, key: str | None, sha256: str, *, known: bool) -> None:
    """Remember which image the request with this key led to; `known`: it was here before."""
    if key is None:
        return
    created = now() if known else image.created
    earlier = IdempotencyKey.of(session, image.owner_id, key)
    if earlier is None:
        session.add(
            IdempotencyKey(
                owner_id=image.owner_id,
                key=key,
                content_sha256=sha256,
                image_id=image.id,
                created=created,
            )
        )
    else:
        earlier.image_id, earlier.created = image.id, created
    session.flush()


def same_content(session: Session, owner_id: int, blob: Blob, visibility: str) -> Image | None:
    """Return the owner's newest living image of this content, kept this way for good, or None.

    Pictures of upload sets do not count: their set deletes them when it has a newer one. Neither do
    those that expire: a link to one would end without a word to whoever sent it once more.
    """
    of_a_set = exists().where(SetFile.image_id == Image.id)
    query = Image.living().where(
        Image.owner_id == owner_id,
        Image.blob_id == blob.id,
        Image.visibility == visibility,
        Image.expires.is_(None),
        ~of_a_set,
    )
    return session.scalar(query.order_by(Image.id.desc()).limit(1))


def enter(session: Session, image: Image, batch: str | None, position: int) -> None:
    """Put the image into a batch of its owner's, unless it is in it already."""
    if batch is None:
        return
    insert_if_absent(
        session,
        BatchEntry,
        owner_id=image.owner_id,
        batch=batch,
        image_id=image.id,
        position=position,
    )
