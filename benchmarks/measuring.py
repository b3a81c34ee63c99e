"""What several benchmarks need: servers in processes of their own, CPU time, steady clients."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

BENCHMARKS = Path(__file__).parent
BIN = Path(sys.executable).parent
HOST = "127.0.0.1"
CORES = len(os.sched_getaffinity(0))
MIB = 1024 * 1024
START_SECONDS = 60
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Served:
    """A running server; `secret` lets a client in where it asks for one."""

    pid: int
    port: int
    secret: str = ""

    def cpu_ms(self) -> float:
        """CPU time of the process and its descendants, those that ended included."""
        total = 0
        for pid in tree(self.pid):
            with contextlib.suppress(OSError):
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                total += sum(int(ticks) for ticks in fields[11:15])
        return total * 1000 / TICKS


def tree(pid: int) -> list[int]:
    """`pid` and its descendants."""
    found = [pid]
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += tree(int(child))
    return found


def free_port() -> int:
    with socket.socket() as chosen:
        chosen.bind((HOST, 0))
        port: int = chosen.getsockname()[1]
        return port


@contextlib.contextmanager
def process(command: list[str], port: int, folder: Path, **environ: str) -> Iterator[Served]:
    """Run a server until the block ends; it has started once its port takes connections."""
    log = folder / f"log-{port}.txt"
    with log.open("wb") as out:
        running = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **environ},
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        until = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(OSError), socket.create_connection((HOST, port), 1):
                break
            if running.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"{command} did not start:\n{log.read_text()[-3000:]}")
            time.sleep(0.05)
        yield Served(running.pid, port)
    finally:
        running.terminate()
        try:
            running.wait(20)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
        with contextlib.suppress(ProcessLookupError):  # what it started and did not end
            os.killpg(running.pid, signal.SIGKILL)


@contextlib.contextmanager
def tuchuang(folder: Path) -> Iterator[Served]:
    """`tuchuang serve` as it comes, on an instance in `folder`, with one account and its token."""
    folder.mkdir(parents=True, exist_ok=True)
    environ = {"TUCHUANG_INSTANCE_PATH": str(folder / "instance"), "TUCHUANG_RATE_LIMITS": "0"}
    fresh = not (folder / "instance").exists()

    def run(*arguments: str, given: str | None = None) -> str:
        told = subprocess.run(
            [str(BIN / "tuchuang"), *arguments],
            env={**os.environ, **environ},
            input=given,
            capture_output=True,
            text=True,
            check=True,
        )
        return told.stdout.strip()

    if fresh:
        run("db", "upgrade")
        run("user", "create", "bench", "--admin", "--password-stdin", given="correct horse battery")
    token = run("token", "create", "bench")
    port = free_port()
    command = [str(BIN / "tuchuang"), "serve", "--host", HOST, "--port", str(port)]
    with process(command, port, folder, **environ) as served:
        yield Served(served.pid, port, token)


@contextlib.contextmanager
def gunicorn(folder: Path, app: str, **environ: str) -> Iterator[Served]:
    """An app of apps/ under gunicorn, with the number of workers its manual recommends."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    command = [str(BIN / "gunicorn"), "-w", str(2 * CORES + 1), "-b", f"{HOST}:{port}"]
    command += ["--chdir", str(BENCHMARKS / "apps"), "--keep-alive", "30", app]
    with process(command, port, folder, BENCH_DIR=str(folder), **environ) as served:
        time.sleep(1)  # it listens before its workers have loaded the app
        yield served


def touch_pages(folder: Path, megabytes: int = 1024) -> None:
    """Write and drop a file: the first touch of page-cache pages is slow on virtual machines."""
    with tempfile.TemporaryFile(dir=folder) as out:
        block = bytes(16 * MIB)
        for _ in range(megabytes // 16):
            out.write(block)


@dataclass(frozen=True)
class Pace:
    """What a cell measured: calls a second, and the median time of one in milliseconds."""

    rate: float
    each_ms: float
    calls: int


Call = Callable[[http.client.HTTPConnection], None]


def pace(port: int, clients: int, seconds: float, call: Call) -> Pace:
    """Let `clients` repeat a call for some seconds, each on its own kept connection.

    A call that raises ends the benchmark: fast errors must not look like speed.
    """
    until = time.monotonic() + seconds
    times: list[float] = []
    ends: list[float] = []
    faults: list[BaseException] = []

    def work() -> None:
        connection = http.client.HTTPConnection(HOST, port, timeout=120)
        try:
            while time.monotonic() < until and not faults:
                began = time.monotonic()
                call(connection)
                ends.append(time.monotonic())
                times.append((ends[-1] - began) * 1000)
        except BaseException as error:  # noqa: BLE001 - told below, whatever it is
            faults.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(clients)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise SystemExit(f"a client failed: {faults[0]!r}")
    return Pace(len(ends) / (max(ends) - began), median(times), len(ends))
