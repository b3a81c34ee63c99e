"""What does taking in a photograph cost, beside the sum of its parts and the usual way?

    python benchmarks/uploads.py             about 3 minutes
    python benchmarks/uploads.py --quick     half a minute

A 12-megapixel JPEG of some 4 MB with EXIF, every body different; 1 and 8 clients. Server and
clients share all cores. The contenders take turns within each round; figures are medians. Before
each cell 1 GB is written and dropped (`measuring.touch_pages` says why).
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from statistics import median

import measuring
import photos
import report

from flaskr.errors import UnsupportedTypeError
from flaskr.imaging import DecodePool

BOUNDARY = "----bench-7b0c1f"
CLIENTS = (1, 8)
OURS, PARTS, USUAL, UNCHECKED = "tuchuang serve", "sum of the parts", "usual way", "unchecked"
PATHS = {OURS: "/api/images", PARTS: "/", USUAL: "/usual", UNCHECKED: "/unchecked"}
SHARE, TIMES = 0.8, 2.0
ABOUT = (
    "The parts run in a straight line in as many processes as keep the cores busy, without "
    "framework, accounts or limits on hostile files; the usual way is a plain Flask app under "
    "gunicorn that saves, hashes, decodes, makes a thumbnail and encodes anew, and does not wait "
    "for the disk; unchecked only saves. CPU is the server's alone and depends less than the "
    "rates do on what else the machine was doing."
)


class Sender:
    """Sends photographs, no two alike, as a form of one file."""

    def __init__(self, contents: list[bytes]) -> None:
        self._copies = [photos.Copies(content) for content in contents]
        self._heads = [copies.heads() for copies in self._copies]
        self._turn = itertools.count()
        self._lock = threading.Lock()
        self.parts: list[dict[str, float]] = []

    def send(self, connection: http.client.HTTPConnection, path: str, secret: str) -> None:
        """Upload one; raise unless it was taken."""
        with self._lock:
            number = next(self._turn) % len(self._copies)
            head = next(self._heads[number])
        before = (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="photo.jpg"'
            "\r\nContent-Type: image/jpeg\r\n\r\n"
        ).encode()
        after = f"\r\n--{BOUNDARY}--\r\n".encode()
        rest = self._copies[number].rest
        headers = {
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
            "Content-Length": str(len(before) + len(head) + len(rest) + len(after)),
        }
        if secret:
            headers["Authorization"] = f"Bearer {secret}"
        connection.request("POST", path, iter((before + head, rest, after)), headers)
        answer = connection.getresponse()
        told = answer.read()
        if answer.status != 201:
            raise RuntimeError(f"{path}: {answer.status} {told[:300]!r}")
        if path == PATHS[PARTS]:
            self.parts.append(json.loads(told))


def start(stack: ExitStack, name: str, folder: Path) -> measuring.Served:
    """Start a contender that stops with `stack`."""
    folder.mkdir(parents=True, exist_ok=True)
    if name == OURS:
        return stack.enter_context(measuring.tuchuang(folder))
    if name == PARTS:
        port = measuring.free_port()
        script = measuring.BENCHMARKS / "apps" / "parts.py"
        command = [sys.executable, str(script), str(port), str(folder)]
        return stack.enter_context(measuring.process(command, port, folder))
    return stack.enter_context(measuring.gunicorn(folder, "plain:app"))


Measured = dict[tuple[str, int], list[tuple[measuring.Pace, float]]]


def run(folder: Path, sender: Sender, rounds: int, seconds: float) -> Measured:
    """Every contender, every round: pace and CPU milliseconds of an upload."""
    found: Measured = {}
    for turn in range(rounds):
        for name, path in PATHS.items():
            print(f"round {turn + 1}, {name}", file=sys.stderr)
            with ExitStack() as stack:
                made = stack.enter_context(tempfile.TemporaryDirectory(dir=folder))
                served = start(stack, name, Path(made) / "site")

                def call(
                    connection: http.client.HTTPConnection,
                    path: str = path,
                    secret: str = served.secret,
                ) -> None:
                    sender.send(connection, path, secret)

                measuring.pace(served.port, 2, 1, call)  # children and connections are there now
                for clients in CLIENTS:
                    measuring.touch_pages(folder)
                    before = served.cpu_ms()
                    pace = measuring.pace(served.port, clients, seconds, call)
                    cpu = (served.cpu_ms() - before) / pace.calls
                    found.setdefault((name, clients), []).append((pace, cpu))
    return found


def tell(found: Measured, sender: Sender, size: int, costs: str, load: float) -> None:
    """Print and keep the medians, and what they mean for the goals."""
    rate = {cell: median(pace.rate for pace, _ in paces) for cell, paces in found.items()}
    each = {cell: median(pace.each_ms for pace, _ in paces) for cell, paces in found.items()}
    cpu = {cell: median(ms for _, ms in paces) for cell, paces in found.items()}

    def ratio(other: str, clients: int) -> float:
        """The median over the rounds of our rate to another's in the same round."""
        both = zip(found[OURS, clients], found[other, clients], strict=True)
        return median(ours.rate / theirs.rate for (ours, _), (theirs, _) in both)

    rows = [
        [
            name,
            *(f"{rate[name, clients]:.1f}" for clients in CLIENTS),
            f"{each[name, 1]:.0f}",
            *(f"{cpu[name, clients]:.0f}" for clients in CLIENTS),
            *("" if name == OURS else f"{ratio(name, clients):.2f}" for clients in CLIENTS),
        ]
        for name in PATHS
    ]
    parts = {part: median(told[part] for told in sender.parts) for part in sender.parts[-1]}
    listed = " · ".join(f"{part} {ms:.1f}" for part, ms in parts.items())
    share, times = ratio(PARTS, 8), ratio(USUAL, 8)
    spread = ", ".join(f"{pace.rate:.1f}" for pace, _ in found[OURS, 8])
    result = report.Result(
        name="1-uploads",
        title="Taking in a photograph",
        head=[
            f"12 MP JPEG of {size / 1e6:.1f} MB",
            "1 client, /s",
            "8 clients, /s",
            "one upload, ms",
            "CPU ms (1)",
            "CPU ms (8)",
            "ours to it (1)",
            "ours to it (8)",
        ],
        rows=rows,
        goals=[
            report.Goal(
                f"8 clients: at least {SHARE} of the sum of the parts",
                f"{share:.2f}",
                share >= SHARE,
            ),
            report.Goal(
                f"8 clients: at least {TIMES:.0f} × the usual way", f"{times:.2f} ×", times >= TIMES
            ),
            report.Goal(
                f"the same by CPU time: at least {SHARE} of the parts",
                f"{cpu[PARTS, 8] / cpu[OURS, 8]:.2f}",
                cpu[PARTS, 8] / cpu[OURS, 8] >= SHARE,
            ),
            report.Goal(
                f"the same by CPU time: at least {TIMES:.0f} × the usual way",
                f"{cpu[USUAL, 8] / cpu[OURS, 8]:.2f} ×",
                cpu[USUAL, 8] / cpu[OURS, 8] >= TIMES,
            ),
        ],
        notes=[
            f"The parts, CPU ms: {listed}; together {sum(parts.values()):.1f}.",
            ABOUT,
            costs,
            f"Ours with 8 clients, round by round: {spread}.",
        ],
    )
    report.save(result, load)


def child_costs(folder: Path) -> str:
    """What a child process costs before it looks at a picture: its start, and a trip there."""
    source = folder / "no picture"
    source.write_bytes(b"no picture")
    limits = {"pixels": 1, "side": 1, "frames": 1, "total_pixels": 1}
    pool = DecodePool(1)
    spent = []
    for _ in range(100):
        began = time.monotonic()
        with suppress(UnsupportedTypeError):
            pool.run("intake", source=str(source), clean=None, thumbnail="", limits=limits)
        spent.append((time.monotonic() - began) * 1000)
    pool.close()
    first, *others = spent
    return (
        f"A child process starts in {first:.0f} ms; a trip there and back {median(others):.2f} ms."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument("--seconds", type=float, default=5, help="per cell")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="on the disk to measure; default: temporary")
    args = parser.parse_args()
    if args.quick:
        args.seconds, args.rounds = 2, 1
    load = report.load_average()
    with tempfile.TemporaryDirectory(prefix="bench-", dir=args.folder) as temporary:
        folder = Path(temporary)
        contents = [path.read_bytes() for path in photos.album(folder / "album", 4)]
        sender = Sender(contents)
        costs = child_costs(folder)
        found = run(folder, sender, args.rounds, args.seconds)
        tell(found, sender, sum(map(len, contents)) // len(contents), costs, load)


if __name__ == "__main__":
    main()
