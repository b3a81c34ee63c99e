"""ZIP archives from people: what is read, and what is refused and why."""

import struct
import zipfile
from contextlib import suppress
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flaskr.errors import (
    ArchiveBombError,
    ArchiveLinkError,
    BadArchiveError,
    DomainError,
    EncryptedArchiveError,
    ForbiddenSchemeError,
    NotThereError,
    OutsideError,
    TextTooLargeError,
    TooManyEntriesError,
    UnsafeEntryError,
    UnusualArchiveError,
)
from flaskr.library.mover import in_archive, in_folder, of_files
from flaskr.library.mover.archives import MOST_ENTRIES, safe_name
from flaskr.library.mover.sources import MAX_TEXT_BYTES

SYMLINK = 0o120777 << 16


@pytest.fixture
def pack(tmp_path):
    """Write a ZIP of names and contents."""

    def make(*files, **options):
        path = tmp_path / "notes.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **options) as archive:
            for name, content in files:
                archive.writestr(name, content)
        return path

    return make


def documents(path):
    with in_archive(path) as source:
        return {name: source.text(name) for name in source.documents}


def refusal(path):
    with pytest.raises(DomainError) as caught:
        documents(path)
    return type(caught.value)


def test_a_folder_in_a_zip_is_read(pack):
    path = pack(
        ("notes/a.md", "a"),
        ("notes/deep/", ""),
        ("notes/deep/图.MARKDOWN", "b"),
        ("notes/a.png", "c"),
        ("__MACOSX/notes/._a.md", "d"),
        ("notes/._a.md", "e"),
    )
    assert documents(path) == {"notes/a.md": b"a", "notes/deep/图.MARKDOWN": b"b"}


def test_names_as_windows_writes_them_are_read(pack):
    path = pack(("note-one.md", "a"), ("pics-two.md", "b"))
    content = path.read_bytes().replace(b"note-one", "笔记文件".encode("gb18030"))
    path.write_bytes(content.replace(b"pics-two", b"pics\\two"))
    assert documents(path) == {"笔记文件.md": b"a", "pics/two.md": b"b"}


@pytest.mark.parametrize(
    "name", ["../a.md", "a/../../b.md", "/etc/a.md", "C:\\a.md", "\\\\host\\a.md", "a//b.md", "./a"]
)
def test_a_name_that_leads_out_is_refused(pack, name):
    assert refusal(pack((name, "a"))) is UnsafeEntryError


def test_a_name_that_is_much_too_long_is_refused(pack):
    assert refusal(pack(("a" * 600 + ".md", "a"))) is UnsafeEntryError


@given(st.text())
def test_no_safe_name_leads_out(name):
    try:
        path = safe_name(name)
    except UnsafeEntryError:
        return
    assert not path.startswith("/")
    assert ".." not in path.split("/")


def test_a_link_is_refused(pack):
    link = zipfile.ZipInfo("notes/a.png")
    link.create_system = 3
    link.external_attr = SYMLINK
    assert refusal(pack(("notes/a.md", "a"), (link, "/etc/passwd"))) is ArchiveLinkError


def test_an_archive_with_a_password_is_refused(pack):
    path = pack(("a.md", "a"))
    content = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + offset] |= 1
    path.write_bytes(content)
    assert refusal(path) is EncryptedArchiveError


@pytest.mark.parametrize("number", [MOST_ENTRIES + 1, 50_000])
def test_an_archive_of_many_files_is_refused(pack, number):
    path = pack(*((f"{order}.md", b"") for order in range(number)))
    assert refusal(path) is TooManyEntriesError


def test_a_huge_table_of_contents_is_not_even_read(tmp_path):
    path = tmp_path / "huge.zip"
    size = 8 * 1024**2
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, size, 0, 0)
    path.write_bytes(bytes(size) + end)
    assert refusal(path) is TooManyEntriesError


def test_a_bomb_is_refused(pack):
    path = pack(("a.md", "a"), ("bomb.png", bytes(64 * 1024**2)))
    assert path.stat().st_size < 100_000
    assert refusal(path) is ArchiveBombError


def test_a_bomb_that_lies_about_its_size_is_read_no_further_than_it_says(pack):
    path = pack(("a.md", bytes(1024**2)))
    content = path.read_bytes()
    path.write_bytes(content.replace(struct.pack("<L", 1024**2), struct.pack("<L", 10)))
    assert refusal(path) is BadArchiveError


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("damage", [b"", b"nonsense"])
def test_what_is_unpacked_without_a_bound_is_refused_before_it_is_read(tmp_path, method, damage):
    path = tmp_path / "bomb.zip"
    size = 32 * 1024**2
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("a.md", bytes(size))
    lie = path.read_bytes().replace(struct.pack("<L", size), struct.pack("<L", 1000))
    begin = 30 + len("a.md")
    path.write_bytes(lie[:begin] + damage + lie[begin + len(damage) :])
    assert refusal(path) is UnusualArchiveError


def test_a_text_that_is_too_long_is_refused(pack):
    assert refusal(pack(("a.md", bytes(MAX_TEXT_BYTES + 1)))) is TextTooLargeError


@pytest.mark.parametrize(
    "content", [b"", b"words", b"PK\x05\x06", b"PK\x03\x04" + bytes(100), bytes(22)]
)
def test_what_is_no_archive_is_refused(tmp_path, content):
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    assert refusal(path) is BadArchiveError


def test_an_entry_that_claims_to_lie_before_the_file_is_refused(pack):
    path = pack(("a.md", b"words"), ("b.md", b"more"))
    content = path.read_bytes()
    size, start = struct.unpack("<LL", content[-10:-2])
    path.write_bytes(content[:-6] + struct.pack("<LH", start + 65536, 0))
    assert refusal(path) is BadArchiveError
    assert size


DAMAGE = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1)


@given(damage=DAMAGE)
def test_a_damaged_archive_is_read_or_refused(damage, tmp_path_factory):
    whole = BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("notes/a.md", b"words " * 100)
        archive.writestr("notes/b.md", b"more")
    content = bytearray(whole.getvalue())
    for place, byte in damage:
        content[int(place * len(content))] = byte
    path = tmp_path_factory.mktemp("damaged") / "a.zip"
    path.write_bytes(content)
    with suppress(DomainError):
        documents(path)


# ---- folders ----------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "notes"
    (root / "deep").mkdir(parents=True)
    (root / ".hidden").mkdir()
    for name in ("a.md", "deep/b.md", "deep/c.png", ".hidden/d.md", "图 1.png"):
        (root / name).write_bytes(name.encode())
    (tmp_path / "secret.png").write_bytes(b"secret")
    (root / "out.png").symlink_to(tmp_path / "secret.png")
    (root / "out.md").symlink_to(tmp_path / "secret.png")
    (root / "elsewhere").symlink_to(tmp_path)
    return root


def test_a_folder_is_read_but_for_links_and_what_is_hidden(folder):
    assert in_folder(folder).documents == ["a.md", "deep/b.md"]


@pytest.mark.parametrize(
    ("document", "address", "path"),
    [
        ("a.md", "deep/c.png", "deep/c.png"),
        ("a.md", "./deep//c.png?v=1#x", "deep/c.png"),
        ("deep/b.md", "c.png", "deep/c.png"),
        ("deep/b.md", "../%E5%9B%BE%201.png", "图 1.png"),
        ("deep/b.md", "/deep/c.png", "deep/c.png"),
        ("a.md", "deep\\c.png", "deep/c.png"),
    ],
)
def test_a_text_refers_to_files_beside_it(folder, document, address, path):
    assert in_folder(folder).refer(document, address) == path
    listed = of_files({name: folder / name for name in ("a.md", "deep/c.png", "图 1.png")})
    assert listed.refer(document, address) == path


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("img/a.png", "a.png"),
        ("../assets/%E5%9B%BE.png?v=1", "图.png"),
        ("img\\a.png", "a.png"),
        ("deep/b.png", "deep/b.png"),
    ],
)
def test_a_picture_that_came_without_its_folder_is_found(folder, address, path):
    paths = ("a.md", "a.png", "图.png", "deep/b.png")
    assert of_files(dict.fromkeys(paths, folder)).refer("a.md", address) == path


@pytest.mark.parametrize("more", [(), ("__MACOSX/notes/._a.md",)])
def test_the_top_is_the_one_folder_in_which_everything_lies(pack, more):
    paths = ("notes/deep/a.md", "notes/b.png", "notes/deep/c.png", *more)
    with in_archive(pack(*((path, path) for path in paths))) as source:
        assert source.refer("notes/deep/a.md", "/b.png") == "notes/b.png"
        assert source.refer("notes/deep/a.md", "/notes/b.png") == "notes/b.png"
        with pytest.raises(NotThereError):
            source.refer("notes/deep/a.md", "/c.png")
        with pytest.raises(OutsideError):
            source.refer("notes/deep/a.md", "/../../b.png")


def test_several_folders_have_no_top(pack):
    for other in ("more/c.md", "c.md"):
        with in_archive(pack(("notes/a.md", ""), ("notes/b.png", ""), (other, ""))) as source:
            assert source.top == ""
            with pytest.raises(NotThereError):
                source.refer("notes/a.md", "/b.png")


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("other/b.png", NotThereError),
        ("../b.png", OutsideError),
        ("ftp://host/a.png", ForbiddenSchemeError),
        ("img/", NotThereError),
    ],
)
def test_a_picture_with_its_folder_is_found_there_only(folder, address, error):
    source = of_files(dict.fromkeys(("a.md", "a.png", "deep/b.png"), folder))
    with pytest.raises(error):
        source.refer("a.md", address)


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("no.png", NotThereError),
        ("out.png", NotThereError),
        ("elsewhere/secret.png", NotThereError),
        ("a\0b.png", NotThereError),
        ("a" * 5000, NotThereError),
        ("../secret.png", OutsideError),
        ("%2e%2e/secret.png", OutsideError),
        ("deep/../../secret.png", OutsideError),
        ("file:///etc/passwd", OutsideError),
        ("C:\\pictures\\a.png", OutsideError),
        ("attachment:a.png", ForbiddenSchemeError),
    ],
)
def test_nothing_outside_of_the_folder_is_found(folder, address, error):
    with pytest.raises(error):
        in_folder(folder).refer("a.md", address)
