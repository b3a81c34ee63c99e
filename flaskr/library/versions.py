"""The contents of an image: replaced under the same key and links, kept, taken back.

The direct link keeps its address, also under the extension that it had; its validator is the
content's hash, so caches learn of the change when they ask again, after LINK_MAX_AGE at the latest.
What was there before is for the owner alone.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from flaskr.errors import EditConflictError, NoSuchEditError, NotEditableError, NotFoundError
from flaskr.imaging import Limits
from flaskr.imaging.edit import Edit
from flaskr.imaging.formats import EXTENSION_ALIASES, SVG
from flaskr.imaging.limits import ANY_SIZE
from flaskr.library import copies
from flaskr.library.guard import rely_on_bytes
from flaskr.library.media import Media, blob_name
from flaskr.library.names import display_name
from flaskr.library.repeats import wait_for_owner
from flaskr.library.search import refresh
from flaskr.library.uploads import Arrival, Keep, claim_room, take_content
from flaskr.library.usage import release, require_room
from flaskr.library.variants import local_copy
from flaskr.models import Blob, DirectImage, Image, ImageVersion, now
from flaskr.storage import SpooledFile
from flaskr.transactions import begin_write, end_read

CHUNK = 1024 * 1024
PRIVATE = "private"
FIRST = 1
"""The number of the content that an image was uploaded with."""
TURNS = {0, 90, 180, 270}


@dataclass(frozen=True)
class Version:
    """One content of an image. `replaced` is when the next one came; None: it is the current."""

    number: int
    blob: Blob
    name: str
    replaced: datetime | None


def list_all(session: Session, image: Image) -> list[Version]:
    """Return the current content and those before that are kept, the newest first."""
    query = select(ImageVersion).where(ImageVersion.image_id == image.id)
    before = session.scalars(query.order_by(ImageVersion.number.desc()))
    current = Version(image.version, image.blob, image.name, None)
    return [current, *(Version(each.number, each.blob, each.name, each.created) for each in before)]


def find(session: Session, image: Image, number: int) -> Version:
    """Return one content of an image. Raises NotFoundError."""
    for version in list_all(session, image):
        if version.number == number:
            return version
    raise NotFoundError


def as_direct(image: Image, version: Version) -> DirectImage:
    """Return what a link to this content needs; it is private whatever the image is."""
    blob = version.blob
    return DirectImage(
        key=image.key,
        owner_id=image.owner_id,
        visibility=PRIVATE,
        name=version.name,
        sha256=blob.sha256,
        type=blob.type,
        extension=blob.extension,
        width=blob.width,
        height=blob.height,
        frames=blob.frames,
        version=version.number,
        expires=None,
    )


def replace(
    session: Session,
    media: Media,
    image: Image,
    file: SpooledFile,
    name: str,
    limits: Limits,
    *,
    kept: int,
    version: int | None = None,
) -> Image:
    """Give an image another content, from a file that has arrived; keep `kept` of those before.

    A private image takes every byte, others none of the metadata. The content that it has already
    changes nothing. Raises what `uploads.accept` raises, NotFoundError if the image was deleted
    meanwhile, and EditConflictError if it was shared, or has another content than `version`. No
    earlier write may be pending.
    """
    keep = keep_for(image)
    id_, owner_id = image.id, image.owner_id
    require_room(session, media.quota, owner_id, images=0)
    blob = take_content(session, media, owner_id, Arrival(file, name, None, keep), limits)
    held = hold(session, id_, version)
    return succeed(session, media, held, blob, display_name(name, blob.extension), keep, kept)


def roll_back(
    session: Session,
    media: Media,
    image: Image,
    number: int,
    *,
    kept: int,
    version: int | None = None,
) -> Image:
    """Make an earlier content the current one again, as a new version.

    What others see of it has no metadata, also where it was kept while the image was private.
    Raises what `replace` raises, and NotFoundError if that content is not kept. No earlier write
    may be pending.
    """
    id_, owner_id, keep = image.id, image.owner_id, keep_for(image)
    earlier = find(session, image, number)
    if keep == "share":
        name = earlier.name
        made = clean(session, media, owner_id, earlier.blob, name)
        return succeed(session, media, hold(session, id_, version), made, name, keep, kept)
    rely_on_bytes(session)
    wait_for_owner(session, owner_id)
    held = hold(session, id_, version)
    earlier = find(session, held, number)
    return succeed(session, media, held, earlier.blob, earlier.name, keep, kept)


def edit(
    session: Session,
    media: Media,
    image: Image,
    change: Edit,
    *,
    kept: int,
    version: int | None = None,
) -> Image:
    """Turn, mirror or crop an image, as a new version.

    Raises NotEditableError, NoSuchEditError, what DecodePool.run and `uploads.accept` raise,
    NotFoundError, and EditConflictError if the image has got another content meanwhile, or has
    another one than `version`. No earlier write may be pending.
    """
    check_version(image, version)
    blob, name = image.blob, image.name
    check_edit(change, blob)
    id_, owner_id, blob_id = image.id, image.owner_id, image.blob_id
    require_room(session, media.quota, owner_id, images=0)
    end_read(session)
    target = media.spool.new_path()
    try:
        with local_copy(media, blob_name(blob.sha256)) as source:
            media.decoders.run(
                "edit",
                source=str(source),
                extension=blob.extension,
                change=asdict(change),
                target=str(target),
            )
        made = take_clean(session, media, owner_id, target, name)
    finally:
        target.unlink(missing_ok=True)
    held = hold(session, id_, version)
    if held.blob_id != blob_id:
        raise EditConflictError
    return succeed(session, media, held, made, rename(name, made), "share", kept)


def check_edit(change: Edit, blob: Blob) -> None:
    """Raise NotEditableError or NoSuchEditError for what cannot be done to this content."""
    if not is_editable(blob):
        raise NotEditableError
    if change.turn not in TURNS:
        raise NoSuchEditError
    if change.box is None:
        return
    width, height = change.size(blob.width, blob.height)
    left, top, across, down = change.box
    inside = left + across <= width and top + down <= height
    if min(left, top) < 0 or min(across, down) < 1 or not inside:
        raise NoSuchEditError


def is_editable(blob: Blob) -> bool:
    """Tell whether content can be turned and cropped: a still picture of pixels."""
    return blob.frames == 1 and blob.extension != SVG.extension


def strip(
    session: Session, media: Media, image: Image, *, kept: int, revision: int | None = None
) -> Image:
    """Take the metadata out of an image's content, as a new version unless there was none.

    Whoever shares what was private calls it. Raises EditConflictError if the image has another
    revision meanwhile, and what `edit` raises.
    """
    blob, name, id_, owner_id = image.blob, image.name, image.id, image.owner_id
    blob_id = image.blob_id
    made = clean(session, media, owner_id, blob, name)
    held = hold(session, id_)
    if held.blob_id != blob_id or (revision is not None and held.revision != revision):
        raise EditConflictError
    return succeed(session, media, held, made, name, "share", kept)


def clean(session: Session, media: Media, owner_id: int, blob: Blob, name: str) -> Blob:
    """Return content without its metadata: the same if it holds none. Raises as `edit` does."""
    stored = blob_name(blob.sha256)
    end_read(session)
    with local_copy(media, stored) as source:
        return take_clean(session, media, owner_id, source, name)


def take_clean(session: Session, media: Media, owner_id: int, source: Path, name: str) -> Blob:
    """Take a copy of a file in without its metadata. Raises as `uploads.take_content` does."""
    with source.open("rb") as content, media.spool.create() as file:
        while chunk := content.read(CHUNK):
            file.write(chunk)
        file.finish()
        arrival = Arrival(file, name, None, "share")
        return take_content(session, media, owner_id, arrival, ANY_SIZE)


def keep_for(image: Image) -> Keep:
    """Return how content is kept for an image of this visibility."""
    return "backup" if image.visibility == PRIVATE else "share"


def succeed(
    session: Session,
    media: Media,
    image: Image,
    blob: Blob,
    name: str,
    keep: Keep,
    kept: int,
) -> Image:
    """Make `blob` the current content, within a write transaction.

    The one gate to the public: what was kept with every byte does not get through if the image was
    shared meanwhile. Raises EditConflictError, QuotaExceededError.
    """
    if keep == "backup" and image.visibility != PRIVATE:
        raise EditConflictError
    if blob.id == image.blob_id:
        return image
    claim_room(session, media, image.owner_id, blob, images=0)
    session.add(
        ImageVersion(
            image_id=image.id, number=image.version, blob_id=image.blob_id, name=image.name
        )
    )
    image.blob = blob
    image.name = name
    image.version += 1
    image.revision += 1
    image.changed = now()
    session.flush()
    refresh(session, [image.id])
    if image.visibility != PRIVATE:
        copies.renew(session, media, image)
    prune(session, image, kept)
    return image


def prune(session: Session, image: Image, kept: int) -> None:
    """Forget the oldest contents beyond the number that is kept; gc collects their bytes.

    What was uploaded first stays besides them, unless none is to be kept.
    """
    query = select(ImageVersion).where(ImageVersion.image_id == image.id)
    if kept:
        query = query.where(ImageVersion.number > FIRST)
    beyond = session.scalars(query.order_by(ImageVersion.number.desc()).offset(kept)).all()
    for version in beyond:
        session.delete(version)
    if beyond:
        session.flush()
        release(session, image.owner_id, bytes=sum(version.blob.bytes for version in beyond))


def rename(name: str, blob: Blob) -> str:
    """Return the name with the ending of what the content is now, if that has changed."""
    before, dot, ending = name.rpartition(".")
    if (
        not dot
        or not before
        or EXTENSION_ALIASES.get(ending.lower(), ending.lower()) == blob.extension
    ):
        return name
    return display_name(f"{before}.{blob.extension}", blob.extension)


def hold(session: Session, image_id: int, version: int | None = None) -> Image:
    """Start a write transaction, if need be, in which the image lives and nobody changes it.

    Raises NotFoundError, and EditConflictError if its content is not that `version`.
    """
    begin_write(session)
    query = Image.living().where(Image.id == image_id).with_for_update(of=Image)
    image = session.scalar(query.execution_options(populate_existing=True))
    if image is None:
        raise NotFoundError
    check_version(image, version)
    return image


def check_version(image: Image, version: int | None) -> None:
    """Raise EditConflictError if the content of an image is another one; None: any will do."""
    if version is not None and image.version != version:
        raise EditConflictError
