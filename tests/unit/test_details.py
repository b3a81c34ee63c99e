"""What the camera wrote, and QR codes."""

import pytest
from PIL import Image as Pillow
from PIL.TiffImagePlugin import IFDRational

from flaskr.imaging.camera import Camera
from flaskr.library import details
from tests.factories import (
    CANARY,
    KINDS,
    drawing,
    encode,
    exif,
    make_blob,
)


@pytest.fixture
def camera(session, media):
    def read(content: bytes) -> Camera:
        return details.camera(media, make_blob(session, content, media.store))

    return read


def phone() -> Pillow.Exif:
    tags = exif()
    tags[0x0110] = "Model\0 \n7 " + "x" * 200
    tags[0x8769] = {
        0x829A: IFDRational(1, 250),
        0x829D: IFDRational(18, 10),
        0x8827: (100, 200),
        0x9003: "2026:05:01 12:00:00",
        0x920A: IFDRational(0, 0),
        0xA434: "A lens",
    }
    return tags


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_what_the_camera_wrote_is_read(camera, format_):
    found = camera(encode(drawing(), format_, exif=phone()))
    assert found.maker == f"Phone {CANARY}"
    assert found.model.startswith("Model 7 xxx")
    assert len(found.model) == 100
    assert (found.lens, found.taken) == ("A lens", "2026:05:01 12:00:00")
    assert (found.exposure, found.aperture, found.iso) == (1 / 250, 1.8, 100)
    assert found.focal_length is None
    assert (found.latitude, found.longitude) == (52.52, 13.405)


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - {"HEIC", "MPO"}))
def test_most_pictures_say_nothing(camera, kind):
    assert camera(KINDS[kind][0]()) == Camera()


def test_nonsense_is_left_out(camera):
    tags = Pillow.Exif()
    tags[0x010F] = b"\xff\xfe\x00"
    tags[0x8769] = {0x829A: IFDRational(1, 0), 0x8827: "many", 0x9003: 7}
    tags[0x8825] = {1: "N", 2: (700.0, 0.0, 0.0), 3: "E", 4: (1.0, 2.0)}
    found = camera(encode(drawing(), "JPEG", exif=tags))
    assert (found.exposure, found.iso, found.latitude, found.longitude) == (None, None, None, None)


def test_a_qr_code_is_a_drawing_for_the_page():
    drawn = details.qr_code("https://img.example.org/tuchuang/download/abcdefghijkm.png")
    assert drawn.startswith("<svg")
    assert "viewBox" in drawn
    assert "width=" not in drawn
    assert "style" not in drawn
    assert details.qr_code("图床 <&>").count("<svg") == 1
    assert details.qr_code("x" * 5000).startswith("<svg")
