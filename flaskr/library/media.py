"""What the verbs need to keep and open pictures, and the names files have in the store."""

from dataclasses import dataclass, field
from pathlib import Path

from flaskr.imaging import DecodePool
from flaskr.library.making import Making
from flaskr.library.usage import UNLIMITED, Quota
from flaskr.storage import LocalStore, Spool, Store

SPOOL = "incoming/"
QUARANTINE = "quarantine/"
"""What the names start with of files that are not in their place yet, or no longer."""


@dataclass(frozen=True)
class Media:
    """The store, the spool on the same volume through which files get into it, the decoders.

    `making` bounds who may wait for variants; `quota` is what an account may keep.
    """

    store: Store
    spool: Spool
    decoders: DecodePool
    making: Making = field(default_factory=Making)
    quota: Quota = UNLIMITED


def local_media(folder: Path, decoders: DecodePool, quota: Quota = UNLIMITED) -> Media:
    """Return the media in a folder of this machine."""
    return Media(LocalStore(folder), Spool(folder / SPOOL), decoders, quota=quota)


def blob_name(sha256: str) -> str:
    """Return the stored name of a blob."""
    return f"blobs/{sha256[:2]}/{sha256[2:4]}/{sha256}"


def variant_folder(sha256: str) -> str:
    """Return what the stored names of all variants of a blob start with."""
    return f"variants/{sha256[:2]}/{sha256}/"


def variant_name(sha256: str, spec: str) -> str:
    """Return the stored name of a variant, a picture made from the blob."""
    return variant_folder(sha256) + spec
