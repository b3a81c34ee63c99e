"""Upload sets: what the settings make of them."""

from datetime import timedelta
from pathlib import Path

import pytest

from flaskr import create_app
from flaskr.config import ConfigurationError, from_environment
from flaskr.library import set_files
from flaskr.library.sets import DEFAULT, DOCUMENTS, IMAGES, TEXT, UploadSet, from_config
from flaskr.models import SetFile, now
from flaskr.storage import LocalStore, store_at
from tests.factories import count_rows, make_document, make_image, put


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
    assert photos.allowed == set(IMAGES)


def test_a_set_is_there_once_it_has_a_place():
    found = sets(UPLOADED_FILES_DEST="files-here", UPLOADED_MY_PIC_DEST="/srv/pics")
    assert set(found) == {"photos", "files", "my_pic"}
    assert found["files"].allowed == set(TEXT + DOCUMENTS)
    assert found["my_pic"].allowed == set(DEFAULT)


def test_a_set_without_a_place_is_none_and_that_is_said(caplog):
    assert set(sets(UPLOADED_PHOTO_ALLOW=IMAGES)) == {"photos"}
    assert "UPLOADED_PHOTO_DEST is empty" in caplog.text


# ---- what they take ---------------------------------------------------------------------------


def test_a_set_of_ones_own_takes_what_allow_says():
    mine = sets(UPLOADED_MINE_DEST="mine", UPLOADED_MINE_ALLOW="IMAGES, zip")["mine"]
    assert mine.allowed == {*IMAGES, "zip"}


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
        ("MAX_BYTES", "many", "invalid literal"),
    ],
)
def test_a_setting_that_cannot_be_read_stops_the_start(tmp_path, setting, value, told):
    given = {"UPLOADED_FILES_DEST": "docs", f"UPLOADED_FILES_{setting}": value}
    with pytest.raises(ConfigurationError, match=rf"^UPLOADED_FILES_{setting}: .*{told}"):
        create_app({"INSTANCE_PATH": tmp_path, "SECRET_KEY": "x", **given})


def test_documents_need_a_place():
    with pytest.raises(ConfigurationError, match="UPLOADED_PHOTOS_DEST"):
        sets(UPLOADED_PHOTOS_ALLOW="pdf")


def test_a_folder_below_another_is_not_left():
    with pytest.raises(ValueError, match="below"):
        store_at("a/../../b", Path("/instance"))


def test_an_address_of_links_ends_with_a_slash():
    for url in ("https://cdn.example.org/p", "https://cdn.example.org/p/"):
        photos = sets(UPLOADED_PHOTOS_URL=url)["photos"]
        assert photos.url == "https://cdn.example.org/p/"
    assert sets(UPLOADED_PHOTOS_URL="/pictures")["photos"].url == "/pictures/"


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


# ---- collecting -------------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path) -> UploadSet:
    return from_config({"UPLOADED_FILES_DEST": "docs"}, tmp_path, tmp_path / "files")["files"]


def names(found: UploadSet) -> set[str]:
    assert found.place is not None
    return {entry.name for entry in found.place.store.list()}


def test_documents_go_once_they_were_long_enough_in_the_trash(session, ada, files):
    kept, recent, old = (make_document(session, ada, files) for _ in range(3))
    recent.deleted, old.deleted = now(), now() - timedelta(days=31)
    session.commit()
    before = now() - timedelta(days=30)
    assert set_files.collect(session, [files], before, dry_run=True) == 1
    assert count_rows(session, SetFile) == 3
    assert set_files.collect(session, [files], before) == 1
    assert names(files) == {kept.name, recent.name}
    assert count_rows(session, SetFile) == 2
    assert set_files.collect(session, [files], before) == 0


def test_copies_of_deleted_pictures_go_at_once_and_the_row_with_the_picture(session, ada, files):
    assert files.place is not None
    living, trashed = make_image(session, ada), make_image(session, ada, deleted=True)
    for name, image in (("one.png", living), ("two.png", trashed), ("three.png", None)):
        session.add(
            SetFile(set_name="files", name=name, owner_id=ada.id, image=image, original=name)
        )
        put(files.place.store, name, b"x")
    session.commit()
    assert set_files.collect(session, [files], now()) == 2
    assert names(files) == {"one.png"}
    session.rollback()
    assert {row.name for row in session.query(SetFile)} == {"one.png", "two.png"}


def test_a_set_that_is_no_longer_described_is_left_alone(session, ada, files):
    document = make_document(session, ada, files)
    document.deleted = now() - timedelta(days=99)
    session.commit()
    assert set_files.collect(session, [], now()) == 0
    assert names(files) == {document.name}
    assert count_rows(session, SetFile) == 1
