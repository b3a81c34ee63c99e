"""Colours: every variant is 8-bit sRGB."""

from contextlib import suppress
from io import BytesIO

from PIL import Image, ImageCms

WIDE_GREY = {"I", "I;16", "I;16L", "I;16B", "F"}
_srgb = ImageCms.createProfile("sRGB")


def eight_bit(image: Image.Image) -> Image.Image:
    """Return the picture with 8 bits a channel, as RGB, RGBA or CMYK.

    Pillow's own conversion of 16-bit grey cuts off at 255 where it should scale.
    """
    if image.mode in WIDE_GREY:
        scale = 1 / 257 if image.mode.startswith("I;16") or image.mode == "I" else 1.0
        scaled = image.convert("F").point(lambda value: value * scale + 0.5)
        return scaled.convert("L").convert("RGB")
    if image.mode in {"RGB", "RGBA", "CMYK"}:
        return image
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return the picture as RGB or RGBA in sRGB; `profile` is the ICC profile it is in, if any.

    A profile that cannot be read is passed over, as browsers do.
    """
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    if profile:
        with suppress(ImageCms.PyCMSError, OSError, ValueError):
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, _srgb, outputMode=mode)
            if converted is not None:
                image = converted
    return image if image.mode == mode else image.convert(mode)
