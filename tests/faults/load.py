"""What people notice while others do harm: how soon pages come, and whether any fails.

python -m tests.faults.load bombs                50 hostile pictures at once
python -m tests.faults.load slow --seconds 60    200 bodies that arrive by the byte
"""

import argparse
import selectors
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import quantiles
from typing import Self

from tests.calling import UPLOAD, Caller
from tests.faults.conftest import enter
from tests.hostile.corpus import REJECT, bombs, gif, png
from tests.serving import HOST, PATIENCE, Site, pss

PATHS = ("/auth/login", "/")
MIB = 1024 * 1024
DRIP_SECONDS = 0.5


class Visitor:
    """Somebody who looks at one page after the other. `seconds` of each, `failed` ones."""

    def __init__(self, caller: Caller) -> None:
        self.seconds: list[float] = []
        self.failed: list[str] = []
        self._caller = caller
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def _look(self) -> None:
        while not self._stop.wait(0.02):
            for path in PATHS:
                begun = time.perf_counter()
                try:
                    status = self._caller.get(path).status
                except OSError as error:
                    self.failed.append(repr(error))
                    continue
                self.seconds.append(time.perf_counter() - begun)
                if status != 200:
                    self.failed.append(f"{path}: {status}")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def __str__(self) -> str:
        cuts = quantiles([second * 1000 for second in self.seconds], n=100)
        return (
            f"{len(self.seconds)} pages, {len(self.failed)} failed, "
            f"median {cuts[49]:.0f} ms, p95 {cuts[94]:.0f} ms, p99 {cuts[98]:.0f} ms"
        )


def hard_to_decode() -> list[bytes]:
    """Pictures that pass every cheap check and keep a decoder at work."""
    return [
        png(7_000, 7_000, depth=16, color=6),
        png(16_384, 3_050, depth=8, color=2),
        gif(500, (700, 700)),
    ]


def throw(caller: Caller, contents: list[bytes]) -> list[int]:
    """Upload all of it at once; return the statuses."""
    with ThreadPoolExecutor(len(contents)) as everybody:
        return [answer.status for answer in everybody.map(caller.upload, contents)]


@contextmanager
def dripping(caller: Caller, number: int) -> Iterator[list[socket.socket]]:
    """Hold `number` connections on which bodies arrive by a byte every DRIP_SECONDS.

    Those that the server closed are no longer in the list.
    """
    head = (
        f"POST {UPLOAD} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {caller.token}\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000\r\n\r\n"
        '--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
    ).encode()
    stop = threading.Event()
    with ExitStack() as opened, selectors.DefaultSelector() as answers:
        lines = []
        for _ in range(number):
            line = opened.enter_context(
                socket.create_connection((HOST, caller.site.port), PATIENCE)
            )
            line.sendall(head)
            answers.register(line, selectors.EVENT_READ)
            lines.append(line)

        def drip() -> None:
            while not stop.wait(DRIP_SECONDS):
                for key, _ in answers.select(0):  # an answer, or the end
                    answers.unregister(key.fileobj)
                    lines.remove(key.fileobj)  # type: ignore[arg-type]  # only sockets are there
                for line in lines:
                    line.sendall(b"x")

        dripper = threading.Thread(target=drip)
        dripper.start()
        try:
            yield lines
        finally:
            stop.set()
            dripper.join()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["bombs", "slow"])
    parser.add_argument("--number", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder))
        site.run("db", "upgrade")
        site.start()
        try:
            caller = enter(site)
            (worker,) = site.workers()
            before = pss(worker)
            with Visitor(caller) as visitor:
                if options.what == "bombs":
                    cheap = [content for _, content, label in bombs() if label == REJECT]
                    number = options.number or 50
                    statuses = throw(caller, (hard_to_decode() * 5 + cheap * 9)[:number])
                    print(f"{number} bombs: { ({s: statuses.count(s) for s in set(statuses)}) }")
                else:
                    number = options.number or 200
                    with dripping(caller, number) as lines:
                        time.sleep(options.seconds)
                        print(f"{number} slow bodies, {len(lines)} still held at the end")
            print(visitor)
            print(
                f"the web process grew by {(pss(worker) - before) / MIB:.1f} MiB; "
                f"{'it is the same one' if site.workers() == [worker] else 'IT DIED'}"
            )
        finally:
            site.kill()


if __name__ == "__main__":
    main()
