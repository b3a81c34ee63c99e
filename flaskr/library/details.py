"""What the page of an image shows besides its row."""

import hashlib
from functools import partial
from io import BytesIO

import segno

from flaskr.imaging.camera import Camera
from flaskr.library.making import PATIENCE
from flaskr.library.media import Media, blob_name
from flaskr.library.variants import local_copy
from flaskr.models import Blob

MAX_QR_TEXT = 2000
PIECE = 256 * 1024


def camera(media: Media, blob: Blob) -> Camera:
    """Return what the camera wrote into the content; what is shared holds nothing of it.

    Raises NotFoundError when the bytes are gone, what DecodePool.run raises, and OSError.
    """
    with local_copy(media, blob_name(blob.sha256)) as source:
        told = media.decoders.run(
            "camera", patience=PATIENCE, source=str(source), extension=blob.extension
        )
    return Camera.from_json(told)


def qr_code(text: str) -> str:
    """Return a QR code of up to 2,000 characters as SVG, black on whatever is below it.

    It has a margin of four modules, as readers want it.
    """
    code = segno.make_qr(text[:MAX_QR_TEXT], error="m")
    drawn = BytesIO()
    code.save(drawn, kind="svg", border=4, xmldecl=False, nl=False, omitsize=True, svgclass="qr")
    return drawn.getvalue().decode()


def sha1(media: Media, blob: Blob) -> str:
    """Return the SHA-1 (hex) of the content, for programs that tell it; it is read for that.

    Raises MissingFileError, OSError.
    """
    summed = hashlib.sha1(usedforsecurity=False)
    with media.store.open(blob_name(blob.sha256)) as content:
        for piece in iter(partial(content.read, PIECE), b""):
            summed.update(piece)
    return summed.hexdigest()
