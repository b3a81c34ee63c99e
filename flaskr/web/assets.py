"""Static files under an address that changes with their content, so that they may be kept."""

import hashlib
from pathlib import Path
from typing import Any

from flask import Flask, Response, send_from_directory
from werkzeug.exceptions import NotFound

YEAR = 365 * 24 * 3600


def init_app(app: Flask) -> None:
    """Serve the static folder at an address that has its version in it.

    The version is in the path, not in a query: modules that import each other by relative
    addresses then get the same version without being rewritten.
    """
    folder = Path(app.root_path, "static")
    version = fingerprint(folder)

    def static(version: str, filename: str) -> Response:
        response = send_from_directory(folder, filename, max_age=YEAR)
        if version == current:
            response.cache_control.public = True
            response.cache_control.immutable = True
        else:
            response.cache_control.max_age = 0
        return response

    current = version
    app.add_url_rule("/static/<version>/<path:filename>", "static", static)

    @app.url_defaults
    def add_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static":
            values.setdefault("version", version)

    @app.get("/favicon.ico")
    def favicon() -> Response:
        if not (folder / "favicon.ico").exists():
            raise NotFound
        return send_from_directory(folder, "favicon.ico", max_age=YEAR // 12)


def fingerprint(folder: Path) -> str:
    """Return 12 hex digits that change when a file in `folder` does."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]
