"""Lists of images: every order and filter, both ways, page by page."""

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select

from flaskr.db import db
from flaskr.library import gallery, keys, narrowing, search
from flaskr.library.gallery import FIRST, LAST, Filter, Sort, list_page, neighbours
from flaskr.models import Album, AlbumImage, Blob, Image, ImageTag, Tag
from tests.factories import make_user

START = datetime(2026, 1, 1, tzinfo=UTC)
WAYS = [sort for sort in Sort if sort is not Sort.POSITION]
_numbers = count()


def add_image(session, owner, name, size=1, extension="png", tags=(), **given):
    """A row without a picture."""
    sha256 = f"{next(_numbers):064x}"
    blob = Blob(
        sha256=sha256,
        md5=sha256[:32],
        bytes=size,
        type="image/png",
        extension=extension,
        width=1,
        height=1,
        frames=1,
    )
    made = Image(
        key=keys.new_key(), owner_id=owner.id, blob=blob, name=name, deletion_sha256="", **given
    )
    search.write_texts(made, tags)
    session.add(made)
    session.flush()
    return made


@pytest.fixture
def library(session, ada, bob):
    """Ada's images: three of each size, names that compare alike, some of it deleted; and bob's."""
    images = [
        add_image(
            session,
            ada,
            f"{'Photo' if order % 2 else 'photo'} {order // 2:02}.png",
            size=order // 3,
            extension="gif" if order % 5 == 0 else "png",
            visibility="private" if order % 7 == 0 else "unlisted",
            created=START + timedelta(days=order),
        )
        for order in range(25)
    ]
    images[4].deleted = images[11].deleted = START
    add_image(session, bob, "photo 00.png")
    session.commit()
    return [image for image in images if image.deleted is None]


def images_of(pages):
    """What is on the pages; the first may have some of the second when one comes from behind."""
    return list(dict.fromkeys(image for page in pages for image in page))


def sorted_by_hand(images, sort):
    by = {
        Sort.NEWEST: lambda image: -image.id,
        Sort.OLDEST: lambda image: image.id,
        Sort.LARGEST: lambda image: (-image.bytes, -image.id),
        Sort.SMALLEST: lambda image: (image.bytes, image.id),
        Sort.NAME: lambda image: (image.name.casefold(), image.id),
    }
    if sort is Sort.NAME_DOWN:
        return sorted(images, key=by[Sort.NAME], reverse=True)
    return sorted(images, key=by[sort])


def walk(session, owner, wanted, sort, size, start=FIRST):
    """All pages from the first to the last, or from the last to the first."""
    pages: list[list[Image]] = []
    cursor = start
    while cursor is not None:
        assert len(pages) < 60, "the pages lead in a circle"
        page = list_page(session, owner, wanted, sort, cursor, size=size)
        if start == LAST:
            pages.insert(0, list(page.images))
            cursor = page.previous
        else:
            pages.append(list(page.images))
            cursor = page.next
    return pages


@pytest.mark.parametrize("sort", WAYS)
@pytest.mark.parametrize("size", [1, 4, 60])
@pytest.mark.parametrize("start", [FIRST, LAST])
def test_pages_together_are_the_list_in_order(session, ada, library, sort, size, start):
    pages = walk(session, ada, Filter(), sort, size, start)
    assert images_of(pages) == sorted_by_hand(library, sort)
    assert all(len(page) == size for page in (pages[1:] if start == LAST else pages[:-1]))


@pytest.mark.parametrize("sort", WAYS)
def test_the_way_back_leads_over_the_same_pages(session, ada, library, sort):
    first = list_page(session, ada, sort=sort, size=5)
    second = list_page(session, ada, sort=sort, cursor=first.next, size=5)
    back = list_page(session, ada, sort=sort, cursor=second.previous, size=5)
    assert (back.images, back.previous, back.next) == (first.images, None, first.next)
    assert first.previous is None


def test_a_page_before_that_is_not_full_is_the_first_page(session, ada, library):
    first = list_page(session, ada, size=5)
    short = list_page(session, ada, size=3, cursor=first.next)
    assert len(list_page(session, ada, size=8, cursor=short.previous).images) == 8


def test_what_comes_meanwhile_moves_no_page(session, ada, library):
    first = list_page(session, ada, size=5)
    second = list_page(session, ada, cursor=first.next, size=5)
    add_image(session, ada, "new.png")
    first.images[-1].deleted = START
    session.commit()
    assert list_page(session, ada, cursor=first.next, size=5).images == second.images


FILTERS = {
    "type": (Filter(extension="gif"), lambda image: image.extension == "gif"),
    "visibility": (Filter(visibility="private"), lambda image: image.visibility == "private"),
    "dates": (
        Filter(since=START + timedelta(days=3), until=START + timedelta(days=9)),
        lambda image: timedelta(days=3) <= image.created - START < timedelta(days=9),
    ),
    "words": (Filter(text="PHOTO 03"), lambda image: "03" in image.name),
    "words and type": (
        Filter(text="photo", extension="gif"),
        lambda image: image.extension == "gif",
    ),
}


@pytest.mark.parametrize("few", [0, 1500], ids=["many", "few"])
@pytest.mark.parametrize("sort", WAYS)
@pytest.mark.parametrize("kind", FILTERS)
def test_a_filter_leaves_what_fits(session, ada, library, kind, sort, few, monkeypatch):
    monkeypatch.setattr(narrowing, "FEW", few)
    wanted, fits = FILTERS[kind]
    expected = sorted_by_hand(filter(fits, library), sort)
    assert expected
    for start in (FIRST, LAST):
        assert images_of(walk(session, ada, wanted, sort, 2, start)) == expected


@pytest.mark.parametrize("few", [0, 1500], ids=["many", "few"])
def test_albums_and_tags_narrow_too(session, ada, library, few, monkeypatch):
    monkeypatch.setattr(narrowing, "FEW", few)
    album = Album(key=keys.new_key(), owner_id=ada.id, name="Album")
    tag = Tag(owner_id=ada.id, name="tag", name_key="tag")
    session.add_all([album, tag])
    session.flush()
    inside, tagged = library[2:9], library[5:14]
    places = {image.id: place for place, image in enumerate([*inside[3:], *inside[:3]])}
    session.add_all(
        AlbumImage(album_id=album.id, image_id=image.id, position=places[image.id] // 2)
        for image in inside
    )
    session.add_all(ImageTag(tag_id=tag.id, image_id=image.id) for image in tagged)
    session.commit()

    def listed(sort=Sort.OLDEST, **wanted):
        return images_of(walk(session, ada, Filter(**wanted), sort, 2))

    assert listed(album=album.id) == inside
    assert listed(tag=tag.id) == tagged
    assert listed(album=album.id, tag=tag.id) == inside[3:]
    assert listed(album=album.id, text="photo") == inside
    by_hand = sorted(inside, key=lambda image: (places[image.id] // 2, image.id))
    assert listed(Sort.POSITION, album=album.id) == by_hand
    assert listed(Sort.POSITION) == sorted_by_hand(library, Sort.NEWEST)
    both = images_of(walk(session, ada, Filter(album=album.id), Sort.POSITION, 2, LAST))
    assert both == by_hand


@pytest.mark.parametrize("sort", WAYS)
def test_neighbours_are_those_beside_in_the_list(session, ada, library, sort):
    expected = [None, *sorted_by_hand(library, sort), None]
    for before, image, after in zip(expected, expected[1:], expected[2:], strict=False):
        assert neighbours(session, ada, image, sort=sort) == (before, after)


# ---- cursors --------------------------------------------------------------------------------


def forged(*told):
    return urlsafe_b64encode(json.dumps(told).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "nonsense",
        "\x00",
        "图片",
        "=" * 100,
        "[" * 100_000,
        forged(),
        forged("newest", 0),
        forged("newest", 0, None),
        forged("newest", 0, True),
        forged("newest", 0, "1"),
        forged("newest", 0, 2**63),
        forged("newest", 0, -(2**64)),
        forged("newest", 0, 1e400),
        forged("newest", 0, 1, 1),
        forged("name", 0, "x", 1),
        forged({"newest": 1}, [], 1),
        urlsafe_b64encode(b"[" * 2900).decode(),
        urlsafe_b64encode(b"\xff\xfe").decode(),
    ],
)
def test_what_is_no_cursor_of_this_list_is_the_first_page(session, ada, library, cursor):
    assert list_page(session, ada, cursor=cursor, size=5) == list_page(session, ada, size=5)


@pytest.mark.parametrize("value", ["a\0b", "\ud800", "x" * 256, 5, None])
def test_a_name_that_no_image_has_is_no_cursor_either(session, ada, library, value):
    first = list_page(session, ada, sort=Sort.NAME, size=5)
    assert (
        list_page(session, ada, sort=Sort.NAME, cursor=forged("name", 0, value, 1), size=5) == first
    )


@pytest.mark.parametrize("few", [0, 1500])
@pytest.mark.parametrize("number", [0, -1, -(2**63) + 1, 2**63 - 1])
def test_any_number_is_a_place_in_a_list(session, ada, library, number, few, monkeypatch):
    monkeypatch.setattr(narrowing, "FEW", few)
    for backwards in (0, 1):
        cursor = forged("newest", backwards, number)
        for wanted in (Filter(), Filter(text="photo")):
            list_page(session, ada, wanted, cursor=cursor, size=5)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cursor=st.text() | st.binary().map(lambda told: urlsafe_b64encode(told).decode()))
def test_no_cursor_does_harm(session, ada, library, cursor):
    list_page(session, ada, cursor=cursor, size=5)


def test_the_longest_name_fits_a_cursor(session, ada):
    for order in range(3):
        add_image(session, ada, "\U0001f33b" * 255, size=order)
    assert images_of(walk(session, ada, Filter(), Sort.NAME, 1)) == sorted_by_hand(
        session.scalars(select(Image)), Sort.NAME
    )


# ---- cost -----------------------------------------------------------------------------------


@pytest.fixture
def statements(app):
    """The statements run against the database from here on, with what they were given."""
    ran = []

    def note(_connection, _cursor, statement, parameters, *_):
        ran.append((statement, parameters))

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield ran
    event.remove(engine, "before_cursor_execute", note)


def plan(session, statement):
    connection = session.connection().connection
    rows = connection.execute(f"EXPLAIN QUERY PLAN {statement[0]}", statement[1]).fetchall()
    return [row[3] for row in rows]


INDEXES = {"newest": "id", "largest": "bytes", "name": "name_key"}


@pytest.mark.parametrize("wanted", [Filter(), Filter(extension="gif", until=START)])
@pytest.mark.parametrize("sort", INDEXES)
def test_a_page_is_one_query_along_an_index(session, ada, library, sort, wanted, statements):
    cursor = list_page(session, ada, sort=Sort(sort), size=5).next
    for where in (FIRST, cursor, LAST):
        ada.id  # noqa: B018 - read before statements are counted
        statements.clear()
        page = list_page(session, ada, wanted, Sort(sort), where, size=5)
        assert all(image.blob.sha256 for image in page.images)
        assert len(statements) == 1
        steps = plan(session, statements[0])
        index = f"USING INDEX ix_image_owner_id_{INDEXES[sort]} (owner_id=?"
        assert index in steps[0]
        if where == cursor:
            assert "<(?" in steps[0] or "<?" in steps[0] or ">" in steps[0]
        assert not any("TEMP B-TREE" in step for step in steps)


def test_words_that_are_common_are_found_along_their_index(
    session, ada, library, statements, monkeypatch
):
    monkeypatch.setattr(narrowing, "FEW", 3)
    cursor = list_page(session, ada, Filter(text="photo"), size=5).next
    statements.clear()
    list_page(session, ada, Filter(text="photo"), cursor=cursor, size=5)
    steps = plan(session, statements[-1])
    assert "image_search VIRTUAL TABLE" in steps[0]
    assert not any("TEMP B-TREE" in step for step in steps)


def test_few_images_are_looked_up_one_by_one(session, ada, library, statements):
    list_page(session, ada, Filter(text="photo 03"), Sort.LARGEST, size=5)
    assert "SEARCH image USING INTEGER PRIMARY KEY" in plan(session, statements[-1])[0]


def test_owners_see_their_own(session, ada, bob, library):
    assert {image.owner_id for image in list_page(session, bob, size=60).images} == {bob.id}
    eve = make_user(session, "eve")
    assert list_page(session, eve, cursor=LAST, size=60) == gallery.Page([], None, None)
