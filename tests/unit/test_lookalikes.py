"""What looks alike: through size, format, quality and turning; copies, and the room they take."""

from random import Random

import pytest
from PIL import Image as Pillow
from PIL import ImageDraw
from sqlalchemy import update

from flaskr.imaging.facts import FEATURELESS
from flaskr.library import images, lookalikes
from flaskr.library.lookalikes import (
    ALIKE,
    SAME,
    UNSIGNED,
    clusters,
    copies,
    look_at_rest,
    looks_like,
)
from flaskr.models import Blob, Image
from tests.factories import encode, exif, make_image, png
from tests.unit.test_gallery import add_image


def scene(number, width=900, height=600):
    """A picture that looks like no other one: soft colours with discs on them."""
    chance = Random(number)
    picture = Pillow.frombytes("RGB", (9, 6), chance.randbytes(162)).resize((width, height))
    canvas = ImageDraw.Draw(picture)
    for _ in range(20):
        left, top, size = (chance.randrange(side) for side in (width, height, height // 3))
        disc = (left, top, left + size + 20, top + size + 20)
        canvas.ellipse(disc, fill=tuple(chance.randbytes(3)))
    return picture


def send(owner, content, name="a.png", status=201):
    """The key of what was uploaded."""
    told = owner.upload_json((name, content))
    assert told.status_code == status
    return told.json["files"][0]["key"]


def number_of(session, key):
    session.rollback()
    number = images.find(session, key).blob.phash
    assert number is not None
    return number & UNSIGNED


SCENE = scene(1)
CHANGED = {
    "smaller": lambda: encode(SCENE.resize((300, 200)), "PNG"),
    "tiny": lambda: encode(SCENE.resize((150, 100)), "PNG"),
    "poor": lambda: encode(SCENE, "JPEG", quality=25),
    "WebP": lambda: encode(SCENE, "WEBP", quality=60),
    "AVIF": lambda: encode(SCENE, "AVIF", quality=50),
    "turned by EXIF": lambda: encode(
        SCENE.transpose(Pillow.Transpose.ROTATE_90), "JPEG", exif=exif(6)
    ),
    "transparent": lambda: encode(SCENE.convert("RGBA"), "PNG"),
    "brighter": lambda: encode(SCENE.point(lambda value: min(255, int(value * 1.1))), "PNG"),
}


@pytest.mark.parametrize("change", CHANGED)
def test_a_picture_is_known_again(owner, session, change):
    first = number_of(session, send(owner, encode(SCENE, "PNG")))
    again = number_of(session, send(owner, CHANGED[change]()))
    assert (first ^ again).bit_count() <= SAME


def test_others_are_told_apart(owner, session):
    found = [number_of(session, send(owner, encode(scene(n), "JPEG"))) for n in range(8)]
    apart = [(a ^ b).bit_count() for place, a in enumerate(found) for b in found[:place]]
    assert min(apart) > 2 * ALIKE


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (200, 90, 40)])
def test_a_single_colour_is_like_nothing(owner, session, colour):
    flat = Pillow.new("RGB", (600, 400), colour)
    for number, kind in enumerate(("PNG", "JPEG")):
        key = send(owner, encode(flat.resize((600 + number, 400)), kind))
        assert number_of(session, key) == FEATURELESS
        assert looks_like(session, images.find(session, key), most=10) == []


def rows(session, owner, numbers, size=10):
    """Images that look like these numbers."""
    made: list[Image] = []
    for number in numbers:
        image = add_image(session, owner, f"{number}.png", size=size + len(made))
        image.blob.phash = number
        made.append(image)
    session.commit()
    return made


def test_the_nearest_come_first_and_only_ones_own(session, ada, bob):
    base = 0x0123456789ABCDEF
    image, two, one, _, gone = rows(session, ada, [base, base ^ 3, base ^ 1, base ^ 0xFFFF, base])
    gone.deleted = gone.created
    rows(session, bob, [base])
    assert looks_like(session, image, most=10) == [one, two]
    assert looks_like(session, image, most=1) == [one]


def test_copies_are_listed_with_the_room_they_take(session, ada, bob):
    base = -0x0123456789ABCDEF
    made = rows(session, ada, [base, 77 << 40, base ^ 0b11, ~base, base, 1 << 50, (77 << 40) ^ 1])
    gone = rows(session, ada, [base])[0]
    gone.deleted = gone.created
    rows(session, bob, [base, base])
    session.commit()
    first, second = copies(session, ada, most=10)
    assert first.images == [made[4], made[2], made[0]]
    assert first.spare_bytes == made[2].bytes + made[0].bytes
    assert second.images == [made[6], made[1]]
    assert copies(session, ada, most=1) == [first]


def test_every_pair_of_the_same_is_found(session):
    chance = Random(4)
    numbers = [chance.getrandbits(64) for _ in range(300)]
    pairs = {}
    for number in numbers[:100]:
        other = number
        for bit in chance.sample(range(64), SAME):
            other ^= 1 << bit
        pairs[number] = other
    found = list(clusters([*numbers, *pairs.values()]))
    assert {frozenset(group) for group in found if len(group) > 1} == {
        frozenset(pair) for pair in pairs.items()
    }


def test_a_crowd_takes_no_more_time_than_others(session):
    compared = 0

    class Number(int):
        def __xor__(self, other):
            nonlocal compared
            compared += 1
            return int(self) ^ int(other)

    crowd = [Number(number) for number in range(2000)]
    assert sum(len(group) for group in clusters(crowd)) == len(crowd)
    assert compared <= (SAME + 1) * 2000 * lookalikes.CROWD


def test_what_was_there_before_is_looked_at_little_by_little(owner, ada, session, media, runner):
    content = [encode(scene(number), "PNG") for number in range(3)]
    keys = [send(owner, each) for each in content]
    before = [number_of(session, key) for key in keys]
    session.execute(update(Blob).values(phash=None))
    session.commit()
    lost = make_image(session, ada, png(number=9))  # without its bytes
    assert look_at_rest(session, media, most=2) == 2
    assert runner.invoke(args=["gc"]).exit_code == 0
    assert [number_of(session, key) for key in keys] == before
    assert number_of(session, lost.key) == FEATURELESS
    assert look_at_rest(session, media, most=10) == 0


def test_sending_it_again_tells_what_it_looks_like(owner, session):
    content = encode(scene(1), "PNG")
    before = number_of(session, send(owner, content))
    session.execute(update(Blob).values(phash=None))
    session.commit()
    assert number_of(session, send(owner, content, status=200)) == before
