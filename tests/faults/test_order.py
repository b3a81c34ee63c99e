"""What reaches the disk before an upload is acknowledged, as the kernel saw it."""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from flaskr.library.media import blob_name
from tests.calling import Caller
from tests.faults.conftest import enter
from tests.faults.kill_loop import picture
from tests.serving import PATIENCE

UPLOADS = 100
WRITES = ("write", "pwrite64", "writev", "sendto", "sendmsg")
CALLS = (*WRITES, "fsync", "fdatasync", "link", "linkat", "rename", "renameat", "renameat2")

STARTED = re.compile(r"(\d+) +(\w+)\((.*)")
RESUMED = re.compile(r"(\d+) +<\.\.\. \w+ resumed>(.*)")


@dataclass
class Call:
    """One call: its name, its arguments, and the lines at which it began and ended."""

    name: str
    arguments: str
    began: int
    ended: int = -1


def parse(trace: str) -> list[Call]:
    """Read what strace wrote; a call that others interrupted stands on two lines."""
    calls: list[Call] = []
    open_: dict[str, Call] = {}
    for number, line in enumerate(trace.splitlines()):
        if match := RESUMED.match(line):
            if call := open_.pop(match[1], None):
                call.ended = number
                call.arguments += match[2]
        elif match := STARTED.match(line):
            call = Call(match[2], match[3], number, number)
            calls.append(call)
            if line.endswith("<unfinished ...>"):
                call.ended = -1
                open_[match[1]] = call
    return calls


@contextmanager
def traced(pid: int, output: Path) -> Iterator[None]:
    """Trace a process with all its threads, and the children it starts meanwhile."""
    with subprocess.Popen(
        [
            *("strace", "-f", "-y", "-s", "200", "-e", f"trace={','.join(CALLS)}"),
            *("-p", str(pid), "-o", str(output)),
        ],
        stderr=subprocess.PIPE,
    ) as tracer:
        assert tracer.stderr
        until = time.monotonic() + PATIENCE
        while b"attached" not in tracer.stderr.readline():
            assert tracer.poll() is None
            assert time.monotonic() < until
        try:
            yield
        finally:
            tracer.send_signal(signal.SIGINT)
            tracer.wait(PATIENCE)


def only(calls: list[Call], *parts: str, names: tuple[str, ...]) -> Call:
    """The one call of these names that succeeded and whose arguments hold every part."""
    (found,) = [
        call
        for call in calls
        if call.name in names
        and call.arguments.endswith("= 0")
        and all(part in call.arguments for part in parts)
    ]
    return found


def check(calls: list[Call], blob: Path) -> None:
    """Follow one upload: bytes, their sync, the name, its sync, the commit's sync, the answer."""
    linked = only(calls, f'"{blob}"', names=("link", "linkat"))
    source = re.findall(r'"([^"]+\.part)"', linked.arguments)[0]
    written = [call for call in calls if call.name in WRITES and f"<{source}>" in call.arguments]
    synced = only(calls, f"<{source}>", names=("fsync",))
    named = next(
        call
        for call in calls
        if call.name == "fsync"
        and f"<{blob.parent}>" in call.arguments
        and call.began > linked.ended
    )
    answered = min(
        call.began
        for call in calls
        if call.name in WRITES and "HTTP/1.1 201" in call.arguments and call.began > linked.began
    )
    committed = [
        call
        for call in calls
        if call.name in {"fsync", "fdatasync"}
        and "sqlite3-wal>" in call.arguments
        and named.ended < call.began
        and call.ended < answered
    ]
    assert written, "nothing was written"
    assert max(call.ended for call in written) < synced.began
    assert synced.ended < linked.began
    assert linked.ended < named.began
    assert committed, "the answer came before the commit was on the disk"


@pytest.fixture
def strace() -> None:
    if shutil.which("strace") is None:
        if os.environ.get("CI"):
            pytest.fail("CI installs strace; .ci/run says how")
        pytest.skip("needs strace (apt-get install strace)")


def test_an_upload_is_on_the_disk_before_it_is_acknowledged(strace, make_site, tmp_path):
    site = make_site(DECODERS="1")
    site.start()
    caller: Caller = enter(site)
    (worker,) = site.workers()
    trace = tmp_path / "trace"
    with traced(worker, trace):  # the child that cleans pictures is started within
        taken = [caller.upload(picture(5_000_000 + number)) for number in range(UPLOADS)]
    assert {answer.status for answer in taken} == {201}
    calls = parse(trace.read_text(errors="replace"))
    for answer in taken:
        check(calls, site.instance / "files" / blob_name(answer.json["sha256"]))
