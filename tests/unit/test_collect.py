"""Collecting what nobody needs: after how long, what goes, what stays."""

import os
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, event

from flaskr.library import collect as collecting
from flaskr.library.collect import Collected, Keeping, collect
from flaskr.library.images import delete as trash
from flaskr.library.media import SPOOL, blob_name, variant_name
from flaskr.models import Blob, IdempotencyKey, Image, User
from tests.factories import count_rows, make_image, png, put
from tests.unit.uploading import Opened, upload

NOW = datetime.now(UTC)
KEEPING = Keeping(trash=timedelta(days=30), grace=timedelta(hours=1))
AT_ONCE = Keeping(trash=timedelta(0), grace=timedelta(0))
IN_TRASH = timedelta(days=29, hours=23)
OUT_OF_TRASH = timedelta(days=30, hours=1)
NOTHING = Collected()


@pytest.fixture
def gc(session, media):
    """Collect as if so much time had gone by."""

    def run(later: timedelta = OUT_OF_TRASH, keeping: Keeping = KEEPING, **options) -> Collected:
        return collect(session, media, keeping, at=NOW + later, **options)

    return run


def files(media) -> set[str]:
    return {entry.name for entry in media.store.list() if not entry.name.startswith(SPOOL)}


def has_bytes(media, image: Image) -> bool:
    return blob_name(image.blob.sha256) in files(media)


def test_an_empty_house_has_nothing_to_collect(gc):
    assert gc() == NOTHING


def test_living_images_stay_however_old(session, ada, media, gc):
    image = make_image(session, ada, store=media.store)
    assert gc(timedelta(days=10_000)) == NOTHING
    assert has_bytes(media, image)


def test_a_deleted_image_stays_in_the_trash_for_its_time(session, ada, media, gc):
    image = make_image(session, ada, store=media.store, deleted=True)
    assert gc(IN_TRASH) == NOTHING
    assert count_rows(session, Image) == 1
    assert has_bytes(media, image)


def test_after_the_trash_the_bytes_stay_for_the_grace_period(session, ada, media, gc):
    blob = make_image(session, ada, store=media.store, deleted=True).blob
    name, size = blob_name(blob.sha256), blob.bytes
    assert gc() == Collected(images=1)
    assert count_rows(session, Image) == 0
    assert gc(OUT_OF_TRASH + timedelta(minutes=59)) == NOTHING
    assert files(media) == {name}
    assert gc(OUT_OF_TRASH + timedelta(minutes=60)) == Collected(blobs=1, bytes=size)
    assert files(media) == set()
    assert count_rows(session, Blob) == 0


def test_bytes_stay_while_any_image_has_them_also_one_in_the_trash(session, ada, media):
    first = upload(session, media, ada).image
    second = upload(session, media, ada).image
    third = upload(session, media, ada).image
    assert first.blob_id == second.blob_id == third.blob_id
    for image in (first, third):
        trash(session, media, image)
        session.commit()
    done = collect(session, media, Keeping(timedelta(0), timedelta(0)))
    assert (done.images, done.blobs) == (2, 0)
    trash(session, media, second)
    session.commit()
    assert collect(session, media, KEEPING) == NOTHING
    assert has_bytes(media, second)


def test_variants_go_with_their_blob(session, ada, media, gc):
    gone = make_image(session, ada, store=media.store, deleted=True)
    kept = make_image(session, ada, store=media.store)
    for image in (gone, kept):
        for spec in ("w64.webp", "full.avif"):
            put(media.store, variant_name(image.blob.sha256, spec), b"variant")
    done = gc(keeping=AT_ONCE)
    assert (done.images, done.blobs, done.variants) == (1, 1, 2)
    assert files(media) == {
        blob_name(kept.blob.sha256),
        *(variant_name(kept.blob.sha256, spec) for spec in ("w64.webp", "full.avif")),
    }


def test_nobody_waits_while_variants_go(session, ada, media, gc, monkeypatch):
    image = make_image(session, ada, store=media.store, deleted=True)
    sha256 = image.blob.sha256
    for width in (64, 96, 128):
        put(media.store, variant_name(sha256, f"w{width}.webp"), b"variant")
    guarded: list[str] = []
    delete_file = media.store.delete

    def noted(name: str) -> bool:
        if session.in_transaction():
            guarded.append(name)
            put(media.store, variant_name(sha256, "w160.webp"), b"made at the last moment")
        return bool(delete_file(name))

    monkeypatch.setattr(media.store, "delete", noted)
    assert gc(keeping=AT_ONCE).variants == 4
    assert guarded == [blob_name(sha256)]
    assert files(media) == set()


def test_the_folders_of_variants_go_too(session, ada, media, gc):
    image = make_image(session, ada, store=media.store, deleted=True)
    name = variant_name(image.blob.sha256, "w64.webp")
    put(media.store, name, b"variant")
    gc(keeping=AT_ONCE)
    assert not media.store.local_path(name).parent.exists()


def test_an_upload_in_the_grace_period_takes_the_bytes_back(session, ada, media, gc):
    image = upload(session, media, ada).image
    trash(session, media, image)
    session.commit()
    gc()
    again = upload(session, media, ada).image
    assert again.blob.unreferenced is None
    assert gc(timedelta(days=10_000)) == NOTHING
    assert has_bytes(media, again)


def test_what_went_with_its_owner_is_collected_after_the_grace_period(session, ada, media, gc):
    make_image(session, ada, store=media.store)
    session.execute(delete(User))
    session.commit()
    assert gc(timedelta(0)) == NOTHING
    assert gc(timedelta(hours=1)).blobs == 1
    assert files(media) == set()


def test_what_uploads_left_that_were_killed_goes_after_a_day(media, gc):
    left, lock, fresh = (media.spool.new_path(), media.spool.folder / "x.lock", "fresh.part")
    old = (NOW - timedelta(hours=25)).timestamp()
    for path in (left, lock):
        path.touch()
        os.utime(path, (old, old))
    (media.spool.folder / fresh).touch()
    assert gc(timedelta(0)) == Collected(leftovers=2)
    assert [path.name for path in media.spool.folder.iterdir()] == [fresh]


def test_keys_of_requests_are_forgotten_after_a_month(session, ada, media, gc):
    upload(session, media, ada, idempotency_key="a key")
    assert gc(timedelta(days=29, hours=23)) == NOTHING
    foreseen = gc(timedelta(days=30, hours=1), dry_run=True)
    assert foreseen == gc(timedelta(days=30, hours=1)) == Collected(keys=1)
    assert (count_rows(session, IdempotencyKey), count_rows(session, Image)) == (0, 1)


def test_keys_that_go_with_their_image_are_not_counted_apart(session, ada, media, gc):
    trash(session, media, upload(session, media, ada, idempotency_key="a key").image)
    session.commit()
    assert gc(dry_run=True) == gc() == Collected(images=1)


def test_many_are_collected_in_batches_that_are_committed_one_by_one(
    session, ada, media, gc, monkeypatch
):
    monkeypatch.setattr(collecting, "ROWS", 3)
    monkeypatch.setattr(collecting, "FILES", 2)
    for _ in range(7):
        make_image(session, ada, store=media.store, deleted=True)
    commits: list[int] = []
    event.listen(session, "after_commit", lambda _: commits.append(1))
    done = gc(keeping=AT_ONCE)
    assert (done.images, done.blobs) == (7, 7)
    assert len(commits) == 3 + 4
    assert files(media) == set()


def test_a_dry_run_counts_what_a_run_removes_and_removes_nothing(session, ada, media, gc):
    make_image(session, ada, store=media.store)
    for _ in range(3):
        gone = make_image(session, ada, store=media.store, deleted=True)
        put(media.store, variant_name(gone.blob.sha256, "w64.webp"), b"variant")
    before = files(media)
    foreseen = gc(keeping=AT_ONCE, dry_run=True)
    assert files(media) == before
    assert count_rows(session, Image) == 4
    assert foreseen == gc(keeping=AT_ONCE)
    assert foreseen.blobs == foreseen.variants == 3


def test_a_dry_run_knows_the_grace_period(session, ada, media, gc):
    make_image(session, ada, store=media.store, deleted=True)
    assert gc(dry_run=True) == Collected(images=1)
    gc()
    assert gc(OUT_OF_TRASH + timedelta(hours=1), dry_run=True).blobs == 1


def test_killed_between_files_and_commit_the_next_run_ends_the_work(
    session, ada, media, gc, monkeypatch
):
    make_image(session, ada, store=media.store, deleted=True)
    gc()
    with monkeypatch.context() as patch:
        patch.setattr(session, "commit", interrupted)
        with pytest.raises(KeyboardInterrupt):
            gc(timedelta(days=60))
    session.rollback()
    assert (files(media), count_rows(session, Blob)) == (set(), 1)
    assert gc(timedelta(days=60)).blobs == 1
    assert count_rows(session, Blob) == 0


def interrupted() -> None:
    raise KeyboardInterrupt


def test_a_file_that_cannot_be_removed_keeps_its_row(session, ada, media, gc, monkeypatch):
    make_image(session, ada, store=media.store, deleted=True)
    gc()

    def refuse(_store, _name):
        raise OSError(30, "Read-only file system")

    with monkeypatch.context() as patch:
        patch.setattr(type(media.store), "delete", refuse)
        with pytest.raises(OSError, match="Read-only"):
            gc(timedelta(days=60))
    session.rollback()
    assert (len(files(media)), count_rows(session, Blob)) == (1, 1)


# ---- an upload meets bytes that are about to go ---------------------------------------------


@pytest.mark.parametrize("stored_by", ["somebody before", "this upload"])
def test_an_upload_whose_bytes_are_collected_under_its_hands_puts_them_again(
    session, ada, media, monkeypatch, stored_by
):
    if stored_by == "somebody before":
        trash(session, media, upload(session, media, ada).image)
        session.commit()
    collected: list[str] = []

    def collect_now() -> None:
        """Remove everything between `store` and the write transaction."""
        for name in files(media):
            media.store.delete(name)
            collected.append(name)

    monkeypatch.setattr("flaskr.library.uploads.rely_on_bytes", preceded_by(collect_now))
    image = upload(session, media, ada).image
    assert len(collected) == 2
    assert media.store.read(blob_name(image.blob.sha256)) == png()
    thumbnail = variant_name(image.blob.sha256, "full.webp")
    assert media.store.read(thumbnail) == Opened.THUMBNAIL


def preceded_by(first):
    from flaskr.library.guard import rely_on_bytes

    def then(session) -> None:
        first()
        rely_on_bytes(session)

    return then
