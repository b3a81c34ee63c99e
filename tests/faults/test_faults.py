"""What surrounds the server fails: it says so soon, keeps reading, and recovers by itself.

Disk and files are those of a real server process. Where a fault can't be had for real, functions of
the operating system raise it (the last part).
"""

import errno
import os
import resource
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from flaskr.library.media import Media
from flaskr.library.uploads import Arrival
from flaskr.transactions import BUSY_SECONDS, POOL_SECONDS
from tests.browsing import AuthActions, Browser
from tests.calling import Answer, Caller
from tests.factories import encode, exif, noise, png
from tests.faults.conftest import MakeSite, enter
from tests.serving import Site
from tests.tus.test_server import Upload

Mount = Callable[..., None]


@pytest.fixture
def mount() -> Iterator[Mount]:
    """Mount something for this test; needs root, as CI is."""
    if os.geteuid():
        pytest.skip("only root can mount")
    places: list[str] = []

    def mount_(*arguments: str | Path) -> None:
        options = [str(argument) for argument in arguments]
        subprocess.run(["mount", *options], check=True)
        if options[-1] not in places:
            places.append(options[-1])

    yield mount_
    for place in places:
        subprocess.run(["umount", "--lazy", place], check=True)


def photo(number: int) -> bytes:
    """Half a megabyte with EXIF, so that a second file is written while it is cleaned."""
    picture = noise(500, 400)
    picture.putpixel((0, 0), (number, 0, 0))
    return encode(picture, "JPEG", quality=95, exif=exif())


def spooled(site: Site) -> list[str]:
    return [path.name for path in (site.instance / "files" / "incoming").glob("*")]


def refused(answer: Answer, status: int) -> bool:
    """Whether the answer says what is wrong and when to come back."""
    error = answer.json["error"]
    return (
        answer.status == status
        and error["code"] == {503: "unavailable", 507: "storage_full"}[status]
        and int(answer.headers["Retry-After"]) > 0
    )


class Kept:
    """A picture that was taken in before the fault; it has to stay readable through it."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        taken = caller.upload(png(70, 50, number=4711))
        assert taken.status == 201
        self.path = str(taken.json["path"])
        self._content = caller.get(self.path).content

    def is_readable(self) -> bool:
        answer = self._caller.get(self.path)
        return answer.status == 200 and answer.content == self._content


def fill(folder: Path, leave: int) -> Path:
    """Take all room of the volume but `leave` bytes."""
    filler = folder / "filler"
    with filler.open("xb") as file:
        facts = os.statvfs(folder)
        os.posix_fallocate(file.fileno(), 0, facts.f_bavail * facts.f_frsize - leave)
    return filler


def test_people_are_told_within_six_seconds():
    assert BUSY_SECONDS + POOL_SECONDS < 6


# ---- the volume -----------------------------------------------------------------------------


# Room for nothing, for a part of the file, for the file but not for its cleaned copy.
ROOMS = (0.0, 0.4, 1.5)


@pytest.mark.parametrize("database_too", [False, True])
def test_a_full_disk(make_site: MakeSite, mount, tmp_path, database_too):
    if database_too:
        mount("-t", "tmpfs", "-o", "size=16m", "none", tmp_path)
        site = make_site()
        volume = site.instance
    else:
        site = make_site()
        volume = site.instance / "files"
        volume.mkdir()
        mount("-t", "tmpfs", "-o", "size=8m", "none", volume)
    site.start()
    caller = enter(site)
    kept = Kept(caller)
    content = photo(1)
    for room in ROOMS:
        filler = fill(volume, int(room * len(content)))
        assert refused(caller.upload(content), 507)
        assert spooled(site) == []
        assert kept.is_readable()
        assert caller.get("/").status == 200
        filler.unlink()
    assert caller.upload(content).status == 201
    assert spooled(site) == []


def test_a_disk_that_fills_while_a_piece_arrives(make_site: MakeSite, mount):
    site = make_site()
    volume = site.instance / "files"
    volume.mkdir()
    mount("-t", "tmpfs", "-o", "size=8m", "none", volume)
    site.start()
    content = encode(noise(1000, 900), "PNG")
    upload = Upload(enter(site), content)
    filler = fill(volume, len(content) // 2)
    assert refused(upload.patch(0, len(content)), 507)
    arrived = upload.offset()
    assert 0 < arrived < len(content)
    assert refused(upload.ask("POST", "/files/", {"Upload-Length": str(len(content))}), 507)
    filler.unlink()
    assert upload.patch(arrived, len(content)).status == 204
    assert spooled(site) == []


def test_a_volume_that_became_read_only(site, caller, mount):
    kept = Kept(caller)
    files = site.instance / "files"
    mount("--bind", files, files)
    mount("-o", "remount,ro,bind", files)
    assert refused(caller.upload(photo(2)), 503)
    assert kept.is_readable()
    mount("-o", "remount,rw,bind", files)
    assert caller.upload(photo(2)).status == 201
    assert spooled(site) == []


def test_too_many_open_files(site, caller):
    kept = Kept(caller)
    (worker,) = site.workers()
    before = resource.prlimit(worker, resource.RLIMIT_NOFILE)
    highest = max(int(path.name) for path in Path(f"/proc/{worker}/fd").iterdir())
    # Enough for a connection and a file, not for a child process.
    resource.prlimit(worker, resource.RLIMIT_NOFILE, (highest + 3, before[1]))
    for decoder in site.processes("flaskr.imaging.worker"):
        os.kill(decoder, 9)
    assert refused(caller.upload(photo(3)), 503)
    assert kept.is_readable()
    resource.prlimit(worker, resource.RLIMIT_NOFILE, before)
    assert caller.upload(photo(3)).status == 201
    assert spooled(site) == []


# ---- the database ---------------------------------------------------------------------------


def test_a_database_that_another_process_holds(site, caller):
    kept = Kept(caller)
    with closing(sqlite3.connect(site.instance / "tuchuang.sqlite3")) as other:
        other.execute("BEGIN IMMEDIATE")
        assert refused(caller.upload(photo(4)), 503)
        assert kept.is_readable()
        assert caller.get("/").status == 200
        other.rollback()
    assert caller.upload(photo(4)).status == 201
    assert spooled(site) == []


def rename(paths: list[Path], ending: str) -> list[Path]:
    return [path.rename(path.with_name(path.name.removesuffix(".away") + ending)) for path in paths]


def test_a_database_that_is_gone(site, caller):
    kept = Kept(caller)
    away = rename(list(site.instance.glob("tuchuang.sqlite3*")), ".away")
    for _ in range(3):  # connections that were open must not go on in the file that was moved
        assert refused(caller.upload(photo(5)), 503)
    for path in ("/", kept.path):
        assert caller.get(path).status == 503
    assert not (site.instance / "tuchuang.sqlite3").exists()
    rename(away, "")
    assert kept.is_readable()
    assert caller.upload(photo(5)).status == 201
    assert spooled(site) == []


def test_a_database_that_is_damaged(site, caller):
    kept = Kept(caller)
    away = rename(list(site.instance.glob("tuchuang.sqlite3*")), ".away")
    damaged = site.instance / "tuchuang.sqlite3"
    damaged.write_bytes(os.urandom(64 * 1024))
    assert refused(caller.upload(photo(6)), 503)
    for path in ("/", kept.path):
        assert caller.get(path).status == 503
    damaged.unlink()
    rename(away, "")
    assert kept.is_readable()
    assert caller.upload(photo(6)).status == 201
    assert spooled(site) == []


def test_a_batch_does_not_wait_for_the_database_once_for_each_file(owner, monkeypatch):
    tries: list[str] = []

    def locked(_session: object, _media: object, _owner: object, arrival: Arrival, _: object):
        tries.append(arrival.name)
        raise OperationalError("BEGIN IMMEDIATE", {}, sqlite3.OperationalError("locked"))

    monkeypatch.setattr("flaskr.web.uploading.accept", locked)
    answer = owner.upload_json(*[(f"{number}.png", png(number=number)) for number in range(3)])
    assert (answer.status_code, len(answer.json["errors"]), len(tries)) == (503, 3, 1)
    assert int(answer.headers["Retry-After"]) > 0


def test_counters_of_attempts_that_another_process_holds(make_app, monkeypatch):
    monkeypatch.setattr("flaskr.web.limits_store.BUSY_SECONDS", 0.1)
    app = make_app(RATE_LIMITS=True)
    visitor = Browser(app)
    AuthActions(visitor).login("nobody")  # makes the file
    with closing(sqlite3.connect(Path(app.instance_path, "limits.sqlite3"))) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = AuthActions(visitor).login("nobody")
        other.rollback()
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert AuthActions(visitor).login("nobody").status_code == 401


# ---- faults that have to be made up ---------------------------------------------------------


def failing(number: int) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("function", ["fsync", "link"])
@pytest.mark.parametrize(
    ("number", "status"),
    [(errno.EIO, 503), (errno.EROFS, 503), (errno.ENOSPC, 507), (errno.EDQUOT, 507)],
)
def test_a_call_that_fails_leaves_nothing_behind(
    owner, media: Media, monkeypatch, function, number, status
):
    with monkeypatch.context() as failing_now:
        failing_now.setattr(os, function, failing(number))
        answer = owner.upload_json(("a.jpg", photo(number)))
    assert (answer.status_code, "Retry-After" in answer.headers) == (status, True)
    assert list(media.spool.folder.glob("*")) == []  # it may not have been made at all
    assert owner.upload_json(("a.jpg", photo(number))).status_code == 201


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC])
def test_a_write_that_fails_while_the_file_arrives(owner, media: Media, monkeypatch, number):
    with monkeypatch.context() as failing_now:
        failing_now.setattr("flaskr.storage.spool.SpooledFile.write", failing(number))
        answer = owner.upload_json(("a.jpg", photo(7)))
    assert answer.status_code == (507 if number == errno.ENOSPC else 503)
    assert int(answer.headers["Retry-After"]) > 0
    assert list(media.spool.folder.iterdir()) == []
