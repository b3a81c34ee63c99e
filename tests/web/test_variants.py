"""Other sizes and formats of a picture, made when they are asked for."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from io import BytesIO
from threading import Barrier
from typing import get_args

import pytest
from hypothesis import given
from hypothesis.strategies import integers, none, sampled_from, tuples
from PIL import Image as Pillow

from flaskr.errors import BusyError, IncompleteImageError, TooComplexError
from flaskr.imaging import Fit, Spec
from flaskr.imaging.spec import simplest
from flaskr.imaging.variants import _frame
from flaskr.library.making import HOPELESS_NAMES, HOPELESS_SECONDS, SEATS, Making
from flaskr.library.variants import EXTENSIONS, LADDER, on_ladder, signature
from flaskr.tuchuang.direct import sign_address
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
        ("w=160&h=160", (160, 80)),
        ("w=160&h=160&fit=cover", (160, 160)),
        ("w=320&h=320&fit=cover", (320, 200)),
        ("w=160&fit=cover", (160, 80)),
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


@pytest.mark.parametrize("error", [BusyError, TooComplexError])
def test_auto_is_the_original_while_the_variant_cannot_be_had(
    upload, guest, media, monkeypatch, error
):
    def refuse(*_arguments: object, **_options: object) -> None:
        raise error

    path = upload(jpeg(400, 200))
    monkeypatch.setattr(media.decoders, "run", refuse)
    answer = guest.get(f"{path}.auto?w=96", headers={"Accept": CHROME})
    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    assert answer.cache_control.max_age == 60
    assert guest.get(f"{path}.webp?w=128").status_code == error.status


def test_auto_shows_a_phones_photo_to_any_browser(upload, guest):
    assert guest.get(f"{upload(heic())}.auto", headers={"Accept": OLD}).mimetype == "image/jpeg"


@pytest.mark.parametrize(
    ("query", "size"),
    [
        ("w=160&h=64", (128, 64)),
        ("w=160&h=64&fit=cover", (160, 64)),
        ("w=333&h=9&fit=cover", (333, 9)),
        ("w=100&h=50&fit=cover", (100, 50)),
        ("w=9999&h=9998", (400, 200)),
    ],
)
def test_a_box_of_two_different_sides_needs_a_signature(app, upload, guest, query, size):
    path = f"{upload(jpeg(400, 200))}.webp?{query}"
    assert guest.get(path).status_code == 404
    with opened(guest.get(sign_address(app.config["SECRET_KEY"], path))) as made:
        assert made.size == size


@pytest.mark.parametrize(
    ("address", "added"),
    [
        ("webp?w=333&still", "webp?w=333&still=&s="),
        ("webp?w=333&download", "webp?w=333&download=&s="),
        ("jpeg?w=333", "jpeg?w=333&s="),
        ("webp?w=333&w=64&s=old", "webp?w=333&w=64&s="),
        ("gif?w=64&h=33&fit=cover&still=", "gif?w=64&h=33&fit=cover&still=&s="),
    ],
)
def test_what_is_signed_is_what_is_asked(app, upload, guest, address, added):
    path = upload(gif())
    signed = sign_address(app.config["SECRET_KEY"], f"{path}.{address}")
    assert signed.startswith(f"{path}.{added}")
    assert guest.get(signed).status_code == 200


def test_the_same_by_other_words_is_made_once(upload, guest, media):
    path = upload(jpeg(400, 200))
    same = ["w=320", "w=320&h=320", "w=320&still", "w=320&fit=cover", "w=320&h=320&fit=inside"]
    full = ["", "w=640", "h=240", "w=2560&h=2560&fit=cover", "still"]
    for queries in (same, full):
        answers = [guest.get(f"{path}.webp?{query}") for query in queries]
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.headers["ETag"] for answer in answers}) == 1
    names = {entry.name.rpartition("/")[2] for entry in media.store.list("variants/")}
    assert names == {"w320.webp", "full.webp"}  # the first is the thumbnail, from the upload


def test_a_picture_has_a_bounded_number_of_names():
    for size, frames, most in (((3000, 2000), 1, 43 * 5), ((3000, 2000), 9, 43 * 9)):
        asked = (
            Spec(extension, width, height, fit, still=still)
            for extension in EXTENSIONS
            for width in (None, *LADDER)
            for height in (None, *LADDER)
            for fit in get_args(Fit)
            for still in (False, True)
        )
        free = {simplest(spec, size, frames) for spec in asked if on_ladder(spec)}
        assert len(free) <= most


@given(
    size=tuples(integers(1, 40), integers(1, 40)),
    box=tuples(none() | integers(1, 50), none() | integers(1, 50)),
    fit=sampled_from(get_args(Fit)),
)
def test_the_simplest_spec_gives_the_same_picture(size, box, fit):
    spec = Spec("png", box[0], box[1], fit)
    simple = simplest(spec, size, 1)
    assert simplest(simple, size, 1) == simple
    assert shape(size, simple) == shape(size, spec)


def shape(size: tuple[int, int], spec: Spec) -> tuple[int, int]:
    return _frame(Pillow.new("RGB", size), spec).size


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "HEIC"])
def test_a_size_of_what_no_variant_can_be_is_a_jpeg(upload, guest, kind):
    path = upload(factories.KINDS[kind][0]())
    with opened(guest.get(f"{path}.{kind.lower()}?w=64")) as made:
        assert (made.format, made.width <= 64) == ("JPEG", True)


def test_what_could_not_be_made_is_not_tried_again_for_a_while():
    now = [0.0]
    making = Making(clock=lambda: now[0])
    making.check_hope("name")
    making.give_up("name", IncompleteImageError())
    making.check_hope("another")
    with pytest.raises(IncompleteImageError):
        making.check_hope("name")
    now[0] = HOPELESS_SECONDS
    making.check_hope("name")
    for number in range(HOPELESS_NAMES + 1):
        making.give_up(str(number), TooComplexError())
    making.check_hope("0")
    with pytest.raises(TooComplexError):
        making.check_hope("1")


def test_when_all_seats_are_taken_the_next_is_sent_away_at_once(upload, guest, media):
    path = upload(jpeg(400, 200))
    with ExitStack() as taken:
        for _ in range(SEATS):
            taken.enter_context(media.making.seat())
        answer = guest.get(f"{path}.webp?w=64")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert guest.get(f"{path}.webp?w=64").status_code == 200


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
    path = upload(jpeg(80, 40))
    tags = {guest.get(f"{path}.{asked}").headers["ETag"] for asked in ("jpg", "webp", "webp?w=64")}
    assert len(tags) == 3
    answer = guest.get(f"{path}.webp?w=64")
    again = guest.get(f"{path}.webp?w=64", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_picture_does_not_vary_by_cookie(upload, owner):
    answer = owner.get(f"{upload(jpeg())}.webp?w=64")
    assert "Cookie" not in answer.vary
    assert "Set-Cookie" not in answer.headers
