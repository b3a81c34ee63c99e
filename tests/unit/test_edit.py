"""Turning, mirroring and cropping: which pixels go where, and what stays as it was."""

import secrets
from dataclasses import asdict
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageOps, JpegImagePlugin

from flaskr.imaging.edit import MEANINGS, Box, Edit
from flaskr.imaging.variants import UPRIGHTING
from tests.factories import CANARY, KINDS, drawing, encode, exif, heic, jpeg, noise, png

RED, BLUE = (220, 20, 20), (20, 20, 220)
STILL = [kind for kind, (*_, frames) in KINDS.items() if frames == 1]


@pytest.fixture
def edited(tmp_path, decoders):
    """The picture that the child makes, as bytes."""

    def run(content: bytes, extension: str, **change) -> bytes:
        source, target = tmp_path / secrets.token_hex(4), tmp_path / secrets.token_hex(4)
        source.write_bytes(content)
        decoders.run(
            "edit",
            source=str(source),
            extension=extension,
            change=asdict(Edit(**change)),
            target=str(target),
        )
        return bytes(target.read_bytes())

    return run


def shown(content: bytes) -> Image.Image:
    """The picture as a browser shows it."""
    with Image.open(BytesIO(content)) as image:
        return ImageOps.exif_transpose(image).convert("RGB")


def pixel(picture: Image.Image, x: int, y: int) -> tuple[int, ...]:
    found = picture.getpixel((x, y))
    assert isinstance(found, tuple)
    return found


def near(picture: Image.Image, x: int, y: int, colour: tuple[int, ...]) -> bool:
    found = pixel(picture, x, y)
    return all(abs(a - b) < 40 for a, b in zip(found, colour, strict=True))


def same(first: Image.Image, second: Image.Image) -> bool:
    return first.size == second.size and ImageChops.difference(first, second).getbbox() is None


def drawn(turn: int, *, mirror: bool, box: Box | None, picture: Image.Image) -> Image.Image:
    """What an edit should give, drawn step by step."""
    picture = picture.rotate(-turn, expand=True)
    if mirror:
        picture = ImageOps.mirror(picture)
    if box:
        picture = picture.crop((box.left, box.top, box.left + box.width, box.top + box.height))
    return picture


@pytest.mark.parametrize("kind", STILL)
def test_a_picture_turns_clockwise_whatever_its_format(kind, edited):
    make, _, extension, _ = KINDS[kind]
    made = shown(edited(make(), extension, turn=90))
    assert made.size == (32, 48)
    assert near(made, 4, 30, BLUE)  # what was right is below
    assert near(made, 4, 16, RED)


@pytest.mark.parametrize("kind", STILL)
def test_a_part_can_be_cut_out_whatever_the_format(kind, edited):
    make, _, extension, _ = KINDS[kind]
    made = shown(edited(make(), extension, box=Box(28, 8, 16, 12)))
    assert made.size == (16, 12)
    assert near(made, 8, 6, BLUE)


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("box", [None, Box(3, 5, 20, 11)])
def test_lossless_formats_lose_nothing(turn, mirror, box, edited):
    picture = noise(40, 30)
    sources = {
        "png": encode(picture, "PNG"),
        "webp": encode(picture, "WEBP", lossless=True),
        "bmp": encode(picture, "BMP"),
        "tiff": encode(picture, "TIFF"),
    }
    expected = drawn(turn, mirror=mirror, box=box, picture=picture)
    for extension, content in sources.items():
        made = edited(content, extension, turn=turn, mirror=mirror, box=box)
        assert same(shown(made), expected), extension


@pytest.mark.parametrize("before", range(1, 9))
@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_turned_jpeg_keeps_its_pixels(turn, mirror, before, edited):
    content = jpeg(48, 32, orientation=before)
    made = edited(content, "jpg", turn=turn, mirror=mirror)
    assert same(shown(made), drawn(turn, mirror=mirror, box=None, picture=shown(content)))
    assert CANARY.encode() not in made


def test_a_cropped_jpeg_is_upright_without_help(edited):
    made = edited(jpeg(48, 32, orientation=6), "jpg", box=Box(0, 0, 32, 20))
    with Image.open(BytesIO(made)) as image:
        assert image.size == (32, 20)
        assert not image.getexif()
    assert near(shown(made), 16, 16, RED)


@pytest.mark.parametrize(("halved", "kept"), [(0, 0), (1, 0), (2, 2)])
def test_a_cropped_jpeg_has_colours_as_fine_as_before(halved, kept, edited):
    content = encode(noise(64, 64), "JPEG", quality=98, subsampling=halved)
    with Image.open(BytesIO(edited(content, "jpg", box=Box(0, 0, 40, 40)))) as image:
        assert JpegImagePlugin.get_sampling(image) == kept
        assert isinstance(image, JpegImagePlugin.JpegImageFile)
        assert image.quantization[0][0] <= 3  # what quality 92 has there


def test_a_transparent_picture_stays_transparent(edited):
    picture = Image.new("RGBA", (20, 10), (255, 0, 0, 0))
    picture.paste((0, 0, 255, 255), (10, 0, 20, 10))
    for extension, content in {
        "png": encode(picture, "PNG"),
        "webp": encode(picture, "WEBP", lossless=True),
        "gif": encode(picture, "GIF"),
    }.items():
        with Image.open(BytesIO(edited(content, extension, turn=180))) as image:
            made = image.convert("RGBA")
            assert pixel(made, 15, 5)[3] == 0, extension
            assert made.getpixel((5, 5)) == (0, 0, 255, 255), extension


def test_the_colour_profile_stays(edited):
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for format_, extension in {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "TIFF": "tiff"}.items():
        content = encode(drawing(), format_, icc_profile=profile)
        with Image.open(BytesIO(edited(content, extension, turn=90, box=Box(0, 0, 9, 9)))) as made:
            assert made.info["icc_profile"] == profile, extension


def test_a_palette_and_fine_greys_stay(edited):
    palette = drawing().quantize(4)
    made = edited(encode(palette, "PNG"), "png", turn=90)
    assert same(shown(made), drawn(90, mirror=False, box=None, picture=palette.convert("RGB")))
    grey = Image.new("I;16", (8, 4), 12345)
    with Image.open(BytesIO(edited(encode(grey, "PNG"), "png", turn=90))) as image:
        assert image.mode == "I;16"
        assert image.getpixel((1, 1)) == 12345


def test_nothing_of_the_metadata_goes_along(edited):
    for format_, extension in {"JPEG": "jpg", "WEBP": "webp", "PNG": "png", "AVIF": "avif"}.items():
        content = encode(drawing(), format_, exif=exif(6))
        made = edited(content, extension, turn=90, box=Box(0, 0, 20, 20))
        assert CANARY.encode() in content
        assert CANARY.encode() not in made


def test_a_heic_becomes_a_jpeg(edited):
    made = edited(heic(), "heic", turn=90)
    with Image.open(BytesIO(made)) as image:
        assert (image.format, image.size) == ("JPEG", (32, 48))


@given(
    before=st.sampled_from(sorted(MEANINGS)),
    turn=st.sampled_from([0, 90, 180, 270]),
    mirror=st.booleans(),
)
def test_orientations_add_up(before, turn, mirror):
    stored = noise(3, 2)
    upright = stored if before == 1 else stored.transpose(UPRIGHTING[before])
    after = Edit(turn, mirror).orientation(before)
    made = stored if after == 1 else stored.transpose(UPRIGHTING[after])
    assert same(made, drawn(turn, mirror=mirror, box=None, picture=upright))


def test_a_picture_without_a_change_is_as_it_was(edited):
    assert edited(jpeg(), "jpg") == jpeg()
    assert same(shown(edited(png(), "png")), shown(png()))
