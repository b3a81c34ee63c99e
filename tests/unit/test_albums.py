"""Albums: made, nested, ordered, filled, deleted."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select

from flaskr.errors import (
    AlbumCycleError,
    AlbumDepthError,
    AlbumNameError,
    DomainError,
    EditConflictError,
    NotFoundError,
    NothingChosenError,
    TextTooLongError,
    TooManyChosenError,
)
from flaskr.library import albums, gallery, images
from flaskr.library.gallery import Filter, Sort
from flaskr.models import Album, AlbumImage, Image, User
from tests.factories import count_rows, make_image


@pytest.fixture
def make(session, ada):
    def create(name: str, parent: Album | None = None, **given) -> Album:
        made = albums.create(session, ada, name, parent=parent, **given)
        session.commit()
        return made

    return create


@pytest.fixture
def tree(session, ada):
    """The outline as text: a dash for each album above."""

    def draw() -> list[str]:
        return ["-" * entry.depth + entry.name for entry in albums.outline(session, ada)]

    return draw


@pytest.fixture
def pictures(session, ada):
    return [make_image(session, ada, name=f"{number}.png") for number in range(5)]


def keys(found) -> list[str]:
    return [each.key for each in found]


def order(session, album: Album) -> list[str]:
    found = gallery.list_page(
        session, User(id=album.owner_id), Filter(album=album.id), Sort.POSITION, size=100
    )
    return [image.name for image in found.images]


# ---- names ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["旅行 2026", "Ferien", "عطلة", "👨‍👩‍👧 family", "a", "x" * 100])
def test_names_are_of_any_script(make, name):
    assert make(name).name == name


def test_a_name_is_one_line_without_what_nobody_sees(make):
    assert make("  a\n\tb\u202e  c\0 ").name == "a b c"


@pytest.mark.parametrize("name", ["", "   ", "\n", "\u202e", "x" * 101])
def test_a_name_that_is_none_is_refused(session, ada, name):
    with pytest.raises(AlbumNameError):
        albums.create(session, ada, name)
    assert count_rows(session, Album) == 0


def test_an_album_can_be_renamed_and_described(session, make):
    album = make("a")
    albums.describe(session, album, "b", "two\r\nlines\0 ", revision=1)
    session.commit()
    assert (album.name, album.description, album.revision) == ("b", "two\nlines", 2)
    with pytest.raises(TextTooLongError):
        albums.describe(session, album, "b", "x" * 5001)


def test_who_changes_it_second_is_told_what_the_first_made_of_it(session, make):
    album = make("a")
    albums.describe(session, album, "first", "", revision=1)
    session.commit()
    with pytest.raises(EditConflictError) as caught:
        albums.describe(session, album, "second", "", revision=1)
    assert caught.value.details["now"] == {"name": "first", "description": ""}
    session.rollback()
    assert album.name == "first"


# ---- the tree -------------------------------------------------------------------------------


def test_albums_lie_in_albums(session, make, tree):
    trips = make("trips")
    make("work")
    china = make("中国", trips)
    make("北京", china)
    make("italy", trips)
    assert tree() == ["trips", "-中国", "--北京", "-italy", "work"]
    assert [album.name for album in albums.path_to(session, china)] == ["trips"]
    assert albums.path_to(session, trips) == []


def test_an_album_moves_with_all_that_is_in_it(session, ada, make, tree):
    one, two = make("one"), make("two")
    inner = make("inner", one)
    make("innermost", inner)
    albums.nest(session, ada, inner, two)
    session.commit()
    assert tree() == ["one", "two", "-inner", "--innermost"]
    albums.nest(session, ada, inner, None)
    session.commit()
    assert tree() == ["one", "two", "inner", "-innermost"]


def test_no_album_lies_in_itself(session, ada, make):
    outer = make("outer")
    inner = make("inner", outer)
    for target in (outer, inner):
        with pytest.raises(AlbumCycleError):
            albums.nest(session, ada, outer, target)
        session.rollback()


def test_albums_lie_so_deep_and_no_deeper(session, ada, make):
    album = None
    for depth in range(albums.MAX_DEPTH):
        album = make(f"{depth}", album)
    with pytest.raises(AlbumDepthError):
        albums.create(session, ada, "one more", parent=album)
    session.rollback()
    pair = make("pair")
    make("inner", pair)
    assert album is not None
    seventh = albums.path_to(session, album)[-1]
    with pytest.raises(AlbumDepthError):
        albums.nest(session, ada, pair, seventh)


def test_a_deleted_album_leaves_its_place_to_what_was_in_it(session, ada, make, tree, pictures):
    make("a")
    gone = make("b")
    make("c")
    one = make("one", gone)
    make("below", one)
    make("two", gone)
    albums.add_images(session, ada, gone, keys(pictures))
    session.commit()
    albums.remove(session, ada, gone)
    session.commit()
    assert tree() == ["a", "one", "-below", "two", "c"]
    assert count_rows(session, AlbumImage) == 0
    assert count_rows(session, Image) == 5
    with pytest.raises(NotFoundError):
        albums.remove(session, ada, gone)


def test_what_is_deleted_meanwhile_is_not_found(session, ada, make):
    album, parent = make("a"), make("b")
    albums.remove(session, ada, parent)
    session.commit()
    for attempt in (
        lambda: albums.create(session, ada, "c", parent=parent),
        lambda: albums.nest(session, ada, album, parent),
        lambda: albums.describe(session, parent, "d", ""),
        lambda: albums.nest(session, ada, parent, album),
    ):
        with pytest.raises(NotFoundError):
            attempt()
        session.rollback()


MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("create"), st.integers(0, 9), st.integers(0, 9)),
        st.tuples(st.just("nest"), st.integers(0, 9), st.integers(-1, 9)),
        st.tuples(st.just("remove"), st.integers(0, 9), st.integers(0, 9)),
    ),
    max_size=25,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(moves=MOVES)
def test_the_tree_stays_one_whatever_is_done(session, ada, moves):
    for album in session.scalars(select(Album)).all():
        albums.remove(session, ada, album)
        session.commit()
    for verb, first, second in moves:
        there = session.scalars(select(Album).order_by(Album.id)).all()
        one = there[first % len(there)] if there else None
        other = there[second % len(there)] if there and second >= 0 else None
        try:
            if verb == "create" or one is None:
                albums.create(session, ada, f"{verb} {first}", parent=one if second % 2 else None)
            elif verb == "nest":
                albums.nest(session, ada, one, other)
            else:
                albums.remove(session, ada, one)
        except DomainError:
            session.rollback()
        session.commit()
    entries = albums.outline(session, ada)
    assert len(entries) == count_rows(session, Album)  # all hang on the top
    assert all(entry.depth < albums.MAX_DEPTH for entry in entries)


# ---- what is in them ------------------------------------------------------------------------


def test_images_come_in_the_order_they_are_put_in(session, ada, make, pictures):
    album = make("a")
    assert albums.add_images(session, ada, album, keys(pictures[:2])) == 2
    assert albums.add_images(session, ada, album, keys([pictures[4], *pictures[:3]])) == 2
    session.commit()
    assert order(session, album) == ["0.png", "1.png", "4.png", "2.png"]


def test_the_cover_is_the_chosen_image_or_the_first(session, ada, make, pictures, media):
    album = make("a")
    assert albums.shelf(session, album).cover is None
    albums.add_images(session, ada, album, keys(pictures[1:4]))
    session.commit()
    assert albums.shelf(session, album).cover == pictures[1]
    albums.set_cover(session, album, pictures[3])
    session.commit()
    assert albums.shelf(session, album).cover == pictures[3]
    images.delete(session, media, pictures[3])
    session.commit()
    assert albums.shelf(session, album).cover == pictures[1]
    with pytest.raises(NotFoundError):
        albums.set_cover(session, album, pictures[0])


def test_an_image_taken_out_is_no_cover_any_more(session, ada, make, pictures):
    album = make("a")
    albums.add_images(session, ada, album, keys(pictures[:2]))
    albums.set_cover(session, album, pictures[1])
    session.commit()
    assert albums.take_images(session, ada, album, keys(pictures[1:])) == 1
    session.commit()
    assert albums.shelf(session, album).cover == pictures[0]
    assert order(session, album) == ["0.png"]


def test_lists_say_how_much_is_inside(session, ada, make, pictures, media):
    outer = make("outer")
    make("inner", outer)
    albums.add_images(session, ada, outer, keys(pictures))
    images.delete(session, media, pictures[0])
    session.commit()
    (shown,) = albums.shelves(session, ada, None)
    assert (shown.album, shown.images, shown.albums, shown.cover) == (outer, 4, 1, pictures[1])
    (below,) = albums.shelves(session, ada, outer)
    assert (below.album.name, below.images, below.cover) == ("inner", 0, None)


def test_a_list_takes_as_many_statements_however_many_albums(session, ada, make, pictures):
    def count() -> int:
        session.expire_all()
        seen: list[str] = []
        engine = session.get_bind()

        def note(_conn, _cursor, statement, *_):
            seen.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        albums.shelves(session, ada, None)
        albums.outline(session, ada)
        event.remove(engine, "before_cursor_execute", note)
        return len(seen)

    for name in "ab":
        albums.add_images(session, ada, make(name), keys(pictures))
    session.commit()
    few = count()
    for name in "cdefgh":
        albums.add_images(session, ada, make(name), keys(pictures))
    session.commit()
    assert count() == few


def test_an_image_can_be_in_several_albums(session, ada, make, pictures):
    one, two, three = make("one"), make("two"), make("three")
    image = pictures[0]
    albums.set_albums(session, ada, image, keys([one, two]))
    session.commit()
    assert keys(albums.albums_of(session, image)) == keys([one, two])
    albums.set_albums(session, ada, image, keys([three, two]))
    session.commit()
    assert keys(albums.albums_of(session, image)) == keys([three, two])


def test_what_comes_or_goes_counts_as_changed(session, ada, make, pictures):
    album, image = make("a"), pictures[0]
    albums.add_images(session, ada, album, [image.key])
    session.commit()
    albums.add_images(session, ada, album, [image.key])
    session.commit()
    session.refresh(image)
    assert (album.revision, image.revision) == (2, 2)


# ---- other people's -------------------------------------------------------------------------


def test_other_peoples_things_are_not_found(session, ada, bob, make, pictures):
    album, theirs = make("a"), make_image(session, bob)
    others = albums.create(session, bob, "b")
    session.commit()
    with pytest.raises(NotFoundError):
        albums.find_own(session, bob, album.key)
    with pytest.raises(NotFoundError):
        albums.add_images(session, ada, album, [theirs.key])
    session.rollback()
    assert albums.add_images(session, ada, album, [theirs.key, pictures[0].key]) == 1
    session.commit()
    for attempt in (
        lambda: albums.nest(session, ada, album, others),
        lambda: albums.create(session, ada, "c", parent=others),
        lambda: albums.set_albums(session, ada, pictures[0], [others.key]),
        lambda: albums.remove(session, ada, others),
    ):
        with pytest.raises(NotFoundError):
            attempt()
        session.rollback()
    assert albums.outline(session, bob) == [albums.Entry(others.key, "b", 0)]


def test_so_many_at_once_and_no_more(session, ada, make):
    album = make("a")
    with pytest.raises(NothingChosenError):
        albums.add_images(session, ada, album, [])
    with pytest.raises(TooManyChosenError):
        albums.add_images(session, ada, album, [f"{number:012}" for number in range(10_001)])
    with pytest.raises(NotFoundError):
        albums.find_own(session, ada, "no key \0")
