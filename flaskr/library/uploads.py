"""Taking a picture in."""

import hmac
from collections.abc import Callable, Iterator
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
from flaskr.library.keys import derive_secret, digest, new_key
from flaskr.library.media import Media, blob_name, variant_folder, variant_name
from flaskr.library.names import display_name
from flaskr.library.repeats import enter, led_to, note_key, same_content, wait_for_owner
from flaskr.library.search import write_texts
from flaskr.library.usage import claim
from flaskr.library.variants import exists, spec_name
from flaskr.models import Blob, Image, User, insert_if_absent
from flaskr.storage import ArrivedFile
from flaskr.transactions import begin_write, end_read

Keep = Literal["share", "backup"]
"""`share`: without metadata, for all who have the link. `backup`: every byte, for the owner."""

KEEPS: tuple[Keep, ...] = ("share", "backup")
VISIBILITY: dict[Keep, str] = {"share": "unlisted", "backup": "private"}
DELETION = "deletion"
"""What deletion secrets are derived for."""


@dataclass(frozen=True)
class Arrival:
    """A file that has arrived in the spool, and what its sender says of it.

    `name` is its name where it came from; `batch` a key that groups what comes together, if
    anything does, `position` the file's place in it, as far as its sender knows. `visibility` is
    who may see it if it is shared, None for whoever has the link; a backup is its owner's alone.
    `idempotency_key` is the same if the same file is sent once more because no answer came. `anew`
    asks for an image of its own, though the owner may have the same content already.
    `request_sha256` stands for what the key came with where that is not the file. `copy` is given
    the file to be kept before anything is recorded: it may be slow, and others need not wait.
    """

    file: ArrivedFile
    name: str
    batch: str | None
    keep: Keep
    position: int = 0
    idempotency_key: str | None = None
    anew: bool = False
    request_sha256: str | None = None
    copy: Callable[[Path], None] | None = None
    visibility: str | None = None

    @property
    def shown_to(self) -> str:
        """Who may see the picture."""
        usual = VISIBILITY[self.keep]
        return self.visibility or usual if self.keep == "share" else usual

    @property
    def keyed_sha256(self) -> str:
        """What has to be the same whenever the key is: what is sent, and how it is to be kept."""
        sent = self.request_sha256 or self.file.sha256
        return digest(f"{sent} {self.keep} {self.shown_to}")


@dataclass(frozen=True)
class Upload:
    """A picture that was taken in, or is `known`: the owner had it already.

    `repeated` says that an earlier request with the same key did that, so that nothing new came of
    this one. `deletion_secret` deletes it. It is None for a known picture from before the
    instance's secret key was changed.
    """

    image: Image
    deletion_secret: str | None
    known: bool
    repeated: bool = False


@dataclass(frozen=True)
class Content:
    """The bytes to be kept, in a file on the store's volume: the arrived file, or a cleaned one."""

    path: Path
    sha256: str
    md5: str
    size: int


def accept(session: Session, media: Media, owner: User, arrival: Arrival, limits: Limits) -> Upload:
    """Take a picture in: check and clean it in a child process, store it, record it.

    What the owner has already, kept the same way, is not recorded once more: it only joins the
    batch. Raises what `take_content` raises, IdempotencyMismatchError and QuotaExceededError;
    nothing is kept then. Commit after each picture: no earlier write may be pending.
    """
    if not arrival.name:
        raise NoFileError
    owner_id = owner.id
    repeated = repeat(session, media, owner_id, arrival)
    if repeated is not None:
        return repeated
    blob = take_content(session, media, owner_id, arrival, limits)
    repeated = joined(session, media, owner_id, arrival)  # it can have come while this was decoded
    if repeated is not None:
        return repeated
    shown_to = arrival.shown_to
    image = None if arrival.anew else same_content(session, owner_id, blob, shown_to)
    known = image is not None
    if image is None:
        claim_room(session, media, owner_id, blob, images=1)
        image = record_image(session, media, owner_id, blob, arrival)
    note_key(session, image, arrival.idempotency_key, arrival.keyed_sha256, known=known)
    enter(session, image, arrival.batch, arrival.position)
    return Upload(image, deletion_secret(media, image), known)


def check(media: Media, arrival: Arrival, limits: Limits) -> None:
    """Look at a picture as `accept` does, and keep nothing.

    Raises EmptyFileError, what DecodePool.run raises, and OSError.
    """
    if not arrival.file.size:
        raise EmptyFileError
    with opened(media, arrival, limits):
        pass


def repeat(session: Session, media: Media, owner_id: int, arrival: Arrival) -> Upload | None:
    """Return what a request with the arrival's key led to before, or None; nothing is decoded.

    Looked up twice: most uploads are no repetition and should not wait for other writers here.
    """
    key, sha256 = arrival.idempotency_key, arrival.keyed_sha256
    if led_to(session, owner_id, key, sha256) is None:
        return None
    begin_write(session)
    wait_for_owner(session, owner_id)
    repeated = joined(session, media, owner_id, arrival)
    if repeated is None:  # deleted meanwhile
        session.rollback()
    return repeated


def joined(session: Session, media: Media, owner_id: int, arrival: Arrival) -> Upload | None:
    """Return what a request with the arrival's key led to, now in the arrival's batch, or None.

    Within a write transaction.
    """
    earlier = led_to(session, owner_id, arrival.idempotency_key, arrival.keyed_sha256)
    if earlier is None:
        return None
    image = earlier.image
    enter(session, image, arrival.batch, arrival.position)
    return Upload(image, deletion_secret(media, image), not earlier.made_image, repeated=True)


def record_image(
    session: Session, media: Media, owner_id: int, blob: Blob, arrival: Arrival
) -> Image:
    """Record a new image of the content."""
    key = new_key()
    image = Image(
        key=key,
        owner_id=owner_id,
        blob=blob,
        name=display_name(arrival.name, blob.extension),
        visibility=arrival.shown_to,
        deletion_sha256=digest(derive_secret(media.secret_key, DELETION, key)),
    )
    write_texts(image)
    session.add(image)
    session.flush()
    return image


def deletion_secret(media: Media, image: Image) -> str | None:
    """Return the secret that deletes the image; None if it was made with another secret key."""
    secret = derive_secret(media.secret_key, DELETION, image.key)
    return secret if hmac.compare_digest(digest(secret), image.deletion_sha256) else None


def take_content(
    session: Session, media: Media, owner_id: int, arrival: Arrival, limits: Limits
) -> Blob:
    """Check, clean and store what has arrived; return its row, within a write transaction.

    The bytes are durable before the row is written, so rows never point at nothing. Others who
    take something in for the owner wait until the transaction ends. Raises NoFileError,
    EmptyFileError, what DecodePool.run raises, and OSError.
    """
    if not arrival.name:
        raise NoFileError
    if not arrival.file.size:
        raise EmptyFileError
    end_read(session)  # decoding takes a while and must not hold a connection
    with opened(media, arrival, limits) as (facts, content, thumbnail):
        small = thumbnail_name(facts, content)
        if arrival.copy is not None:
            arrival.copy(content.path)
        store(media, content, small, thumbnail)
        rely_on_bytes(session)
        wait_for_owner(session, owner_id)
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


def choose(arrived: ArrivedFile, clean: Path, cleaned: CleanFile | None) -> Content:
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
