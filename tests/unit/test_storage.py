"""The contract of flaskr.storage.Store, held against every back end.

A new back end joins by one line in BACK_ENDS.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Barrier

import pytest

from flaskr.storage import LocalStore, MissingFileError, Store, check_name, durable

BACK_ENDS = {
    "local": lambda folder: LocalStore(folder / "store"),
}


@pytest.fixture(params=BACK_ENDS)
def store(request, tmp_path: Path) -> Store:
    made: Store = BACK_ENDS[request.param](tmp_path)
    return made


@pytest.fixture
def draft(tmp_path: Path):
    """Make a file that waits to be put."""
    numbers = iter(range(1000))

    def make(content: bytes) -> Path:
        path = tmp_path / f"draft-{next(numbers)}"
        path.write_bytes(content)
        return path

    return make


def test_what_was_put_is_read_back(store, draft):
    assert store.put("a/b", draft(b"content")) is True
    assert store.read("a/b") == b"content"
    with store.open("a/b") as file:
        assert file.read() == b"content"


def test_the_source_can_be_put_again_when_what_was_stored_is_gone(store, draft):
    source = draft(b"content")
    store.put("a/b", source)
    store.delete("a/b")
    assert store.put("a/b", source) is True
    assert store.read("a/b") == b"content"


def test_what_was_put_outlives_its_source(store, draft):
    source = draft(b"content")
    store.put("name", source)
    source.unlink()
    assert store.read("name") == b"content"


def test_a_name_that_is_taken_keeps_what_it_has(store, draft):
    store.put("name", draft(b"first"))
    second = draft(b"second")
    assert store.put("name", second) is False
    assert store.read("name") == b"first"


def test_of_many_who_put_the_same_name_at_once_exactly_one_does(store, draft):
    contents = [f"writer {number}".encode() * 1000 for number in range(16)]
    sources = [draft(content) for content in contents]
    together = Barrier(len(sources))

    def put(source: Path) -> bool:
        together.wait()
        return bool(store.put("race", source))

    with ThreadPoolExecutor(len(sources)) as pool:
        stored = list(pool.map(put, sources))
    assert stored.count(True) == 1
    assert store.read("race") == contents[stored.index(True)]


@pytest.mark.parametrize(
    ("start", "length", "expected"),
    [
        (0, None, b"0123456789"),
        (3, None, b"3456789"),
        (2, 4, b"2345"),
        (8, 10, b"89"),
        (10, 5, b""),
        (50, None, b""),
        (4, 0, b""),
    ],
)
def test_a_range_gives_the_bytes_asked_for_as_far_as_they_go(store, draft, start, length, expected):
    store.put("digits", draft(b"0123456789"))
    assert store.read("digits", start, length) == expected


def test_stat_tells_name_size_and_time(store, draft):
    store.put("a/b", draft(b"12345"))
    entry = store.stat("a/b")
    assert (entry.name, entry.size) == ("a/b", 5)
    assert abs(datetime.now(UTC) - entry.modified) < timedelta(hours=1)


def test_delete_removes_and_tells_whether_there_was_something(store, draft):
    store.put("name", draft(b"content"))
    assert store.delete("name") is True
    assert store.delete("name") is False
    with pytest.raises(MissingFileError):
        store.read("name")


def test_a_deleted_name_can_be_put_again(store, draft):
    store.put("name", draft(b"old"))
    store.delete("name")
    assert store.put("name", draft(b"new")) is True
    assert store.read("name") == b"new"


@pytest.mark.parametrize("method", ["open", "read", "stat"])
def test_a_missing_file_is_said_to_be_missing(store, method):
    with pytest.raises(MissingFileError):
        getattr(store, method)("no/such/file")


def test_list_yields_every_file_below_a_prefix(store, draft):
    for name in ("blobs/aa/1", "blobs/ab/2", "variants/aa/3"):
        store.put(name, draft(name.encode()))
    assert {entry.name for entry in store.list("blobs/")} == {"blobs/aa/1", "blobs/ab/2"}
    assert {entry.name for entry in store.list("blobs/a")} == {"blobs/aa/1", "blobs/ab/2"}
    assert {(entry.name, entry.size) for entry in store.list()} == {
        ("blobs/aa/1", 10),
        ("blobs/ab/2", 10),
        ("variants/aa/3", 13),
    }


def test_an_empty_store_lists_nothing(store):
    assert list(store.list()) == []


BAD_NAMES = [
    "",
    "/",
    "/etc/passwd",
    "..",
    "../x",
    "a/../b",
    "a/./b",
    "a//b",
    "a/",
    ".hidden",
    "a/.hidden",
    "A",
    "a b",
    "a\\b",
    "a\0b",
    "a\nb",
    "a\n",
    "图",
    "-rf",
    "a" * 201,
]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_that_was_not_made_here_is_refused_by_every_method(store, draft, name):
    source = draft(b"content")
    for method in (partial(store.put, source=source), store.open, store.read, store.stat):
        with pytest.raises(ValueError, match="not a storage name"):
            method(name)
    for method in (store.delete, store.local_path):
        with pytest.raises(ValueError, match="not a storage name"):
            method(name)
    assert list(store.list()) == []


@pytest.mark.parametrize("name", ["a", "a/b", "variants/ab/0f/w=320.webp", "a" * 200])
def test_names_made_here_pass(name):
    assert check_name(name) == name


# ---- files on this machine ------------------------------------------------------------------


@pytest.fixture
def local(tmp_path) -> LocalStore:
    return LocalStore(tmp_path / "store")


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture
def calls(monkeypatch):
    """Record syncs, links and removals in the order they happen."""
    recorded: list[tuple[str, Path]] = []
    fsync, link, unlink, mkdir = os.fsync, os.link, Path.unlink, Path.mkdir

    def recording_fsync(descriptor: int) -> None:
        recorded.append(("fsync", Path(f"/proc/self/fd/{descriptor}").readlink()))
        fsync(descriptor)

    def recording_link(source: Path, target: Path) -> None:
        recorded.append(("link", Path(target)))
        link(source, target)

    def recording_unlink(path: Path, **options: bool) -> None:
        recorded.append(("unlink", path))
        unlink(path, **options)

    def recording_mkdir(path: Path, **options: bool) -> None:
        recorded.append(("mkdir", path))
        mkdir(path, **options)

    monkeypatch.setattr(os, "fsync", recording_fsync)
    monkeypatch.setattr(os, "link", recording_link)
    monkeypatch.setattr(Path, "unlink", recording_unlink)
    monkeypatch.setattr(Path, "mkdir", recording_mkdir)
    return recorded


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc to name descriptors")
def test_bytes_are_on_the_disk_before_their_name_and_their_name_before_put_returns(
    local, draft, calls
):
    source = draft(b"content")
    local.root.mkdir()
    calls.clear()
    local.put("a/b/c", source)
    folder = local.root / "a" / "b"
    assert calls == [
        ("fsync", source),
        ("mkdir", folder.parent),
        ("fsync", local.root),
        ("mkdir", folder),
        ("fsync", folder.parent),
        ("link", folder / "c"),
        ("fsync", folder),
    ]


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc to name descriptors")
def test_what_can_be_made_again_waits_for_the_disk_only_at_the_top(local, draft, calls):
    source = draft(b"content")
    local.root.mkdir()
    calls.clear()
    local.put("a/b/c", source, durable=False)
    assert [call for call in calls if call[0] == "fsync"] == [("fsync", local.root)]


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc to name descriptors")
def test_whoever_finds_the_name_taken_returns_only_when_that_name_is_on_the_disk(
    local, draft, calls
):
    local.put("a/b", draft(b"first"))
    calls.clear()
    local.put("a/b", draft(b"second"))
    assert calls[-1] == ("fsync", local.root / "a")


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc to name descriptors")
def test_a_deletion_is_on_the_disk_before_delete_returns(local, draft, calls):
    local.put("a/b", draft(b"content"))
    local.put("a/c", draft(b"content"))
    calls.clear()
    local.delete("a/b")
    assert calls == [("unlink", local.root / "a" / "b"), ("fsync", local.root / "a")]


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc to name descriptors")
def test_a_folder_goes_with_its_last_file(local, draft, calls):
    local.put("a/b", draft(b"content"))
    calls.clear()
    local.delete("a/b")
    assert calls == [("unlink", local.root / "a" / "b"), ("fsync", local.root)]
    assert list(local.root.iterdir()) == []


def test_a_folder_that_is_removed_as_a_file_comes_to_it_is_made_again(local, draft, monkeypatch):
    link = os.link
    removals = iter([1, 2, 3])

    def remove_first(source: Path, target: Path) -> None:
        if next(removals, None):
            target.parent.rmdir()
        link(source, target)

    monkeypatch.setattr(os, "link", remove_first)
    assert local.put("a/b", draft(b"content")) is True
    assert local.read("a/b") == b"content"


def test_a_missing_source_is_said_to_be_missing(local, tmp_path):
    with pytest.raises(FileNotFoundError):
        local.put("a/b", tmp_path / "none")


def test_files_that_somebody_else_put_there_are_listed(local, draft):
    local.put("a/b", draft(b"content"))
    (local.root / "Thumbs.db").touch()
    (local.root / "a" / ".hidden").touch()
    assert {entry.name for entry in local.list()} == {"a/b", "Thumbs.db", "a/.hidden"}


def failing(error: OSError):
    def fail(*args: object, **options: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize("broken", ["os.link", "os.fsync", "pathlib.Path.mkdir"])
def test_a_put_that_fails_leaves_nothing(local, tmp_path, draft, monkeypatch, broken):
    source = draft(b"content")
    monkeypatch.setattr(broken, failing(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space"):
        local.put("a/b", source)
    monkeypatch.undo()
    assert list(local.list()) == []
    assert [path for path in files_below(tmp_path) if path != source] == []


def test_a_file_system_without_hard_links_keeps_the_contract(local, draft, monkeypatch):
    monkeypatch.setattr(os, "link", failing(PermissionError(1, "Operation not permitted")))
    first, second = draft(b"same"), draft(b"same")
    assert local.put("a/b", first) is True
    assert local.put("a/b", second) is False
    assert local.read("a/b") == b"same"


def test_sync_closes_its_descriptor_when_the_disk_fails(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.touch()
    closed: list[int] = []
    close = os.close

    def close_and_note(descriptor: int) -> None:
        closed.append(descriptor)
        close(descriptor)

    monkeypatch.setattr(os, "fsync", failing(OSError(5, "Input/output error")))
    monkeypatch.setattr(os, "close", close_and_note)
    with pytest.raises(OSError, match="Input/output"):
        durable.sync_file(path)
    assert len(closed) == 1


def test_a_folder_that_cannot_be_looked_into_is_told_after_the_rest(local, draft, monkeypatch):
    for name in ("a/1", "b/2", "c/3"):
        local.put(name, draft(b"content"))
    scan = os.scandir

    def refuse(path):
        if Path(path).name == "b":
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    with monkeypatch.context() as guarded:
        guarded.setattr(os, "scandir", refuse)
        entries = local.list()
        assert {next(entries).name, next(entries).name} == {"a/1", "c/3"}
        with pytest.raises(PermissionError, match="Permission denied"):
            next(entries)
