"""Byte-exact private pictures, as mini programs keep them: looked up by MD5, by their owner only.

Files whose MD5 collides are different files: both are kept. The newest answers to the MD5 until it
is deleted, then the other one does; the SHA-256 tells them apart.
"""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from flaskr.errors import NotFoundError
from flaskr.imaging import Limits
from flaskr.library.keys import new_key
from flaskr.library.media import Media
from flaskr.library.uploads import Arrival, accept
from flaskr.library.usage import release
from flaskr.models import Image, User
from flaskr.storage import SpooledFile


def keep(
    session: Session, media: Media, owner: User, file: SpooledFile, name: str, limits: Limits
) -> Image:
    """Take a picture in as a backup; the one that is there if the owner has it already.

    Raises what `library.uploads.accept` raises.
    """
    made = accept(session, media, owner, Arrival(file, name, new_key(), "backup"), limits).image
    earlier = Image.backup_of(session, made.owner_id, sha256=file.sha256, besides=made.id)
    if earlier is None:
        return made
    release(session, made.owner_id, bytes=made.bytes, images=1)
    session.delete(made)
    session.flush()
    return earlier


def find(session: Session, owner: User, md5: str, sha256: str | None = None) -> Image:
    """Return the owner's newest backup with this MD5 (hex). Raises NotFoundError."""
    image = Image.backup_of(session, owner.id, md5=md5.lower(), sha256=sha256)
    if image is None:
        raise NotFoundError
    return image


def list_own(session: Session, owner: User, *, before: str | None, size: int) -> Sequence[Image]:
    """Return up to `size` of the owner's backups, newest first, older than the key `before`."""
    return Image.backup_page(session, owner.id, before, size)
