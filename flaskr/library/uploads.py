"""Taking a picture in."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from flaskr.errors import EmptyFileError, NoFileError
from flaskr.imaging import Facts, Limits, probe
from flaskr.library.files import THUMBNAIL, FileRoom, blob_name, variant_name
from flaskr.library.keys import digest, new_key, new_secret
from flaskr.library.names import display_name
from flaskr.library.thumbnails import store_bytes
from flaskr.models import Blob, Image, User, insert_if_absent
from flaskr.storage import SpooledFile
from flaskr.transactions import begin_write, end_read


@dataclass(frozen=True)
class Upload:
    """A picture that was taken in. `deletion_secret` deletes it; it cannot be had again later."""

    image: Image
    deletion_secret: str


def accept(
    session: Session,
    room: FileRoom,
    owner: User,
    received: SpooledFile,
    *,
    name: str,
    batch: str,
    limits: Limits,
) -> Upload:
    """Take a picture in that has arrived in the spool: probe, store, and record it.

    `name` is the file's name where it came from; `batch` a key that groups what comes together.
    The bytes are durable before the rows are written, so rows never point at nothing. Raises
    NoFileError, EmptyFileError, what `imaging.probe` raises, and OSError; nothing is kept then.
    Commit after each picture: no earlier write may be pending.
    """
    if not name:
        raise NoFileError
    owner_id = owner.id
    if not received.size:
        raise EmptyFileError
    end_read(session)  # decoding takes a while and must not hold a connection
    facts = probe(received.path, limits)
    blob = _keep(session, room, received, facts)
    secret = new_secret()
    image = Image(
        key=new_key(),
        owner_id=owner_id,
        blob=blob,
        name=display_name(name, facts.format.extension),
        batch=batch,
        deletion_sha256=digest(secret),
    )
    session.add(image)
    session.flush()
    return Upload(image, secret)


def _keep(session: Session, room: FileRoom, received: SpooledFile, facts: Facts) -> Blob:
    """Store bytes and thumbnail, then begin to write and return the blob's row."""
    room.store.put(blob_name(received.sha256), received.path)
    store_bytes(room, variant_name(received.sha256, THUMBNAIL), facts.thumbnail)
    begin_write(session)
    insert_if_absent(
        session,
        Blob,
        sha256=received.sha256,
        md5=received.md5,
        bytes=received.size,
        type=facts.format.type,
        extension=facts.format.extension,
        width=facts.width,
        height=facts.height,
        frames=facts.frames,
    )
    blob = Blob.by_sha256(session, received.sha256)
    assert blob is not None  # noqa: S101 - inserted above, in this transaction
    return blob
