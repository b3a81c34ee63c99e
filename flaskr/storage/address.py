"""Storage addresses: `file:///srv/files`, or a folder. Further schemes find their place here."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from flaskr.storage.contract import Store
from flaskr.storage.local import LocalStore

SCHEMES = ("file",)

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


def store_at(address: str, base: Path) -> Store:
    """Return the store that an address names; nothing is made or reached yet.

    A folder that is not absolute is taken below `base`. Raises ValueError, saying what is wrong.
    """
    scheme = _SCHEME.match(address)
    if scheme is None:
        return LocalStore(below(base, address))
    if scheme[1].lower() == "file":
        return LocalStore(folder_of_url(address))
    known = ", ".join(f"{name}://" for name in SCHEMES)
    raise ValueError(f"{scheme[1]}:// is no storage this program knows; it knows folders, {known}")


def below(base: Path, folder: str) -> Path:
    """Return the folder, which stays below `base` unless it is absolute. Raises ValueError."""
    path = Path(folder)
    if path.is_absolute():
        return path
    if ".." in path.parts:
        raise ValueError("a folder that is not absolute has to stay below the instance folder")
    return base / path


def folder_of_url(address: str) -> Path:
    """Return the folder of a `file:` address. Raises ValueError."""
    parts = urlsplit(address)
    if parts.netloc not in {"", "localhost"} or parts.query or parts.fragment:
        raise ValueError("a file address is written file:///folder")
    return Path(unquote(parts.path))
