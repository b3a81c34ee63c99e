"""What does a variant cost when it is asked for, beside thumbor, ipx and the library call alone?

    python benchmarks/variants.py             about 7 minutes, half of it ipx making AVIF
    python benchmarks/variants.py --quick     about 2 minutes

Photographs of 12 megapixels, a third of them turned by their EXIF orientation. Cold: a variant that
nobody has made yet, with 1 and 4 clients. Warm: one that is kept. Server and clients share all
cores; the contenders take turns within each round; figures are medians. The peers make WebP
of quality 80 and AVIF of quality 60; we code with less effort at a higher quality. SSIM says how
close each comes to a careful resize of the original, the size what that takes.

thumbor and ipx come from PyPI and npm by `make bench`, into .venv/peers; if one is not there, the
result says so. Warm answers are counted by `wrk`.
"""

from __future__ import annotations

import argparse
import http.client
import json
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from statistics import mean, median

import measuring
import photos
import report
from PIL import Image, ImageOps
from ssim import ssim

PEERS = measuring.BIN.parent / "peers"
TURNED = {5, 6, 7, 8}
ORIENTATION = 0x0112
CLIENTS = (1, 4)
AT_ONCE = 64


@dataclass(frozen=True)
class Wanted:
    """A variant, and how many of the photographs it is made of in one cell."""

    width: int
    format: str
    quality: int
    number: int

    def __str__(self) -> str:
        return f"{self.width} px {'AVIF' if self.format == 'avif' else 'WebP'}"


WANTED = (Wanted(320, "webp", 80, 12), Wanted(1600, "webp", 80, 12), Wanted(1600, "avif", 60, 3))
OWN = {"webp": {"quality": 83, "method": 1}, "avif": {"quality": 64, "speed": 9}}
"""What the library call alone is told, and what we tell it (docs/adr/0007-variants.md)."""


class Contender(ABC):
    """Something that makes variants of the photographs of `album`."""

    name: str
    served: measuring.Served | None = None

    def __init__(self, folder: Path, album: list[Path]) -> None:
        self.folder, self.album = folder, album

    @abstractmethod
    def start(self, stack: ExitStack) -> None:
        """Start, to be stopped by `stack`."""

    @abstractmethod
    def path(self, number: int, wanted: Wanted) -> str:
        """Where a variant is to be had."""

    @abstractmethod
    def forget(self) -> None:
        """Throw away what was made."""

    def make(self, number: int, wanted: Wanted) -> bytes:
        """Get one variant over a connection of its own."""
        assert self.served is not None
        connection = http.client.HTTPConnection(measuring.HOST, self.served.port, timeout=600)
        try:
            connection.request("GET", self.path(number, wanted))
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if answer.status != 200 or answer.getheader("Content-Type") != f"image/{wanted.format}":
            raise RuntimeError(f"{self.name}: {answer.status} {content[:300]!r}")
        return content

    def cpu_ms(self) -> float:
        assert self.served is not None
        return self.served.cpu_ms()


class Ours(Contender):
    name = "tuchuang serve"

    def start(self, stack: ExitStack) -> None:
        self.served = stack.enter_context(measuring.tuchuang(self.folder))
        self._keys = [self._upload(path.read_bytes()) for path in self.album]

    def _upload(self, content: bytes) -> str:
        assert self.served is not None
        body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="p.jpg"\r\n\r\n'
        body += content + b"\r\n--b--\r\n"
        connection = http.client.HTTPConnection(measuring.HOST, self.served.port, timeout=600)
        headers = {
            "Content-Type": "multipart/form-data; boundary=b",
            "Authorization": f"Bearer {self.served.secret}",
        }
        connection.request("POST", "/api/images", body, headers)
        answer = connection.getresponse()
        told = json.loads(answer.read())
        connection.close()
        key: str = told["key"]
        return key

    def path(self, number: int, wanted: Wanted) -> str:
        return f"/i/{self._keys[number]}.{wanted.format}?w={wanted.width}"

    def forget(self) -> None:
        shutil.rmtree(self.folder / "instance" / "files" / "variants")


class Library(Contender):
    """Pillow in this process: the call that a variant cannot do without."""

    name = "the library call alone"

    def start(self, stack: ExitStack) -> None:
        """Nothing to start."""

    def path(self, number: int, wanted: Wanted) -> str:
        raise NotImplementedError

    def forget(self) -> None:
        """Nothing is kept."""

    def make(self, number: int, wanted: Wanted) -> bytes:
        out = BytesIO()
        with Image.open(self.album[number]) as picture:
            turned = picture.getexif().get(ORIENTATION) in TURNED
            long, short = picture.size
            side = wanted.width if not turned else wanted.width * long // short
            picture.thumbnail((side, side * short // long + 1), reducing_gap=1.0)
            upright = ImageOps.exif_transpose(picture)
            upright.save(out, wanted.format, **OWN[wanted.format])
        return out.getvalue()

    def cpu_ms(self) -> float:
        return time.process_time() * 1000


class Thumbor(Contender):
    name = "thumbor"

    def start(self, stack: ExitStack) -> None:
        port = measuring.free_port()
        command = [str(PEERS / "bin" / "thumbor"), "-i", measuring.HOST, "-p", str(port)]
        command += ["-c", str(measuring.BENCHMARKS / "peers" / "thumbor.conf")]
        command += ["-l", "error", "--processes", str(measuring.CORES)]
        environ = {"BENCH_DIR": str(self.folder), "BENCH_PHOTOS": str(self.album[0].parent)}
        running = measuring.process(command, port, self.folder, **environ)
        self.served = stack.enter_context(running)

    def path(self, number: int, wanted: Wanted) -> str:
        filters = f"filters:format({wanted.format}):quality({wanted.quality})"
        return f"/unsafe/{wanted.width}x0/{filters}/{self.album[number].name}"

    def forget(self) -> None:
        shutil.rmtree(self.folder / "results", ignore_errors=True)


class Ipx(Contender):
    name = "ipx"

    def start(self, stack: ExitStack) -> None:
        port = measuring.free_port()
        script = measuring.BENCHMARKS / "peers" / "ipx.mjs"
        node = shutil.which("node", path=str(measuring.BIN)) or shutil.which("node") or "node"
        modules = str(PEERS / "node_modules")
        command = [node, str(script), modules, str(self.album[0].parent), str(port)]
        self.served = stack.enter_context(measuring.process(command, port, self.folder))

    def path(self, number: int, wanted: Wanted) -> str:
        how = f"f_{wanted.format},w_{wanted.width},q_{wanted.quality}"
        return f"/{how}/{self.album[number].name}"

    def forget(self) -> None:
        """Nothing is kept."""


def missing() -> dict[str, str]:
    """The peers that are not installed, and what to do."""
    needed = {"thumbor": PEERS / "bin" / "thumbor", "ipx": PEERS / "node_modules" / "ipx"}
    return {
        name: f"{name} was **not measured**: {path} is not there; `make bench` installs it."
        for name, path in needed.items()
        if not path.exists()
    }


def drain(jobs: list[int], clients: int, do: Callable[[int], object]) -> float:
    """Do all jobs, `clients` at a time; return the seconds it took."""
    left: queue.SimpleQueue[int] = queue.SimpleQueue()
    for job in jobs:
        left.put(job)
    faults: list[BaseException] = []

    def work() -> None:
        while not faults:
            try:
                do(left.get_nowait())
            except queue.Empty:
                return
            except BaseException as error:  # noqa: BLE001 - told below, whatever it is
                faults.append(error)

    threads = [threading.Thread(target=work) for _ in range(clients)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise SystemExit(f"a client failed: {faults[0]!r}")
    return time.monotonic() - began


Cell = tuple[Wanted, int]


class Findings:
    """What was measured: by contender and cell, one value a round."""

    def __init__(self) -> None:
        self.rate: dict[str, dict[Cell, list[float]]] = {}
        self.cpu: dict[str, dict[Cell, list[float]]] = {}
        self.warm: dict[str, list[float]] = {}
        self.likeness: dict[str, dict[Wanted, float]] = {}
        self.size: dict[str, dict[Wanted, float]] = {}
        self.notes: list[str] = []
        self.goals: list[report.Goal] = []

    def add(self, name: str, cell: Cell, rate: float, cpu: float) -> None:
        self.rate.setdefault(name, {}).setdefault(cell, []).append(rate)
        self.cpu.setdefault(name, {}).setdefault(cell, []).append(cpu)

    def cpu_ratio(self, other: str, wanted: Wanted) -> float:
        """Another's CPU time for a variant to ours: the medians with one client."""
        theirs, ours = (median(self.cpu[name][wanted, 1]) for name in (other, Ours.name))
        return theirs / ours

    def ratio(self, other: str, cell: Cell) -> float:
        """The median over the rounds of our rate to another's in the same round."""
        both = zip(self.rate[Ours.name][cell], self.rate[other][cell], strict=True)
        return median(ours / theirs for ours, theirs in both)


def cold(contender: Contender, wanted: tuple[Wanted, ...], findings: Findings) -> None:
    """One round of every cell."""
    # What starts with the first requests has started, a child process for each core too.
    drain([0, 1, 2], max(CLIENTS), lambda number: contender.make(number, wanted[-1]))
    for clients in CLIENTS:
        for each in wanted:
            contender.forget()
            before = contender.cpu_ms()
            seconds = drain(
                list(range(each.number)), clients, lambda n, each=each: contender.make(n, each)
            )
            cpu = (contender.cpu_ms() - before) / each.number
            findings.add(contender.name, (each, clients), each.number / seconds, cpu)


def warm(contender: Contender, seconds: float, findings: Findings) -> None:
    """Answers a second of a variant that was made before."""
    assert contender.served is not None
    contender.make(0, WANTED[0])
    address = f"http://{measuring.HOST}:{contender.served.port}{contender.path(0, WANTED[0])}"
    command = ["wrk", "-t1", "-c8", f"-d{max(1, round(seconds))}s", address]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"Requests/sec:\s+([\d.]+)", told)
    if found is None or "Non-2xx" in told:
        raise SystemExit(f"wrk saw errors:\n{told}")
    findings.warm.setdefault(contender.name, []).append(float(found[1]))


def compare(contender: Contender, wanted: tuple[Wanted, ...], findings: Findings) -> None:
    """How close the variants come to a careful resize, and how large they are."""
    for each in wanted:
        alike, sizes = [], []
        for number in range(3):  # the third is a turned one
            content = contender.make(number, each)
            with Image.open(BytesIO(content)) as made, Image.open(contender.album[number]) as shot:
                careful = ImageOps.exif_transpose(shot).convert("RGB")
                alike.append(ssim(careful.resize(made.size, Image.Resampling.LANCZOS), made))
            sizes.append(len(content) / 1024)
        findings.likeness.setdefault(contender.name, {})[each] = mean(alike)
        findings.size.setdefault(contender.name, {})[each] = mean(sizes)


def at_once(ours: Contender, findings: Findings) -> None:
    """Many ask for the same new variant: it has to be made once."""
    assert ours.served is not None
    wanted = Wanted(1280, "webp", 80, 1)

    def cost(clients: int, *, new: bool = True) -> float:
        if new:
            ours.forget()
        before = ours.cpu_ms()
        drain([0] * clients, clients, lambda n: ours.make(n, wanted))
        return ours.cpu_ms() - before

    cost(1)
    alone = median(cost(1) for _ in range(3))
    many, kept = cost(AT_ONCE), cost(AT_ONCE, new=False)
    findings.notes.append(
        f"{AT_ONCE} identical cold requests at once ({wanted}): {many:.0f} ms of CPU in all; one "
        f"alone {alone:.0f} ms; {AT_ONCE} at once of one that is kept {kept:.0f} ms."
    )
    reached = (many - kept) / alone
    findings.goals.append(
        report.Goal(
            f"P7: {AT_ONCE} identical requests at once: one making",
            f"{reached:.1f} makings",
            reached < 1.5,
        )
    )


def judge(findings: Findings, wanted: tuple[Wanted, ...]) -> None:
    """Hold the ratios against the goals."""
    cells = [(each, clients) for clients in CLIENTS for each in wanted]
    for each, clients in cells:
        times = 1 / findings.ratio(Library.name, (each, clients))
        aim = f"P5: cold {each}, {clients} client{'s'[: clients > 1]}: ≤ 1.25 × the library's time"
        findings.goals.append(report.Goal(aim, f"{times:.2f} ×", times <= 1.25))
    for peer, small in ((Thumbor.name, 1.5), (Ipx.name, 1.0)):
        if peer not in findings.rate:
            findings.goals.append(report.Goal(f"P5: against {peer}", "not measured", met=False))
            continue
        for each, clients in cells:
            least = small if each.width == 320 else 1.5
            times = findings.ratio(peer, (each, clients))
            aim = f"P5: cold {each}, {clients} client{'s'[: clients > 1]}: ≥ {least} × {peer}"
            findings.goals.append(report.Goal(aim, f"{times:.2f} ×", times >= least))
        for each in wanted:
            ours, theirs = (findings.likeness[name][each] for name in (Ours.name, peer))
            aim = f"P5: {each}: SSIM no lower than {peer}'s"
            reached = f"{ours:.3f} to {theirs:.3f}"
            findings.goals.append(report.Goal(aim, reached, round(ours, 3) >= round(theirs, 3)))
    for other in findings.rate:
        if other != Ours.name:
            told = ", ".join(f"{each} {findings.cpu_ratio(other, each):.2f}" for each in wanted)
            findings.notes.append(f"CPU time of {other}, ours being 1: {told}.")
    if Thumbor.name in findings.warm:
        both = zip(findings.warm[Ours.name], findings.warm[Thumbor.name], strict=True)
        times = median(ours / theirs for ours, theirs in both)
        findings.goals.append(
            report.Goal("P6: warm: ≥ 1 × thumbor's result storage", f"{times:.2f} ×", times >= 1)
        )


def tell(findings: Findings, wanted: tuple[Wanted, ...], load: float) -> None:
    """Print and keep everything."""
    judge(findings, wanted)
    cells = [(each, clients) for each in wanted for clients in CLIENTS]
    rows = []
    for name, rates in findings.rate.items():
        row = [name]
        row += [f"{median(rates[cell]):.1f}" for cell in cells]
        row += [f"{median(findings.cpu[name][each, 1]):.0f}" for each in wanted]
        row += [f"{findings.likeness[name][each]:.3f}" for each in wanted]
        row += [f"{findings.size[name][each]:.0f}" for each in wanted]
        warm_rates = findings.warm.get(name)
        rows.append([*row, f"{median(warm_rates):,.0f}" if warm_rates else ""])
    head = [f"12 MP JPEG to {' / '.join(str(each) for each in wanted)}"]
    head += [f"{each}, {clients} cl., /s" for each, clients in cells]
    head += [f"{each}, CPU ms" for each in wanted]
    head += [f"{each}, SSIM" for each in wanted]
    head += [f"{each}, KB" for each in wanted]
    result = report.Result(
        name="2-variants",
        title="Making and sending variants",
        head=[*head, "warm 320 px, /s"],
        rows=rows,
        goals=findings.goals,
        notes=findings.notes,
    )
    report.save(result, load)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one round on fewer photographs")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3, help="of warm answers")
    args = parser.parse_args()
    wanted = WANTED
    if args.quick:
        args.rounds, args.seconds = 1, 1
        wanted = tuple(Wanted(w.width, w.format, w.quality, 3) for w in WANTED)
    if not shutil.which("wrk"):
        raise SystemExit("wrk is missing")
    load = report.load_average()
    findings = Findings()
    absent = missing()
    findings.notes += absent.values()
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        folder = Path(temporary)
        album = photos.album(folder / "album", max(each.number for each in wanted))
        for turn in range(args.rounds):
            for kind in (Ours, Library, Thumbor, Ipx):
                if kind.name in absent:
                    continue
                print(f"round {turn + 1}, {kind.name}", file=sys.stderr)
                place = folder / f"{kind.__name__}-{turn}"
                place.mkdir()
                contender = kind(place, album)
                with ExitStack() as stack:
                    contender.start(stack)
                    cold(contender, wanted, findings)
                    if kind is not Library:
                        warm(contender, args.seconds, findings)
                    if turn == 0:
                        compare(contender, wanted, findings)
                        if kind is Ours:
                            at_once(contender, findings)
                shutil.rmtree(place)
        tell(findings, wanted, load)


if __name__ == "__main__":
    main()
