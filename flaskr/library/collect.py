"""Removing what nobody needs any more: images long in the trash, then bytes without an image.

Everything is removed in small batches that are committed one by one: nobody waits for longer than
the disk takes to forget ten files, and what was done stays done if the process is killed. The
condition under which a row goes is always in the statement that removes it, whatever was read
before.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from flaskr.library import resumable
from flaskr.library.guard import own_bytes
from flaskr.library.media import Media, blob_name, variant_folder
from flaskr.library.usage import release
from flaskr.models import Blob, IdempotencyKey, Image, ImageVersion, now
from flaskr.transactions import begin_write, end_read

ROWS = 500
"""How many rows one transaction changes."""

FILES = 10
"""How many pictures one transaction removes with their bytes: a wait for the disk or two each."""

LEFTOVER_AGE = timedelta(days=1)
KEY_AGE = timedelta(days=30)
"""How long it is remembered which image a request's Idempotency-Key led to."""


@dataclass(frozen=True)
class Keeping:
    """How long images stay in the trash, and bytes after their last image went."""

    trash: timedelta
    grace: timedelta


@dataclass
class Collected:
    """What was removed: images, blobs and their size in bytes, variants, leftovers of uploads.

    `uploads` are those that came in pieces and expired, `keys` are Idempotency-Keys.
    """

    images: int = 0
    blobs: int = 0
    bytes: int = 0
    variants: int = 0
    leftovers: int = 0
    uploads: int = 0
    keys: int = 0


def collect(
    session: Session,
    media: Media,
    keeping: Keeping,
    *,
    at: datetime | None = None,
    dry_run: bool = False,
) -> Collected:
    """Remove what is due at the moment `at` and commit it, batch by batch.

    With `dry_run` nothing is removed, and what would be is counted. Safe while others upload,
    delete and collect. Raises OSError when a file cannot be removed; its row stays then.
    """
    at = at or now()
    end_read(session)  # what it has seen may be old
    if dry_run:
        return foresee(session, media, keeping, at)
    done = Collected()
    expire_images(session, at)
    done.images = purge_images(session, at - keeping.trash, at)
    mark_unreferenced(session, at)
    collect_blobs(session, media, at - keeping.grace, done)
    for path in media.spool.leftovers(at - LEFTOVER_AGE):
        path.unlink(missing_ok=True)
        done.leftovers += 1
    expired = resumable.expire(session, media, at)
    done.uploads = expired.uploads
    done.leftovers += expired.files
    done.keys = forget_keys(session, at - KEY_AGE)
    return done


def expire_images(session: Session, at: datetime) -> None:
    """Note on images that their time is over: from then on they are in the trash."""
    over = (Image.expires <= at, Image.deleted.is_(None))
    for ids in batches(session, select(Image.id).where(*over), ROWS):
        begin_write(session)
        noting = update(Image).where(Image.id.in_(ids), *over).values(deleted=Image.expires)
        session.execute(noting.execution_options(synchronize_session=False))
        session.commit()


def purge_images(session: Session, before: datetime, at: datetime) -> int:
    """Remove images deleted before that moment; note in the same transaction what lost its last."""
    purged = 0
    for ids in batches(session, select(Image.id).where(Image.deleted <= before), ROWS):
        purged += purge(session, ids, Image.deleted <= before, at)
        session.commit()
    return purged


def forget_keys(session: Session, before: datetime) -> int:
    """Forget Idempotency-Keys from before that moment: nobody retries any more."""
    forgotten = 0
    old = IdempotencyKey.created <= before
    for ids in batches(session, select(IdempotencyKey.id).where(old), ROWS):
        begin_write(session)
        removal = delete(IdempotencyKey).where(IdempotencyKey.id.in_(ids), old)
        forgotten += len(session.scalars(removal.returning(IdempotencyKey.id)).all())
        session.commit()
    return forgotten


def purge(session: Session, ids: Sequence[int], due: ColumnElement[bool], at: datetime) -> int:
    """Remove those of the images that are `due`, with all their versions; return how many."""
    own_bytes(session)
    versions = select(ImageVersion.image_id, Blob.id, Blob.bytes).join(ImageVersion.blob)
    earlier = session.execute(versions.where(ImageVersion.image_id.in_(ids))).all()
    removal = delete(Image).where(Image.id.in_(ids), due)
    removal = removal.execution_options(synchronize_session=False)
    rows = session.execute(
        removal.returning(Image.id, Image.owner_id, Image.blob_id, Image.bytes)
    ).all()
    owners = {id_: owner_id for id_, owner_id, _, _ in rows}
    contents = [(owner_id, blob_id, size) for _, owner_id, blob_id, size in rows]
    contents += [(owners[id_], blob_id, size) for id_, blob_id, size in earlier if id_ in owners]
    note_unreferenced(session, [blob_id for _, blob_id, _ in contents], at)
    for owner_id in set(owners.values()):
        size = sum(size for owner, _, size in contents if owner == owner_id)
        release(session, owner_id, bytes=size, images=list(owners.values()).count(owner_id))
    return len(rows)


def mark_unreferenced(session: Session, at: datetime) -> None:
    """Note the blobs whose images went another way: with their owner's account, for example."""
    strays = select(Blob.id).where(Blob.unreferenced.is_(None), unreferenced())
    for ids in batches(session, strays, ROWS):
        own_bytes(session)
        note_unreferenced(session, ids, at)
        session.commit()


def note_unreferenced(session: Session, blob_ids: Sequence[int], at: datetime) -> None:
    """Note on those of the blobs that have no image that this is so since `at`."""
    marking = update(Blob).where(Blob.id.in_(blob_ids), unreferenced()).values(unreferenced=at)
    session.execute(marking.execution_options(synchronize_session=False))


def collect_blobs(session: Session, media: Media, before: datetime, done: Collected) -> None:
    """Remove blobs that have had no image since that moment, with their files.

    The bytes go before the commit: killed in between, or unable to commit, we leave a row without
    bytes that no image refers to. The next run removes it, and an upload puts the bytes back.
    Variants may be many, and can be made again: they go while nobody has to wait for us, and once
    more after the commit, for some may have been made meanwhile.
    """
    due = (Blob.unreferenced <= before, unreferenced())
    for ids in batches(session, select(Blob.id).where(*due), FILES):
        chosen = session.scalars(select(Blob.sha256).where(Blob.id.in_(ids), *due)).all()
        end_read(session)
        done.variants += remove_variants(media, chosen)
        own_bytes(session)
        removal = delete(Blob).where(Blob.id.in_(ids), *due).returning(Blob.sha256, Blob.bytes)
        rows = session.execute(removal).all()
        for sha256, _ in rows:
            media.store.delete(blob_name(sha256))
        session.commit()
        done.variants += remove_variants(media, [sha256 for sha256, _ in rows])
        done.blobs += len(rows)
        done.bytes += sum(size for _, size in rows)


def remove_variants(media: Media, blobs: Iterable[str]) -> int:
    """Remove the variants of these blobs; return how many there were."""
    names = [entry.name for sha256 in blobs for entry in media.store.list(variant_folder(sha256))]
    return sum(media.store.delete(name) for name in names)


def foresee(session: Session, media: Media, keeping: Keeping, at: datetime) -> Collected:
    """Count what `collect` would remove."""
    gone = func.coalesce(Image.deleted, Image.expires)
    purged = gone <= at - keeping.trash
    kept = or_(gone.is_(None), ~purged)
    kept_images = or_(
        exists().where(Image.blob_id == Blob.id, kept),
        exists().where(ImageVersion.blob_id == Blob.id, ImageVersion.image_id == Image.id, kept),
    )
    marked = Blob.unreferenced <= at - keeping.grace
    due = marked if keeping.grace else or_(marked, Blob.unreferenced.is_(None))
    blobs = session.execute(select(Blob.sha256, Blob.bytes).where(due, ~kept_images)).all()
    images = session.scalar(select(func.count()).select_from(Image).where(purged)) or 0
    old = IdempotencyKey.created <= at - KEY_AGE
    with_image = exists().where(Image.id == IdempotencyKey.image_id, purged)
    keys = session.scalar(select(func.count(IdempotencyKey.id)).where(old, ~with_image)) or 0
    expired = resumable.expire(session, media, at, dry_run=True)
    return Collected(
        images=images,
        blobs=len(blobs),
        bytes=sum(size for _, size in blobs),
        variants=sum(1 for sha256, _ in blobs for _ in media.store.list(variant_folder(sha256))),
        leftovers=sum(1 for _ in media.spool.leftovers(at - LEFTOVER_AGE)) + expired.files,
        uploads=expired.uploads,
        keys=keys,
    )


def unreferenced() -> ColumnElement[bool]:
    """No image, deleted or not, has the blob, or had it in a version that is kept."""
    version = exists().where(ImageVersion.blob_id == Blob.id)
    return and_(~exists().where(Image.blob_id == Blob.id), ~version)


def batches(session: Session, ids: Select[int], size: int) -> Iterator[Sequence[int]]:
    """Yield the ids that are there now, `size` at a time, outside of any transaction."""
    found = session.scalars(ids).all()
    end_read(session)
    for start in range(0, len(found), size):
        yield found[start : start + size]
