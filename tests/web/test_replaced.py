"""Links to an image whose content was replaced, that was deleted, or whose time is over."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from flaskr.library import images, trash, versions
from flaskr.library.keys import new_key
from flaskr.library.uploads import Arrival, accept
from flaskr.models import Image
from flaskr.web.links import image_card
from tests.factories import bmp, jpeg, make_image, png, tiff
from tests.unit.test_versions import LIMITS, arrived

SHORT = "/i/{}.{}"
LONG = "/tuchuang/download/{}.{}"


@pytest.fixture
def take(session, media, ada):
    def run(content: bytes) -> Image:
        with arrived(media, content) as file:
            arrival = Arrival(file, "photo.png", new_key(), "share")
            image = accept(session, media, ada, arrival, LIMITS).image
            session.commit()
        return image

    return run


@pytest.fixture
def replace(session, media):
    def run(image: Image, content: bytes) -> Image:
        with arrived(media, content) as file:
            versions.replace(session, media, image, file, "new", LIMITS, kept=10)
            session.commit()
        return image

    return run


@pytest.mark.parametrize("address", [SHORT, LONG])
def test_the_old_link_shows_the_new_picture(guest, take, replace, address):
    image = take(png(number=5))
    before = guest.get(address.format(image.key, "png"))
    replace(image, jpeg())
    after = guest.get(address.format(image.key, "png"))
    assert after.status_code == 200
    assert after.content_type == "image/png"
    assert after.data != before.data
    assert after.headers["ETag"] != before.headers["ETag"]
    own = guest.get(address.format(image.key, "jpg"))
    assert (own.content_type, own.data) == ("image/jpeg", jpeg())


def test_a_cache_that_asks_again_is_told(guest, take, replace):
    image = take(png(number=5))
    link = LONG.format(image.key, "png")
    known = {"If-None-Match": guest.get(link).headers["ETag"]}
    assert guest.get(link, headers=known).status_code == 304
    replace(image, png(number=6))
    fresh = guest.get(link, headers=known)
    assert (fresh.status_code, fresh.data) == (200, png(number=6))


@pytest.mark.parametrize(("content", "extension"), [(bmp(), "bmp"), (tiff(), "tiff")])
def test_a_link_that_nothing_can_be_converted_to_goes_on_working(
    guest, take, replace, content, extension
):
    image = take(content)
    replace(image, png(number=5))
    answer = guest.get(LONG.format(image.key, extension))
    assert (answer.status_code, answer.content_type) == (200, "image/png")
    assert answer.data == png(number=5)
    small = guest.get(LONG.format(image.key, extension) + "?w=64")
    assert (small.status_code, small.content_type) == (200, "image/png")


def test_a_format_that_was_never_there_is_not_found(guest, take):
    image = take(png(number=5))
    assert guest.get(LONG.format(image.key, "bmp")).status_code == 404


def test_pages_show_the_new_picture_at_once(app, take, replace):
    image = take(png(number=5))
    with app.test_request_context():
        assert "v=" not in image_card(image).thumbnail
        replace(image, jpeg())
        card = image_card(image)
    assert "v=2" in card.thumbnail
    assert "v=2" in card.previews
    assert "v=" not in card.path


def test_earlier_contents_are_their_owners_alone(owner, other, take, replace):
    image = take(png(number=5))
    replace(image, jpeg())
    link = f"/tuchuang/images/{image.key}/versions/1.png"
    answer = owner.get(link)
    assert (answer.status_code, answer.data) == (200, png(number=5))
    assert "no-store" in answer.headers["Cache-Control"]
    assert owner.get(f"{link}?w=320&h=320&still=1").status_code == 200
    assert other.get(link).status_code == 404
    assert owner.get(link.replace("1.png", "2.jpg")).data == jpeg()
    assert owner.get(link.replace("1.png", f"{10**30}.png")).status_code == 404


def test_a_deleted_image_is_seen_in_the_trash_and_nowhere_else(
    app, owner, session, ada, take, replace, media
):
    image = take(png(number=5))
    replace(image, jpeg())
    addresses = [
        LONG.format(image.key, "jpg"),
        SHORT.format(image.key, "jpg"),
        LONG.format(image.key, "webp") + "?w=320&h=320&still=1",
        f"/tuchuang/images/{image.key}",
        f"/tuchuang/images/{image.key}/versions/1.png",
    ]
    trashed = f"/tuchuang/trash/{image.key}.jpg"
    content = owner.get(addresses[0]).data
    assert all(owner.get(address).status_code == 200 for address in addresses)
    assert owner.get(trashed).status_code == 404
    trash.discard(session, media, ada, [image.key])
    session.commit()
    assert all(owner.get(address).status_code == 404 for address in addresses)
    answer = owner.get(trashed)
    assert (answer.status_code, answer.data) == (200, content)
    assert "no-store" in answer.headers["Cache-Control"]
    with app.test_request_context():
        assert image_card(image).thumbnail.startswith(f"/tuchuang/trash/{image.key}.webp?")
    trash.restore(session, media, ada, [image.key])
    session.commit()
    assert all(owner.get(address).status_code == 200 for address in addresses)
    assert owner.get(addresses[0]).data == content


def test_past_its_time_an_image_is_gone_for_all(owner, guest, session, media, ada):
    image = make_image(session, ada, store=media.store)

    def expire(seconds: float) -> None:
        at = datetime.now(UTC) + timedelta(seconds=seconds)
        session.execute(update(Image).where(Image.id == image.id).values(expires=at))
        session.commit()

    for address in (LONG, SHORT):
        link = address.format(image.key, "png")
        expire(90)
        answer = guest.get(link)
        assert answer.status_code == 200
        age = int(answer.headers["Cache-Control"].rpartition("=")[2])
        assert 0 < age <= 90
        expire(-1)
        assert guest.get(link).status_code == owner.get(link).status_code == 404
    assert owner.get(f"/tuchuang/images/{image.key}").status_code == 404
    assert owner.get(f"/tuchuang/trash/{image.key}.png").status_code == 200


def test_nobody_sees_into_anothers_trash(other, session, take, media):
    image = take(png(number=5))
    images.delete(session, media, image)
    session.commit()
    link = f"/tuchuang/trash/{image.key}.png"
    assert other.get(link).status_code == 404
