"""Small pictures for lists."""

from io import BytesIO

from PIL import Image, ImageOps

THUMBNAIL_SIDE = 320
QUALITY = 80
METHOD = 2  # of WebP's 0 (quick) to 6 (small): a good deal of the saving for little time


def encode_thumbnail(image: Image.Image) -> bytes:
    """Return the current frame as a WebP that fits a square of THUMBNAIL_SIDE pixels.

    Upright whatever the EXIF orientation says, and without metadata. A picture that is smaller
    already is not enlarged.
    """
    small = image.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), reducing_gap=1.0)
    small = ImageOps.exif_transpose(small)
    if small.mode not in {"RGB", "RGBA"}:
        small = small.convert("RGBA" if small.has_transparency_data else "RGB")
    buffer = BytesIO()
    small.save(buffer, "WEBP", quality=QUALITY, method=METHOD, exif=b"", icc_profile=None)
    return buffer.getvalue()
