"""Checking the store: every planted fault is found, nothing else is, and what can be is mended."""

import os
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from flaskr.library.check import check, total_bytes
from flaskr.library.collect import Keeping, collect
from flaskr.library.faults import Kind, Report
from flaskr.library.media import QUARANTINE, SPOOL, blob_name, variant_name
from flaskr.models import Blob, Image
from tests.browsing import AuthActions, Browser
from tests.factories import KINDS, count_rows, gif, jpeg, make_blob, make_image, png, put
from tests.unit.uploading import upload

LATER = datetime.now(UTC) + timedelta(days=2)
"""When nothing that a test wrote is part of an upload in progress any more."""

OTHER = "ab" * 32


@pytest.fixture
def fsck(session, media):
    def run(**options) -> Report:
        return check(session, media, **{"at": LATER} | options)

    return run


@pytest.fixture
def image(session, ada, media) -> Image:
    """One healthy picture, with a variant."""
    made = make_image(session, ada, store=media.store)
    put(media.store, variant_name(made.blob.sha256, "w320.webp"), b"variant")
    return made


def kinds(report: Report) -> Counter[Kind]:
    return Counter(fault.kind for fault in report.faults)


def only(report: Report):
    (fault,) = report.faults
    return fault


def stored(media, start: str = "") -> set[str]:
    return {entry.name for entry in media.store.list(start)}


def damage(media, blob: Blob, content: bytes) -> None:
    """Write other bytes where those of the blob are."""
    path = media.store.local_path(blob_name(blob.sha256))
    path.write_bytes(content)


def change(session, blob: Blob, **values) -> None:
    for name, value in values.items():
        setattr(blob, name, value)
    session.commit()


def dangle(session, statement: str) -> None:
    """Change a row in a way that the database would refuse."""
    session.rollback()
    session.connection().exec_driver_sql("COMMIT")
    session.execute(text("PRAGMA foreign_keys = OFF"))
    session.connection().exec_driver_sql("BEGIN")
    session.execute(text(statement))
    session.commit()
    session.connection().exec_driver_sql("COMMIT")
    session.execute(text("PRAGMA foreign_keys = ON"))
    session.connection().exec_driver_sql("BEGIN")
    session.rollback()


# ---- nothing is wrong -----------------------------------------------------------------------


def test_an_empty_house_is_in_order(fsck):
    assert fsck() == Report()


def test_every_kind_of_picture_that_was_uploaded_is_in_order(owner, fsck):
    for make, *_ in KINDS.values():
        assert owner.upload_json(("a picture", make())).status_code in {200, 201}
    report = fsck()
    assert report.faults == []
    assert report.files == 2 * report.blobs  # each with its thumbnail


def test_what_was_uploaded_deleted_and_collected_is_in_order(session, media, ada, owner, fsck):
    for content in (png(number=10**6), jpeg(orientation=6), gif()):
        owner.upload_json(("a picture", content))
    make_image(session, ada, store=media.store, deleted=True)
    assert fsck().faults == []
    collect(session, media, Keeping(timedelta(0), timedelta(0)))
    report = fsck()
    assert (report.faults, report.blobs) == ([], 3)


def test_files_of_an_upload_in_progress_are_left_alone(media, fsck):
    put(media.store, blob_name(OTHER), b"not recorded yet")
    put(media.store, variant_name(OTHER, "w320.webp"), b"thumbnail")
    media.spool.new_path().touch()
    assert fsck(at=datetime.now(UTC), repair=True).faults == []
    assert len(stored(media)) == 3


def test_progress_is_told_every_byte(session, ada, media, fsck):
    blobs = [make_image(session, ada, store=media.store).blob for _ in range(3)]
    told: list[int] = []
    report = fsck(progress=told.append)
    assert sum(told) == report.bytes == total_bytes(session) == sum(blob.bytes for blob in blobs)


# ---- what is wrong is found, and mended if that needs no guessing -----------------------------


def test_missing_bytes_are_told_with_the_images_that_miss_them(media, image, fsck):
    media.store.delete(blob_name(image.blob.sha256))
    for repair in (False, True):
        fault = only(fsck(repair=repair))
        assert (fault.kind, fault.images, fault.repaired) == (Kind.MISSING, (image.key,), False)


def test_an_upload_of_the_same_picture_brings_missing_bytes_back(session, media, ada, fsck):
    image = upload(session, media, ada).image
    media.store.delete(blob_name(image.blob.sha256))
    upload(session, media, ada)
    assert fsck().faults == []


def test_a_row_without_bytes_that_no_image_needs_is_dropped(session, fsck):
    make_blob(session)
    assert only(fsck()).kind is Kind.MISSING
    assert only(fsck(repair=True)).repaired
    assert count_rows(session, Blob) == 0


@pytest.mark.parametrize("content", [b"", b"cut", png(number=999)])
def test_damaged_bytes_are_set_aside(session, media, image, fsck, content):
    damage(media, image.blob, content)
    fault = only(fsck())
    assert (fault.kind, fault.images) == (Kind.DAMAGED, (image.key,))
    mended = only(fsck(repair=True))
    assert not mended.repaired
    (aside,) = stored(media, QUARANTINE)
    assert aside in mended.detail
    assert media.store.read(aside) == content
    assert only(fsck()).kind is Kind.MISSING


def test_a_flipped_bit_is_found(media, image, fsck):
    content = bytearray(media.store.read(blob_name(image.blob.sha256)))
    content[len(content) // 2] ^= 1
    damage(media, image.blob, bytes(content))
    assert only(fsck()).kind is Kind.DAMAGED


def test_bytes_that_the_disk_does_not_give_are_damaged(media, image, fsck, monkeypatch):
    opening = type(media.store).open

    def fail(store, name):
        if name == blob_name(image.blob.sha256):
            raise OSError(5, "Input/output error")
        return opening(store, name)

    monkeypatch.setattr(type(media.store), "open", fail)
    fault = only(fsck())
    assert (fault.kind, fault.images) == (Kind.DAMAGED, (image.key,))
    assert "Input/output error" in fault.detail


@pytest.mark.parametrize("repair", [False, True])
def test_a_file_of_which_the_disk_says_nothing_does_not_end_the_run(
    session, ada, media, image, fsck, monkeypatch, repair
):
    other = make_image(session, ada, store=media.store)
    media.store.delete(blob_name(other.blob.sha256))
    stat, name = Path.stat, media.store.local_path(blob_name(image.blob.sha256))

    def fail(path, **options):
        if path == name:
            raise OSError(5, "Input/output error", str(path))
        return stat(path, **options)

    monkeypatch.setattr(Path, "stat", fail)
    report = fsck(repair=repair)
    assert kinds(report) == {Kind.DAMAGED: 1, Kind.MISSING: 1, Kind.UNREADABLE: 1}
    assert report.remaining == report.faults


def test_a_folder_that_cannot_be_looked_into_does_not_end_the_run(media, image, fsck, monkeypatch):
    media.spool.new_path().touch()
    (media.store.root / "zzz").mkdir()
    scan = os.scandir

    def refuse(path):
        if Path(path).name == "zzz":
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    with monkeypatch.context() as guarded:
        guarded.setattr(os, "scandir", refuse)
        report = fsck()
    assert kinds(report) == {Kind.UNREADABLE: 1, Kind.LEFTOVER: 1}
    assert report.faults[0].name.endswith("zzz")
    assert report.files == 2


def test_the_row_of_a_drawing_is_corrected_too(make_app, session, ada, fsck):
    browser = Browser(make_app(ALLOW_SVG=True))
    AuthActions(browser).login()
    drawing = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="7"></svg>'
    assert browser.upload_json(("a.svg", drawing)).status_code == 201
    blob = session.query(Blob).one()
    change(session, blob, width=0)
    assert only(fsck(repair=True)).repaired
    session.refresh(blob)
    assert blob.width == 9


@pytest.mark.parametrize(
    "wrong",
    [
        {"md5": "0" * 32},
        {"bytes": 1},
        {"width": 0},
        {"height": -5},
        {"frames": 0},
        {"type": "image/gif"},
        {"type": "text/html"},
        {"extension": "gif"},
        {"extension": "zzz"},
    ],
)
def test_a_row_that_says_the_wrong_thing_is_corrected_by_its_bytes(session, image, fsck, wrong):
    blob = image.blob
    (name,) = wrong
    right = getattr(blob, name)
    change(session, blob, **wrong)
    fault = only(fsck())
    assert fault.kind is Kind.WRONG_ROW
    assert name in fault.detail
    assert only(fsck(repair=True)).repaired
    session.refresh(blob)
    assert getattr(blob, name) == right
    assert fsck().faults == []


def test_files_that_no_row_knows_are_removed(media, image, fsck):
    before = stored(media)
    put(media.store, blob_name(OTHER), b"a blob")
    put(media.store, variant_name(OTHER, "w320.webp"), b"a variant")
    assert kinds(fsck()) == {Kind.ORPHAN: 2}
    assert all(fault.repaired for fault in fsck(repair=True).faults)
    assert stored(media) == before
    assert fsck().faults == []


def test_a_stray_file_is_set_aside(media, image, fsck):
    before = stored(media)
    put(media.store, "blobs/aa/note.txt", b"keep me")
    assert only(fsck()).kind is Kind.STRAY
    assert only(fsck(repair=True)).repaired
    (aside,) = stored(media) - before
    assert aside.startswith(QUARANTINE)
    assert media.store.read(aside) == b"keep me"
    assert fsck().faults == []


def test_a_stray_copy_of_what_is_in_its_place_is_removed(media, image, fsck):
    before = stored(media)
    put(media.store, f"blobs/{image.blob.sha256}", media.store.read(blob_name(image.blob.sha256)))
    assert only(fsck(repair=True)).repaired
    assert stored(media) == before


@pytest.mark.parametrize("hurt", ["missing", "damaged"])
@pytest.mark.parametrize("place", ["blobs/moved-by-mistake", blob_name(OTHER)])
def test_bytes_that_turn_up_elsewhere_are_put_back(media, image, fsck, hurt, place):
    name = blob_name(image.blob.sha256)
    content = media.store.read(name)
    put(media.store, place, content)
    damage(media, image.blob, b"damage")
    if hurt == "missing":
        media.store.delete(name)
    assert fsck(repair=True).remaining == []
    assert media.store.read(name) == content
    assert place not in stored(media)
    assert fsck().faults == []


def test_a_file_under_an_impossible_name_is_left_to_people(media, image, fsck):
    (media.store.root / "Thumbs.db").touch()
    for _ in range(2):
        fault = only(fsck(repair=True))
        assert (fault.kind, fault.name, fault.repaired) == (Kind.STRAY, "Thumbs.db", False)
        assert "by hand" in fault.detail


def test_what_killed_uploads_left_is_removed(media, fsck):
    media.spool.new_path().touch()
    fault = only(fsck())
    assert (fault.kind, fault.name.startswith(SPOOL)) == (Kind.LEFTOVER, True)
    assert only(fsck(repair=True)).repaired
    assert stored(media) == set()


def test_rows_that_refer_to_rows_that_are_gone_are_told(session, image, fsck):
    name = f"image {image.id}"
    dangle(session, "UPDATE image SET blob_id = 4711")
    report = fsck()
    (fault,) = (fault for fault in report.faults if fault.kind is Kind.DANGLING)
    assert fault.name == name
    assert "blob 4711" in fault.detail


def test_a_repair_that_the_disk_refuses_is_told_and_changes_nothing(
    session, media, image, fsck, monkeypatch
):
    damage(media, image.blob, b"damage")
    put(media.store, blob_name(OTHER), b"a blob")
    before = stored(media)

    def refuse(*_arguments, **_options):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(type(media.store), "put", refuse)
    monkeypatch.setattr(type(media.store), "delete", refuse)
    report = fsck(repair=True)
    assert [fault.repaired for fault in report.faults] == [False, False]
    assert all("Read-only" in fault.detail for fault in report.faults)
    assert stored(media) == before
    assert count_rows(session, Blob) == 1


# ---- while the service runs -------------------------------------------------------------------


def test_what_is_collected_while_it_is_looked_at_is_no_fault(
    session, ada, media, fsck, monkeypatch
):
    make_image(session, ada, store=media.store, deleted=True)
    examine = check.__globals__["examine"]

    def collect_first(*arguments):
        for entry in list(media.store.list()):
            media.store.delete(entry.name)
        return examine(*arguments)

    def forget(inspection):
        inspection.session.execute(text("DELETE FROM image"))
        inspection.session.execute(text("DELETE FROM blob"))

    monkeypatch.setitem(check.__globals__, "examine", collect_first)
    monkeypatch.setitem(check.__globals__, "take_guard", forget)
    assert fsck().faults == []


# ---- goal 9 of the guarantees -----------------------------------------------------------------


def plant_fifty(session, ada, media) -> Counter[Kind]:
    """Fifty faults of every kind among a hundred healthy pictures."""
    healthy = [make_image(session, ada, store=media.store).blob for _ in range(100)]
    for number, blob in enumerate(healthy):
        put(media.store, variant_name(blob.sha256, "w320.webp"), b"variant")
        if number < 10:
            media.store.delete(blob_name(blob.sha256))
        elif number < 20:
            content = media.store.read(blob_name(blob.sha256))
            damage(media, blob, content[:-1] + bytes([content[-1] ^ 1 << number % 8]))
        elif number < 24:
            damage(media, blob, b"")
        elif number < 32:
            names = ({"md5": OTHER[:32]}, {"bytes": 5}, {"width": 0}, {"type": "image/jpeg"})
            change(session, blob, **names[number % 4])
    for number in range(6):
        put(media.store, blob_name(f"{number:064x}"), b"orphan")
        put(media.store, variant_name(f"{number:064x}", "w640.webp"), b"orphan")
    for name in ("blobs/stray", f"variants/{OTHER}", "lost.png"):
        put(media.store, name, b"stray")
    for _ in range(3):
        media.spool.new_path().touch()
    return Counter(
        {
            Kind.MISSING: 10,
            Kind.DAMAGED: 14,
            Kind.WRONG_ROW: 8,
            Kind.ORPHAN: 12,
            Kind.STRAY: 3,
            Kind.LEFTOVER: 3,
        }
    )


def test_fifty_of_fifty_planted_faults_are_found_and_no_other(session, ada, media, fsck):
    planted = plant_fifty(session, ada, media)
    assert planted.total() == 50
    assert kinds(fsck()) == planted


def test_a_repair_leaves_only_what_was_lost(session, ada, media, fsck):
    planted = plant_fifty(session, ada, media)
    repaired = fsck(repair=True)
    assert kinds(repaired) == planted
    lost = planted[Kind.MISSING] + planted[Kind.DAMAGED]
    assert len(repaired.remaining) == lost
    assert all(fault.images for fault in repaired.remaining)
    assert kinds(fsck()) == {Kind.MISSING: lost}
