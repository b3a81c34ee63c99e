"""Odd, broken and hostile files, made in code: each with what has to become of it.

`files()` yields some four hundred. ACCEPT: it is a picture and is taken. REJECT: it is refused with
4xx. EITHER: damage that may leave a picture or not; it must do no harm.
"""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from random import Random
from typing import Literal

from PIL import Image as Pillow
from PIL import ImageCms

from tests import factories
from tests.factories import drawing, encode

Label = Literal["accept", "reject", "either"]
ACCEPT: Label = "accept"
REJECT: Label = "reject"
EITHER: Label = "either"


@dataclass(frozen=True)
class HostileFile:
    name: str
    content: bytes
    label: Label


def files() -> Iterator[HostileFile]:
    """Every file; the same ones each time."""
    for family in (
        bombs,
        truncations,
        bit_flips,
        garbage,
        polyglots,
        confusions,
        modes,
        sizes,
        metadata,
        containers,
    ):
        for name, content, label in family():
            yield HostileFile(f"{family.__name__}: {name}", content, label)


Family = Iterator[tuple[str, bytes, Label]]

# ---- building blocks ------------------------------------------------------------------------

PNG = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, *extra: bytes, depth: int = 8, color: int = 0) -> bytes:
    """A black PNG with `extra` chunks between header and pixels."""
    samples = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[color]
    row = bytes(1 + (width * samples * depth + 7) // 8)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(row * height))
    return PNG + header + b"".join(extra) + pixels + chunk(b"IEND")


def gif(frames: int, size: tuple[int, int] = (1, 1), frame: tuple[int, int] = (1, 1)) -> bytes:
    """A GIF whose frames hold a single pixel's data each, whatever size they claim."""
    head = b"GIF89a" + struct.pack("<HHBBB", *size, 0x80, 0, 0) + bytes(6)
    control = b"\x21\xf9\x04\x00\x00\x00\x00\x00"
    picture = b"," + struct.pack("<HHHHB", 0, 0, *frame, 0) + b"\x02\x02\x44\x01\x00"
    return head + (control + picture) * frames + b";"


def scans(number: int, width: int, height: int) -> bytes:
    """A progressive JPEG whose last scan comes `number` times more."""
    content = encode(Pillow.new("RGB", (width, height), (9, 99, 199)), "JPEG", progressive=True)
    at, end = content.rindex(b"\xff\xda"), content.rindex(b"\xff\xd9")
    return content[:end] + content[at:end] * number + content[end:]


Entry = tuple[int, int, int, int]
# Width, height, bits, compression, photometric, strip offset, rows a strip, strip bytes: one pixel.
PIXEL: tuple[Entry, ...] = (
    *((256, 3, 1, 1), (257, 3, 1, 1), (258, 3, 1, 8), (259, 3, 1, 1)),
    *((262, 3, 1, 1), (273, 4, 1, 4), (278, 3, 1, 1), (279, 4, 1, 1)),
)


def ifd(entries: tuple[Entry, ...], following: int) -> bytes:
    packed = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return struct.pack("<H", len(entries)) + packed + struct.pack("<I", following)


def tiff(pages: int = 1, *, loop: bool = False, **changed: int) -> bytes:
    """A TIFF of one-pixel pages; `t256=…` replaces the value of a tag."""
    entries = tuple((tag, kind, n, changed.get(f"t{tag}", value)) for tag, kind, n, value in PIXEL)
    size = len(ifd(entries, 0))
    last = 8 if loop else 0
    directories = [
        ifd(entries, 8 + (page + 1) * size if page < pages - 1 else last) for page in range(pages)
    ]
    return b"II*\0" + struct.pack("<I", 8) + b"".join(directories)


def bmp(width: int, height: int, depth: int, compression: int, pixels: bytes) -> bytes:
    palette = bytes(4 * 256) if depth == 8 else b""
    start = 54 + len(palette)
    header = struct.pack(
        "<IiiHHIIiiII", 40, width, height, 1, depth, compression, len(pixels), 0, 0, 0, 0
    )
    return (
        b"BM" + struct.pack("<IHHI", start + len(pixels), 0, 0, start) + header + palette + pixels
    )


def animation(format_: str, frames: int) -> bytes:
    first, *rest = [Pillow.new("L", (2, 2), number % 251) for number in range(frames)]
    return encode(first, format_, save_all=True, append_images=rest, duration=20)


def webp(frames: int, width: int, height: int) -> bytes:
    """An animation that repeats one picture of a single colour."""
    still = encode(Pillow.new("RGB", (width, height)), "WEBP", lossless=True)[12:]
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    frame = bytes(6) + size + (20).to_bytes(3, "little") + b"\2" + still
    parts = (b"VP8X", b"\2\0\0\0" + size), (b"ANIM", bytes(6)), *((b"ANMF", frame),) * frames
    body = b"".join(kind + struct.pack("<I", len(data)) + data for kind, data in parts)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def archive() -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        packed.writestr("Evil.class", b"\xca\xfe\xba\xbe")
    return content.getvalue()


# ---- families -------------------------------------------------------------------------------


def bombs() -> Family:
    """Small files that ask for much time or memory."""
    yield "3,600 scans of 12 megapixels", scans(3600, 4000, 3000), REJECT
    yield "20,000 scans of 64 pixels", scans(20_000, 64, 64), ACCEPT
    unfolding = zlib.compress(bytes(30_000_000), 9)
    for kind, head in ((b"zTXt", b"a\0\0"), (b"iTXt", b"a\0\1\0\0\0")):
        yield f"{kind.decode()} of 30 MB", png(2, 2, chunk(kind, head + unfolding)), ACCEPT
    yield "iCCP of 30 MB", png(2, 2, chunk(b"iCCP", b"a\0\0" + unfolding)), REJECT
    many = chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(900_000))) * 100
    yield "a hundred texts of 0.9 MB", png(2, 2, many), ACCEPT
    yield "40,000 empty chunks", png(2, 2, chunk(b"teXt") * 40_000), ACCEPT
    yield "400,000 empty chunks", png(2, 2, chunk(b"teXt") * 400_000), REJECT
    for width, height in ((30_000, 30_000), (65_535, 1), (1, 65_535), (2**31 - 1, 2**31 - 1)):
        yield f"PNG of {width} x {height}", factories.png_claiming(width, height), REJECT
    small = encode(drawing(), "JPEG")
    at = small.index(b"\xff\xc0") + 5
    for width, height in ((65_500, 65_500), (65_535, 1), (0, 32), (48, 0)):
        claimed = small[:at] + struct.pack(">HH", height, width) + small[at + 4 :]
        yield f"JPEG of {width} x {height}", claimed, REJECT
    for frames in (501, 2_000, 20_000, 320_000):
        yield f"GIF of {frames} frames", gif(frames), REJECT
    yield "GIF with a frame beyond its screen", gif(2, (1, 1), (60_000, 60_000)), REJECT
    yield "GIF of 60,000 x 60,000", gif(1, (60_000, 60_000)), REJECT
    for format_ in ("PNG", "GIF"):
        yield f"{format_} of 600 frames", animation(format_, 600), REJECT
    yield "WebP of 600 frames", webp(600, 2, 2), REJECT
    yield "WebP of 300 megapixels", webp(20, 4_000, 3_800), REJECT
    yield "WebP of 20 frames", webp(20, 20, 20), ACCEPT
    moving = factories.apng(3)
    at = moving.index(b"acTL") + 4
    for told in (0, 1, 501, 2**32 - 1):
        body = struct.pack(">II", told, 0)
        sum_ = struct.pack(">I", zlib.crc32(b"acTL" + body))
        label = REJECT if told == 501 else EITHER  # decoders show one frame if it is absurd
        yield (
            f"APNG that claims {told} frames",
            moving[:at] + body + sum_ + moving[at + 12 :],
            label,
        )
    for pages, label in ((1, ACCEPT), (400, ACCEPT), (501, REJECT), (60_000, REJECT)):
        yield f"TIFF of {pages} pages", tiff(pages), label
    yield "TIFF that leads back", tiff(3, loop=True), REJECT
    yield "TIFF of 4 billion rows a strip", tiff(t278=2**16 - 1), EITHER
    yield "TIFF of a huge strip", tiff(t279=2**32 - 1), REJECT
    yield "TIFF of 65,535 x 65,535", tiff(t256=65_535, t257=65_535), REJECT
    yield "TIFF with its strip beyond the end", tiff(t273=2**31), REJECT
    yield "TIFF without a width", tiff(t256=0), REJECT
    # Run-length codes that fill far more than they hold: a run of 255 is two bytes.
    yield "BMP RLE8", bmp(4_000, 4_000, 8, 1, b"\xff\x01" * 60_000 + b"\0\1"), EITHER
    yield "BMP RLE8 that jumps", bmp(4_000, 4_000, 8, 1, b"\0\2\xff\xff" * 5_000 + b"\0\1"), EITHER
    yield "BMP of 2 billion rows", bmp(1, 2**31 - 1, 24, 0, bytes(64)), REJECT
    yield "BMP of negative width", bmp(-8, 8, 24, 0, bytes(256)), REJECT
    yield "BMP from top to bottom", bmp(8, -8, 24, 0, bytes(256)), ACCEPT
    yield "BMP of unknown compression", bmp(8, 8, 24, 77, bytes(256)), REJECT


def truncations() -> Family:
    """Every kind, cut off at ten places."""
    for kind, (make, *_) in factories.KINDS.items():
        whole = make()
        for tenth in range(10):
            cut = whole[: len(whole) * tenth // 10]
            # The first picture of several may be whole, and what TIFF ends with is not needed.
            label = EITHER if kind in {"MPO", "TIFF"} and tenth > 4 else REJECT
            yield f"{kind}, {tenth} tenths", cut, label
        if kind != "MPO":  # stray bytes may follow its first picture
            label = EITHER if kind in {"TIFF", "BMP", "HEIC", "AVIF"} else REJECT
            yield f"{kind}, all but one byte", whole[:-1], label


def bit_flips() -> Family:
    """Every kind with a few bits turned over."""
    for kind, (make, *_) in factories.KINDS.items():
        whole = make()
        for number in range(10):
            chance = Random(f"{kind} {number}")
            damaged = bytearray(whole)
            for _ in range(1 + number):
                damaged[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
            yield f"{kind} {number}", bytes(damaged), EITHER
        for number in range(3):
            chance = Random(f"{kind} hole {number}")
            at = chance.randrange(len(whole))
            hole = chance.randbytes(min(16, len(whole) - at))
            yield f"{kind}, hole {number}", whole[:at] + hole + whole[at + len(hole) :], EITHER


def garbage() -> Family:
    """A good beginning, and noise."""
    heads = {
        "JPEG": b"\xff\xd8\xff\xe0",
        "PNG": PNG,
        "GIF": b"GIF89a",
        "WebP": b"RIFF\xff\xff\0\0WEBP",
        "TIFF": b"II*\0\x08\0\0\0",
        "TIFF, big-endian": b"MM\0*\0\0\0\x08",
        "BigTIFF": b"II+\0\x08\0\0\0",
        "BMP": b"BM",
        "AVIF": b"\0\0\0\x1cftypavif\0\0\0\0avifmif1",
        "HEIC": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    }
    for name, head in heads.items():
        for size in (0, 16, 4_096):
            yield f"{name} and {size} bytes", head + Random(name).randbytes(size), REJECT
    yield "nothing", b"", REJECT
    yield "one byte", b"\xff", REJECT
    yield "zeros", bytes(10_000), REJECT
    yield "noise", Random(1).randbytes(10_000), REJECT


def polyglots() -> Family:
    """Pictures that are something else as well: taken as pictures, served as nothing else."""
    page = b"<html><script>alert(1)</script></html>"
    tails = {
        "HTML": page,
        "PHP": b"<?php system($_GET['c']); ?>",
        "ZIP": archive(),
        "script": b"\n#!/bin/sh\nid\n",
        "PDF": b"%PDF-1.4\n1 0 obj<<>>endobj\n%%EOF",
        "zeros": bytes(1000),
        "another picture": encode(drawing(), "PNG"),
    }
    for kind, (make, *_) in factories.KINDS.items():
        for name, tail in tails.items():
            yield f"{kind} and {name}", make() + tail, ACCEPT
    yield "HTML in a JPEG's comment", factories.html_in_jpeg(), ACCEPT
    yield "HTML in a PNG's text", png(4, 4, chunk(b"tEXt", b"Comment\0" + page)), ACCEPT
    yield (
        "PHP in a PNG's palette",
        png(4, 4, chunk(b"PLTE", b"<?php phpinfo() ?>"[:18]), color=3),
        ACCEPT,
    )
    yield (
        "HTML in a GIF's comment",
        gif(1)[:-1] + b"\x21\xfe" + bytes((len(page),)) + page + b"\0;",
        ACCEPT,
    )
    for name, head in {
        "HTML": page,
        "ZIP": archive(),
        "space": b"\n",
        "BOM": b"\xef\xbb\xbf",
    }.items():
        yield f"{name} before a PNG", head + encode(drawing(), "PNG"), REJECT


def confusions() -> Family:
    """Files of other kinds, some of which Pillow would open if it were asked to."""
    for name, content in factories.NOT_PICTURES.items():
        yield name, content, REJECT
    for format_ in (
        "ICO",
        "PPM",
        "PCX",
        "TGA",
        "SGI",
        "ICNS",
        "DDS",
        "JPEG2000",
        "EPS",
        "PDF",
    ):
        yield format_, encode(drawing(64, 64), format_), REJECT
    yield "XBM", encode(drawing().convert("1"), "XBM"), REJECT
    icon = encode(drawing(64, 64), "ICO")
    yield "ICO behind a JPEG's first bytes", b"\xff\xd8\xff" + icon[3:], REJECT
    yield "ICO behind a BMP's first bytes", b"BM" + icon[2:], REJECT
    yield "EPS behind a TIFF's first bytes", b"II*\0" + encode(drawing(), "EPS"), REJECT
    yield "a video", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(500), REJECT
    yield "sound in RIFF", b"RIFF\x24\0\0\0WAVEfmt " + bytes(28), REJECT
    yield "a program", b"\x7fELF\x02\x01\x01" + bytes(500), REJECT
    yield (
        "external entities",
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "/etc/passwd">]><svg>&b;</svg>',
        REJECT,
    )
    yield "compressed", zlib.compress(encode(drawing(), "PNG")), REJECT
    yield (
        "ImageMagick's language",
        b"push graphic-context\nimage over 0,0 0,0 'url(http://127.0.0.1)'",
        REJECT,
    )


def modes() -> Family:
    """Every way to hold pixels that a format has."""
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        yield f"PNG {mode}", encode(Pillow.new(mode, (20, 10)), "PNG"), ACCEPT
    for mode in ("L", "RGB", "CMYK", "YCbCr"):
        yield f"JPEG {mode}", encode(Pillow.new(mode, (20, 10)), "JPEG"), ACCEPT
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F", "LAB", "YCbCr"):
        yield f"TIFF {mode}", encode(Pillow.new(mode, (20, 10)), "TIFF"), ACCEPT
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "jpeg", "packbits", "zstd", "lzma"):
        content = encode(drawing(), "TIFF", compression=compression)
        yield f"TIFF, {compression}", content, EITHER
    yield "TIFF, group 4", encode(drawing(mode="1"), "TIFF", compression="group4"), ACCEPT
    for mode in ("1", "L", "P", "RGB", "RGBA"):
        yield f"BMP {mode}", encode(Pillow.new(mode, (20, 10)), "BMP"), ACCEPT
    for mode in ("1", "L", "P", "RGB"):
        yield f"GIF {mode}", encode(Pillow.new(mode, (20, 10)), "GIF"), ACCEPT
    yield "PNG, palette and transparency", encode(drawing(mode="P"), "PNG", transparency=0), ACCEPT
    yield "PNG, 16 bits RGBA", png(8, 8, depth=16, color=6), ACCEPT
    yield "PNG, palette missing", png(8, 8, color=3), EITHER
    yield "PNG, 3 bits", png(8, 8, depth=3), REJECT
    yield "PNG, colour type 5", png(8, 8).replace(b"\x08\0\0\0\0", b"\x08\5\0\0\0", 1), REJECT
    for lossless in (True, False):
        yield (
            f"WebP, lossless {lossless}",
            encode(drawing(mode="RGBA"), "WEBP", lossless=lossless),
            ACCEPT,
        )
    for sampling in (0, 1, 2):
        yield f"JPEG, sampling {sampling}", encode(drawing(), "JPEG", subsampling=sampling), ACCEPT
    yield "JPEG, progressive", encode(drawing(), "JPEG", progressive=True), ACCEPT
    yield "JPEG, restart markers", encode(drawing(), "JPEG", restart_marker_blocks=1), ACCEPT
    yield "JPEG of several pictures", factories.mpo(), ACCEPT


def sizes() -> Family:
    """From nothing to the largest."""
    for format_ in ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "AVIF"):
        yield f"{format_} of one pixel", encode(Pillow.new("RGB", (1, 1)), format_), ACCEPT
    for width, height in ((16_384, 1), (1, 16_384), (16_384, 3_000)):
        yield f"PNG of {width} x {height}", png(width, height), ACCEPT
    yield "PNG of 16,385 x 1", png(16_385, 1), REJECT
    yield "PNG of 1 x 16,385", png(1, 16_385), REJECT
    yield "PNG of 8,000 x 8,000", png(8_000, 8_000), REJECT
    yield "JPEG of 16,384 x 1", encode(Pillow.new("L", (16_384, 1)), "JPEG"), ACCEPT
    for width, height in ((0, 0), (0, 9), (9, 0)):
        yield f"PNG of {width} x {height}", png(width, height), REJECT
        yield f"GIF of {width} x {height}", gif(1, (width, height), (width, height)), REJECT
        yield f"BMP of {width} x {height}", bmp(width, height, 24, 0, bytes(64)), REJECT
        yield f"TIFF of {width} x {height}", tiff(t256=width, t257=height), REJECT


def metadata() -> Family:
    """Nonsense where nobody has to look: the picture is good."""
    noise = Random(3).randbytes(300)
    blocks = {
        "empty": b"",
        "noise": noise,
        "an offset beyond the end": b"II*\0" + struct.pack("<I", 2**32 - 1),
        "a directory that leads to itself": b"II*\0"
        + struct.pack("<I", 8)
        + ifd(((34665, 4, 1, 8),), 8),
        "65,535 entries": b"MM\0*\0\0\0\x08\xff\xff" + noise,
        "an orientation of 99": b"II*\0\x08\0\0\0" + ifd(((274, 3, 1, 99),), 0),
        "an orientation that is a text": b"II*\0\x08\0\0\0" + ifd(((274, 2, 4, 0x41414141),), 0),
        "a count of 4 billion": b"II*\0\x08\0\0\0" + ifd(((270, 2, 2**32 - 1, 8),), 0),
        "zero denominators": b"II*\0\x08\0\0\0" + ifd(((282, 5, 1, 26),), 0) + bytes(8),
    }
    for name, block in blocks.items():
        exif = b"Exif\0\0" + block
        yield f"JPEG, EXIF: {name}", encode(drawing(), "JPEG", exif=exif), ACCEPT
        yield f"PNG, EXIF: {name}", png(4, 4, chunk(b"eXIf", block)), ACCEPT
        yield f"WebP, EXIF: {name}", encode(drawing(), "WEBP", exif=exif), ACCEPT
    profiles = {
        "noise": noise,
        "of another colour space": ImageCms.ImageCmsProfile(
            ImageCms.createProfile("LAB")
        ).tobytes(),
        "cut off": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()[:150],
    }
    for name, profile in profiles.items():
        for format_ in ("JPEG", "PNG", "WEBP", "TIFF"):
            yield (
                f"{format_}, profile {name}",
                encode(drawing(), format_, icc_profile=profile),
                ACCEPT,
            )
    yield "PNG, profile that is no zlib", png(4, 4, chunk(b"iCCP", b"a\0\0" + noise)), EITHER
    yield "PNG, text that is no zlib", png(4, 4, chunk(b"zTXt", b"a\0\0" + noise)), ACCEPT
    yield "PNG, wrong checksum", png(4, 4)[:-1] + b"\0", REJECT
    yield "PNG, unknown critical chunk", png(4, 4, chunk(b"ABCD", noise)), REJECT
    yield "JPEG, comment of 64 KB", encode(drawing(), "JPEG", comment=bytes(65_000)), ACCEPT
    yield "GIF, loops for ever", encode(drawing(), "GIF", loop=0), ACCEPT


def containers() -> Family:
    """Boxes and chunks that lie about their size."""
    for name, whole in (("AVIF", factories.avif()), ("HEIC", factories.heic())):
        for size in (0, 1, 7, 2**31, 2**32 - 1):
            at = whole.index(b"meta") - 4
            lying = whole[:at] + struct.pack(">I", size) + whole[at + 4 :]
            yield f"{name}, meta of {size} bytes", lying, REJECT
        nested = b"".join(struct.pack(">I", 8 * (999 - depth)) + b"moov" for depth in range(999))
        yield f"{name}, boxes 999 deep", whole + nested, EITHER
        width = whole.index(b"ispe") + 8
        huge = whole[:width] + struct.pack(">II", 60_000, 60_000) + whole[width + 8 :]
        yield f"{name} of 60,000 x 60,000", huge, REJECT
    for size in (0, 3, 2**31, 2**32 - 1):
        whole = factories.webp()
        lying = whole[:16] + struct.pack("<I", size) + whole[20:]
        yield f"WebP, first chunk of {size} bytes", lying, REJECT
    yield "WebP, RIFF larger than the file", b"RIFF\xff\xff\xff\x7f" + factories.webp()[8:], REJECT
