"""What the verbs need to keep and open pictures, and the names files have in the store."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from flaskr.imaging import DecodePool
from flaskr.library.making import Making
from flaskr.library.sets import UploadSet
from flaskr.library.usage import UNLIMITED, Quota
from flaskr.storage import LocalStore, Spool, Store

SPOOL = "incoming/"
QUARANTINE = "quarantine/"
"""What the names start with of files that are not in their place yet, or no longer."""


@dataclass(frozen=True)
class Media:
    """The store, the spool on the same volume through which files get into it, the decoders.

    `secret_key` is the instance's; deletion links are made with it. `making` bounds who may wait
    for variants; `quota` is what an account may keep; `sets` are the upload sets by name, whose
    places hold documents, and copies of pictures. `clean` has the SHA-256 of contents that were
    found to hold no metadata.
    """

    store: Store
    spool: Spool
    decoders: DecodePool
    secret_key: str
    making: Making = field(default_factory=Making)
    quota: Quota = UNLIMITED
    sets: Mapping[str, UploadSet] = field(default_factory=dict)
    clean: set[str] = field(default_factory=set)


def local_media(
    folder: Path,
    decoders: DecodePool,
    secret_key: str,
    quota: Quota = UNLIMITED,
    sets: Mapping[str, UploadSet] | None = None,
) -> Media:
    """Return the media in a folder of this machine."""
    store, spool = LocalStore(folder), Spool(folder / SPOOL)
    return Media(store, spool, decoders, secret_key, quota=quota, sets=sets or {})


def blob_name(sha256: str) -> str:
    """Return the stored name of a blob."""
    return f"blobs/{sha256[:2]}/{sha256[2:4]}/{sha256}"


def variant_folder(sha256: str) -> str:
    """Return what the stored names of all variants of a blob start with."""
    return f"variants/{sha256[:2]}/{sha256}/"


def variant_name(sha256: str, spec: str) -> str:
    """Return the stored name of a variant, a picture made from the blob."""
    return variant_folder(sha256) + spec
