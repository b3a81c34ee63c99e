"""Pictures that lie elsewhere: addresses, what may be reached, and fetching. No database, no Flask.

docs/adr/0012-fetching.md says why this is our own.
"""

from flaskr.remote.address import Address, parse_address
from flaskr.remote.fetch import Download, Fetcher, Patience
from flaskr.remote.networks import is_forbidden, read_networks

__all__ = [
    "Address",
    "Download",
    "Fetcher",
    "Patience",
    "is_forbidden",
    "parse_address",
    "read_networks",
]
