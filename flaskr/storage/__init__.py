"""Where bytes live: a small contract, and the back ends that keep it. No database, no Flask."""

from flaskr.storage.address import store_at
from flaskr.storage.contract import Entry, MissingFileError, Store, check_name
from flaskr.storage.local import LocalStore
from flaskr.storage.partial import LockedError, PartialFile, TakenOverError, WholeFile
from flaskr.storage.spool import ArrivedFile, Spool, SpooledFile

__all__ = [
    "ArrivedFile",
    "Entry",
    "LocalStore",
    "LockedError",
    "MissingFileError",
    "PartialFile",
    "Spool",
    "SpooledFile",
    "Store",
    "TakenOverError",
    "WholeFile",
    "check_name",
    "store_at",
]
