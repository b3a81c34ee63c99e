"""Orders made by hand."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flaskr.errors import NotFoundError
from flaskr.library import albums, gallery
from flaskr.library.arranging import Beside, Step, moved, place_album, place_image, steps_to
from flaskr.library.gallery import Filter, Sort
from flaskr.models import now
from tests.factories import make_album, make_image

KEYS = "abcdef"


@pytest.fixture
def pictures(session, ada):
    return [make_image(session, ada, name=name) for name in KEYS]


@pytest.fixture
def album(session, ada, pictures):
    return make_album(session, ada, images=pictures)


@pytest.fixture
def names(session, ada, album):
    def read() -> str:
        wanted = Filter(album=album.id)
        page = gallery.list_page(session, ada, wanted, Sort.POSITION, size=100)
        return "".join(image.name for image in page.images)

    return read


@pytest.fixture
def siblings(session, ada):
    return [make_album(session, ada, name) for name in KEYS]


def outline(session, ada) -> str:
    return "".join(entry.name for entry in albums.outline(session, ada))


MOVES = [
    ("a", Step.LATER, "bacdef"),
    ("a", Step.EARLIER, "abcdef"),
    ("a", Step.FIRST, "abcdef"),
    ("c", Step.EARLIER, "acbdef"),
    ("c", Step.FIRST, "cabdef"),
    ("c", Step.LAST, "abdefc"),
    ("f", Step.LATER, "abcdef"),
    ("f", Beside("b", is_after=False), "afbcde"),
    ("b", Beside("f", is_after=True), "acdefb"),
    ("b", Beside("b", is_after=True), "abcdef"),
]


@pytest.mark.parametrize(("key", "place", "after"), MOVES)
def test_pictures_are_moved(session, album, pictures, names, key, place, after):
    keys = {image.name: image.key for image in pictures}
    if isinstance(place, Beside):
        place = Beside(keys[place.key], place.is_after)
    place_image(session, album, keys[key], place)
    session.commit()
    assert names() == after


@pytest.mark.parametrize(("key", "place", "after"), MOVES)
def test_albums_are_moved(session, ada, siblings, key, place, after):
    found = {each.name: each for each in siblings}
    if isinstance(place, Beside):
        place = Beside(found[place.key].key, place.is_after)
    place_album(session, ada, found[key], place)
    session.commit()
    assert outline(session, ada) == after


def test_a_step_passes_what_nobody_sees(session, album, pictures, names):
    pictures[1].deleted = now()
    pictures[2].expires = now() - timedelta(hours=1)
    session.commit()
    place_image(session, album, pictures[3].key, Step.EARLIER)
    session.commit()
    assert names() == "daef"
    pictures[1].deleted = pictures[2].expires = None
    session.commit()
    assert names() == "dabcef"


def test_only_beside_what_is_there(session, ada, bob, album, pictures, siblings):
    stranger, others = make_image(session, ada), make_album(session, bob)
    for attempt in (
        lambda: place_image(session, album, stranger.key, Step.FIRST),
        lambda: place_image(session, album, pictures[0].key, Beside(stranger.key, is_after=True)),
        lambda: place_album(session, ada, siblings[0], Beside(others.key, is_after=True)),
        lambda: place_album(session, ada, others, Step.FIRST),
    ):
        with pytest.raises(NotFoundError):
            attempt()
        session.rollback()


def test_albums_are_moved_among_those_beside_them(session, ada, siblings):
    outer = siblings[0]
    inner = [make_album(session, ada, name, parent=outer) for name in "xyz"]
    place_album(session, ada, inner[2], Step.FIRST)
    session.commit()
    assert outline(session, ada) == "azxybcdef"
    with pytest.raises(NotFoundError):
        place_album(session, ada, inner[2], Beside(siblings[1].key, is_after=False))


@given(
    st.integers(0, 5),
    st.one_of(
        st.sampled_from(list(Step)),
        st.builds(Beside, st.sampled_from(KEYS), is_after=st.booleans()),
    ),
)
def test_nothing_is_lost_and_nothing_else_changes_its_order(at, place):
    order, key = list(KEYS), KEYS[at]
    after = moved(order, key, steps_to(place, order, key))
    assert sorted(after) == order
    assert [each for each in after if each != key] == [each for each in order if each != key]
