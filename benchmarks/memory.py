"""What the whole service needs when nobody asks it anything, and how soon it answers.

    python benchmarks/memory.py               1 and 2 web processes, 3 starts each
    python benchmarks/memory.py --rounds 1    quicker

Starts `tuchuang serve` on a new instance. Memory is the PSS of all its processes, so that what they
share counts once: after the first page, and a while after an upload was taken in.
"""

from __future__ import annotations

import argparse
import http.client
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path
from statistics import median

from PIL import Image
from report import Goal, Result, load_average, save

HOST = "127.0.0.1"
COMMAND = Path(sys.executable).with_name("tuchuang")
MIB = 1024 * 1024
SETTLE_SECONDS = 3
PATIENCE = 60
MOST_MIB, MOST_SECONDS = 150, 2


def processes(group: int) -> list[int]:
    """All processes of the service, children that open pictures included."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                if os.getpgid(int(folder.name)) == group:
                    found.append(int(folder.name))
            except ProcessLookupError:
                continue
    return found


def pss(pid: int) -> float:
    """MiB; 0 for a process that has just ended."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    found = re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def ask(port: int, method: str, path: str, body: bytes = b"", **headers: str) -> int:
    connection = http.client.HTTPConnection(HOST, port, timeout=PATIENCE)
    try:
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def wait(port: int) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            if ask(port, "GET", "/auth/login") == 200:
                return
        except OSError:
            time.sleep(0.01)
    raise SystemExit("the service does not start")


def upload(port: int, token: str) -> None:
    content = BytesIO()
    Image.frombytes("RGB", (2000, 1500), secrets.token_bytes(2000 * 1500 * 3)).save(content, "JPEG")
    head = 'Content-Disposition: form-data; name="file"; filename="a.jpg"'
    body = f"--b\r\n{head}\r\n\r\n".encode() + content.getvalue() + b"\r\n--b--\r\n"
    kind = "multipart/form-data; boundary=b"
    status = ask(
        port,
        "POST",
        "/api/images",
        body,
        **{"Content-Type": kind, "Authorization": f"Bearer {token}"},
    )
    if status != 201:
        raise SystemExit(f"an upload was answered with {status}")


def start(environment: dict[str, str], token: str, workers: int) -> tuple[float, float, float, str]:
    """Seconds to the first answer, MiB idle, MiB after an upload, MiB of each process."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    begun = time.monotonic()
    server = subprocess.Popen(
        [COMMAND, "serve", "--port", str(port), "--workers", str(workers)],
        env=environment,
        start_new_session=True,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait(port)
        seconds = time.monotonic() - begun
        time.sleep(SETTLE_SECONDS)
        each = sorted((pss(pid) for pid in processes(server.pid)), reverse=True)
        upload(port, token)
        time.sleep(SETTLE_SECONDS)
        after = sum(pss(pid) for pid in processes(server.pid))
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(PATIENCE)
    return seconds, sum(each), after, " + ".join(f"{mib:.0f}" for mib in each)


def run(environment: dict[str, str], *command: str, text: str = "") -> str:
    return subprocess.run(
        [COMMAND, *command], env=environment, input=text, text=True, check=True, capture_output=True
    ).stdout.strip()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    load = load_average()
    rows = []
    goals: list[Goal] = []
    with tempfile.TemporaryDirectory() as instance:
        environment = os.environ | {"TUCHUANG_INSTANCE_PATH": instance}
        run(environment, "db", "upgrade")
        run(
            environment,
            "user",
            "create",
            "ada",
            "--password-stdin",
            text=secrets.token_hex() + "\n",
        )
        token = run(environment, "token", "create", "ada")
        for workers in (1, 2):
            taken = [start(environment, token, workers) for _ in range(rounds)]
            seconds, idle, after = (median(column) for column in list(zip(*taken, strict=True))[:3])
            rows.append(
                [str(workers), f"{seconds:.2f}", f"{idle:.0f}", taken[-1][3], f"{after:.0f}"]
            )
            if workers == 1:
                goals = [
                    Goal(f"idle ≤ {MOST_MIB} MiB", f"{idle:.0f}", idle <= MOST_MIB),
                    Goal(
                        f"first answer ≤ {MOST_SECONDS} s",
                        f"{seconds:.2f}",
                        seconds <= MOST_SECONDS,
                    ),
                ]
    head = [
        "web processes",
        "first answer, s",
        "idle PSS, MiB",
        "of each process",
        "after an upload",
    ]
    save(Result("7-memory", "Memory and start", head, rows, goals), load)


if __name__ == "__main__":
    main()
