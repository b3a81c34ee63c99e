"""Pictures with a canary in every place that metadata can be in, made by Pillow and by hand."""

import struct
import zlib
from collections.abc import Callable
from functools import cache
from io import BytesIO
from typing import NamedTuple

from PIL import Image, ImageCms, ImageDraw, PngImagePlugin, TiffImagePlugin

from flaskr.imaging.formats import AVIF, BMP, GIF, JPEG, PNG, TIFF, WEBP, Format

CANARY = b"CaNaRy"
TEXT = CANARY.decode()
ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = (
    f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    f'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    f'xmlns:dc="http://purl.org/dc/elements/1.1/" dc:title="{TEXT}"/></rdf:RDF></x:xmpmeta>'
).encode()
TRAILER = b"<html>" + CANARY + b"PK\x03\x04" + bytes(40) + CANARY
ORIENTATION, MAKE, EXIF_IFD, GPS_IFD, MAKER_NOTE, GPS_AREA = (
    0x0112,
    0x010F,
    0x8769,
    0x8825,
    0x927C,
    0x1C,
)


class Sample(NamedTuple):
    format: Format
    data: bytes


def picture(mode="RGB", size=(45, 37), seed=0):
    """A picture whose four corners differ, so that every orientation can be told."""
    image = Image.effect_noise(size, 40).convert("RGB")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 14 + seed, 9), fill=(220, 30, 40))
    draw.ellipse((20, 12 + seed, 44, 36), fill=(30, 90, 200))
    if mode == "P":
        return image.quantize(16)
    if "A" in mode:
        image.putalpha(Image.linear_gradient("L").resize(size))
    return image.convert(mode)


def exif(orientation=1):
    """Exif with canaries in IFD 0, the Exif IFD, a maker note and GPS."""
    block = Image.Exif()
    block[ORIENTATION] = orientation
    block[MAKE] = TEXT
    block.get_ifd(EXIF_IFD)[MAKER_NOTE] = CANARY * 3
    block.get_ifd(GPS_IFD)[GPS_AREA] = CANARY
    return block


def saved(image, format, **options):
    buffer = BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


# ---- JPEG -----------------------------------------------------------------------------------


def segment(code, body):
    return bytes((0xFF, code)) + (len(body) + 2).to_bytes(2) + body


def after_start(data, *segments):
    return data[:2] + b"".join(segments) + data[2:]


EVERY_SEGMENT = (
    segment(0xE0, b"JFXX\0\x13" + CANARY),
    segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP),
    segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + CANARY * 9),
    segment(0xE2, b"FPXR\0" + CANARY),
    segment(0xEB, b"JP" + CANARY),
    segment(0xEC, b"Ducky" + CANARY),
    segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x06" + CANARY),
    segment(0xEF, CANARY),
    segment(0xFE, CANARY),
)


def jpeg(mode="RGB", orientation=1, **options):
    plain = saved(
        picture(mode), "JPEG", quality=85, exif=exif(orientation), icc_profile=ICC, **options
    )
    return after_start(plain, *EVERY_SEGMENT) + TRAILER


def jpeg_with_thumbnail():
    """JFIF's own thumbnail, a stray byte and fill between segments, a comment between scans."""
    plain = saved(picture(), "JPEG", progressive=True)
    thumbnail = (CANARY + bytes(18))[:12]
    jfif = segment(0xE0, plain[6:18] + b"\x02\x02" + thumbnail)
    second = plain.index(b"\xff\xda", plain.index(b"\xff\xda") + 2)
    middle = plain[20:second] + segment(0xFE, CANARY) + plain[second:]
    return plain[:2] + jfif + b"\0\xff\xff" + middle


def mpo():
    second = picture(seed=5)
    first = picture()
    second.encoderinfo = {"exif": exif()}
    data = saved(first, "MPO", save_all=True, append_images=[second], exif=exif(6))
    return data + TRAILER


# ---- PNG ------------------------------------------------------------------------------------


def chunk(kind, body):
    return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)


def after_header(data, *chunks):
    return data[:33] + b"".join(chunks) + data[33:]


EVERY_CHUNK = (
    chunk(b"tIME", b"\x07\xe8\x01\x01\0\0\0"),
    chunk(b"prVt", CANARY),
    chunk(b"sTER", CANARY),
    chunk(b"pHYs", CANARY * 4),  # too long to be one
)


def png(mode="RGB", orientation=1, **options):
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", TEXT)
    info.add_itxt("XML:com.adobe.xmp", XMP.decode(), zip=False)
    info.add_text("Other", TEXT, zip=False)
    data = saved(
        picture(mode),
        "PNG",
        pnginfo=info,
        exif=exif(orientation),
        icc_profile=ICC,
        dpi=(72, 72),
        **options,
    )
    end = data.index(b"IEND") - 4
    data = data[:end] + chunk(b"zTXt", b"x\0\0" + CANARY) + data[end:]
    return after_header(data, *EVERY_CHUNK) + TRAILER


def frames(mode="RGB"):
    return [picture(mode, seed=number) for number in (0, 4, 9)]


def apng():
    first, *others = frames("RGBA")
    data = saved(
        first,
        "PNG",
        save_all=True,
        append_images=others,
        duration=[70, 130, 40],
        loop=3,
        exif=exif(),
        default_image=False,
    )
    return after_header(data, *EVERY_CHUNK) + TRAILER


# ---- WebP -----------------------------------------------------------------------------------


def riff(kind, body):
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def with_riff_size(data):
    return data[:4] + struct.pack("<I", len(data) - 8) + data[8:]


def webp(orientation=1, **options):
    image = picture(options.pop("mode", "RGB"))
    data = saved(image, "WEBP", exif=exif(orientation), icc_profile=ICC, xmp=XMP, **options)
    return with_riff_size(data + riff(b"JUNK", CANARY + b"!")) + TRAILER


def webp_simple():
    return with_riff_size(saved(picture(), "WEBP") + riff(b"EXIF", CANARY)) + TRAILER


def webp_animated():
    first, *others = frames("RGBA")
    data = saved(
        first,
        "WEBP",
        save_all=True,
        append_images=others,
        duration=[70, 130, 40],
        loop=2,
        lossless=True,
        exif=exif(),
        xmp=XMP,
    )
    at = data.index(b"ANMF")
    size = int.from_bytes(data[at + 4 : at + 8], "little")
    body = data[at + 8 : at + 8 + size] + riff(b"JUNK", CANARY)
    return with_riff_size(data[:at] + riff(b"ANMF", body) + data[at + 8 + size + size % 2 :])


# ---- GIF ------------------------------------------------------------------------------------


def blocks(*parts):
    return b"".join(bytes((len(part),)) + part for part in parts) + b"\0"


EVERY_EXTENSION = (
    b"\x21\xfe" + blocks(CANARY),
    b"\x21\x01" + blocks(bytes(12), CANARY),
    b"\x21\xff" + blocks(b"XMP DataXMP", XMP[:200]),
    b"\x21\xff" + blocks(b"NETSCAPE2.0", b"\x01\x03\0", CANARY),
    b"\x21\x42" + blocks(CANARY),
    b"\0\0",
)


def gif(count=1, **options):
    first, *others = frames("P")[:count]
    data = saved(first, "GIF", save_all=True, append_images=others, **options)
    at = 13 + 3 * 2 ** ((data[10] & 7) + 1)
    return data[:at] + b"".join(EVERY_EXTENSION) + data[at:] + TRAILER


# ---- AVIF -----------------------------------------------------------------------------------


def box(kind, body):
    return (8 + len(body)).to_bytes(4) + kind + body


def avif(orientation=1, **options):
    images = frames("RGB")[: options.pop("count", 1)]
    data = saved(
        images[0],
        "AVIF",
        save_all=True,
        append_images=images[1:],
        quality=60,
        speed=10,
        exif=exif(orientation),
        xmp=XMP,
        icc_profile=ICC,
        **options,
    )
    return data + box(b"uuid", bytes(16) + CANARY) + box(b"free", CANARY) + TRAILER


# ---- TIFF and BMP ---------------------------------------------------------------------------

TIFF_TEXTS = (269, 270, 271, 272, 285, 305, 306, 315, 316, 33432)


def tiff(mode="RGB", orientation=1, count=1, **options):
    info = TiffImagePlugin.ImageFileDirectory_v2()
    for tag in TIFF_TEXTS:
        info[tag] = f"{tag} {TEXT}"
    for tag in (700, 33723, 34377, 50341):
        info.tagtype[tag] = 7
        info[tag] = CANARY * 5
    block = exif(orientation)
    for tag, value in info.items():
        block[tag] = value
    images = frames(mode)[:count]
    data = saved(
        images[0],
        "TIFF",
        save_all=True,
        append_images=images[1:],
        tiffinfo=info,
        exif=block,
        icc_profile=ICC,
        **options,
    )
    return data + TRAILER


def bmp(mode="RGB"):
    return saved(picture(mode), "BMP") + TRAILER


MAKERS: dict[str, tuple[Format, Callable[[], bytes]]] = {
    "jpeg": (JPEG, jpeg),
    "jpeg progressive": (JPEG, lambda: jpeg(progressive=True)),
    "jpeg restarts": (JPEG, lambda: jpeg(restart_marker_blocks=1)),
    "jpeg restarts progressive": (JPEG, lambda: jpeg(restart_marker_rows=1, progressive=True)),
    "jpeg 4:2:2 restarts": (JPEG, lambda: jpeg(restart_marker_blocks=2, subsampling="4:2:2")),
    "jpeg cmyk": (JPEG, lambda: jpeg("CMYK")),
    "jpeg grey": (JPEG, lambda: jpeg("L", restart_marker_blocks=3)),
    "jpeg thumbnail": (JPEG, jpeg_with_thumbnail),
    "mpo": (JPEG, mpo),
    "png": (PNG, png),
    "png palette": (PNG, lambda: png("P", transparency=3)),
    "png alpha": (PNG, lambda: png("RGBA", orientation=5)),
    "png 16": (PNG, lambda: png("I;16")),
    "apng": (PNG, apng),
    "webp": (WEBP, webp),
    "webp lossless": (WEBP, lambda: webp(mode="RGBA", lossless=True, orientation=8)),
    "webp alpha": (WEBP, lambda: webp(mode="RGBA", quality=60)),
    "webp simple": (WEBP, webp_simple),
    "webp animated": (WEBP, webp_animated),
    "gif": (GIF, gif),
    "gif animated": (GIF, lambda: gif(3, duration=[70, 130, 40], loop=4)),
    "avif": (AVIF, avif),
    "avif animated": (AVIF, lambda: avif(count=3, duration=[70, 130, 40])),
    "tiff": (TIFF, tiff),
    "tiff lzw": (TIFF, lambda: tiff("RGBA", compression="tiff_lzw")),
    "tiff jpeg": (TIFF, lambda: tiff(compression="jpeg")),
    "tiff deflate 16": (TIFF, lambda: tiff("I;16", compression="tiff_adobe_deflate")),
    "tiff pages": (TIFF, lambda: tiff(count=3, compression="packbits")),
    "tiff big": (TIFF, lambda: tiff(big_tiff=True, orientation=7)),
    "bmp": (BMP, bmp),
    "bmp palette": (BMP, lambda: bmp("P")),
}
TURNING: dict[str, tuple[Format, Callable[[int], bytes]]] = {
    "jpeg": (JPEG, lambda orientation: jpeg(orientation=orientation)),
    "png": (PNG, lambda orientation: png(orientation=orientation)),
    "webp": (WEBP, lambda orientation: webp(orientation=orientation)),
    "avif": (AVIF, lambda orientation: avif(orientation=orientation)),
    "tiff": (TIFF, lambda orientation: tiff(orientation=orientation)),
}


@cache
def sample(name: str) -> Sample:
    """The picture called `name`, the same bytes each time."""
    format_, maker = MAKERS[name]
    return Sample(format_, maker())
