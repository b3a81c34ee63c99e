"""Kill the server again and again while it takes uploads, then see whether it kept its word.

    python -m tests.faults.kill_loop --rounds 500          [DATABASE_URL=…]

In each round the whole process group gets SIGKILL at a random moment, with uploads under way, and
is started anew. At the end every upload that was answered with 201 has to be there, byte for byte
what the answer said, every row has to have its bytes, no file may be torn, and the check that
`tuchuang fsck --repair` makes leaves no file that no row knows.
"""

import argparse
import hashlib
import http.client
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from sqlalchemy import select

from flaskr.db import db
from flaskr.library.check import check
from flaskr.library.collect import LEFTOVER_AGE
from flaskr.library.media import Media, blob_name
from flaskr.models import Blob, now
from tests.calling import Caller
from tests.conftest import dispose
from tests.factories import encode, exif, make_token, make_user, noise
from tests.serving import Site

CLIENTS = 3
LIVES = (0.05, 1.0)
"""How long the server lives from its first answer, in seconds: a random time between these."""

_numbers = count(1)


@dataclass
class Tally:
    """What the clients were told, and what was found afterwards. `sha256` by path."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    broken_off: int = 0
    refused: list[int] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    without_bytes: list[str] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)
    orphans: int = 0
    left: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.without_bytes or self.torn or self.refused or self.left)

    def __str__(self) -> str:
        return (
            f"{len(self.acknowledged)} uploads acknowledged, {self.broken_off} broken off, "
            f"{len(self.refused)} refused; {len(self.lost)} lost, {len(self.without_bytes)} rows "
            f"without bytes, {len(self.torn)} torn files, {self.orphans} files without a row, "
            f"{len(self.left)} faults left by fsck"
        )


def picture(number: int) -> bytes:
    """A photo with EXIF that no other has; every third is a plain PNG."""
    drawn = noise(120, 90, number)
    return encode(drawn, "PNG") if number % 3 else encode(drawn, "JPEG", exif=exif(), quality=95)


def upload_until(stop: threading.Event, caller: Caller, tally: Tally) -> None:
    while not stop.is_set():
        try:
            answer = caller.upload(picture(next(_numbers)))
        except (OSError, http.client.HTTPException):
            tally.broken_off += 1
            stop.wait(0.01)  # there is no server just now
            continue
        if answer.status == 201:
            tally.acknowledged[answer.json["path"]] = answer.json["sha256"]
        else:
            tally.refused.append(answer.status)


@contextmanager
def uploading(caller: Caller, tally: Tally) -> Iterator[None]:
    stop = threading.Event()
    clients = [
        threading.Thread(target=upload_until, args=(stop, caller, tally)) for _ in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    try:
        yield
    finally:
        stop.set()
        for client in clients:
            client.join()


def run(site: Site, rounds: int, chance: random.Random) -> Tally:
    """Kill the server `rounds` times, then look. The site's database has its tables already."""
    app = site.make_app()
    with app.app_context(), db.sessionmaker() as session:
        owner = make_user(session, f"killed-{chance.randrange(10**9)}")
        caller = Caller(site, make_token(session, owner))
    dispose(app)
    tally = Tally()
    site.start()
    with uploading(caller, tally):
        for _ in range(rounds):
            time.sleep(chance.uniform(*LIVES))
            site.kill()
            site.start()
    look(site, caller, tally)
    return tally


def look(site: Site, caller: Caller, tally: Tally) -> None:
    """Compare what was promised with what is there."""
    for path, sha256 in tally.acknowledged.items():
        answer = caller.get(path)
        if answer.status != 200 or hashlib.sha256(answer.content).hexdigest() != sha256:
            tally.lost.append(path)
    files = site.instance / "files"
    app = site.make_app()
    media: Media = app.extensions["tuchuang.media"]
    with app.app_context(), db.sessionmaker() as session:
        known = set(session.scalars(select(Blob.sha256)))
        tally.without_bytes = [sha for sha in known if not (files / blob_name(sha)).is_file()]
        for stored in blobs(files):
            if hashlib.sha256(stored.read_bytes()).hexdigest() != stored.name:
                tally.torn.append(stored.name)
            tally.orphans += stored.name not in known
        # Young files may belong to an upload that is under way, so they are looked at tomorrow.
        tomorrow = now() + 2 * LEFTOVER_AGE
        check(session, media, repair=True, at=tomorrow)
        tally.left = [str(fault) for fault in check(session, media, at=tomorrow).faults]
        tally.left += [stored.name for stored in blobs(files) if stored.name not in known]
        tally.left += [part.name for part in (files / "incoming").iterdir()]
    dispose(app)


def blobs(files: Path) -> Iterator[Path]:
    return (path for path in (files / "blobs").rglob("*") if path.is_file())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument("--seed", type=int, default=None, help="of the moments to kill at")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.randrange(10**6)
    print(f"seed {seed}", flush=True)
    settings = {name: os.environ[name] for name in ("DATABASE_URL",) if name in os.environ}
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder), None, **settings)
        site.run("db", "upgrade")
        try:
            tally = run(site, options.rounds, random.Random(seed))
        finally:
            site.kill()
    print(f"{options.rounds} rounds: {tally}")
    sys.exit(not tally.is_clean)


if __name__ == "__main__":
    main()
