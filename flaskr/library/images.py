"""Images that are here: find, list, delete."""

import hmac
from collections.abc import Sequence

from sqlalchemy.orm import Session

from flaskr.errors import NotFoundError
from flaskr.library import copies
from flaskr.library.keys import digest, is_key
from flaskr.library.media import Media
from flaskr.models import BatchEntry, Image, User, now
from flaskr.transactions import begin_write


def find(session: Session, key: str) -> Image:
    """Return an image by its key, whoever owns it. Raises NotFoundError."""
    return _found(Image.by_key(session, key))


def find_own(session: Session, owner: User, key: str) -> Image:
    """Return an image of the owner's. Raises NotFoundError, also for somebody else's."""
    return _found(Image.owned(session, owner.id, key))


def find_by_deletion_secret(session: Session, key: str, secret: str) -> Image:
    """Return the image whose deletion link this is. Raises NotFoundError."""
    image = find(session, key)
    if not hmac.compare_digest(image.deletion_sha256, digest(secret)):
        raise NotFoundError
    return image


def list_own(session: Session, owner: User, *, before: str | None, size: int) -> Sequence[Image]:
    """Return up to `size` of the owner's images, newest first, older than the key `before`.

    None are older than what is no key.
    """
    if before is not None and not is_key(before):
        return []
    return Image.page(session, owner.id, before, size)


def list_batch(session: Session, owner: User, batch: str) -> Sequence[Image]:
    """Return the owner's images that came as one batch, in the sender's order.

    There may be none left. Raises NotFoundError if nothing is known of the batch.
    """
    images = BatchEntry.images(session, owner.id, batch)
    if not images and not BatchEntry.any_exists(session, owner.id, batch):
        raise NotFoundError
    return images


def delete(session: Session, media: Media, image: Image) -> None:
    """Take an image from every address: the one verb behind every deletion.

    Copies that other servers serve go with the commit. Its own file stays until it is collected.
    """
    begin_write(session)
    image.deleted = now()
    copies.withdraw(session, media, image)


def restore(session: Session, media: Media, image: Image) -> None:
    """Let an image out of the trash, with all that it had; one past its time expires no more.

    Raises NotFoundError if its bytes are lost, OSError.
    """
    begin_write(session)
    image.deleted = None
    if image.expires is not None and image.expires <= now():
        image.expires = None
    if image.visibility != "private":
        copies.restore(session, media, image)


def _found(image: Image | None) -> Image:
    if image is None:
        raise NotFoundError
    return image
