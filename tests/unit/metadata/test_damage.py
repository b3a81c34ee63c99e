"""What is cut off or broken is refused, whatever is wrong with it."""

import struct
from contextlib import suppress
from time import process_time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flaskr.errors import UnreadableImageError
from flaskr.imaging.formats import AVIF, BMP, GIF, JPEG, PNG, TIFF, WEBP
from flaskr.imaging.metadata import strip
from tests.unit.metadata import samples
from tests.unit.metadata.samples import (
    CANARY,
    MAKERS,
    TRAILER,
    after_header,
    after_start,
    blocks,
    box,
    chunk,
    picture,
    riff,
    sample,
    saved,
    segment,
    with_riff_size,
)
from tests.unit.metadata.test_pictures import stripped

NAMES = sorted(MAKERS)
PLAIN = {
    "jpeg": (JPEG, {"restart_marker_rows": 1}),
    "png": (PNG, {}),
    "webp": (WEBP, {}),
    "gif": (GIF, {}),
    "avif": (AVIF, {"speed": 10}),
    "tiff": (TIFF, {}),
    "bmp": (BMP, {}),
}


def plain(name):
    format_, options = PLAIN[name]
    return format_, saved(picture(), format_.decoders[0], **options)


def refused(data, format_):
    with pytest.raises(UnreadableImageError) as caught:
        strip(data, format_)
    return caught.value.details["reason"]


@pytest.mark.parametrize("name", sorted(PLAIN))
def test_a_file_cut_off_is_called_incomplete(name):
    format_, data = plain(name)
    assert stripped(data, format_)
    head = 32 if format_ is AVIF else 12
    for rung in range(40):
        cut = head + (len(data) - head) * rung // 40
        assert refused(data[:cut], format_) == "incomplete", cut
    refused(data[:-1], format_)


@pytest.mark.parametrize("name", sorted(PLAIN))
def test_an_empty_file_is_refused(name):
    format_, data = plain(name)
    for size in range(12):
        refused(data[:size], format_)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_mutation_is_refused_or_stripped_stably(name, data):
    format_, original = sample(name)
    mutated = bytearray(original)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(mutated) - 1))
        match data.draw(st.sampled_from(["flip", "set", "insert", "delete", "cut"])):
            case "flip":
                mutated[at] ^= 1 << data.draw(st.integers(0, 7))
            case "set":
                mutated[at : at + 4] = data.draw(
                    st.sampled_from([bytes(4), b"\xff" * 4, b"\0\0\0\1", b"\x7f\xff\xff\xff"])
                )
            case "insert":
                mutated[at:at] = data.draw(st.binary(min_size=1, max_size=20))
            case "delete":
                del mutated[at : at + data.draw(st.integers(1, 20))]
            case _:
                del mutated[at + 1 :]
        if not mutated:
            return
    try:
        result = stripped(bytes(mutated), format_)
    except UnreadableImageError:
        return
    assert strip(result, format_) is None


@given(st.binary(max_size=200), st.sampled_from(sorted(PLAIN)))
@settings(max_examples=150, deadline=None)
def test_noise_after_a_signature_is_refused_or_stripped_stably(noise, name):
    format_, data = plain_cached(name)
    mutated = data[:16] + noise
    try:
        result = stripped(mutated, format_)
    except UnreadableImageError:
        return
    assert strip(result, format_) is None


CACHE: dict[str, tuple] = {}


def plain_cached(name):
    return CACHE.setdefault(name, plain(name))


# ---- JPEG -----------------------------------------------------------------------------------


def restart_markers(data):
    return [at for at in range(len(data) - 1) if data[at] == 0xFF and 0xD0 <= data[at + 1] <= 0xD7]


@pytest.mark.parametrize("kind", ["jpeg", "jpeg restarts", "jpeg 4:2:2 restarts", "jpeg grey"])
def test_every_restart_marker_counts(kind):
    data = stripped(sample(kind)[1], JPEG)
    for at in restart_markers(data):
        assert refused(data[:at] + data[at + 2 :], JPEG) == "damaged"
        assert refused(data[: at + 1] + b"\xd9" + data[at + 2 :], JPEG) == "damaged"
    at = data.index(b"\xff\xda") + 20
    assert refused(data[:at] + b"\xff\xd0" + data[at:], JPEG) == "damaged"


def test_one_restart_marker_may_close_the_last_interval():
    data = stripped(sample("jpeg restarts")[1], JPEG)
    count = len(restart_markers(data))
    assert strip(data[:-2] + bytes((0xFF, 0xD0 + count % 8)) + data[-2:], JPEG) is None


@pytest.mark.parametrize(
    ("code", "body"),
    [
        (0x02, b""),
        (0xD0, b""),
        (0xD8, b""),
        (0xF3, b"ab"),
        (0xDD, b"\0"),
        (0xDE, bytes(8)),
        (0xC0, bytes(8)),
        (0xC0, b"\x08\0\x10\0\x10\x01\x01\x00\0"),
        (0xDA, b"\x01\x01\0\0\x3f\0"),
        (0xDA, b""),
    ],
)
def test_markers_out_of_place_are_refused(code, body):
    refused(after_start(plain("jpeg")[1], segment(code, body)), JPEG)


def test_stray_bytes_between_segments_are_dropped():
    clean = plain("jpeg")[1]
    assert stripped(after_start(clean, b"\0ab\xff\0\xff\xff\x01"), JPEG) == clean


def test_a_segment_too_short_is_refused():
    assert refused(after_start(plain("jpeg")[1], b"\xff\xfe\0\1"), JPEG) == "damaged"


def test_an_orientation_counts_only_before_the_first_scan():
    clean = plain("jpeg")[1]
    turned = segment(0xE1, b"Exif\0\0" + samples.exif(6).tobytes().removeprefix(b"Exif\0\0"))
    assert stripped(clean[:-2] + turned + clean[-2:], JPEG) == clean
    assert b"Exif" in stripped(after_start(clean, turned), JPEG)


@pytest.mark.parametrize(
    "block", [b"", b"II*\0", b"II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\xff\xff\x01\x12", b"junk"]
)
def test_damaged_exif_is_dropped(block):
    clean = plain("jpeg")[1]
    assert stripped(after_start(clean, segment(0xE1, b"Exif\0\0" + block)), JPEG) == clean


# ---- the other formats ----------------------------------------------------------------------


def test_a_wrong_checksum_is_refused():
    data = bytearray(plain("png")[1])
    data[data.index(b"IDAT") + 10] ^= 1
    assert refused(bytes(data), PNG) == "damaged"


@pytest.mark.parametrize(
    "added", [chunk(b"CgBI", b"1234"), chunk(b"a1bc", b""), chunk(b"IHDR", b"")]
)
def test_chunks_no_decoder_can_know_are_refused(added):
    assert refused(after_header(plain("png")[1], added), PNG) == "damaged"


def test_a_png_without_pixels_is_refused():
    data = plain("png")[1]
    assert refused(data[:33] + chunk(b"IEND", b""), PNG) == "damaged"


def test_a_missing_last_pad_byte_is_put_right():
    body = plain("webp")[1][12:]
    odd = riff(b"VP8X", b"\0\0\0\0\x2c\0\0\x24\0\0") + body + b"ALPH\x01\0\0\0\0"
    data = with_riff_size(b"RIFF\0\0\0\0WEBP" + odd)
    assert stripped(data, WEBP) == with_riff_size(data + b"\0")


@pytest.mark.parametrize("first", [b"EXIF", b"VP8X", b"ANMF"])
def test_a_webp_that_starts_otherwise_is_refused(first):
    refused(with_riff_size(b"RIFF\0\0\0\0WEBP" + riff(first, bytes(8))), WEBP)


def test_a_gif_block_of_no_kind_is_refused():
    data = plain("gif")[1]
    assert refused(data[:-1] + b"\x99;", GIF) == "damaged"
    assert refused(b"GIF89a" + bytes(7) + b";", GIF) == "damaged"


def test_a_gif_profile_stays():
    data = plain("gif")[1]
    profile = b"\x21\xff" + blocks(b"ICCRGBG1012", b"profile")
    at = data.index(b"\x2c", 13 + 3 * 2 ** ((data[10] & 7) + 1))
    assert strip(data[:at] + profile + data[at:], GIF) is None


def test_a_tiff_that_loops_is_refused():
    data = bytearray(plain("tiff")[1])
    at = int.from_bytes(data[4:8], "little")
    end = at + 2 + 12 * int.from_bytes(data[at : at + 2], "little")
    data[end : end + 4] = struct.pack("<I", at)
    assert refused(bytes(data), TIFF) == "damaged"


def test_a_tiff_with_too_few_pixel_bytes_is_refused():
    tall = bytearray(plain("tiff")[1])
    at = int.from_bytes(tall[4:8], "little") + 2
    while tall[at : at + 2] != struct.pack("<H", 257):
        at += 12
    tall[at + 8] += 1
    assert refused(bytes(tall), TIFF) == "damaged"


def test_a_bmp_whose_pixels_are_compressed_pictures_is_refused():
    data = bytearray(plain("bmp")[1])
    data[30] = 4
    assert refused(bytes(data), BMP) == "damaged"


# ---- AVIF and HEIC by hand ------------------------------------------------------------------


def infe(id_, kind, texts=b"\0"):
    return box(b"infe", b"\x02\0\0\0" + id_.to_bytes(2) + b"\0\0" + kind + texts)


def heif(iloc, *, idat=b"", extra=b"", data=b"", infos=None):
    infos = infos or (infe(1, b"av01"), infe(2, b"Exif"), infe(3, b"mime", b"\0text/x\0"))
    iinf = box(b"iinf", b"\0\0\0\0" + len(infos).to_bytes(2) + b"".join(infos))
    meta = box(b"meta", bytes(4) + iinf + box(b"iloc", iloc) + box(b"idat", idat) + extra)
    return box(b"ftyp", b"avif\0\0\0\0avif") + meta + box(b"mdat", data)


def extent(id_, method, offset, length, wide=2):
    return id_.to_bytes(wide) + struct.pack(">HHHII", method, 0, 1, offset, length)


@pytest.mark.parametrize("version", [1, 2])
def test_items_inside_the_meta_box_are_blanked(version):
    wide = 2 * version
    items = [extent(1, 1, 0, 4, wide), extent(2, 1, 4, 40, wide), extent(3, 1, 44, 6, wide)]
    iloc = bytes((version, 0, 0, 0, 0x44, 0)) + (3).to_bytes(wide) + b"".join(items)
    properties = box(b"iprp", box(b"ipco", box(b"udes", bytes(4) + CANARY)))
    idat = b"AV01" + (CANARY * 9)[:40] + CANARY
    data = heif(iloc, idat=idat, extra=box(b"xml ", bytes(4) + CANARY) + properties)
    result = stripped(data, AVIF)
    assert len(result) == len(data)
    assert CANARY not in result
    assert b"AV01\0\0\0\0MM\0*" in result
    assert strip(result, AVIF) is None


def iloc_v1(*items):
    return b"\x01\0\0\0\x44\0" + len(items).to_bytes(2) + b"".join(items)


@pytest.mark.parametrize(
    ("iloc", "reason"),
    [
        (iloc_v1(extent(1, 1, 0, 8), extent(2, 1, 4, 8)), "damaged"),  # one inside the other
        (iloc_v1(extent(2, 1, 0, 8), extent(1, 1, 4, 8)), "damaged"),
        (iloc_v1(extent(2, 1, 0, 80)), "damaged"),  # past its box
        (iloc_v1(extent(1, 0, 0, 8000)), "incomplete"),
        (iloc_v1(extent(2, 2, 0, 8)), "damaged"),  # made of other items
        (b"\x03\0\0\0\x44\0\0\0", "damaged"),
        (b"\x01\0\0\0\x45\0\0\0", "damaged"),
        (b"\x02\0\0\0\0\0\xff\xff\xff\xff", "incomplete"),
    ],
)
def test_items_that_lie_are_refused(iloc, reason):
    assert refused(heif(iloc, idat=CANARY * 8), AVIF) == reason


def test_many_extents_of_no_size_are_refused():
    item = struct.pack(">HHHH", 1, 0, 0, 0xFFFF)
    iloc = b"\x01\0\0\0\0\0" + (900).to_bytes(2) + item * 900
    assert refused(heif(iloc), AVIF) == "damaged"


def test_boxes_that_no_picture_needs_are_blanked_or_cut():
    clean = stripped(heif(iloc_v1(extent(1, 1, 0, 4)), idat=b"AV01"), AVIF)
    ftyp, rest = clean[:20], clean[20:]
    uuid = box(b"uuid", bytes(16) + CANARY)
    result = stripped(ftyp + uuid + rest + uuid + TRAILER, AVIF)
    assert result == ftyp + box(b"free", bytes(16 + len(CANARY))) + rest


# ---- time -----------------------------------------------------------------------------------

HOSTILE = {
    "jpeg comments": (JPEG, lambda: after_start(plain("jpeg")[1], segment(0xFE, b"") * 400_000)),
    "jpeg fill": (JPEG, lambda: after_start(plain("jpeg")[1], b"\xff" * 4_000_000)),
    "png texts": (PNG, lambda: after_header(plain("png")[1], chunk(b"tEXt", b"") * 400_000)),
    "webp chunks": (
        WEBP,
        lambda: with_riff_size(
            b"RIFF\0\0\0\0WEBP" + riff(b"VP8X", bytes(10)) + riff(b"JUNK", b"") * 400_000
        ),
    ),
    "gif comments": (GIF, lambda: plain("gif")[1][:-1] + b"\x21\xfe\0" * 400_000),
    "avif boxes": (AVIF, lambda: plain("avif")[1] + box(b"free", b"") * 400_000),
    "tiff entries": (
        TIFF,
        lambda: b"II*\0\x08\0\0\0" + b"\xff\xff" + b"\xfe\xff\1\0\1\0\0\0\0\0\0\0" * 65_535,
    ),
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_file_of_nothing_but_parts_ends_soon(name):
    format_, maker = HOSTILE[name]
    data = maker()
    started = process_time()
    with suppress(UnreadableImageError):
        strip(data, format_)
    assert process_time() - started < 3


# ---- BMP by hand ----------------------------------------------------------------------------


def bitmap(header, pixels, *, profile=b""):
    offset = 14 + len(header)
    size = offset + len(pixels) + len(profile)
    return b"BM" + struct.pack("<IHHI", size, 0, 0, offset) + header + pixels + profile


def info_header(height=2, depth=24, compression=0, size=0, extra=b""):
    fields = (40 + len(extra), 2, height, 1, depth, compression, size, 0, 0, 0, 0)
    return struct.pack("<IiiHHIIiiII", *fields) + extra


CORE_BMP = bitmap(struct.pack("<IHHHH", 12, 2, 2, 1, 24), bytes(16))
PROFILE_FIELDS = struct.pack("<II", 124 + 16, 7)
PROFILE_BMP = bitmap(
    info_header(extra=bytes(16) + b"DEBM" + bytes(52) + PROFILE_FIELDS + bytes(4)),
    bytes(16),
    profile=b"profile",
)


@pytest.mark.parametrize(
    "data",
    [
        CORE_BMP,
        PROFILE_BMP,
        bitmap(info_header(height=-2), bytes(16)),
        bitmap(info_header(compression=1, depth=8, size=6), bytes(6)),
    ],
)
def test_a_bitmap_ends_where_its_header_says(data):
    assert strip(data, BMP) is None
    assert stripped(data + TRAILER, BMP) == data
    assert refused(data[:-1], BMP) == "incomplete"


@pytest.mark.parametrize(
    "header", [info_header(depth=7), info_header(height=0), struct.pack("<I", 16) + bytes(20)]
)
def test_a_bitmap_header_that_makes_no_sense_is_refused(header):
    assert refused(bitmap(header, bytes(16)), BMP) == "damaged"


def test_run_lengths_without_a_size_keep_what_follows():
    assert strip(bitmap(info_header(compression=1, depth=8), bytes(6)) + TRAILER, BMP) is None
