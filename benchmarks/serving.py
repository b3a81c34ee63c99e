"""How fast are direct links? The server as it comes, nginx before it, and what others do.

    python benchmarks/serving.py             about 5 minutes
    python benchmarks/serving.py --quick     half a minute, one short round
    python benchmarks/serving.py --only tuchuang flask

Needs Linux, two cores, ``wrk``, ``taskset``, nginx, and gunicorn in this Python's environment;
thumbor from ``--thumbor`` takes part if it is there. Servers have core 0, ``wrk`` with 16
connections core 1; for each cell the contenders take turns within a round. A goal's ratio is the
median of the rounds' ratios, so that both of its parts saw the same load.

- ``tuchuang``: `tuchuang serve` as it comes.
- ``behind nginx``: the same behind deploy/nginx/tuchuang.conf.
- ``nginx``: the same nginx on the same files, nobody asked: the limit. It keeps files open, as
  our configuration does; ``nginx, plain`` opens them for each request.
- ``flask``: ``send_file`` after a look-up in SQLite, under gunicorn's gthread, 2 workers of 8
  threads.
- ``thumbor``: with its result storage, for the variant alone.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import http.client
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from measuring import BENCHMARKS, BIN, HOST, free_port, process
from photos import photo
from report import Goal, Result, load_average, save

SERVER_CORE, CLIENT_CORE = "0", "1"
SMALL, LARGE = 50 * 1024, 4 * 1024 * 1024
CONFIGURATION = BENCHMARKS.parent / "deploy" / "nginx" / "tuchuang.conf"
THUMBOR = BENCHMARKS.parent / ".venv" / "peers" / "bin" / "thumbor"
CELLS = ("50 KB", "304", "4 MB", "variant")
PINNED = ["taskset", "-c", SERVER_CORE]

AROUND = """\
{user}
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {inside}
}}
"""
ALONE = """\
server {{
    listen {host}:{port};
    root {root};
    sendfile on;
    tcp_nopush off;
    default_type image/jpeg;
    add_header Cache-Control "public, max-age=3600";
    {more}
}}
"""
KEEP_OPEN = "open_file_cache max=4096 inactive=20s; open_file_cache_valid 60s;"


@dataclass(frozen=True)
class Contender:
    """A server, and the path of what each cell asks it for."""

    name: str
    port: int
    paths: dict[str, str]


@dataclass
class Figures:
    """Requests a second: by contender and cell, one for each round."""

    rates: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def ratio(self, name: str, base: str, cell: str) -> float | None:
        mine, theirs = self.rates.get((name, cell)), self.rates.get((base, cell))
        if not mine or not theirs:
            return None
        return median(a / b for a, b in zip(mine, theirs, strict=True))


# -- what is served ------------------------------------------------------------


def prepare(instance: Path) -> dict[str, str]:
    """Make an instance with three pictures; the paths of their links by cell."""
    from flaskr import create_app
    from flaskr.db import db, upgrade
    from flaskr.library.keys import new_key
    from flaskr.library.media import blob_name
    from flaskr.models import Base, Blob, Image, User

    app = create_app({"INSTANCE_PATH": instance})
    contents = {"50 KB": os.urandom(SMALL), "4 MB": os.urandom(LARGE), "variant": photo(0)}
    paths = {}
    with app.app_context():
        upgrade(Base.metadata)
        owner = User(username="bench", name_key="bench", password_hash="-")
        db.session.add(owner)
        db.session.flush()
        store = app.extensions["tuchuang.media"].store
        for cell, content in contents.items():
            sha256 = hashlib.sha256(content).hexdigest()
            blob = Blob(
                sha256=sha256,
                md5=hashlib.md5(content).hexdigest(),
                bytes=len(content),
                type="image/jpeg",
                extension="jpg",
                width=4000,
                height=3000,
                frames=1,
            )
            image = Image(
                key=new_key(),
                owner_id=owner.id,
                blob=blob,
                name="photo.jpg",
                deletion_sha256="-",
            )
            db.session.add(image)
            draft = instance / "draft"
            draft.write_bytes(content)
            store.root.mkdir(exist_ok=True)
            store.put(blob_name(sha256), draft)
            draft.unlink(missing_ok=True)
            paths[cell] = f"/tuchuang/download/{image.key}.jpg"
        db.session.commit()
        db.engine.dispose()
    (instance / "photo.jpg").write_bytes(contents["variant"])
    paths["304"] = paths["50 KB"]
    paths["variant"] = paths["variant"].replace(".jpg", ".webp?w=320")
    return paths


def stored(instance: Path, length: int) -> str:
    """The path below `files` of the stored file with this length."""
    files = instance / "files"
    return next(
        "/" + path.relative_to(files).as_posix()
        for path in sorted(files.glob("blobs/*/*/*"))
        if path.stat().st_size == length
    )


# -- the contenders ------------------------------------------------------------


@contextlib.contextmanager
def tuchuang(instance: Path, folder: Path, **settings: str) -> Iterator[int]:
    port = free_port()
    environ = {f"TUCHUANG_{name}": value for name, value in settings.items()}
    command = [*PINNED, str(BIN / "tuchuang"), "serve", "--host", HOST, "--port", str(port)]
    with process(command, port, folder, TUCHUANG_INSTANCE_PATH=str(instance), **environ):
        yield port


@contextlib.contextmanager
def nginx(folder: Path, port: int, inside: str) -> Iterator[int]:
    folder.mkdir()
    user = "user root;" if os.geteuid() == 0 else ""
    file = folder / "nginx.conf"
    file.write_text(AROUND.format(user=user, folder=folder, inside=inside))
    program = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
    if program is None:
        raise SystemExit("nginx is missing")
    command = [*PINNED, program, "-p", str(folder), "-c", str(file)]
    with process([*command, "-e", str(folder / "error.log")], port, folder):
        yield port


@contextlib.contextmanager
def nginx_before(app_port: int, instance: Path, folder: Path) -> Iterator[int]:
    """The shipped configuration, its places and ports replaced."""
    port = free_port()
    text = CONFIGURATION.read_text()
    for shipped, ours in {
        "    listen 80;\n    listen [::]:80;\n": f"    listen {HOST}:{port};\n",
        "server 127.0.0.1:5000;": f"server {HOST}:{app_port};",
        "/var/lib/tuchuang/files": str(instance / "files"),
        "/dev/shm/tuchuang-links": f"/dev/shm/tuchuang-bench-{port}",
        "/var/lib/nginx/tuchuang-static": f"{folder}/static",
    }.items():
        if shipped not in text:
            raise SystemExit(f"{CONFIGURATION} has no {shipped!r}")
        text = text.replace(shipped, ours)
    try:
        with nginx(folder, port, text):
            yield port
    finally:
        shutil.rmtree(f"/dev/shm/tuchuang-bench-{port}", ignore_errors=True)


@contextlib.contextmanager
def flask(folder: Path) -> Iterator[int]:
    folder.mkdir()
    sys.path.insert(0, str(BENCHMARKS / "apps"))
    import honest

    honest.prepare(folder)
    port = free_port()
    command = [*PINNED, str(BIN / "gunicorn"), "-k", "gthread", "-w", "2", "--threads", "8"]
    command += ["--keep-alive", "30", "-b", f"{HOST}:{port}", "--chdir", str(BENCHMARKS / "apps")]
    with process([*command, "honest:create_app()"], port, folder, BENCH_DIR=str(folder)):
        yield port


@contextlib.contextmanager
def thumbor(program: Path, photos: Path, folder: Path) -> Iterator[int]:
    folder.mkdir()
    port = free_port()
    command = [*PINNED, str(program), "-i", HOST, "-p", str(port), "-l", "error"]
    command += ["-c", str(BENCHMARKS / "peers" / "thumbor.conf")]
    with process(command, port, folder, BENCH_PHOTOS=str(photos), BENCH_DIR=str(folder)):
        yield port


@contextlib.contextmanager
def contenders(folder: Path, program: Path, only: list[str]) -> Iterator[list[Contender]]:
    """All that can take part, running."""
    instance = folder / "instance"
    instance.mkdir()
    paths = prepare(instance)
    small, large = stored(instance, SMALL), stored(instance, LARGE)
    files = {"50 KB": small, "304": small, "4 MB": large}
    names = ("small", "small", "large")
    linked = {cell: f"/file/{name}.jpg" for cell, name in zip(files, names, strict=True)}
    found = []

    def wanted(name: str) -> bool:
        return not only or name in only

    with contextlib.ExitStack() as running:

        def add(name: str, server: contextlib.AbstractContextManager[int], **paths: str) -> None:
            found.append(Contender(name, running.enter_context(server), paths))

        with tuchuang(instance, folder) as port:  # the variant is made once, and kept
            status = fetch(port, paths["variant"])[0]
            if status != 200:
                raise SystemExit(f"no variant was made: {status}")
        variant = next((instance / "files" / "variants").rglob("*.webp"))
        files["variant"] = "/" + variant.relative_to(instance / "files").as_posix()
        if wanted("tuchuang"):
            add("tuchuang", tuchuang(instance, folder), **paths)
        if wanted("behind nginx"):
            behind = tuchuang(instance, folder, ACCEL_PREFIX="/_files/", TRUSTED_PROXIES="1")
            port = running.enter_context(behind)
            add("behind nginx", nginx_before(port, instance, folder / "before"), **paths)
        for name, more in (("nginx", KEEP_OPEN), ("nginx, plain", "")):
            if wanted(name):
                port = free_port()
                root = instance / "files"
                inside = ALONE.format(host=HOST, port=port, root=root, more=more)
                add(name, nginx(folder / name.replace(", ", "-"), port, inside), **files)
        if wanted("flask"):
            add("flask", flask(folder / "flask"), **linked)
        if wanted("thumbor") and program.exists():
            path = "/unsafe/fit-in/320x320/filters:format(webp)/photo.jpg"
            server = thumbor(program, instance, folder / "thumbor")
            add("thumbor", server, variant=path)
        yield found


# -- measuring -----------------------------------------------------------------


def fetch(port: int, path: str, etag: str = "") -> tuple[int, str, int]:
    """Ask once: status, ETag, length."""
    client = http.client.HTTPConnection(HOST, port, timeout=60)
    try:
        client.request("GET", path, headers={"If-None-Match": etag} if etag else {})
        answer = client.getresponse()
        return answer.status, answer.getheader("ETag", ""), len(answer.read())
    finally:
        client.close()


def rate(contender: Contender, cell: str, seconds: int) -> float:
    """Requests a second. Answers are looked at first; any error later is fatal."""
    path = contender.paths[cell]
    status, etag, length = fetch(contender.port, path)
    if status != 200 or length < 1000:
        raise SystemExit(f"{contender.name}, {cell}: answered {status}, {length} bytes")
    given = etag if cell == "304" else ""
    if given and fetch(contender.port, path, etag)[0] != 304:
        raise SystemExit(f"{contender.name} does not know its own ETag")
    command = ["taskset", "-c", CLIENT_CORE, "wrk", "-t1", "-c16", "-d", f"{seconds}s"]
    command += ["-H", f"If-None-Match: {given}"] if given else []
    command += [f"http://{HOST}:{contender.port}{path}"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        raise SystemExit(f"{contender.name}, {cell}: wrk saw errors:\n{text}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", text)
    assert found, text
    return float(found[1])


def run(folder: Path, args: argparse.Namespace) -> tuple[list[str], Figures]:
    figures = Figures()
    with contenders(folder, args.thumbor, args.only) as racing:
        for contender in racing:
            for cell in contender.paths:
                rate(contender, cell, 1)  # warm
        for turn in range(args.rounds):
            for cell in args.cells:
                for contender in racing:
                    if cell in contender.paths:
                        print(f"round {turn + 1}, {cell}, {contender.name}", file=sys.stderr)
                        found = rate(contender, cell, args.seconds)
                        figures.rates.setdefault((contender.name, cell), []).append(found)
        return [contender.name for contender in racing], figures


# name, contender, base, cell, the ratio aimed at
GOALS = (
    ("P2: 50 KB, as it comes ≥ 1.0 × Flask", "tuchuang", "flask", "50 KB", 1.0),
    ("P3: 50 KB behind nginx ≥ 0.5 × nginx alone", "behind nginx", "nginx", "50 KB", 0.5),
    ("P3: 304 behind nginx ≥ 0.5 × nginx alone", "behind nginx", "nginx", "304", 0.5),
    ("P4: 4 MB, as it comes ≥ 0.95 × nginx alone", "tuchuang", "nginx", "4 MB", 0.95),
    ("P4: 4 MB behind nginx ≥ 0.95 × nginx alone", "behind nginx", "nginx", "4 MB", 0.95),
    ("P6: variant, as it comes ≥ 1 × thumbor", "tuchuang", "thumbor", "variant", 1.0),
    ("P6: variant behind nginx ≥ 5 × thumbor", "behind nginx", "thumbor", "variant", 5.0),
)


def result(names: list[str], figures: Figures, args: argparse.Namespace) -> Result:
    rows = []
    for name in names:
        row = [name]
        for cell in args.cells:
            rates = figures.rates.get((name, cell))
            base = figures.ratio(name, "nginx", cell)
            text = f"{median(rates):,.0f}" if rates else "–"
            row.append(text + (f" ({base:.2f}×)" if base is not None and name != "nginx" else ""))
        rows.append(row)
    goals = []
    for aim, name, base, cell, least in GOALS:
        ratio = figures.ratio(name, base, cell)
        if ratio is not None:
            goals.append(Goal(aim, f"{ratio:.2f} ×", met=ratio >= least))
    how = (
        "Requests a second over 16 connections; in brackets the ratio to nginx alone on the same "
        "files, which it keeps open. Server on one core, client on the other."
    )
    notes = [
        how,
        f"Medians of {args.rounds} rounds of {args.seconds} s, contenders in turn.",
    ]
    if "thumbor" not in names:
        notes.append("thumbor did not take part: it was not installed.")
    return Result(
        name="3-serving",
        title="Direct links",
        head=["requests/s", *args.cells],
        rows=rows,
        goals=goals,
        notes=notes,
    )


def main() -> None:
    """Parse the flags, run the rounds, keep and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument("--seconds", type=int, default=3, help="per cell")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cells", nargs="+", choices=CELLS, default=list(CELLS))
    parser.add_argument("--only", nargs="+", default=[], metavar="CONTENDER")
    parser.add_argument("--thumbor", type=Path, default=THUMBOR, help="its program")
    parser.add_argument("--dry", action="store_true", help="print, do not keep")
    args = parser.parse_args()
    if args.quick:
        args.seconds, args.rounds = 1, 1
    for tool in ("wrk", "taskset"):
        if not shutil.which(tool):
            raise SystemExit(f"{tool} is missing")
    before = load_average()
    with tempfile.TemporaryDirectory(prefix="bench-serving-") as temporary:
        Path(temporary).chmod(0o755)
        names, figures = run(Path(temporary), args)
    found = result(names, figures, args)
    if args.dry:
        for row in [
            found.head,
            *found.rows,
            *((g.aim, g.reached, str(g.met)) for g in found.goals),
        ]:
            print(" | ".join(row))
    else:
        save(found, before)


if __name__ == "__main__":
    main()
