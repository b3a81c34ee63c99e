"""Other sizes and formats of a picture, made when they are asked for."""

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from threading import Barrier

import pytest
from PIL import Image as Pillow

from flaskr.imaging import Spec
from flaskr.library.variants import LADDER, signature
from tests import factories
from tests.browsing import Browser
from tests.factories import apng, gif, heic, jpeg, png

CHROME = "image/avif,image/webp,image/apng,*/*;q=0.8"
OLDER = "image/webp,*/*"
OLD = "image/png,image/*;q=0.8,*/*;q=0.5"


@pytest.fixture
def upload(owner):
    def send(content: bytes) -> str:
        (told,) = owner.upload_json(("picture", content)).json["files"]
        return str(told["path"]).rpartition(".")[0]

    return send


def opened(answer) -> Pillow.Image:
    assert answer.status_code == 200, answer.data
    return Pillow.open(BytesIO(answer.data))


@pytest.mark.parametrize("width", LADDER)
def test_every_size_on_the_ladder_is_made(upload, guest, width):
    with opened(guest.get(f"{upload(jpeg(400, 200))}.webp?w={width}")) as made:
        assert made.size == ((width, round(width / 2)) if width < 400 else (400, 200))


@pytest.mark.parametrize(
    ("query", "size"),
    [
        ("w=160", (160, 80)),
        ("h=64", (128, 64)),
        ("w=160&h=64", (128, 64)),
        ("w=160&h=160&fit=cover", (160, 160)),
        ("w=160&h=64&fit=cover", (160, 64)),
        ("w=640&h=640&fit=cover", (400, 200)),
        ("w=96&fit=inside", (96, 48)),
        ("", (400, 200)),
    ],
)
def test_a_box_is_fitted_as_asked(upload, guest, query, size):
    with opened(guest.get(f"{upload(jpeg(400, 200))}.webp?{query}")) as made:
        assert made.size == size


@pytest.mark.parametrize(
    ("extension", "format_"),
    [("jpg", "JPEG"), ("jpeg", "JPEG"), ("png", "PNG"), ("webp", "WEBP"), ("avif", "AVIF")],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "AVIF", "TIFF", "BMP", "HEIC"])
def test_every_kind_becomes_every_format(upload, guest, kind, extension, format_):
    path = upload(factories.KINDS[kind][0]())
    answer = guest.get(f"{path}.{extension}?w=64")
    with opened(answer) as made:
        assert made.format == format_
        assert answer.mimetype == f"image/{format_.lower()}"


@pytest.mark.parametrize("make", [gif, apng, lambda: factories.webp(3)])
@pytest.mark.parametrize("extension", ["gif", "webp", "avif", "png"])
def test_an_animation_stays_one(upload, guest, make, extension):
    with opened(guest.get(f"{upload(make())}.{extension}?w=64")) as made:
        assert getattr(made, "n_frames", 1) == 3
        made.seek(1)
        made.load()
        assert made.info["duration"] == 40


def test_a_still_of_an_animation_is_its_first_frame(upload, guest):
    with opened(guest.get(f"{upload(gif())}.webp?w=64&still")) as made:
        assert getattr(made, "n_frames", 1) == 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_variant_is_upright_and_without_metadata(upload, guest, orientation):
    with opened(guest.get(f"{upload(jpeg(80, 40, orientation))}.webp?w=64")) as made:
        assert (made.width > made.height) == (orientation < 5)
        assert not made.getexif()
        assert "icc_profile" not in made.info


@pytest.mark.parametrize(
    ("accept", "extension"), [(CHROME, "avif"), (OLDER, "webp"), (OLD, "jpeg"), ("*/*", "jpeg")]
)
def test_auto_is_what_the_browser_names(upload, guest, accept, extension):
    answer = guest.get(f"{upload(jpeg())}.auto?w=64", headers={"Accept": accept})
    assert (answer.status_code, answer.mimetype) == (200, f"image/{extension}")
    assert "Accept" in answer.vary


def test_auto_shows_a_phones_photo_to_any_browser(upload, guest):
    assert guest.get(f"{upload(heic())}.auto", headers={"Accept": OLD}).mimetype == "image/jpeg"


def test_a_size_beside_the_ladder_needs_a_signature(app, upload, guest):
    path = upload(jpeg(400, 200))
    key = path.rpartition("/")[2]
    signed = signature(app.config["SECRET_KEY"], key, Spec("webp", 333))
    assert guest.get(f"{path}.webp?w=333").status_code == 404
    assert guest.get(f"{path}.webp?w=334&s={signed}").status_code == 404
    assert guest.get(f"{path}.jpg?w=333&s={signed}").status_code == 404
    with opened(guest.get(f"{path}.webp?w=333&s={signed}")) as made:
        assert made.width == 333


@pytest.mark.parametrize(
    "asked", ["webp?w=x", "webp?w=0", "webp?h=-1", "webp?fit=fill", "webp?w=1e3", "tiff?w=64"]
)
def test_nonsense_is_not_found(upload, guest, asked):
    assert guest.get(f"{upload(jpeg())}.{asked}").status_code == 404


def test_a_variant_is_made_once_however_many_ask(app, upload, media, monkeypatch):
    path = upload(png(400, 200))
    made = []
    run = media.decoders.run

    def counted(task, **arguments):
        made.append(task)
        return run(task, **arguments)

    monkeypatch.setattr(media.decoders, "run", counted)
    barrier = Barrier(8)

    def ask(_):
        barrier.wait()
        return Browser(app).get(f"{path}.webp?w=240").status_code

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(ask, range(8))) == {200}
    assert made == ["variant"]
    assert list(media.spool.folder.iterdir()) == []


def test_a_variant_has_its_own_validator(upload, guest):
    path = upload(jpeg())
    tags = {guest.get(f"{path}.{asked}").headers["ETag"] for asked in ("jpg", "webp", "webp?w=64")}
    assert len(tags) == 3
    answer = guest.get(f"{path}.webp?w=64")
    again = guest.get(f"{path}.webp?w=64", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_picture_does_not_vary_by_cookie(upload, owner):
    answer = owner.get(f"{upload(jpeg())}.webp?w=64")
    assert "Cookie" not in answer.vary
    assert "Set-Cookie" not in answer.headers
