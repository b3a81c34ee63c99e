"""Upload sets: what the settings make of them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, update

from flaskr import create_app
from flaskr.config import ConfigurationError, from_environment
from flaskr.db import db
from flaskr.imaging import Limits
from flaskr.imaging.edit import Edit
from flaskr.library import copies, editing, images, set_files, versions
from flaskr.library.check import check
from flaskr.library.editing import Changes
from flaskr.library.faults import Fault, Kind
from flaskr.library.media import QUARANTINE, Media, blob_name
from flaskr.library.set_collect import CollectedFromSets, collect_sets
from flaskr.library.sets import ARCHIVES, DEFAULT, DOCUMENTS, IMAGES, TEXT, UploadSet, from_config
from flaskr.models import Image, SetFile, User, now
from flaskr.storage import LocalStore, SpooledFile, Store, store_at
from flaskr.transactions import WRITING
from tests.factories import CANARY, count_rows, jpeg, make_document, make_image, png, put

LIMITS = Limits(pixels=10**6, side=10**4, frames=10, total_pixels=10**6)
WITHOUT_SVG = set(IMAGES) - {"svg"}


def sets(**config: object) -> dict[str, UploadSet]:
    return from_config(config, Path("/instance"), Path("/instance/files"))


def root(found: UploadSet) -> Path:
    assert found.place is not None
    assert isinstance(found.place.store, LocalStore)
    return found.place.store.root


# ---- which there are --------------------------------------------------------------------------


def test_photos_is_there_and_nothing_else():
    (photos,) = sets().values()
    assert (photos.name, photos.place, photos.url) == ("photos", None, "")
    assert photos.allowed == WITHOUT_SVG


def test_a_set_is_there_once_it_has_a_place():
    found = sets(UPLOADED_FILES_DEST="files-here", UPLOADED_MY_PIC_DEST="/srv/pics")
    assert set(found) == {"photos", "files", "my_pic"}
    assert found["files"].allowed == set(TEXT + DOCUMENTS)
    assert found["my_pic"].allowed == set(DEFAULT) - {"svg"}


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("UPLOADED_PHOTO_ALLOW", ["UPLOADED_PHOTO_DEST", "UPLOADED_PHOTOS_ALLOW"]),
        ("UPLOADED_FILES_ALLOW", ["has no effect without UPLOADED_FILES_DEST"]),
        ("UPLOADED_FILES_MAX_SIZE", ["is no setting", "UPLOADED_FILES_MAX_BYTES"]),
        ("UPLOADED_FILE_DST", ["is no setting", "UPLOADED_FILES_DEST"]),
        ("UPLOADED_DOCS_MAXBYTES", ["is no setting", "UPLOADED_DOCS_MAX_BYTES"]),
    ],
)
def test_a_name_that_is_none_is_told_with_the_nearest(tmp_path, caplog, monkeypatch, name, told):
    monkeypatch.setenv(f"TUCHUANG_{name}", "x")
    create_app({"INSTANCE_PATH": tmp_path, "SECRET_KEY": "x", "UPLOADED_DOCS_DEST": "docs"})
    (record,) = [r for r in caplog.records if r.name == "flaskr.library.sets"]
    assert record.getMessage().startswith(f"{name} ")
    assert all(part in record.getMessage() for part in told)


def test_names_that_are_right_are_not_told_of(tmp_path, caplog):
    given = {"UPLOADED_DOCS_DEST": "docs", "UPLOADED_DOCS_MAX_BYTES": 5, "UPLOADED_FILES_DEST": ""}
    create_app({"INSTANCE_PATH": tmp_path, "SECRET_KEY": "x", **given})
    assert caplog.records == []


def test_drawings_are_taken_only_where_they_are_everywhere(caplog):
    given = {"UPLOADED_ART_DEST": "art", "UPLOADED_ART_ALLOW": "png, .SVG"}
    assert sets(**given)["art"].allowed == {"png"}
    assert "UPLOADED_ART_ALLOW names svg, but ALLOW_SVG is off" in caplog.text
    caplog.clear()
    found = sets(ALLOW_SVG=True, **given)
    assert found["art"].allowed == {"png", "svg"}
    assert found["photos"].allowed == set(IMAGES)
    assert sets(UPLOADED_ART_DEST="art", UPLOADED_ART_ALLOW="IMAGES")["art"].allowed == WITHOUT_SVG
    assert caplog.text == ""


# ---- what they take ---------------------------------------------------------------------------


def test_a_set_of_ones_own_takes_what_allow_says():
    mine = sets(UPLOADED_MINE_DEST="mine", UPLOADED_MINE_ALLOW="IMAGES, zip")["mine"]
    assert mine.allowed == {*WITHOUT_SVG, "zip"}


def test_groups_have_their_names_in_any_case():
    mine = sets(UPLOADED_MINE_DEST="mine", UPLOADED_MINE_ALLOW="images, Archives, .data")["mine"]
    assert mine.allowed == {*WITHOUT_SVG, *ARCHIVES, "data"}


def test_allow_adds_to_a_set_that_is_known_and_deny_takes_away():
    files = sets(
        UPLOADED_FILES_DEST="d",
        UPLOADED_FILES_ALLOW=[".ZIP", "txt"],
        UPLOADED_FILES_DENY=["TEXT", "pdf"],
    )["files"]
    assert files.allowed == ({*DOCUMENTS, "zip", "txt"}) - {"pdf"}


@pytest.mark.parametrize(
    ("name", "allowed"),
    [("a.jpg", True), ("a.JPG", True), ("a.tar.png", True), ("a.txt", False), ("jpg", False)],
)
def test_a_name_tells_whether_a_file_may_come(name, allowed):
    assert sets()["photos"].file_allowed(None, name) is allowed


def test_any_spelling_of_an_extension_lets_the_format_in():
    photos = sets(UPLOADED_PHOTOS_DENY="IMAGES", UPLOADED_PHOTOS_ALLOW="jpeg")["photos"]
    assert photos.takes_picture("jpg")
    assert not photos.takes_picture("png")


# ---- where they lie ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dest", "folder"),
    [
        ("./images/", "/instance/images"),
        ("a/b", "/instance/a/b"),
        ("/srv/files", "/srv/files"),
        ("file:///srv/my%20files", "/srv/my files"),
        ("FILE://localhost/srv", "/srv"),
    ],
)
def test_a_place_is_a_folder_or_an_address(dest, folder):
    assert root(sets(UPLOADED_FILES_DEST=dest)["files"]) == Path(folder)


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("DEST", "s3://bucket/x", r"s3:// is no storage this program knows"),
        ("DEST", "ftp://host/x", r"ftp:// is no storage"),
        ("DEST", "file://host/x", "file:///folder"),
        ("DEST", "../elsewhere", "below the instance folder"),
        ("DEST", "files", "folder of its own"),
        ("DEST", "files/docs", "folder of its own"),
        ("DEST", ".", "folder of its own"),
        ("URL", "ftp://host/", "expected an address"),
        ("URL", "//host/", "expected an address"),
        ("URL", "javascript:x", "expected an address"),
        ("ALLOW", "p n g", "neither an extension nor one of IMAGES"),
        ("DENY", "../x", "neither an extension"),
        ("MAX_BYTES", -1, "not negative"),
        ("MAX_BYTES", "5MB", "expected a number of bytes"),
        ("DENY", "TEXT, DOCUMENTS", "nothing is left that the set takes"),
    ],
)
def test_a_setting_that_cannot_be_read_stops_the_start(tmp_path, setting, value, told):
    given = {"UPLOADED_FILES_DEST": "docs", f"UPLOADED_FILES_{setting}": value}
    with pytest.raises(ConfigurationError, match=rf"^UPLOADED_FILES_{setting}: .*{told}"):
        create_app({"INSTANCE_PATH": tmp_path, "SECRET_KEY": "x", **given})


def test_a_set_that_takes_drawings_alone_needs_them_allowed(tmp_path):
    given = {"UPLOADED_ART_DEST": "art", "UPLOADED_ART_ALLOW": "svg"}
    with pytest.raises(ConfigurationError, match=r"^UPLOADED_ART_ALLOW: nothing .*ALLOW_SVG"):
        sets(**given)
    assert sets(ALLOW_SVG=True, **given)["art"].allowed == {"svg"}


@pytest.mark.parametrize("dest", ["docs", "./docs/", "file:///instance/docs"])
def test_two_sets_with_one_place_stop_the_start(dest):
    with pytest.raises(ConfigurationError, match=r"^UPLOADED_MINE_DEST: .*the set 'files'"):
        sets(UPLOADED_FILES_DEST="docs", UPLOADED_MINE_DEST=dest)


def test_documents_need_a_place():
    with pytest.raises(ConfigurationError, match="UPLOADED_PHOTOS_DEST"):
        sets(UPLOADED_PHOTOS_ALLOW="pdf")


def test_a_folder_below_another_is_not_left():
    with pytest.raises(ValueError, match="below"):
        store_at("a/../../b", Path("/instance"))


def test_an_address_of_links_ends_with_a_slash():
    for url in ("https://cdn.example.org/p", "https://cdn.example.org/p/"):
        photos = sets(UPLOADED_PHOTOS_DEST="p", UPLOADED_PHOTOS_URL=url)["photos"]
        assert photos.url == "https://cdn.example.org/p/"
    given = {"UPLOADED_PHOTOS_DEST": "p", "UPLOADED_PHOTOS_URL": "/pictures"}
    assert sets(**given)["photos"].url == "/pictures/"


def test_an_address_of_links_needs_a_place_unless_it_leads_here():
    cache = "https://cdn.example.org/_uploads/photos/"
    assert sets(UPLOADED_PHOTOS_URL=cache)["photos"].url == cache
    for name in ("PHOTOS", "FILES", "MINE"):
        with pytest.raises(ConfigurationError, match=f"^UPLOADED_{name}_URL: .*DEST"):
            sets(**{f"UPLOADED_{name}_URL": "https://cdn.example.org/p/"})


def test_a_place_that_cannot_be_written_stops_the_start(tmp_path):
    (tmp_path / "a-file").write_bytes(b"")
    for dest, told in (("a-file", "is no folder"), ("a-file/in/it", "is no folder")):
        with pytest.raises(ConfigurationError, match=f"^UPLOADED_FILES_DEST: .*a-file {told}"):
            create_app({"INSTANCE_PATH": tmp_path, "SECRET_KEY": "x", "UPLOADED_FILES_DEST": dest})


@pytest.mark.skipif(os.access("/proc/sys", os.W_OK), reason="no folder here that nobody may write")
def test_a_place_that_nobody_may_write_to_stops_the_start(tmp_path):
    given = {"INSTANCE_PATH": tmp_path, "SECRET_KEY": "x", "UPLOADED_FILES_DEST": "/proc/sys/mine"}
    with pytest.raises(ConfigurationError, match=r"^UPLOADED_FILES_DEST: .*may not write"):
        create_app(given)


# ---- the environment --------------------------------------------------------------------------


def test_the_environment_names_sets_too():
    environ = {
        "TUCHUANG_UPLOADED_FILES_DEST": "docs",
        "TUCHUANG_UPLOADED_FILES_ALLOW": "zip, pdf",
        "TUCHUANG_UPLOADED_MY_PICS_MAX_BYTES": "1000",
        "TUCHUANG_UPLOADED_": "x",
        "TUCHUANG_UPLOADED_FILES_OTHER": "x",
        "TUCHUANG_UPLOADED_files_DEST": "x",
    }
    assert from_environment(environ) == {
        "UPLOADED_FILES_DEST": "docs",
        "UPLOADED_FILES_ALLOW": ["zip", "pdf"],
        "UPLOADED_MY_PICS_MAX_BYTES": 1000,
    }


def test_a_number_that_is_none_is_named():
    with pytest.raises(ConfigurationError, match=r"^TUCHUANG_UPLOADED_A_MAX_BYTES: "):
        from_environment({"TUCHUANG_UPLOADED_A_MAX_BYTES": "many"})


# ---- what lies in their places ----------------------------------------------------------------


LATER = timedelta(days=2)
"""After which nothing that a test wrote is part of an upload in progress any more."""


@pytest.fixture
def files(tmp_path) -> UploadSet:
    return from_config({"UPLOADED_FILES_DEST": "docs"}, tmp_path, tmp_path / "files")["files"]


@pytest.fixture
def store(files):
    return files.place.store


@pytest.fixture
def with_files(media, files):
    """The media with the set `files`."""
    return replace(media, sets={"files": files})


@pytest.fixture
def spooled(media):
    @contextmanager
    def arrive(content: bytes) -> Iterator[SpooledFile]:
        with media.spool.create() as file:
            file.write(content)
            file.finish()
            yield file

    return arrive


@pytest.fixture
def gc(session, with_files):
    def run(trashed: datetime | None = None, at: datetime | None = None, **options):
        at = at or now()
        return collect_sets(session, with_files, trashed or at, at, **options)

    return run


@pytest.fixture
def fsck(session, with_files):
    def run(**options) -> list[Fault]:
        return check(session, with_files, at=now() + LATER, **options).faults

    return run


def names(found: UploadSet) -> set[str]:
    assert found.place is not None
    return {entry.name for entry in found.place.store.list()}


def quarantined(media: Media) -> dict[str, bytes]:
    """What was set aside, by the name that it had."""
    entries = media.store.list(QUARANTINE)
    return {
        entry.name.removeprefix(QUARANTINE).rpartition(".")[0]: media.store.read(entry.name)
        for entry in entries
    }


def add_picture(session, owner, store: Store, image: Image | None, content: bytes = b"x") -> str:
    """A picture in the set, with its copy in the set's place; the copy's name."""
    name = set_files.new_name("png")
    session.add(
        SetFile(set_name="files", name=name, owner_id=owner.id, image=image, original="a.png")
    )
    session.commit()
    put(store, name, content)
    return name


def test_documents_go_once_they_were_long_enough_in_the_trash(session, ada, files, gc):
    kept, recent, old = (make_document(session, ada, files) for _ in range(3))
    recent.deleted, old.deleted = now(), now() - timedelta(days=31)
    session.commit()
    before = now() - timedelta(days=30)
    assert gc(before, dry_run=True).files == 1
    assert count_rows(session, SetFile) == 3
    assert gc(before).files == 1
    assert names(files) == {kept.name, recent.name}
    assert count_rows(session, SetFile) == 2
    assert gc(before).files == 0


def test_copies_of_deleted_pictures_go_at_once_and_the_row_with_the_picture(
    session, ada, files, store, gc
):
    living = add_picture(session, ada, store, make_image(session, ada))
    trashed = add_picture(session, ada, store, make_image(session, ada, deleted=True))
    add_picture(session, ada, store, None)
    assert gc(dry_run=True).files == 2
    assert gc().files == 2
    assert names(files) == {living}
    session.rollback()
    assert {row.name for row in session.query(SetFile)} == {living, trashed}


def test_a_set_that_is_no_longer_described_is_left_alone(session, ada, media, files):
    document = make_document(session, ada, files)
    document.deleted = now() - timedelta(days=99)
    session.commit()
    assert collect_sets(session, media, now(), now() + LATER) == CollectedFromSets()
    assert names(files) == {document.name}
    assert count_rows(session, SetFile) == 1


def test_a_file_goes_after_the_commit_that_forgets_it(session, ada, files, store, gc, monkeypatch):
    make_document(session, ada, files).deleted = now() - timedelta(days=99)
    session.commit()

    def killed(*_: object) -> bool:
        raise OSError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(type(store), "delete", killed)
        with pytest.raises(OSError, match="killed"):
            gc()
    assert count_rows(session, SetFile) == 0
    assert gc(at=now() + LATER).set_aside == 1
    assert names(files) == set()


def test_what_an_account_leaves_behind_is_swept(session, ada, bob, files, gc):
    kept = make_document(session, bob, files)
    make_document(session, ada, files)
    session.execute(delete(User).where(User.id == ada.id))
    session.commit()
    assert gc() == CollectedFromSets()  # it could be an upload in progress
    assert gc(at=now() + LATER, dry_run=True).leftovers == 1
    assert len(names(files)) == 2
    assert gc(at=now() + LATER).leftovers == 1
    assert names(files) == {kept.name}


def test_what_another_instance_or_a_newer_database_has_there_is_never_deleted(
    ada, files, store, with_files, gc
):
    name = set_files.new_name("pdf")
    put(store, name, b"theirs")
    assert gc() == CollectedFromSets()  # it could be an upload in progress
    assert gc(at=now() + LATER, dry_run=True) == CollectedFromSets(set_aside=1)
    assert gc(at=now() + LATER) == CollectedFromSets(set_aside=1)
    assert names(files) == set()
    assert quarantined(with_files) == {name: b"theirs"}


def test_a_copy_of_damaged_bytes_is_no_mere_copy(session, ada, files, store, with_files, gc):
    document = make_document(session, ada, files)
    name = set_files.new_name("txt")
    put(store, name, b"words")
    store.local_path(document.name).write_bytes(b"damaged")
    assert gc(at=now() + LATER) == CollectedFromSets(set_aside=1)
    assert quarantined(with_files) == {name: b"words"}


def test_a_database_that_knows_nobody_sweeps_nothing(session, ada, files, gc):
    make_document(session, ada, files)
    session.execute(delete(User))
    session.commit()
    assert gc(at=now() + LATER) == CollectedFromSets()
    assert len(names(files)) == 1


def test_what_others_put_into_the_place_stays(ada, files, store, gc, fsck):
    mine = ["sunset.png", "12345--1.png", "sub/0123456789abcdef0123.png", "ab.txt"]
    for name in mine:
        put(store, name, b"x")
    assert gc(at=now() + LATER).leftovers == 0
    assert fsck(repair=True) == []
    assert names(files) == set(mine)


def test_leftovers_of_the_sets_own_spool_go(files, gc, fsck):
    spool = files.place.spool
    path = spool.new_path()
    path.write_bytes(b"half")
    assert gc().leftovers == 0
    (fault,) = fsck()
    assert (fault.kind, fault.name) == (Kind.LEFTOVER, f"files: {path.name}")
    assert gc(at=now() + LATER).leftovers == 1
    assert not path.exists()


def test_nobody_else_may_look_into_the_spool_of_a_place(files):
    assert files.place.spool.new_path().parent.stat().st_mode & 0o077 == 0


def test_sets_that_are_in_order_have_no_faults(session, ada, files, store, with_files, fsck):
    make_document(session, ada, files)
    make_document(session, ada, files).deleted = now()
    image = make_image(session, ada, png(), store=with_files.store)
    add_picture(session, ada, store, image, png())
    add_picture(session, ada, store, None)
    store.delete(add_picture(session, ada, store, make_image(session, ada, deleted=True)))
    session.commit()
    assert [fault for fault in fsck() if fault.name.startswith("files: ")] == []


def planted(session, ada, files, store, media) -> dict[str, Kind]:
    """Faults of every kind: what `fsck` should say of which file."""
    lost, damaged = make_document(session, ada, files), make_document(session, ada, files)
    store.delete(lost.name)
    store.local_path(damaged.name).write_bytes(b"others")
    image = make_image(session, ada, png(), store=media.store)
    uncopied, wrong = (add_picture(session, ada, store, image, png()) for _ in range(2))
    store.delete(uncopied)
    store.local_path(wrong).write_bytes(b"others")
    trashed = make_image(session, ada, store=media.store, deleted=True)
    orphan = set_files.new_name("pdf")
    put(store, orphan, b"x")
    return {
        lost.name: Kind.MISSING,
        damaged.name: Kind.DAMAGED,
        uncopied: Kind.MISSING,
        wrong: Kind.DAMAGED,
        add_picture(session, ada, store, trashed): Kind.LEFTOVER,
        orphan: Kind.ORPHAN,
    }


def test_every_fault_is_found_and_copies_are_made_again(
    session, ada, files, store, with_files, fsck
):
    faults = planted(session, ada, files, store, with_files)
    found = {fault.name.removeprefix("files: "): fault.kind for fault in fsck()}
    assert found == faults
    assert not any(fault.images for fault in fsck())  # no picture has lost its bytes
    left = [fault for fault in fsck(repair=True) if not fault.repaired]
    assert [fault.kind for fault in left] == [Kind.MISSING, Kind.DAMAGED]  # the documents
    again = fsck()
    assert {fault.name for fault in again} == {fault.name for fault in left}
    for name in list(faults)[2:4]:
        assert store.read(name) == png()


@pytest.mark.parametrize("instead", [None, b"others"])
def test_a_document_under_another_name_is_brought_home(
    session, ada, files, store, with_files, fsck, instead
):
    document = make_document(session, ada, files, b"the last copy")
    path = store.local_path(document.name)
    path.rename(path.with_name(set_files.new_name("txt")))
    if instead is not None:
        put(store, document.name, instead)
    lost, orphan = fsck(repair=True)
    assert (lost.repaired, orphan.kind, orphan.repaired) == (True, Kind.ORPHAN, True)
    assert f"it was missed as files: {document.name}" in orphan.detail
    assert names(files) == {document.name}
    assert store.read(document.name) == b"the last copy"
    assert quarantined(with_files) == ({} if instead is None else {document.name: instead})
    assert fsck() == []


def test_a_document_is_brought_home_from_the_place_of_another_set(
    session, ada, media, files, store, tmp_path
):
    docs = from_config({"UPLOADED_DOCS_DEST": "more"}, tmp_path, tmp_path / "files")["docs"]
    both = replace(media, sets={"docs": docs, "files": files})
    document = make_document(session, ada, files, b"the last copy")
    assert docs.place is not None
    put(docs.place.store, set_files.new_name("txt"), store.read(document.name))
    store.delete(document.name)
    faults = check(session, both, at=now() + LATER, repair=True).faults
    assert [fault.repaired for fault in faults] == [True, True]
    assert (names(docs), names(files)) == (set(), {document.name})


def test_a_picture_that_has_lost_its_bytes_gets_them_from_an_orphan(
    session, ada, files, store, with_files, fsck
):
    image = make_image(session, ada, png(), store=with_files.store)
    with_files.store.delete(blob_name(image.blob.sha256))
    put(store, set_files.new_name("png"), png())
    assert [fault.repaired for fault in fsck(repair=True)] == [True, True]
    assert with_files.store.read(blob_name(image.blob.sha256)) == png()
    assert names(files) == set()


def test_an_orphan_goes_only_if_its_bytes_are_elsewhere(
    session, ada, files, store, with_files, fsck
):
    document = make_document(session, ada, files, b"a document")
    make_image(session, ada, png(), store=with_files.store)
    for content in (b"a document", png()):
        put(store, set_files.new_name("txt"), content)
    unknown = set_files.new_name("pdf")
    put(store, unknown, b"nobody else has these")
    assert [fault.kind for fault in fsck()] == [Kind.ORPHAN] * 3
    assert all(fault.repaired for fault in fsck(repair=True))
    assert names(files) == {document.name}
    assert quarantined(with_files) == {unknown: b"nobody else has these"}
    assert fsck() == []


def test_a_copy_is_made_again_before_the_write_transaction(
    session, ada, store, with_files, fsck, monkeypatch
):
    """A place may be slow, and nobody else could write meanwhile."""
    image = make_image(session, ada, png(), store=with_files.store)
    store.delete(add_picture(session, ada, store, image, png()))
    writing = []
    real = copies.put

    def note(*given: Any) -> None:
        writing.append(WRITING in session.info)
        real(*given)

    monkeypatch.setattr(copies, "put", note)
    assert [fault.repaired for fault in fsck(repair=True)] == [True]
    assert writing == [False]


def test_a_copy_that_nobody_wants_any_more_is_not_made_again(
    session, ada, store, with_files, fsck, monkeypatch, app
):
    image = make_image(session, ada, png(), store=with_files.store)
    store.delete(add_picture(session, ada, store, image, png()))
    real = copies.put

    def put_slowly(*given: Any) -> None:
        real(*given)
        with app.app_context(), db.sessionmaker() as other:
            other.execute(update(Image).values(deleted=now()))
            other.commit()

    monkeypatch.setattr(copies, "put", put_slowly)
    assert [fault.repaired for fault in fsck(repair=True)] == [True]
    assert list(store.list()) == []


def test_a_copy_goes_with_the_commit_and_not_before(session, ada, files, store, with_files):
    image = make_image(session, ada)
    name = add_picture(session, ada, store, image)
    images.delete(session, with_files, image)
    assert names(files) == {name}
    session.rollback()
    session.commit()
    assert names(files) == {name}
    images.delete(session, with_files, image)
    session.commit()
    assert names(files) == set()


@pytest.mark.parametrize(
    "hiding", [{"visibility": "private"}, {"expires": now() - timedelta(hours=1)}]
)
def test_what_only_its_owner_sees_has_no_copies(
    session, ada, files, store, with_files, gc, fsck, hiding
):
    image = make_image(session, ada, png(), store=with_files.store)
    name = add_picture(session, ada, store, image, png())
    session.execute(update(Image).values(hiding))
    session.commit()
    assert gc(dry_run=True).files == 1
    (fault,) = fsck()
    assert (fault.kind, fault.name) == (Kind.LEFTOVER, f"files: {name}")
    assert gc().files == 1
    assert names(files) == set()
    assert fsck(repair=True) == []
    assert names(files) == set()
    put(store, name, png())
    assert [fault.repaired for fault in fsck(repair=True)] == [True]
    assert names(files) == set()


def test_another_content_of_a_private_picture_has_no_copies(
    session, ada, files, store, with_files, spooled
):
    image = make_image(session, ada, png(), store=with_files.store)
    name = add_picture(session, ada, store, image, png())
    hidden, shown = (Changes(visibility=each) for each in ("private", "unlisted"))
    editing.edit(session, with_files, ada, image, hidden, kept=1)
    session.commit()
    with spooled(jpeg(orientation=3)) as file:
        versions.replace(session, with_files, image, file, "a.jpg", LIMITS, kept=1)
        session.commit()
    assert names(files) == set()
    editing.edit(session, with_files, ada, image, shown, kept=1)
    session.commit()
    assert CANARY.encode() not in store.read(name)
    versions.edit(session, with_files, image, Edit(turn=90), kept=1)
    session.commit()
    assert store.read(name) == with_files.store.read(blob_name(image.blob.sha256))


def test_a_copy_that_cannot_be_removed_is_left_for_gc(
    session, ada, store, with_files, gc, monkeypatch, caplog
):
    image = make_image(session, ada)
    add_picture(session, ada, store, image)

    def refuse(*_: object) -> bool:
        raise OSError(30, "Read-only file system")

    with monkeypatch.context() as patch:
        patch.setattr(type(store), "delete", refuse)
        images.delete(session, with_files, image)
        session.commit()
    assert "Read-only file system" in caplog.text
    assert gc().files == 1


def test_a_picture_that_is_shown_again_has_its_copies_again(session, ada, store, with_files):
    image = make_image(session, ada, png(), store=with_files.store)
    name = add_picture(session, ada, store, image, png())
    images.delete(session, with_files, image)
    session.commit()
    copies.restore(session, with_files, image)
    assert store.read(name) == png()
