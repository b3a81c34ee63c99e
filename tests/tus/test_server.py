"""What holds for uploads in pieces whatever the client: several processes, kills, memory, rooms."""

import hashlib
import re
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

from sqlalchemy import select

from flaskr.db import db
from flaskr.library.resumable import COMMIT_BYTES
from flaskr.models import Blob, Image
from flaskr.web.intake import CHUNK
from tests.calling import Answer, Caller
from tests.conftest import dispose
from tests.factories import encode, noise
from tests.serving import HOST, PATIENCE, Site
from tests.tus.conftest import big_picture

MB = 1024 * 1024
VERSION = {"Tus-Resumable": "1.0.0"}
PIECE = {**VERSION, "Content-Type": "application/offset+octet-stream"}


class Upload:
    """An upload on a site, by somebody who waits for nothing."""

    def __init__(self, caller: Caller, content: bytes) -> None:
        self.caller = caller
        self.content = content
        self.admission = {"Authorization": f"Bearer {caller.token}"}
        created = self.ask("POST", "/files/", {"Upload-Length": str(len(content))})
        assert created.status == 201
        self.path = created.headers["Location"].removeprefix(caller.site.url)

    def ask(self, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> Answer:
        sent = {**VERSION, **self.admission, **headers}
        return self.caller.call(method, path, body, sent)

    def offset(self) -> int:
        return int(self.ask("HEAD", self.path, {}).headers["Upload-Offset"])

    def patch(self, offset: int, end: int) -> Answer:
        headers = {**PIECE, "Upload-Offset": str(offset)}
        return self.ask("PATCH", self.path, headers, self.content[offset:end])

    def begin(self, offset: int, piece: bytes, stated: int) -> socket.socket:
        """Send the beginning of a piece, and leave the connection open."""
        lines = {
            "Host": f"{HOST}:{self.caller.site.port}",
            "Content-Length": str(stated),
            "Upload-Offset": str(offset),
            **self.admission,
            **PIECE,
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        connection = socket.create_connection((HOST, self.caller.site.port), timeout=PATIENCE)
        connection.sendall(f"PATCH {self.path} HTTP/1.1\r\n{head}\r\n".encode() + piece)
        return connection


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def blobs(site: Site) -> list[tuple[str, int]]:
    """Hash and size of every picture on the site."""
    app = site.make_app()
    with app.app_context():
        query = select(Blob.sha256, Blob.bytes).join(Image)
        found = [(row.sha256, row.bytes) for row in db.session.execute(query)]
    dispose(app)
    return found


def is_there(site: Site, content: bytes) -> bool:
    return blobs(site).count((hashlib.sha256(content).hexdigest(), len(content))) == 1


def test_a_kill_in_the_middle_of_a_piece_costs_little(site: Site, caller: Caller):
    content = big_picture()
    upload = Upload(caller, content)
    sent = COMMIT_BYTES + 3 * MB
    with upload.begin(0, content[:sent], len(content)):
        wait_until(lambda: upload.offset() >= COMMIT_BYTES)
        site.kill()
    site.start("--workers", "2")
    offset = upload.offset()
    assert COMMIT_BYTES <= offset <= sent
    assert upload.patch(offset, len(content)).status == 204
    assert is_there(site, content)


def test_a_request_that_hangs_does_not_keep_the_next_one_waiting(site: Site, caller: Caller):
    content = encode(noise(500, 400), "PNG")
    upload = Upload(caller, content)
    with upload.begin(0, content[:300_000], len(content)) as hanging:
        arrived = site.instance / f"files/incoming/{upload.path.rpartition('/')[2]}.upload"
        wait_until(lambda: arrived.read_bytes().startswith(content[:CHUNK]))
        started = time.monotonic()
        assert upload.patch(upload.offset(), len(content)).status == 204
        assert time.monotonic() - started < PATIENCE / 2
        hanging.sendall(b"?" * 1000)
        hanging.shutdown(socket.SHUT_WR)
        with hanging.makefile("rb") as answer:
            assert re.match(rb"HTTP/1.1 4\d\d", answer.read())
    assert is_there(site, content)


def test_two_processes_at_once_on_one_upload(site: Site, caller: Caller):
    content = encode(noise(1000, 900), "PNG")
    upload = Upload(caller, content)
    done = threading.Event()
    statuses: set[int] = set()

    def contribute(seed: int) -> None:
        dice = Random(seed)
        while not done.is_set():
            offset = upload.offset()
            if offset == len(content):
                done.set()
                return
            answer = upload.patch(offset, offset + dice.randrange(1, 200_000))
            statuses.add(answer.status)

    with ThreadPoolExecutor(8) as pool:
        for future in [pool.submit(contribute, seed) for seed in range(8)]:
            future.result()
    assert statuses <= {204, 409, 423}
    assert 409 in statuses
    assert is_there(site, content)


def peak_memory(pid: int) -> int:
    """The most memory that the process had since `forget_peak`, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found
    return int(found[1]) * 1024


def forget_peak(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def test_a_large_piece_is_not_held_in_memory(site: Site, caller: Caller):
    content = Random(1).randbytes(31 * MB)
    warm = Upload(caller, content[: 2 * MB])
    assert warm.patch(0, 2 * MB).status == 415
    upload = Upload(caller, content)
    for pid in site.workers():
        forget_peak(pid)
    before = {pid: peak_memory(pid) for pid in site.workers()}
    assert upload.patch(0, len(content)).status == 415
    assert all(peak_memory(pid) - before[pid] < 12 * MB for pid in before)


def test_nothing_is_left_behind(site: Site):
    """After all of the above."""
    wait_until(lambda: not [*(site.instance / "files/incoming").glob("*")])
    site.run("fsck")
