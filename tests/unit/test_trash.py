"""The trash: deleted, past its time, restored as it was, purged."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import event, update

from flaskr.errors import NotFoundError, NothingChosenError
from flaskr.library import albums, gallery, images, tags, trash
from flaskr.library.collect import Collected, Keeping, collect
from flaskr.library.gallery import Filter, Sort
from flaskr.library.media import blob_name
from flaskr.library.trash import Contents, Place
from flaskr.models import Blob, Image, User
from tests.factories import count_rows, make_image, png

PAST = datetime.now(UTC) - timedelta(hours=1)
LATER = datetime.now(UTC) + timedelta(days=1)
MONTH = Keeping(trash=timedelta(days=30), grace=timedelta(0))


@pytest.fixture
def pictures(session, ada, media):
    return [
        make_image(session, ada, store=media.store, name=f"{number}.png") for number in range(5)
    ]


@pytest.fixture
def expire(session):
    def run(image: Image, at: datetime = PAST) -> None:
        session.execute(update(Image).where(Image.id == image.id).values(expires=at))
        session.commit()
        session.refresh(image)

    return run


def keys(found) -> list[str]:
    return [image.key for image in found]


def names(found) -> list[str]:
    return [image.name for image in found]


def test_images_go_and_come_back(session, ada, pictures, media):
    chosen = keys(pictures[:2])
    assert trash.discard(session, media, ada, chosen) == chosen
    session.commit()
    with pytest.raises(NotFoundError):
        images.find_own(session, ada, chosen[0])
    assert set(keys(trash.list_page(session, ada, None, 9))) == set(chosen)
    assert set(trash.restore(session, media, ada, chosen)) == set(chosen)
    session.commit()
    assert images.find_own(session, ada, chosen[0]) == pictures[0]
    assert trash.list_page(session, ada, None, 9) == []


def test_to_delete_or_to_restore_twice_is_no_error(session, ada, pictures, media):
    chosen = keys(pictures[:3])
    trash.discard(session, media, ada, chosen[:1])
    session.commit()
    assert trash.discard(session, media, ada, chosen) == chosen[1:]
    session.commit()
    assert trash.discard(session, media, ada, chosen) == []
    session.commit()
    trash.restore(session, media, ada, chosen[:1])
    session.commit()
    assert len(trash.restore(session, media, ada, chosen)) == 2
    session.commit()
    assert trash.restore(session, media, ada, chosen) == []


def test_a_restored_image_is_what_it_was(session, ada, media, pictures):
    image = pictures[0]
    album = albums.create(session, ada, "a")
    albums.add_images(session, ada, album, keys([pictures[1], image, pictures[2]]))
    albums.set_cover(session, album, image)
    tags.put_on(session, ada, [image.key], ["b"])
    session.commit()
    before = (image.key, image.blob.sha256, image.version, image.created)
    content = media.store.read(blob_name(image.blob.sha256))
    trash.discard(session, media, ada, [image.key])
    session.commit()
    collect(session, media, MONTH)
    trash.restore(session, media, ada, [image.key])
    session.commit()
    session.expire_all()
    assert (image.key, image.blob.sha256, image.version, image.created) == before
    assert media.store.read(blob_name(image.blob.sha256)) == content
    shown = gallery.list_page(session, ada, Filter(album=album.id), Sort.POSITION, size=9)
    assert names(shown.images) == ["1.png", "0.png", "2.png"]
    assert albums.shelf(session, album).cover == image
    assert tags.tags_of(session, image) == ["b"]


def test_past_its_time_an_image_is_in_the_trash(session, ada, pictures, expire, media):
    image = pictures[0]
    expire(image, LATER)
    assert images.find_own(session, ada, image.key) == image
    expire(image)
    for find in (
        lambda: images.find(session, image.key),
        lambda: images.find_own(session, ada, image.key),
    ):
        with pytest.raises(NotFoundError):
            find()
    assert Image.direct(session, image.key) is None
    assert keys(trash.list_page(session, ada, None, 9)) == [image.key]
    assert trash.discard(session, media, ada, [image.key]) == []
    assert trash.restore(session, media, ada, [image.key]) == [image.key]
    session.commit()
    assert image.expires is None
    assert images.find_own(session, ada, image.key) == image


def test_collecting_notes_whose_time_is_over(session, ada, media, pictures, expire):
    for image, at in zip(pictures, (PAST, LATER), strict=False):
        expire(image, at)
    assert collect(session, media, MONTH) == Collected()
    session.expire_all()
    assert pictures[0].deleted == PAST
    assert pictures[1].deleted is None
    later = PAST + timedelta(days=30, minutes=1)
    assert collect(session, media, MONTH, at=later, dry_run=True).images == 1
    assert collect(session, media, MONTH, at=later).images == 1


def test_what_expired_goes_from_the_trash_in_its_turn(session, media, ada, pictures, expire):
    expire(pictures[0], PAST - timedelta(days=31))
    foreseen = collect(session, media, MONTH, dry_run=True)
    assert (foreseen.images, foreseen.blobs) == (1, 1)
    done = collect(session, media, MONTH)
    assert (done.images, done.blobs) == (1, 1)


def test_the_list_is_paged_whatever_way_they_came_in(session, ada, pictures, expire):
    for hours, image in enumerate(pictures):
        when = PAST - timedelta(hours=hours)
        if hours % 2:
            expire(image, when)
        else:
            image.deleted = when
            session.commit()
    seen: list[str] = []
    after = None
    while page := trash.list_page(session, ada, after, 2):
        assert len(page) <= 2
        seen += names(page)
        after = Place.read(str(Place.of(page[-1])))
    assert seen == [f"{number}.png" for number in range(5)]


def test_the_list_goes_on_from_what_has_left_it(session, media, ada, pictures):
    for hours, image in enumerate(pictures):
        image.deleted = PAST - timedelta(hours=hours)
    session.commit()
    page = trash.list_page(session, ada, None, 2)
    after = Place.of(page[-1])
    rest = ["2.png", "3.png", "4.png"]
    trash.restore(session, media, ada, keys(page))
    session.commit()
    assert names(trash.list_page(session, ada, after, 9)) == rest
    trash.discard(session, media, ada, keys(page))
    session.commit()
    trash.purge_chosen(session, ada, keys(page))
    session.commit()
    assert names(trash.list_page(session, ada, after, 9)) == rest


@pytest.mark.parametrize("text", ["", "x", "1", "1-", "-1-1", "9" * 18 + "-1", "٣-٣", "1-1\n"])
def test_what_is_no_place_is_none(text):
    assert Place.read(text) is None


def test_the_list_reads_an_index(session, ada):
    seen: list[str] = []
    session.refresh(ada)

    def note(_conn, _cursor, statement, parameters, *_):
        seen.append(statement)

    event.listen(session.get_bind(), "before_cursor_execute", note)
    trash.list_page(session, ada, None, 9)
    event.remove(session.get_bind(), "before_cursor_execute", note)
    assert len(seen) == 2
    for statement, index in zip(seen, ("deleted", "expires"), strict=True):
        plan = session.connection().exec_driver_sql(
            f"EXPLAIN QUERY PLAN {statement}", (1, 9, 0)[: statement.count("?")]
        )
        assert any(f"ix_image_owner_id_{index}" in row[3] for row in plan), index


def test_what_is_purged_is_gone_for_good(session, ada, media, pictures):
    chosen = keys(pictures[:2])
    trash.discard(session, media, ada, chosen)
    session.commit()
    assert trash.purge_chosen(session, ada, keys(pictures)) == 2
    session.commit()
    assert count_rows(session, Image) == 3
    with pytest.raises(NotFoundError):
        trash.restore(session, media, ada, chosen)
    session.rollback()
    assert collect(session, media, MONTH).blobs == 2
    assert count_rows(session, Blob) == 3


def test_the_trash_can_be_emptied(session, ada, bob, pictures, expire, media):
    theirs = make_image(session, bob, deleted=True)
    trash.discard(session, media, ada, keys(pictures[:3]))
    session.commit()
    expire(pictures[3])
    assert trash.measure(session, ada) == Contents(4, sum(each.bytes for each in pictures[:4]))
    assert trash.empty(session, ada) == 4
    assert trash.measure(session, ada) == Contents(0, 0)
    assert set(session.scalars(Image.living())) == {pictures[4]}
    assert keys(trash.list_page(session, bob, None, 9)) == [theirs.key]


def test_emptying_frees_the_quota(session, ada, media):
    image = make_image(session, ada, png())
    ada.used_images, ada.used_bytes = 1, image.bytes
    trash.discard(session, media, ada, [image.key])
    session.commit()
    session.refresh(ada)
    assert ada.used_images == 1
    trash.empty(session, ada)
    session.expire_all()
    assert (ada.used_images, ada.used_bytes) == (0, 0)


def test_other_peoples_images_are_not_found(session, ada, bob, pictures, media):
    theirs = make_image(session, bob)
    gone = make_image(session, bob, deleted=True)
    verbs = (
        partial(trash.discard, session, media, ada),
        partial(trash.restore, session, media, ada),
        partial(trash.purge_chosen, session, ada),
    )
    for verb in verbs:
        for foreign in (theirs, gone):
            with pytest.raises(NotFoundError):
                verb([foreign.key])
            session.rollback()
        with pytest.raises(NothingChosenError):
            verb([])
    assert trash.discard(session, media, ada, [theirs.key, pictures[0].key]) == [pictures[0].key]
    session.commit()
    assert session.get_one(User, bob.id)
    assert images.find(session, theirs.key) == theirs
