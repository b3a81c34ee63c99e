"""An image host as one would write it in an evening: what `uploads.py` is held against.

`/usual` does the same work as ours with the usual calls: save, hash, decode, thumbnail, write the
picture anew without its EXIF. `/unchecked` only saves, as the app this project grew from did.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from flask import Flask, request
from PIL import Image, ImageOps

FOLDER = Path(os.environ["BENCH_DIR"])
app = Flask(__name__)


@app.post("/unchecked")
def unchecked() -> tuple[dict[str, str], int]:
    name = secrets.token_hex(6)
    request.files["file"].save(FOLDER / f"{name}.jpg")
    return {"key": name}, 201


@app.post("/usual")
def usual() -> tuple[dict[str, str], int]:
    name = secrets.token_hex(6)
    arrived, kept = FOLDER / f"{name}.part", FOLDER / f"{name}.jpg"
    request.files["file"].save(arrived)
    content = arrived.read_bytes()
    sha256, md5 = hashlib.sha256(content).hexdigest(), hashlib.md5(content).hexdigest()
    with Image.open(arrived) as picture:
        upright = ImageOps.exif_transpose(picture)
    upright.save(kept, quality=90)
    upright.thumbnail((320, 320))
    upright.save(FOLDER / f"{name}.webp")
    arrived.unlink()
    return {"key": name, "sha256": sha256, "md5": md5}, 201
