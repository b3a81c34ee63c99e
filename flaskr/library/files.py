"""Where files of images lie: the names in the store, and the pair of store and spool."""

from dataclasses import dataclass
from pathlib import Path

from flaskr.storage import LocalStore, Spool, Store

THUMBNAIL = "w320.webp"


@dataclass(frozen=True)
class FileRoom:
    """The store, and the spool on the same volume through which files get into it."""

    store: Store
    spool: Spool


def local_room(folder: Path) -> FileRoom:
    """Return the room in a folder of this machine."""
    return FileRoom(LocalStore(folder), Spool(folder / "incoming"))


def blob_name(sha256: str) -> str:
    """Return the stored name of a blob."""
    return f"blobs/{sha256[:2]}/{sha256[2:4]}/{sha256}"


def variant_name(sha256: str, spec: str) -> str:
    """Return the stored name of a variant, a picture made from the blob."""
    return f"variants/{sha256[:2]}/{sha256}/{spec}"
