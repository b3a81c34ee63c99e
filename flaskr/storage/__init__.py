"""Where bytes live: a small contract, and the back ends that keep it. No database, no Flask."""

from flaskr.storage.address import store_at
from flaskr.storage.contract import Entry, MissingFileError, Store, check_name
from flaskr.storage.local import LocalStore
from flaskr.storage.spool import Spool, SpooledFile

__all__ = [
    "Entry",
    "LocalStore",
    "MissingFileError",
    "Spool",
    "SpooledFile",
    "Store",
    "check_name",
    "store_at",
]
