"""A small Flask app that does an image host's work honestly, for comparing servers.

Direct links cost a look-up in SQLite and a conditional ``send_file``; an upload
is streamed to a temporary file, hashed and fsynced before it is answered.
``BENCH_DIR`` names the folder made by ``prepare``.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import tempfile
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from flask import Flask, Response, abort, request, send_file
from werkzeug.wsgi import FileWrapper

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

SIZES = {"small": 50 * 1024, "large": 4 * 1024 * 1024}
READ = 256 * 1024
LIMIT = 32 * 1024 * 1024


class WideFileWrapper:
    """WSGI middleware: where the server has no ``wsgi.file_wrapper`` of its own,
    files go out in pieces of ``size`` bytes instead of Werkzeug's 8 KiB.
    """

    def __init__(self, app: Any, size: int) -> None:
        self.app = app
        self.size = size

    def _wrap(self, file: IO[bytes], _size: int = 0) -> FileWrapper:
        return FileWrapper(file, self.size)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ.setdefault("wsgi.file_wrapper", self._wrap)
        return self.app(environ, start_response)  # type: ignore[no-any-return]


def prepare(folder: Path) -> None:
    """Fill ``folder`` with the files and the database the app serves."""
    with sqlite3.connect(folder / "db.sqlite3") as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("CREATE TABLE image (key TEXT PRIMARY KEY, path TEXT, etag TEXT)")
        for key, size in SIZES.items():
            data = os.urandom(size)
            path = folder / f"{key}.jpg"
            path.write_bytes(data)
            etag = hashlib.sha256(data).hexdigest()
            db.execute("INSERT INTO image VALUES (?, ?, ?)", (key, str(path), etag))
    db.close()


def create_app() -> Flask:
    """Make the app over the folder named by ``BENCH_DIR``."""
    app = Flask(__name__)
    folder = Path(os.environ["BENCH_DIR"])
    pool: deque[sqlite3.Connection] = deque()

    def look_up(key: str) -> tuple[str, str]:
        try:
            db = pool.pop()
        except IndexError:
            db = sqlite3.connect(folder / "db.sqlite3", check_same_thread=False)
        try:
            row = db.execute("SELECT path, etag FROM image WHERE key = ?", (key,)).fetchone()
        finally:
            pool.append(db)
        if row is None:
            abort(404)
        return row[0], row[1]

    @app.get("/hello")
    def hello() -> str:
        return "hello"

    @app.get("/file/<key>.jpg")
    def file(key: str) -> Response:
        path, etag = look_up(key)
        return send_file(path, mimetype="image/jpeg", etag=etag, max_age=3600)

    @app.post("/upload")
    def upload() -> tuple[dict[str, Any], int]:
        """Stream to disk, hash, fsync; 413 as soon as the limit is passed."""
        declared = request.content_length
        if declared is not None and declared > LIMIT:
            abort(413)
        digest = hashlib.sha256()
        size = 0
        with tempfile.TemporaryFile(dir=folder, buffering=0) as out:
            while chunk := request.stream.read(READ):
                size += len(chunk)
                if size > LIMIT:
                    abort(413)
                digest.update(chunk)
                out.write(chunk)
            if declared is not None and size != declared:
                abort(400)
            os.fsync(out.fileno())
        return {"bytes": size, "sha256": digest.hexdigest()}, 201

    @app.post("/sink")
    def sink() -> dict[str, int]:
        """Read a body of any length and drop it."""
        size = 0
        while chunk := request.stream.read(READ):
            size += len(chunk)
        return {"bytes": size}

    size = int(os.environ.get("BENCH_CHUNK", "262144"))
    app.wsgi_app = WideFileWrapper(app.wsgi_app, size)  # type: ignore[method-assign]
    return app
