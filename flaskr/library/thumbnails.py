"""Small pictures, made with the upload and again whenever they are missing."""

from PIL import Image as Picture

from flaskr.errors import NotFoundError
from flaskr.imaging.formats import EXTENSIONS
from flaskr.imaging.thumbnail import encode_thumbnail
from flaskr.library.files import THUMBNAIL, FileRoom, blob_name, variant_name
from flaskr.models import Blob
from flaskr.storage import MissingFileError


def thumbnail_name(room: FileRoom, blob: Blob) -> str:
    """Return the stored name of the blob's thumbnail, which is made if it is not there.

    Raises NotFoundError when the blob's own bytes are gone.
    """
    name = variant_name(blob.sha256, THUMBNAIL)
    try:
        room.store.stat(name)
    except MissingFileError:
        _make(room, blob, name)
    return name


def _make(room: FileRoom, blob: Blob, name: str) -> None:
    try:
        source = room.store.open(blob_name(blob.sha256))
    except MissingFileError:
        raise NotFoundError from None
    with source, Picture.open(source, formats=EXTENSIONS[blob.extension].decoders) as picture:
        picture.draft("RGB", (320, 320))
        content = encode_thumbnail(picture)
    store_bytes(room, name, content)


def store_bytes(room: FileRoom, name: str, content: bytes) -> None:
    """Put a small content that is in memory into the store, unless the name is taken."""
    with room.spool.create() as spooled:
        spooled.write(content)
        spooled.finish()
        room.store.put(name, spooled.path)
