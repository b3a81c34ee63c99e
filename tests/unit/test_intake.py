"""What a file is, found from its content."""

import errno
import io
import secrets
import subprocess
import sys
from dataclasses import asdict, dataclass

import pytest
from PIL import Image

from flaskr.errors import (
    DomainError,
    TooComplexError,
    TooManyFramesError,
    TooManyPixelsError,
    UnreadableImageError,
    UnsupportedTypeError,
)
from flaskr.imaging import EXTENSIONS, FORMATS, Limits, tasks, worker
from flaskr.imaging.facts import Facts
from flaskr.imaging.formats import sniff
from tests import factories

LIMITS = Limits(pixels=50_000_000, side=16_384, frames=500, total_pixels=250_000_000)


@dataclass(frozen=True)
class Seen:
    """What a child process made of a picture."""

    extension: str
    width: int
    height: int
    frames: int
    thumbnail: bytes
    clean: bytes | None


@pytest.fixture
def look(tmp_path, decoders):
    def take_in(content: bytes, limits: Limits = LIMITS) -> Seen:
        source, clean, thumbnail = (tmp_path / secrets.token_hex(4) for _ in range(3))
        source.write_bytes(content)
        told = decoders.run(
            "intake",
            source=str(source),
            clean=str(clean),
            thumbnail=str(thumbnail),
            limits=asdict(limits),
        )
        facts = Facts.from_json(told)
        return Seen(
            facts.extension,
            facts.width,
            facts.height,
            facts.frames,
            thumbnail.read_bytes(),
            clean.read_bytes() if facts.clean else None,
        )

    return take_in


@pytest.mark.parametrize("kind", factories.KINDS)
def test_every_kind_is_told_from_its_content(look, kind):
    make, media_type, extension, frames = factories.KINDS[kind]
    facts = look(make())
    assert (EXTENSIONS[facts.extension].type, facts.extension) == (media_type, extension)
    assert (facts.width, facts.height, facts.frames) == (48, 32, frames)


@pytest.mark.parametrize("kind", factories.KINDS)
def test_every_kind_gets_a_thumbnail(look, kind):
    with Image.open(io.BytesIO(look(factories.KINDS[kind][0]()).thumbnail)) as small:
        assert (small.format, small.size) == ("WEBP", (48, 32))
        small.load()


def test_a_thumbnail_fits_its_square(look):
    with Image.open(io.BytesIO(look(factories.jpeg(1600, 800)).thumbnail)) as small:
        assert small.size == (320, 160)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
def test_every_mode_of_pixels_gets_a_thumbnail(look, mode):
    picture = Image.new(mode, (20, 10))
    format_ = "TIFF" if mode == "CMYK" else "PNG"
    assert look(factories.encode(picture, format_)).thumbnail


def red_side(content: bytes) -> str:
    """On which side of the picture the red half is."""
    with Image.open(io.BytesIO(content)) as opened:
        picture = opened.convert("RGB")
    width, height = picture.size
    places = {
        "left": (width // 8, height // 2),
        "right": (width * 7 // 8, height // 2),
        "top": (width // 2, height // 8),
        "bottom": (width // 2, height * 7 // 8),
    }
    (side,) = [
        name
        for name, place in places.items()
        if name in (("left", "right") if width > height else ("top", "bottom"))
        and reddish(picture.getpixel(place))
    ]
    return side


def reddish(pixel: object) -> bool:
    assert isinstance(pixel, tuple)
    return bool(pixel[0] > 150 and pixel[2] < 100)


@pytest.mark.parametrize(
    ("orientation", "size", "red"),
    [
        (1, (80, 40), "left"),
        (2, (80, 40), "right"),
        (3, (80, 40), "right"),
        (4, (80, 40), "left"),
        (5, (40, 80), "top"),
        (6, (40, 80), "top"),
        (7, (40, 80), "bottom"),
        (8, (40, 80), "bottom"),
    ],
)
def test_size_and_thumbnail_are_upright(look, orientation, size, red):
    facts = look(factories.jpeg(80, 40, orientation=orientation))
    assert (facts.width, facts.height) == size
    with Image.open(io.BytesIO(facts.thumbnail)) as small:
        assert small.size == size
    assert red_side(facts.thumbnail) == red


def test_a_thumbnail_carries_no_metadata(look):
    content = factories.jpeg(80, 40, orientation=6)
    assert factories.CANARY.encode() in content
    thumbnail = look(content).thumbnail
    assert factories.CANARY.encode() not in thumbnail
    with Image.open(io.BytesIO(thumbnail)) as small:
        assert not small.getexif()


@pytest.mark.parametrize("content", factories.NOT_PICTURES.values(), ids=factories.NOT_PICTURES)
def test_what_is_no_picture_is_refused_with_the_formats_to_use(look, content):
    with pytest.raises(UnsupportedTypeError) as refused:
        look(content)
    assert all(format_.name in str(refused.value) for format_ in FORMATS)


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP", "TIFF"])
@pytest.mark.parametrize("part", [0.1, 0.3, 0.5, 0.7, 0.9, 0.97])
def test_a_picture_that_was_cut_off_is_refused(look, format_, part):
    whole = factories.encode(factories.noise(), format_)
    with pytest.raises(UnreadableImageError):
        look(factories.truncated(whole, part))


@pytest.mark.parametrize("make", [factories.gif, factories.apng, lambda: factories.webp(3)])
def test_an_animation_that_was_cut_off_is_refused(look, make):
    with pytest.raises(UnreadableImageError):
        look(factories.truncated(make(), 0.7))


@pytest.mark.parametrize("format_", FORMATS, ids=lambda format_: format_.name)
def test_a_signature_with_rubbish_behind_it_is_unreadable(look, format_):
    kind = {"GIF": factories.gif}.get(format_.name) or factories.KINDS[format_.name][0]
    with pytest.raises(UnreadableImageError):
        look(kind()[:16] + bytes(range(256)) * 8)


def test_a_page_in_a_jpeg_is_a_jpeg(look):
    assert look(factories.html_in_jpeg()).extension == "jpg"


def test_an_archive_behind_a_gif_is_a_gif(look):
    assert look(factories.gif_with_archive()).extension == "gif"


@pytest.mark.parametrize("size", [(30_000, 30_000), (16_385, 1), (8000, 8000)])
def test_a_picture_too_big_is_refused_by_its_header(look, size):
    with pytest.raises(TooManyPixelsError):
        look(factories.png_claiming(*size))


def test_an_animation_with_too_many_frames_is_refused(look):
    with pytest.raises(TooManyFramesError):
        look(factories.many_frames(501))


def test_an_animation_with_too_many_pixels_in_all_is_refused(look):
    limits = Limits(pixels=10_000, side=1000, frames=500, total_pixels=48 * 32 * 3 - 1)
    with pytest.raises(TooManyFramesError):
        look(factories.gif(3), limits)
    assert look(factories.gif(2), limits).frames == 2


def test_an_animation_is_read_to_its_last_frame(look):
    content = factories.apng(3)
    last = content.rindex(b"fdAT")
    damaged = content[: last + 10] + bytes(20) + content[last + 30 :]
    with pytest.raises(UnreadableImageError):
        look(damaged)


def test_a_library_with_heic_in_it_lives_on_without_the_extra(tmp_path):
    """In a process of its own: what is installed is looked up once."""
    program = """
import sys
sys.modules["pillow_heif"] = None
from pathlib import Path
from flaskr.errors import UnsupportedTypeError
from flaskr.imaging import EXTENSIONS, FORMATS, Limits
from flaskr.imaging.formats import HEIC, sniff
from flaskr.imaging.intake import identify
from flaskr.imaging.limits import ANY_SIZE
assert EXTENSIONS["heic"] is HEIC and HEIC not in FORMATS
assert sniff(Path(sys.argv[1]).read_bytes()) is HEIC
try:
    identify(Path(sys.argv[1]), ANY_SIZE)
except UnsupportedTypeError as error:
    assert "HEIC" not in str(error)
else:
    sys.exit("taken")
"""
    photo = tmp_path / "photo"
    photo.write_bytes(factories.heic())
    subprocess.run([sys.executable, "-c", program, photo], check=True)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (AttributeError, UnreadableImageError.code),
        (TypeError, UnreadableImageError.code),
        (SyntaxError, UnreadableImageError.code),
        (EOFError, UnreadableImageError.code),
        (OSError("broken data stream"), UnreadableImageError.code),
        (MemoryError, TooComplexError.code),
    ],
)
def test_whatever_the_decoder_raises_becomes_a_refusal(monkeypatch, error, code):
    def explode(**_arguments: object) -> None:
        raise error

    monkeypatch.setitem(tasks.TASKS, "intake", explode)
    answer = worker.answer({"task": "intake", "arguments": {}})
    assert answer == {"refused": code, "details": {}}


def test_a_fault_of_the_disk_is_told_apart(monkeypatch):
    def explode(**_arguments: object) -> None:
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setitem(tasks.TASKS, "intake", explode)
    assert worker.answer({"task": "intake", "arguments": {}}) == {"os_error": errno.ENOSPC}


def test_no_content_is_no_format():
    assert sniff(b"") is None


def test_extensions_are_those_of_the_formats():
    assert set(EXTENSIONS) == {"jpg", "png", "gif", "webp", "avif", "bmp", "tiff", "heic", "svg"}


def test_refusals_are_all_domain_errors():
    for error in (TooManyFramesError, TooManyPixelsError, UnreadableImageError):
        assert issubclass(error, DomainError)
        assert 400 <= error.status < 500
