"""Verbs over many images: some at a time, so that others may write in between."""

import time
from functools import partial

import pytest
from sqlalchemy import text

from flaskr.db import db
from flaskr.errors import TooManyTagsError
from flaskr.library import albums, chosen, editing, shares, tags, trash
from flaskr.library.tags import Used
from flaskr.models import AlbumImage, Image
from flaskr.transactions import begin_write
from tests.factories import count_rows, make_image, make_share

NUMBER = 7


class KilledError(Exception):
    """Stands for the end of the process."""


@pytest.fixture
def keys(session, ada, monkeypatch):
    monkeypatch.setattr(chosen, "BATCH", 3)
    return [make_image(session, ada, name=f"{number}.png").key for number in range(NUMBER)]


@pytest.fixture
def between(app, monkeypatch):
    """Write with a session of its own whenever others may, and let something happen then."""
    with app.app_context():
        make_session = db.sessionmaker

    def set_up(act):
        told = []

        def pause(_seconds):
            with make_session() as other:
                begin_write(other)  # fails unless the lock has been given up
                other.execute(text("UPDATE user SET used_bytes = used_bytes"))
                other.commit()
                told.append(act(other))

        monkeypatch.setattr(time, "sleep", pause)
        return told

    return set_up


def found(session, word):
    return len(session.execute(tags_with(word)).all())


def tags_with(word):
    return Image.living().where(Image.search_text.contains(word)).with_only_columns(Image.id)


def test_others_write_while_many_images_change(session, ada, keys, media, between):
    album = albums.create(session, ada, "a")
    session.commit()
    for verb in (
        partial(albums.add_images, session, ada, album, keys),
        partial(tags.put_on, session, ada, keys, ["sea"]),
        partial(tags.rename, session, ada, "sea", "lake"),
        partial(tags.take_off, session, ada, keys[:4], ["lake"]),
        partial(tags.put_on, session, ada, keys, ["sea"]),
        partial(tags.remove, session, ada, "sea"),
        partial(editing.set_visibility, session, media, ada, keys, "public"),
        partial(albums.take_images, session, ada, album, keys[:6]),
        partial(albums.add_images, session, ada, album, keys),
        partial(albums.remove, session, ada, album),
        partial(trash.discard, session, media, ada, keys),
        partial(trash.restore, session, media, ada, keys),
        partial(trash.discard, session, media, ada, keys),
        partial(trash.purge_chosen, session, ada, keys),
    ):
        waits = between(lambda other: None)
        verb()
        session.commit()
        assert waits, verb
    assert count_rows(session, Image) == count_rows(session, AlbumImage) == 0


def test_a_tag_and_what_is_found_agree_while_it_is_renamed(session, ada, keys, between):
    tags.put_on(session, ada, keys, ["sea"])
    session.commit()
    told = between(
        lambda other: (tags.list_own(other, ada), found(other, "sea"), found(other, "lake"))
    )
    assert tags.rename(session, ada, "sea", "lake") == Used("lake", NUMBER)
    session.commit()
    assert told == [
        ([Used("lake", 3), Used("sea", 4)], 4, 3),
        ([Used("lake", 6), Used("sea", 1)], 1, 6),
    ]
    assert tags.list_own(session, ada) == [Used("lake", NUMBER)]


@pytest.mark.parametrize(
    "verb",
    [
        partial(tags.rename, old="sea", new="lake"),
        partial(tags.rename, old="sea", new="hills"),
        partial(tags.remove, name="sea"),
    ],
)
def test_what_was_broken_off_is_completed_by_the_same_again(session, ada, keys, between, verb):
    tags.put_on(session, ada, keys, ["sea"])
    tags.put_on(session, ada, keys[2:5], ["hills"])
    session.commit()

    def die(other):
        raise KilledError

    between(die)
    with pytest.raises(KilledError):
        verb(session, ada)
    session.rollback()
    assert found(session, "sea") == 4
    between(lambda other: None)
    verb(session, ada)
    session.commit()
    assert found(session, "sea") == 0
    left = {each.name: each.images for each in tags.list_own(session, ada)}
    wanted = {
        "lake": {"lake": NUMBER, "hills": 3},
        "hills": {"hills": NUMBER},
        None: {"hills": 3},
    }
    assert left == wanted[verb.keywords.get("new")]


def test_two_who_rename_at_once_come_to_an_end(session, ada, keys, between):
    tags.put_on(session, ada, keys, ["sea"])
    session.commit()
    names = iter(["other", "sea", "lake", "sea"])

    def back(other):
        name = next(names)
        tags.put_on(other, ada, keys[:1], [name])
        other.commit()

    between(back)
    tags.rename(session, ada, "sea", "lake")
    session.commit()
    assert Used("lake", NUMBER) in tags.list_own(session, ada)
    assert Used("sea", 1) in tags.list_own(session, ada)


def test_all_or_none_get_a_tag_for_which_one_has_no_room(session, ada, keys):
    full = [f"t{number}" for number in range(tags.MAX_TAGS)]
    tags.put_on(session, ada, keys[-1:], full)
    session.commit()
    with pytest.raises(TooManyTagsError):
        tags.put_on(session, ada, keys, ["one more"])
    session.rollback()
    assert "one more" not in {each.name for each in tags.list_own(session, ada)}
    assert tags.put_on(session, ada, keys, full[:1]) == NUMBER - 1


def test_many_are_shared_in_the_order_they_were_named(session, ada, keys, media, between):
    images = {image.key: image for image in session.query(Image)}
    named = keys[::-1]
    waits = between(lambda other: None)
    share, _ = make_share(session, media, ada, [images[key] for key in named])
    assert waits
    assert [image.key for image in shares.list_page(session, share, 1, NUMBER)] == named
