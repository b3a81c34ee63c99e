"""The parts of an upload without anything around them: what an upload must cost at least.

    python parts.py PORT FOLDER

As many processes as keep the cores busy while others wait for the disk; each takes one connection
after the other, does the work of one upload in a straight line, and answers with the CPU time of
each part in milliseconds.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import socket
import sqlite3
import sys
import time
from mmap import ACCESS_READ, mmap
from pathlib import Path

from multipart import PushMultipartParser
from PIL import Image

from flaskr.imaging import metadata
from flaskr.imaging.formats import JPEG

CHUNK = 256 * 1024
PROCESSES = 2 * len(os.sched_getaffinity(0))
SIDE = 320


class Clock:
    """CPU time of this process, part by part."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}
        self._last = time.process_time()

    def lap(self, part: str) -> None:
        now = time.process_time()
        self.spent[part] = self.spent.get(part, 0) + (now - self._last) * 1000
        self._last = now


def receive(connection: socket.socket, path: Path, clock: Clock) -> None:
    """Read a request, write its file, hash it on the way."""
    arriving = connection.makefile("rb", CHUNK)
    headers = {}
    while line := arriving.readline().strip():
        name, _, value = line.decode().partition(": ")
        headers[name.lower()] = value
    left = int(headers["content-length"])
    boundary = headers["content-type"].partition("boundary=")[2]
    sha256, md5 = hashlib.sha256(), hashlib.md5()
    in_file = False
    with PushMultipartParser(boundary) as parser, path.open("xb", buffering=0) as file:
        while left:
            chunk = arriving.read(min(CHUNK, left))
            left -= len(chunk)
            for event in parser.parse(chunk):
                if isinstance(event, bytearray | bytes) and in_file:
                    clock.lap("read and parse")
                    sha256.update(event)
                    md5.update(event)
                    clock.lap("hash what arrives")
                    file.write(event)
                    clock.lap("write, fsync, link")
                else:
                    in_file = event is not None and bool(event.filename)
    clock.lap("read and parse")


def clean(arrived: Path, cleaned: Path, clock: Clock) -> None:
    """Walk the file, write it without metadata, hash that."""
    sha256, md5 = hashlib.sha256(), hashlib.md5()
    with arrived.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
        plan = metadata.strip(content, JPEG)
        with cleaned.open("xb", buffering=0) as out:
            for chunk in metadata.pieces(content, plan):
                sha256.update(chunk)
                md5.update(chunk)
                out.write(chunk)
    clock.lap("walk, rewrite, hash")


def decode(cleaned: Path, thumbnail: Path, clock: Clock) -> None:
    """Decode at 1/8 and write the thumbnail."""
    with Image.open(cleaned) as picture:
        picture.draft("RGB", (SIDE, SIDE))
        picture.thumbnail((SIDE, SIDE), reducing_gap=1.0)
        picture.save(thumbnail, "WEBP", quality=80, method=2)
    clock.lap("decode at 1/8, thumbnail")


def keep(cleaned: Path, blob: Path, clock: Clock) -> None:
    """Put the bytes onto the disk under their name."""
    for path, flags in ((cleaned, os.O_RDONLY), (blob.parent, os.O_RDONLY | os.O_DIRECTORY)):
        if path is not cleaned:
            os.link(cleaned, blob)
            cleaned.unlink()
        descriptor = os.open(path, flags)
        os.fsync(descriptor)
        os.close(descriptor)
    clock.lap("write, fsync, link")


def work(listener: socket.socket, folder: Path) -> None:
    """Serve until killed."""
    database = sqlite3.connect(folder / "parts.sqlite3", isolation_level=None, timeout=10)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("CREATE TABLE IF NOT EXISTS image (key TEXT PRIMARY KEY, bytes INTEGER)")
    while True:
        connection, _ = listener.accept()
        clock = Clock()
        key = secrets.token_hex(8)
        arrived, cleaned, thumbnail, blob = (
            folder / f"{key}.{kind}" for kind in ("part", "clean", "webp", "jpg")
        )
        receive(connection, arrived, clock)
        clean(arrived, cleaned, clock)
        decode(cleaned, thumbnail, clock)
        arrived.unlink()
        clock.lap("walk, rewrite, hash")
        keep(cleaned, blob, clock)
        database.execute("BEGIN IMMEDIATE")
        database.execute("INSERT INTO image VALUES (?, ?)", (key, blob.stat().st_size))
        database.execute("COMMIT")
        clock.lap("commit")
        told = json.dumps(clock.spent).encode()
        head = f"HTTP/1.1 201 Created\r\nConnection: close\r\nContent-Length: {len(told)}\r\n\r\n"
        connection.sendall(head.encode() + told)
        connection.close()


def main() -> None:
    port, folder = int(sys.argv[1]), Path(sys.argv[2])
    with socket.create_server(("127.0.0.1", port), backlog=64) as listener:
        for _ in range(PROCESSES - 1):
            if os.fork() == 0:
                break
        work(listener, folder)


if __name__ == "__main__":
    main()
