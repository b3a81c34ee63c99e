"""Which WSGI server should carry the image host? Measure the candidates.

    python benchmarks/servers.py             about 6 minutes
    python benchmarks/servers.py --quick     under a minute
    python benchmarks/servers.py --cells slow --slow-seconds 60

Needs Linux, two cores, ``wrk``, ``taskset`` and granian, waitress and gunicorn in
this Python's environment. The server has core 0, the clients core 1; the servers take
turns within each round. Figures are medians over the rounds; in brackets, the ratio to
gunicorn. ``apps/honest.py`` is what they serve, ``apps/serve.py`` how they are set.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import http.client
import json
import os
import re
import shutil
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
from statistics import median, quantiles

APPS = Path(__file__).parent / "apps"
SERVERS = ("granian", "waitress", "gunicorn")
BASE = "gunicorn"
HOST = "127.0.0.1"
SERVER_CORE, CLIENT_CORE = "0", "1"
UPLOAD = 4 * 1024 * 1024
MIB = 1024 * 1024

# name → (cells it is chosen by, decimals, is a ratio to BASE worth quoting)
ROWS: dict[str, tuple[str, int, bool]] = {
    "hello, rps": ("hello", 0, True),
    "50 KB, rps": ("get", 0, True),
    "304, rps": ("get", 0, True),
    "4 MB, rps": ("large", 0, True),
    "upload 4 MB, 1 client, rps": ("upload", 1, True),
    "upload 4 MB, 8 clients, rps": ("upload", 1, True),
    "slow bodies: good requests sent": ("slow", 0, False),
    "slow bodies: good requests failed": ("slow", 0, False),
    "slow bodies: p50 ms": ("slow", 1, False),
    "slow bodies: p95 ms": ("slow", 1, False),
    "slow bodies: max ms": ("slow", 1, False),
    "slow bodies: still held at the end": ("slow", 0, False),
    "PSS after them, MiB": ("slow", 1, False),
    "start to first answer, s": ("start", 2, False),
    "idle PSS, MiB": ("start", 1, False),
    "chunked body refused while read: growth, MiB": ("memory", 1, False),
    "chunked body read whole: growth, MiB": ("memory", 1, False),
}
CELLS = tuple(dict.fromkeys(cell for cell, _, _ in ROWS.values()))


@dataclass(frozen=True)
class Plan:
    """How long each part takes, and what is measured."""

    seconds: float
    rounds: int
    slow_seconds: float
    slow_clients: int
    body: int
    cells: tuple[str, ...]


# -- processes ---------------------------------------------------------------


def tree(pid: int) -> list[int]:
    """``pid`` and all its descendants."""
    found = [pid]
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += tree(int(child))
    return found


def pss(pid: int) -> float:
    """Proportional set size of the process tree in MiB."""
    total = 0
    for each in tree(pid):
        with contextlib.suppress(OSError):
            text = Path(f"/proc/{each}/smaps_rollup").read_text()
            total += sum(int(kb) for kb in re.findall(r"^Pss:\s+(\d+)", text, re.MULTILINE))
    return total / 1024


def free_port() -> int:
    """A port nobody listens on at the moment."""
    with socket.socket() as sock:
        sock.bind((HOST, 0))
        port: int = sock.getsockname()[1]
        return port


@contextlib.contextmanager
def running(name: str, folder: Path) -> Iterator[tuple[int, int, float]]:
    """Start a server pinned to its core: pid, port, seconds to the first answer."""
    port = free_port()
    began = time.monotonic()
    process = subprocess.Popen(
        ["taskset", "-c", SERVER_CORE, sys.executable, "serve.py", name, str(port)],
        cwd=APPS,
        env={**os.environ, "BENCH_DIR": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        start_new_session=True,
    )
    try:
        while True:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if get(port, "/hello", timeout=2)[0] == 200:
                    break
            if process.poll() is not None or time.monotonic() - began > 20:
                raise SystemExit(f"{name} did not start")
            time.sleep(0.01)
        yield process.pid, port, time.monotonic() - began
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


# -- clients -----------------------------------------------------------------


def get(port: int, path: str, timeout: float = 10) -> tuple[int, str, bytes]:
    """One GET on a new connection: status, ETag, body."""
    client = http.client.HTTPConnection(HOST, port, timeout=timeout)
    try:
        client.request("GET", path)
        answer = client.getresponse()
        return answer.status, answer.getheader("ETag", ""), answer.read()
    finally:
        client.close()


def wrk(port: int, path: str, seconds: float, etag: str = "") -> float:
    """Requests a second over 16 kept connections; any error is fatal."""
    command = ["taskset", "-c", CLIENT_CORE, "wrk", "-t1", "-c16"]
    command += ["-d", f"{max(1, round(seconds))}s"]
    if etag:
        command += ["-H", f"If-None-Match: {etag}"]
    command.append(f"http://{HOST}:{port}{path}")
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        raise SystemExit(f"wrk saw errors:\n{text}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", text)
    assert found, text
    return float(found[1])


def upload_rate(port: int, clients: int, seconds: float) -> float:
    """Uploads a second; every body differs and every answered hash is checked."""
    base = os.urandom(UPLOAD - 16)
    until = time.monotonic() + seconds
    done: list[float] = []
    faults: list[str] = []

    def work() -> None:
        client = http.client.HTTPConnection(HOST, port, timeout=30)
        first = True
        while time.monotonic() < until and not faults:
            body = os.urandom(16) + base
            client.request("POST", "/upload", body)
            answer = client.getresponse()
            text = answer.read()
            if answer.status != 201:
                faults.append(f"{answer.status} {text!r}")
            elif first and json.loads(text)["sha256"] != hashlib.sha256(body).hexdigest():
                faults.append("wrong hash")
            first = False
            done.append(time.monotonic())
        client.close()

    threads = [threading.Thread(target=work) for _ in range(clients)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise SystemExit(f"upload failed: {faults[0]}")
    return len(done) / (max(done) - began)


class Drip:
    """Clients that announce 1 MiB and send a few bytes of it every half second."""

    def __init__(self, port: int, clients: int) -> None:
        self.open: list[socket.socket] = []
        head = f"POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: {MIB}\r\n\r\n"
        for _ in range(clients):
            sock = socket.create_connection((HOST, port), 10)
            sock.sendall(head.encode() + b"x")
            self.open.append(sock)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(0.5):
            for sock in list(self.open):
                try:
                    sock.sendall(b"x" * 20)
                except OSError:
                    self.open.remove(sock)
                    sock.close()

    def close(self) -> int:
        """Hang up; how many were still served."""
        self._stop.set()
        self._thread.join()
        held = len(self.open)
        for sock in self.open:
            sock.close()
        return held


def good_requests(port: int, seconds: float) -> tuple[list[float], int]:
    """What people see meanwhile: 4 clients, links and small uploads, new connections."""
    times: list[float] = []
    failed: list[str] = []
    until = time.monotonic() + seconds

    def work(number: int) -> None:
        turn = number
        while time.monotonic() < until:
            turn += 1
            client = http.client.HTTPConnection(HOST, port, timeout=5)
            began = time.monotonic()
            try:
                if turn % 4:
                    client.request("GET", "/file/small.jpg")
                    want = 200
                else:
                    client.request("POST", "/upload", os.urandom(50 * 1024))
                    want = 201
                answer = client.getresponse()
                answer.read()
                if answer.status != want:
                    failed.append(str(answer.status))
            except (OSError, http.client.HTTPException) as error:
                failed.append(repr(error))
            finally:
                client.close()
            times.append((time.monotonic() - began) * 1000)
            time.sleep(0.02)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times, len(failed)


def chunked(port: int, path: str, size: int, pid: int) -> tuple[float, str]:
    """Send ``size`` bytes without a length: the peak growth in MiB, what was answered."""
    before = pss(pid)
    peak = [before]
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            peak.append(pss(pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    piece = b"100000\r\n" + os.urandom(MIB) + b"\r\n"
    sock = socket.create_connection((HOST, port), 60)
    answer = b""
    try:
        sock.sendall(
            f"POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        )
        with contextlib.suppress(OSError):
            for _ in range(size // MIB):
                sock.sendall(piece)
            sock.sendall(b"0\r\n\r\n")
        with contextlib.suppress(OSError):
            answer = sock.recv(4096)
    finally:
        sock.close()
        over.set()
        watcher.join()
    status = answer.split(b" ", 2)[1].decode() if b" " in answer else "hung up"
    return max(peak) - before, status


def touch_pages(folder: Path) -> None:
    """Write and drop 1 GB: the first touch of page-cache pages is slow on some machines."""
    with tempfile.TemporaryFile(dir=folder) as out:
        block = bytes(16 * MIB)
        for _ in range(64):
            out.write(block)


# -- the run -----------------------------------------------------------------

Put = Callable[[str, float], None]


def measure(name: str, folder: Path, plan: Plan, put: Put, notes: dict[str, str]) -> None:
    """One server, one round."""
    cells = plan.cells
    with running(name, folder) as (pid, port, began):
        if "start" in cells:
            put("start to first answer, s", began)
            time.sleep(0.5)
            put("idle PSS, MiB", pss(pid))
        if "memory" in cells:
            for path, row in (
                ("/upload", "chunked body refused while read: growth, MiB"),
                ("/sink", "chunked body read whole: growth, MiB"),
            ):
                growth, status = chunked(port, path, plan.body, pid)
                put(row, growth)
                notes[f"{name}, {row.split(':')[0]}"] = status
        wrk(port, "/hello", 1)
        if "hello" in cells:
            put("hello, rps", wrk(port, "/hello", plan.seconds))
        if "get" in cells:
            etag = get(port, "/file/small.jpg")[1]
            put("50 KB, rps", wrk(port, "/file/small.jpg", plan.seconds))
            put("304, rps", wrk(port, "/file/small.jpg", plan.seconds, etag))
        if "large" in cells:
            put("4 MB, rps", wrk(port, "/file/large.jpg", plan.seconds))
        if "upload" in cells:
            touch_pages(folder)
            put("upload 4 MB, 1 client, rps", upload_rate(port, 1, plan.seconds))
            put("upload 4 MB, 8 clients, rps", upload_rate(port, 8, plan.seconds))
        if "slow" in cells:
            drip = Drip(port, plan.slow_clients)
            times, failed = good_requests(port, plan.slow_seconds)
            used = pss(pid)
            put("slow bodies: good requests sent", len(times))
            put("slow bodies: good requests failed", failed)
            put("slow bodies: p50 ms", median(times))
            put("slow bodies: p95 ms", quantiles(times, n=20)[-1])
            put("slow bodies: max ms", max(times))
            put("slow bodies: still held at the end", drip.close())
            put("PSS after them, MiB", used)


def table(results: dict[str, dict[str, list[float]]], servers: tuple[str, ...]) -> str:
    """The medians as Markdown."""
    lines = ["| | " + " | ".join(servers) + " |", "|---" * (len(servers) + 1) + "|"]
    for row, (_, digits, ratio) in ROWS.items():
        values = [median(results[s][row]) if results[s].get(row) else None for s in servers]
        if not any(v is not None for v in values):
            continue
        base = dict(zip(servers, values, strict=True)).get(BASE)
        texts = []
        for server, value in zip(servers, values, strict=True):
            text = "–" if value is None else f"{value:,.{digits}f}"
            if ratio and value is not None and base and server != BASE:
                text += f" ({value / base:.2f}×)"
            texts.append(text)
        lines.append(f"| {row} | " + " | ".join(texts) + " |")
    return "\n".join(lines)


def main() -> None:
    """Parse the flags, run the rounds, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument("--seconds", type=float, default=3, help="per cell")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--slow-seconds", type=float, default=12)
    parser.add_argument("--slow-clients", type=int, default=200)
    parser.add_argument("--body", type=int, default=1024, metavar="MiB")
    parser.add_argument("--cells", nargs="+", choices=CELLS, default=CELLS)
    parser.add_argument("--servers", nargs="+", choices=SERVERS, default=SERVERS)
    args = parser.parse_args()
    if args.quick:
        args.seconds, args.rounds, args.slow_seconds, args.body = 1, 1, 3, 256
    for tool in ("wrk", "taskset"):
        if not shutil.which(tool):
            raise SystemExit(f"{tool} is missing")
    os.sched_setaffinity(0, {int(CLIENT_CORE)})
    plan = Plan(
        args.seconds,
        args.rounds,
        args.slow_seconds,
        args.slow_clients,
        args.body * MIB,
        tuple(args.cells),
    )
    servers = tuple(args.servers)
    results: dict[str, dict[str, list[float]]] = {name: {} for name in servers}
    notes: dict[str, str] = {}
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="bench-servers-") as temporary:
        folder = Path(temporary)
        sys.path.insert(0, str(APPS))
        from honest import prepare

        prepare(folder)
        for turn in range(plan.rounds):
            for name in servers:
                print(f"round {turn + 1}, {name}", file=sys.stderr)

                def put(row: str, value: float, name: str = name) -> None:
                    results[name].setdefault(row, []).append(value)

                measure(name, folder, plan, put, notes)
    print(table(results, servers))
    for what, status in notes.items():
        print(f"- {what}: answered {status}")
    for name in servers:
        spread = {r: [round(v, 1) for v in vs] for r, vs in results[name].items()}
        print(f"{name}: {json.dumps(spread)}", file=sys.stderr)
    print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
