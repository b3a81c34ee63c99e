"""SVG through the front door: refused by default, harmless when allowed."""

from io import BytesIO

import pytest
from PIL import Image as Pillow

from flaskr.imaging.svg import MAX_BYTES
from tests.browsing import AuthActions, Browser
from tests.factories import make_user

DRAWING = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 200" onload="alert(1)">'
    b'<script>alert(1)</script><rect width="400" height="200" fill="red"/></svg>'
)


@pytest.fixture
def artist(make_app, session) -> Browser:
    make_user(session, "artist")
    browser = Browser(make_app(ALLOW_SVG=True))
    AuthActions(browser).login("artist")
    return browser


def test_a_drawing_is_refused_unless_allowed(owner):
    answer = owner.upload_json(("a.svg", DRAWING))
    assert (answer.status_code, answer.json["error"]["code"]) == (415, "unsupported_type")
    assert "svg" not in owner.get("/tuchuang/").text.partition("accept=")[2][:300]


def test_a_drawing_that_is_allowed_is_harmless(artist):
    (told,) = artist.upload_json(("a.svg", DRAWING)).json["files"]
    assert (told["type"], told["width"], told["height"]) == ("image/svg+xml", 400, 200)
    answer = artist.get(told["path"])
    assert b"alert" not in answer.data
    assert b"<rect" in answer.data
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("keep", ["share", "backup"])
def test_a_drawing_has_a_thumbnail_and_variants(artist, keep):
    (told,) = artist.upload_json(("a.svg", DRAWING), keep=keep).json["files"]
    stem = told["path"].rpartition(".")[0]
    for address, size in [
        (told["thumbnail"], (320, 160)),
        (f"{stem}.png?w=640", (400, 200)),
        (f"{stem}.webp?w=64", (64, 32)),
    ]:
        with Pillow.open(BytesIO(artist.get(address).data)) as made:
            assert made.size == size
            pixel = made.convert("RGB").getpixel((5, 5))
            assert isinstance(pixel, tuple)
            assert pixel[0] > 200


def test_a_backup_of_a_drawing_is_every_byte_of_it(artist):
    (told,) = artist.upload_json(("a.svg", DRAWING), keep="backup").json["files"]
    assert artist.get(told["path"]).data == DRAWING


def test_auto_leaves_a_drawing_as_it_is(artist):
    (told,) = artist.upload_json(("a.svg", DRAWING)).json["files"]
    answer = artist.get(told["path"].replace(".svg", ".auto"), headers={"Accept": "image/avif"})
    assert answer.mimetype == "image/svg+xml"


@pytest.mark.parametrize(
    ("accept", "type_"), [("image/webp,*/*", "image/webp"), ("*/*", "image/png")]
)
@pytest.mark.parametrize("asked", ["auto?w=64", "auto?w=64&h=64"])
def test_auto_in_a_size_is_a_picture_of_the_drawing(artist, asked, accept, type_):
    (told,) = artist.upload_json(("a.svg", DRAWING)).json["files"]
    answer = artist.get(told["path"].replace("svg", asked), headers={"Accept": accept})
    assert (answer.status_code, answer.mimetype) == (200, type_)
    with Pillow.open(BytesIO(answer.data)) as made:
        assert made.size == (64, 32)


def test_a_size_of_a_drawing_is_a_png(artist):
    (told,) = artist.upload_json(("a.svg", DRAWING)).json["files"]
    assert artist.get(f"{told['path']}?w=64").mimetype == "image/png"


def test_a_drawing_of_too_many_bytes_is_refused_by_name(artist):
    padding = b"<!--" + b" " * MAX_BYTES + b"-->"
    answer = artist.upload_json(("a.svg", DRAWING.replace(b"</svg>", padding + b"</svg>")))
    assert (answer.status_code, answer.json["error"]["code"]) == (413, "too_large")
    assert "4" in answer.json["error"]["message"]
