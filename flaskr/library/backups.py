"""Byte-exact private pictures, as mini programs keep them: looked up by MD5, by their owner only.

Files whose MD5 collides are different files: both are kept. The newest answers to the MD5 until it
is deleted, then the other one does; the SHA-256 tells them apart.
"""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from flaskr.errors import NotFoundError
from flaskr.imaging import Limits
from flaskr.library.keys import is_key
from flaskr.library.media import Media
from flaskr.library.names import display_name
from flaskr.library.search import refresh
from flaskr.library.uploads import Arrival, accept
from flaskr.models import Image, User
from flaskr.storage import SpooledFile
from flaskr.transactions import begin_write


def keep(
    session: Session, media: Media, owner: User, file: SpooledFile, name: str, limits: Limits
) -> Image:
    """Take a picture in as a backup; the one that is there if the owner has it already.

    Raises what `library.uploads.accept` raises.
    """
    return accept(session, media, owner, Arrival(file, name, None, "backup"), limits).image


def rename(session: Session, image: Image, name: str) -> None:
    """Give a backup another name: of a file that is sent again, the last name counts."""
    begin_write(session)
    image.name = display_name(name, image.blob.extension)
    refresh(session, [image.id])


def find(session: Session, owner: User, md5: str, sha256: str | None = None) -> Image:
    """Return the owner's newest backup with this MD5 (hex). Raises NotFoundError."""
    image = Image.backup_of(session, owner.id, md5=md5.lower(), sha256=sha256)
    if image is None:
        raise NotFoundError
    return image


def is_own(session: Session, owner: User, key: str) -> bool:
    """Tell whether the key is that of a picture of the owner's, be it in the trash."""
    return is_key(key) and Image.knows(session, owner.id, key)


def list_own(session: Session, owner: User, *, before: str | None, size: int) -> Sequence[Image]:
    """Return up to `size` of the owner's backups, newest first, older than the key `before`."""
    return Image.backup_page(session, owner.id, before, size)
