"""Contents of an image: replaced, kept, taken back, turned; who may see them, what they count."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image as Pillow
from sqlalchemy import select

from flaskr.errors import (
    EditConflictError,
    NoSuchEditError,
    NotEditableError,
    NotFoundError,
    QuotaExceededError,
    UnsupportedTypeError,
)
from flaskr.imaging import Limits
from flaskr.imaging.edit import Box, Edit
from flaskr.library import editing, images, trash, uploads, versions
from flaskr.library.check import check
from flaskr.library.collect import Keeping, collect
from flaskr.library.keys import new_key
from flaskr.library.media import blob_name
from flaskr.library.uploads import Arrival, Keep, accept
from flaskr.models import Blob, Image, ImageVersion, now
from flaskr.storage import SpooledFile
from tests.factories import CANARY, count_rows, gif, jpeg, png

LIMITS = Limits(pixels=10**6, side=10**4, frames=10, total_pixels=10**6)
KEPT = 10
AT_ONCE = Keeping(trash=timedelta(0), grace=timedelta(0))


@contextmanager
def arrived(media, content: bytes) -> Iterator[SpooledFile]:
    with media.spool.create() as file:
        file.write(content)
        file.finish()
        yield file


@pytest.fixture
def take(session, media, ada):
    def run(content: bytes, keep: Keep = "share", name: str = "photo.png") -> Image:
        with arrived(media, content) as file:
            image = accept(
                session, media, ada, Arrival(file, name, new_key(), keep, anew=True), LIMITS
            ).image
            session.commit()
        return image

    return run


@pytest.fixture
def replace(session, media):
    def run(
        image: Image,
        content: bytes,
        name: str = "new.png",
        kept: int = KEPT,
        version: int | None = None,
    ) -> Image:
        with arrived(media, content) as file:
            made = versions.replace(
                session, media, image, file, name, LIMITS, kept=kept, version=version
            )
            session.commit()
        return made

    return run


def meanwhile(session, monkeypatch, change: Callable[[], None]) -> None:
    """Let somebody be quicker while content is decoded."""
    take = uploads.take_content

    def later(*given):
        change()
        session.commit()
        return take(*given)

    monkeypatch.setattr(versions, "take_content", later)


def bytes_of(media, blob: Blob) -> bytes:
    return bytes(media.store.read(blob_name(blob.sha256)))


def total(session, user) -> tuple[int, int]:
    session.refresh(user)
    return user.used_images, user.used_bytes


def test_an_image_gets_another_content_under_its_key(session, media, take, replace):
    image = take(png(number=1))
    key = image.key
    assert replace(image, jpeg(), "other.jpg") is image
    session.expire_all()
    assert (image.key, image.version, image.revision) == (key, 2, 2)
    assert (image.name, image.blob.extension, image.bytes) == ("other.jpg", "jpg", len(jpeg()))
    assert image.search_text == "other.jpg"
    newest, first = versions.list_all(session, image)
    assert (newest.number, newest.replaced, newest.blob) == (2, None, image.blob)
    assert (first.number, first.name) == (1, "photo.png")
    assert first.replaced is not None
    assert bytes_of(media, first.blob) == png(number=1)


def test_the_same_content_changes_nothing(session, ada, take, replace):
    image = take(png(number=1))
    before = total(session, ada)
    replace(image, png(number=1))
    assert (image.version, image.name, count_rows(session, ImageVersion)) == (1, "photo.png", 0)
    assert total(session, ada) == before


def test_what_replaces_is_checked_as_every_upload(session, media, take, replace):
    image = take(png(number=1))
    with pytest.raises(UnsupportedTypeError):
        replace(image, b"no picture")
    session.rollback()
    assert image.version == 1
    assert list(media.spool.folder.glob("*")) == []


def test_shared_content_loses_its_metadata_and_private_keeps_it(session, media, take, replace):
    content = jpeg(orientation=6)
    shared, private = take(png(number=1)), take(png(number=2), "backup")
    for image in (shared, private):
        replace(image, content)
    assert CANARY.encode() not in bytes_of(media, shared.blob)
    assert bytes_of(media, private.blob) == content


def test_an_earlier_content_can_be_had_back(session, media, take, replace):
    image = take(png(number=1))
    replace(image, jpeg())
    versions.roll_back(session, media, image, 1, kept=KEPT)
    session.commit()
    session.expire_all()
    assert (image.version, image.name) == (3, "photo.png")
    assert bytes_of(media, image.blob) == png(number=1)
    assert [each.number for each in versions.list_all(session, image)] == [3, 2, 1]
    with pytest.raises(NotFoundError):
        versions.roll_back(session, media, image, 7, kept=KEPT)


def test_what_is_had_back_is_shared_without_its_metadata(session, media, ada, take):
    photo = jpeg(orientation=6)
    image = take(photo, "backup")
    shared = editing.Changes(visibility="public")
    editing.edit(session, media, ada, image, shared, kept=KEPT)
    session.commit()
    versions.roll_back(session, media, image, 1, kept=KEPT)
    session.commit()
    assert CANARY.encode() not in bytes_of(media, image.blob)
    assert image.version == 2
    editing.edit(session, media, ada, image, editing.Changes(visibility="private"), kept=KEPT)
    session.commit()
    versions.roll_back(session, media, image, 1, kept=KEPT)
    session.commit()
    assert bytes_of(media, image.blob) == photo


def test_what_came_for_the_owner_alone_is_not_shown_to_those_it_is_shared_with_meanwhile(
    session, media, take, replace, monkeypatch
):
    image = take(png(number=1), "backup")
    meanwhile(session, monkeypatch, lambda: setattr(image, "visibility", "public"))
    with pytest.raises(EditConflictError):
        replace(image, jpeg(orientation=6))
    session.rollback()
    assert (image.visibility, image.version) == ("public", 1)
    assert CANARY.encode() not in bytes_of(media, image.blob)


def test_an_edit_of_what_was_replaced_meanwhile_is_told(session, media, take, monkeypatch):
    image, other = take(png(number=1)), take(png(number=2))

    def change() -> None:
        image.blob, image.version = other.blob, 2

    meanwhile(session, monkeypatch, change)
    with pytest.raises(EditConflictError):
        versions.edit(session, media, image, Edit(turn=90), kept=0)
    session.rollback()
    assert image.blob == other.blob


@pytest.mark.parametrize("private", [False, True])
def test_who_replaces_or_takes_back_second_is_told(session, media, take, replace, private):
    image = take(png(number=1), "backup" if private else "share")
    replace(image, png(number=2))
    with pytest.raises(EditConflictError):
        replace(image, png(number=3), kept=0, version=1)
    session.rollback()
    with pytest.raises(EditConflictError):
        versions.roll_back(session, media, image, 1, kept=0, version=1)
    session.rollback()
    assert (image.version, bytes_of(media, image.blob)) == (2, png(number=2))
    replace(image, png(number=3), version=2)
    assert image.version == 3


def test_only_so_many_are_kept_and_the_first(session, ada, media, take, replace):
    image = take(png(number=1))
    for number in range(2, 6):
        replace(image, png(number=number), kept=2)
    assert [each.number for each in versions.list_all(session, image)] == [5, 4, 3, 1]
    assert total(session, ada) == (1, sum(len(png(number=number)) for number in (1, 3, 4, 5)))
    assert collect(session, media, AT_ONCE).blobs == 1
    assert bytes_of(media, versions.find(session, image, 1).blob) == png(number=1)
    replace(image, png(number=6), kept=0)
    assert [each.number for each in versions.list_all(session, image)] == [6]


def test_every_version_counts_towards_the_quota(session, ada, media, take, replace):
    image = take(png(number=1))
    ada.quota_bytes = len(png(number=1)) + 10
    session.commit()
    with pytest.raises(QuotaExceededError):
        replace(image, png(number=2))
    session.rollback()
    assert total(session, ada) == (1, len(png(number=1)))
    assert count_rows(session, Blob) == 1


def test_earlier_contents_are_neither_collected_nor_called_orphans(session, media, take, replace):
    image = take(png(number=1))
    replace(image, png(number=2))
    done = collect(session, media, AT_ONCE, dry_run=True)
    assert (done.images, done.blobs) == (0, 0)
    done = collect(session, media, AT_ONCE)
    assert (done.images, done.blobs) == (0, 0)
    assert check(session, media, at=now() + timedelta(days=2)).faults == []
    first = versions.find(session, image, 1)
    media.store.delete(blob_name(first.blob.sha256))
    (fault,) = check(session, media, repair=True).faults
    assert fault.images == (image.key,)
    assert not fault.repaired


def test_versions_are_purged_with_their_image(session, ada, media, take, replace):
    image = take(png(number=1))
    replace(image, png(number=2))
    images.delete(session, media, image)
    session.commit()
    assert collect(session, media, AT_ONCE, dry_run=True).blobs == 2
    done = collect(session, media, AT_ONCE)
    assert (done.images, done.blobs) == (1, 2)
    assert total(session, ada) == (0, 0)
    assert count_rows(session, ImageVersion) == 0


def test_a_version_shared_with_another_image_stays(session, media, take, replace):
    first, second = take(png(number=1)), take(png(number=1))
    replace(first, png(number=2))
    images.delete(session, media, second)
    session.commit()
    done = collect(session, media, AT_ONCE)
    assert (done.images, done.blobs) == (1, 0)
    assert bytes_of(media, versions.find(session, first, 1).blob) == png(number=1)


def test_what_is_deleted_is_not_replaced(session, media, ada, take):
    image = take(png(number=1))
    with arrived(media, png(number=2)) as file:
        other = session.get_one(Image, image.id)
        trash.discard(session, media, ada, [other.key])
        session.commit()
        with pytest.raises(NotFoundError):
            versions.replace(session, media, image, file, "x.png", LIMITS, kept=KEPT)
    session.rollback()
    with pytest.raises(NotFoundError):
        versions.roll_back(session, media, image, 1, kept=KEPT)


# ---- turning and cropping -------------------------------------------------------------------


def test_a_turned_image_is_a_new_version(session, media, take):
    image = take(jpeg(orientation=6), name="IMG_1.JPEG")
    assert (image.blob.width, image.blob.height) == (32, 48)
    versions.edit(session, media, image, Edit(turn=90), kept=KEPT)
    session.commit()
    assert (image.version, image.name) == (2, "IMG_1.JPEG")
    assert (image.blob.width, image.blob.height) == (48, 32)
    assert list(media.spool.folder.glob("*")) == []


def test_a_part_is_cut_out_of_the_turned_image(session, media, take):
    image = take(png())
    versions.edit(session, media, image, Edit(turn=270, box=Box(0, 40, 32, 8)), kept=KEPT)
    session.commit()
    with Pillow.open(BytesIO(bytes_of(media, image.blob))) as made:
        assert made.size == (32, 8)


@pytest.mark.parametrize(
    "change",
    [
        Edit(turn=45),
        Edit(box=Box(-1, 0, 9, 9)),
        Edit(box=Box(0, 0, 0, 9)),
        Edit(box=Box(40, 0, 9, 9)),
        Edit(turn=90, box=Box(0, 0, 48, 32)),
    ],
)
def test_a_part_outside_the_image_is_refused(session, media, take, change):
    image = take(png())
    with pytest.raises(NoSuchEditError):
        versions.edit(session, media, image, change, kept=KEPT)


def test_what_moves_is_refused(session, media, take):
    image = take(gif())
    with pytest.raises(NotEditableError):
        versions.edit(session, media, image, Edit(turn=90), kept=KEPT)


@pytest.mark.parametrize(
    ("name", "extension", "renamed"),
    [
        ("a.heic", "jpg", "a.jpg"),
        ("a.JPEG", "jpg", "a.JPEG"),
        ("a", "jpg", "a"),
        (".jpg", "png", ".jpg"),
        ("旅.行.png", "jpg", "旅.行.jpg"),
    ],
)
def test_a_name_ends_as_its_content_is(name, extension, renamed):
    assert versions.rename(name, Blob(extension=extension)) == renamed


# ---- sharing what was private ---------------------------------------------------------------


def test_metadata_goes_before_a_backup_is_shared(session, media, take):
    image = take(jpeg(orientation=6), "backup")
    versions.strip(session, media, image, kept=KEPT)
    session.commit()
    assert CANARY.encode() not in bytes_of(media, image.blob)
    assert CANARY.encode() in bytes_of(media, versions.find(session, image, 1).blob)


def test_without_metadata_it_stays_as_it_is(session, media, take):
    image = take(png(), "backup")
    versions.strip(session, media, image, kept=KEPT)
    session.commit()
    assert image.version == 1


def test_what_was_changed_meanwhile_is_not_stripped(session, media, take, replace):
    image = take(jpeg(orientation=6), "backup")
    with pytest.raises(EditConflictError):
        versions.strip(session, media, image, kept=KEPT, revision=7)
    session.rollback()
    assert session.scalar(select(Image.version)) == 1
