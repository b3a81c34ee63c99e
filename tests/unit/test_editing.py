"""What is said of an image and who may see it: for one, for many, by two at once."""

from datetime import UTC, datetime, timedelta

import pytest

from flaskr.errors import (
    BackupNotSharedError,
    EditConflictError,
    ExpiryPassedError,
    InvalidVisibilityError,
    NotFoundError,
    TagNameError,
    TextTooLongError,
    TooManyChosenError,
)
from flaskr.library import albums, editing, tags, uploads, versions
from flaskr.library.editing import Changes, Expiry
from flaskr.library.media import blob_name
from flaskr.models import Image
from tests.factories import CANARY, jpeg, make_image, png

TOMORROW = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture
def image(session, ada, media):
    return make_image(session, ada, store=media.store)


@pytest.fixture
def edit(session, media, ada):
    def run(image: Image, *, revision: int | None = None, **changes) -> Image:
        made = editing.edit(
            session, media, ada, image, Changes(**changes), kept=10, revision=revision
        )
        session.commit()
        return made

    return run


def make_private(session, image: Image) -> Image:
    image.visibility = "private"
    session.commit()
    return image


def test_all_of_it_can_be_said_at_once(session, ada, image, edit):
    album = albums.create(session, ada, "a")
    session.commit()
    edit(
        image,
        title=" Sea\n at night ",
        alt="two\r\nlines",
        visibility="public",
        expiry=Expiry(TOMORROW),
        tags=["海", "night"],
        albums=[album.key],
        revision=1,
    )
    session.expire_all()
    assert editing.present(session, image) == {
        "title": "Sea at night",
        "alt": "two\nlines",
        "visibility": "public",
        "expires": TOMORROW,
        "tags": ["night", "海"],
        "albums": [album.key],
        "revision": 2,
    }
    assert image.search_text == "photo.png\nsea at night\ntwo lines\n海\nnight"


def test_what_is_not_said_stays(session, ada, image, edit):
    edit(image, title="a", tags=["b"], expiry=Expiry(TOMORROW))
    edit(image, alt="c")
    now = editing.present(session, image)
    assert (now["title"], now["alt"], now["tags"], now["expires"]) == ("a", "c", ["b"], TOMORROW)
    edit(image, expiry=Expiry(None), tags=[])
    now = editing.present(session, image)
    assert (now["tags"], now["expires"]) == ([], None)


def test_the_second_of_two_is_told_and_loses_nothing(session, ada, image, edit):
    edit(image, title="first", revision=1)
    with pytest.raises(EditConflictError) as caught:
        edit(image, title="second", revision=1)
    session.rollback()
    assert caught.value.details["now"]["title"] == "first"
    assert caught.value.details["now"]["revision"] == 2
    assert image.title == "first"
    edit(image, title="second", revision=2)
    assert image.title == "second"


def test_a_tag_put_on_by_another_way_is_a_change(session, ada, image, edit):
    tags.put_on(session, ada, [image.key], ["a"])
    session.commit()
    with pytest.raises(EditConflictError) as caught:
        edit(image, tags=["b"], revision=1)
    assert caught.value.details["now"]["tags"] == ["a"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"title": "x" * 201}, TextTooLongError),
        ({"alt": "x" * 1001}, TextTooLongError),
        ({"visibility": "secret"}, InvalidVisibilityError),
        ({"expiry": Expiry(TOMORROW - timedelta(days=2))}, ExpiryPassedError),
        ({"tags": ["x" * 65]}, TagNameError),
        ({"albums": ["nosuchalbum1"]}, NotFoundError),
    ],
)
def test_it_is_all_or_nothing(session, image, edit, changes, error):
    with pytest.raises(error):
        edit(image, **({"title": "changed", "tags": ["b"]} | changes))
    session.rollback()
    now = editing.present(session, image)
    assert (now["title"], now["tags"], now["revision"]) == ("", [], 1)


def test_other_peoples_albums_are_not_found(session, bob, image, edit):
    theirs = albums.create(session, bob, "b")
    session.commit()
    with pytest.raises(NotFoundError):
        edit(image, albums=[theirs.key])


def test_a_backup_loses_its_metadata_when_it_is_shared(session, ada, media, edit):
    image = make_image(session, ada, jpeg(orientation=6), store=media.store, name="a.jpg")
    make_private(session, image)
    with pytest.raises(EditConflictError):
        edit(image, visibility="unlisted", revision=5)
    session.rollback()
    edit(image, visibility="unlisted", title="shared", revision=1)
    assert (image.version, image.visibility, image.title) == (2, "unlisted", "shared")
    assert CANARY.encode() not in media.store.read(blob_name(image.blob.sha256))


def test_who_shares_a_backup_second_is_told_what_it_is_now(session, ada, media, edit, monkeypatch):
    image = make_image(session, ada, jpeg(orientation=3), store=media.store, name="a.jpg")
    make_private(session, image)
    take = uploads.take_content

    def meanwhile(*given):
        image.title, image.revision = "first", 2
        session.commit()
        return take(*given)

    monkeypatch.setattr(versions, "take_content", meanwhile)
    with pytest.raises(EditConflictError) as caught:
        edit(image, visibility="public", title="second", revision=1)
    session.rollback()
    assert caught.value.details["now"]["title"] == "first"
    assert (image.visibility, image.version) == ("private", 1)


def test_what_becomes_a_backup_meanwhile_is_not_shared_with_its_metadata(
    session, ada, media, edit, monkeypatch
):
    image = make_image(session, ada, jpeg(orientation=3), store=media.store, name="a.jpg")
    hold = versions.hold

    def meanwhile(*given):
        image.visibility = "private"
        session.commit()
        return hold(*given)

    monkeypatch.setattr(versions, "hold", meanwhile)
    with pytest.raises(EditConflictError) as caught:
        edit(image, visibility="public")
    session.rollback()
    assert caught.value.details["now"]["visibility"] == "private"
    assert image.visibility == "private"


def test_what_holds_none_is_shared_as_it_is(session, image, edit):
    make_private(session, image)
    edit(image, visibility="public", revision=1)
    assert (image.version, image.visibility) == (1, "public")


def test_many_are_hidden_or_shown_at_once(session, ada, bob, media):
    own = [make_image(session, ada, store=media.store) for _ in range(3)]
    theirs = make_image(session, bob, store=media.store)
    keys = [image.key for image in (*own, theirs)]
    assert editing.set_visibility(session, media, ada, keys, "private") == 3
    session.commit()
    assert editing.set_visibility(session, media, ada, keys, "private") == 0
    session.commit()
    session.expire_all()
    assert [image.visibility for image in (*own, theirs)] == ["private"] * 3 + ["unlisted"]
    assert own[0].revision == 2
    assert editing.set_visibility(session, media, ada, keys, "public") == 3
    session.commit()
    with pytest.raises(NotFoundError):
        editing.set_visibility(session, media, ada, [theirs.key], "private")


def test_backups_are_not_shared_by_the_dozen(session, ada, media, monkeypatch):
    plain = make_private(session, make_image(session, ada, png(), store=media.store))
    backup = make_image(session, ada, jpeg(orientation=3), store=media.store)
    make_private(session, backup)
    keys = [plain.key, backup.key]
    with pytest.raises(BackupNotSharedError) as caught:
        editing.set_visibility(session, media, ada, keys, "public")
    session.rollback()
    assert caught.value.details == {"count": 1}
    assert plain.visibility == "private"
    monkeypatch.setattr(editing, "MOST_SHARED", 1)
    with pytest.raises(TooManyChosenError):
        editing.set_visibility(session, media, ada, keys, "public")


def test_a_deleted_image_is_not_changed(session, ada, image, edit):
    image.deleted = datetime.now(UTC)
    session.commit()
    with pytest.raises(NotFoundError):
        edit(image, title="a")
