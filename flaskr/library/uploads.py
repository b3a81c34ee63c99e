"""Taking a picture in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from flaskr.errors import EmptyFileError, NoFileError, QuotaExceededError
from flaskr.imaging import EXTENSIONS, Limits
from flaskr.imaging.facts import CleanFile, Facts
from flaskr.imaging.spec import THUMBNAIL, simplest
from flaskr.library.guard import own_bytes, rely_on_bytes
from flaskr.library.keys import digest, new_key, new_secret
from flaskr.library.media import Media, blob_name, variant_folder, variant_name
from flaskr.library.names import display_name
from flaskr.library.search import write_texts
from flaskr.library.usage import claim, require_room
from flaskr.library.variants import exists, spec_name
from flaskr.models import BatchEntry, Blob, Image, User, insert_if_absent
from flaskr.storage import SpooledFile
from flaskr.transactions import end_read

Keep = Literal["share", "backup"]
"""`share`: without metadata, for all who have the link. `backup`: every byte, for the owner."""

KEEPS: tuple[Keep, ...] = ("share", "backup")
VISIBILITY: dict[Keep, str] = {"share": "unlisted", "backup": "private"}


@dataclass(frozen=True)
class Arrival:
    """A file that has arrived in the spool, and what its sender says of it.

    `name` is its name where it came from; `batch` a key that groups what comes together, `position`
    the file's place in it, as far as its sender knows.
    """

    file: SpooledFile
    name: str
    batch: str
    keep: Keep
    position: int = 0


@dataclass(frozen=True)
class Upload:
    """A picture that was taken in. `deletion_secret` deletes it; it cannot be had again later."""

    image: Image
    deletion_secret: str


@dataclass(frozen=True)
class Content:
    """The bytes to be kept, in a file on the store's volume: the arrived file, or a cleaned one."""

    path: Path
    sha256: str
    md5: str
    size: int


def accept(session: Session, media: Media, owner: User, arrival: Arrival, limits: Limits) -> Upload:
    """Take a picture in: check and clean it in a child process, store it, record it.

    Raises what `take_content` raises and QuotaExceededError; nothing is kept then. Commit after
    each picture: no earlier write may be pending.
    """
    owner_id = owner.id
    require_room(session, media.quota, owner_id, images=1)
    blob = take_content(session, media, arrival, limits)
    claim_room(session, media, owner_id, blob, images=1)
    secret = new_secret()
    image = Image(
        key=new_key(),
        owner_id=owner_id,
        blob=blob,
        name=display_name(arrival.name, blob.extension),
        visibility=VISIBILITY[arrival.keep],
        deletion_sha256=digest(secret),
    )
    write_texts(image)
    entry = BatchEntry(
        owner_id=owner_id, batch=arrival.batch, position=arrival.position, image=image
    )
    session.add_all([image, entry])
    session.flush()
    return Upload(image, secret)


def take_content(session: Session, media: Media, arrival: Arrival, limits: Limits) -> Blob:
    """Check, clean and store what has arrived; return its row, within a write transaction.

    The bytes are durable before the row is written, so rows never point at nothing. Raises
    NoFileError, EmptyFileError, what DecodePool.run raises, and OSError.
    """
    if not arrival.name:
        raise NoFileError
    if not arrival.file.size:
        raise EmptyFileError
    end_read(session)  # decoding takes a while and must not hold a connection
    with opened(media, arrival, limits) as (facts, content, thumbnail):
        small = thumbnail_name(facts, content)
        store(media, content, small, thumbnail)
        rely_on_bytes(session)
        store_again(media, content, small, thumbnail)
        return record_blob(session, facts, content)


def claim_room(session: Session, media: Media, owner_id: int, blob: Blob, *, images: int) -> None:
    """Count content that `take_content` has taken as the owner's.

    Raises QuotaExceededError; the transaction is given up then, and so are bytes that nobody needs.
    """
    sha256 = blob.sha256
    try:
        claim(session, media.quota, owner_id, bytes=blob.bytes, images=images)
    except QuotaExceededError:
        session.rollback()
        own_bytes(session)
        if session.scalar(select(Blob.id).where(Blob.sha256 == sha256)) is None:
            media.store.delete(blob_name(sha256))
            for entry in media.store.list(variant_folder(sha256)):
                media.store.delete(entry.name)
        session.rollback()
        raise


@contextmanager
def opened(media: Media, arrival: Arrival, limits: Limits) -> Iterator[tuple[Facts, Content, Path]]:
    """Give the facts, the bytes to keep and the thumbnail; what is not moved away is removed."""
    clean, thumbnail = media.spool.new_path(), media.spool.new_path()
    try:
        facts = Facts.from_json(
            media.decoders.run(
                "intake",
                source=str(arrival.file.path),
                clean=str(clean) if arrival.keep == "share" else None,
                thumbnail=str(thumbnail),
                limits=asdict(limits),
            )
        )
        yield facts, choose(arrival.file, clean, facts.clean), thumbnail
    finally:
        clean.unlink(missing_ok=True)
        thumbnail.unlink(missing_ok=True)


def choose(arrived: SpooledFile, clean: Path, cleaned: CleanFile | None) -> Content:
    """Return the cleaned file if stripping changed anything, else the one that arrived."""
    if cleaned is None:
        return Content(arrived.path, arrived.sha256, arrived.md5, arrived.size)
    return Content(clean, cleaned.sha256, cleaned.md5, cleaned.size)


def store(media: Media, content: Content, small: str, thumbnail: Path) -> None:
    """Put bytes and thumbnail, the latter as `small`, into the store, unless it has them."""
    media.store.put(blob_name(content.sha256), content.path)
    media.store.put(small, thumbnail, durable=False)


def store_again(media: Media, content: Content, small: str, thumbnail: Path) -> None:
    """Store what was collected since `store`, which may have met bytes that were about to go.

    Within `rely_on_bytes`; from here on they stay.
    """
    if not all(exists(media, name) for name in (blob_name(content.sha256), small)):
        store(media, content, small, thumbnail)


def thumbnail_name(facts: Facts, content: Content) -> str:
    spec = simplest(THUMBNAIL, (facts.width, facts.height), facts.frames)
    return variant_name(content.sha256, spec_name(spec))


def record_blob(session: Session, facts: Facts, content: Content) -> Blob:
    """Return the row of the content, made if it is new. Two uploads at once agree on one."""
    insert_if_absent(
        session,
        Blob,
        sha256=content.sha256,
        md5=content.md5,
        bytes=content.size,
        type=EXTENSIONS[facts.extension].type,
        extension=facts.extension,
        width=facts.width,
        height=facts.height,
        frames=facts.frames,
        phash=facts.phash,
    )
    blob = Blob.need(session, content.sha256)
    blob.unreferenced = None
    if blob.phash is None:  # recorded by an earlier program
        blob.phash = facts.phash
    return blob
