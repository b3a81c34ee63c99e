"""What stripping keeps and takes away, judged by Pillow and by canaries."""

import mmap
import pickle
from io import BytesIO

import pytest
from PIL import Image, ImageOps, ImageSequence

from flaskr.errors import UnreadableImageError
from flaskr.imaging.formats import JPEG, PNG
from flaskr.imaging.metadata import pieces, strip
from tests.unit.metadata import samples
from tests.unit.metadata.samples import CANARY, ICC, MAKERS, TURNING, sample

NAMES = sorted(MAKERS)


def stripped(data, format_):
    plan = strip(data, format_)
    return data if plan is None else b"".join(pieces(data, plan))


def decoded(data, format_):
    """Every frame's mode, pixels and duration, and how often they repeat."""
    with Image.open(BytesIO(data), formats=format_.decoders) as image:
        if format_ is JPEG:  # of several pictures the first is the one
            image.load()
            return image.mode, image.size, image.tobytes()
        every = [
            (frame.mode, frame.size, frame.tobytes(), frame.info.get("duration"))
            for frame in ImageSequence.Iterator(image)
        ]
        return every, image.info.get("loop"), image.info.get("transparency")


def shown(data, format_):
    with Image.open(BytesIO(data), formats=format_.decoders) as image:
        upright = ImageOps.exif_transpose(image)
        return upright.size, upright.convert("RGBA").tobytes()


@pytest.mark.parametrize("name", NAMES)
def test_pixels_are_identical(name):
    format_, data = sample(name)
    assert decoded(stripped(data, format_), format_) == decoded(data, format_)


@pytest.mark.parametrize("name", NAMES)
def test_metadata_is_gone(name):
    format_, data = sample(name)
    assert CANARY in data
    result = stripped(data, format_)
    assert CANARY not in result
    assert b"MPF\0" not in result
    with Image.open(BytesIO(result), formats=format_.decoders) as image:
        tags = dict(image.getexif())
        assert not image.info.get("comment")
        assert b"rdf:Description" not in (image.info.get("xmp") or b"")
    if name.startswith("tiff"):
        assert not {*samples.TIFF_TEXTS, 700, 33723, 34377, 34665, 34853} & set(tags)
    else:
        assert set(tags) <= {samples.ORIENTATION}


@pytest.mark.parametrize("name", NAMES)
def test_profile_is_identical(name):
    format_, data = sample(name)
    result = stripped(data, format_)
    with (
        Image.open(BytesIO(data), formats=format_.decoders) as before,
        Image.open(BytesIO(result), formats=format_.decoders) as after,
    ):
        assert after.info.get("icc_profile") == before.info.get("icc_profile")
        assert before.info.get("icc_profile") in {None, ICC}
        if format_ is not JPEG:  # Pillow makes one up where Exif tells none
            assert after.info.get("dpi") == before.info.get("dpi")


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", sorted(TURNING))
def test_orientation_stays_right(name, orientation):
    format_, maker = TURNING[name]
    data = maker(orientation)
    result = stripped(data, format_)
    assert shown(result, format_) == shown(data, format_)
    if name in {"jpeg", "png", "webp"}:
        assert (b"Exif\0\0" in result or b"eXIf" in result or b"EXIF" in result) == (
            orientation > 1
        )


@pytest.mark.parametrize("name", NAMES)
def test_stripping_twice_is_stripping_once(name):
    format_, data = sample(name)
    assert strip(stripped(data, format_), format_) is None


@pytest.mark.parametrize("name", NAMES)
def test_a_mapping_can_be_closed_and_a_plan_pickled(name, tmp_path):
    format_, data = sample(name)
    path = tmp_path / "picture"
    path.write_bytes(data)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapping:
        plan = strip(mapping, format_)
        assert plan
        plan = pickle.loads(pickle.dumps(plan))  # noqa: S301 - our own
        assert b"".join(pieces(mapping, plan)) == stripped(data, format_)
    path.write_bytes(data[: len(data) // 4])
    with (
        path.open("rb") as file,
        pytest.raises(UnreadableImageError),
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapping,
    ):
        strip(mapping, format_)


def test_chunks_are_worth_a_write():
    large = samples.saved(Image.effect_noise((1600, 1200), 100), "PNG", compress_level=1)
    parts = [large[:33]]
    parts += [samples.chunk(b"tEXt", b"a\0b"), samples.chunk(b"gAMA", b"\0\0\xb1\x8f")] * 500
    data = b"".join([*parts, large[33:]])
    plan = strip(data, PNG)
    assert plan
    chunks = list(pieces(data, plan))
    assert max(map(len, chunks)) <= 256 * 1024
    assert len(chunks) < 2 + len(data) / (128 * 1024)
    assert b"tEXt" not in b"".join(chunks)
