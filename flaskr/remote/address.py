"""Addresses that people give us: read once, strictly, and written anew from what was read."""

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv6Address
from urllib.parse import quote, unquote, urljoin, urlsplit

from flaskr.errors import ForbiddenPortError, InvalidAddressError

MAX_LENGTH = 2048
PORTS = {"http": 80, "https": 443}
FREE_PORTS = range(1024, 65536)
"""Ports that any web server may have; below are the services of other protocols."""

HOST = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?")
MAX_HOST = 253
IN_PATH = "/%:@!$&'()*+,;=~"
IN_QUERY = f"{IN_PATH}?"


@dataclass(frozen=True)
class Address:
    """An address of http or https.

    `host` is in ASCII and lower case, an IPv6 address without brackets; `path` has the query.
    """

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The host and, unless it is the usual one, the port: what the header `Host` says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def name(self) -> str:
        """The name of the file, as far as the address tells; else the host's."""
        last = self.path.partition("?")[0].rstrip("/").rpartition("/")[2]
        return unquote(last).strip() or self.host

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"

    def join(self, location: str) -> "Address":
        """Return where a redirect to `location` leads. Raises what `parse_address` raises."""
        try:
            return parse_address(urljoin(str(self), location))
        except ValueError:
            raise InvalidAddressError from None


def parse_address(text: str) -> Address:
    """Read an address.

    Raises InvalidAddressError for what is none of http or https, or has a user name in it, and
    ForbiddenPortError for a port that is not a web server's.
    """
    text = text.strip()
    if len(text) > MAX_LENGTH or any(ord(character) < 32 for character in text):
        raise InvalidAddressError
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise InvalidAddressError from None
    if parts.scheme not in PORTS or "@" in parts.netloc:
        raise InvalidAddressError
    host = read_host(parts.hostname or "", literal=parts.netloc.startswith("["))
    port = PORTS[parts.scheme] if port is None else port
    if port not in PORTS.values() and port not in FREE_PORTS:
        raise ForbiddenPortError(port=port)
    path = quote(parts.path or "/", IN_PATH, errors="replace")
    if parts.query:
        path += "?" + quote(parts.query, IN_QUERY, errors="replace")
    return Address(parts.scheme, host, port, path)


def read_host(text: str, *, literal: bool) -> str:
    """Return the host in ASCII; `literal` is an IPv6 address. Raises InvalidAddressError."""
    try:
        if literal:
            return str(IPv6Address(text.partition("%")[0]))
        host = text.encode("idna").decode("ascii").lower()
    except (AddressValueError, UnicodeError):
        raise InvalidAddressError from None
    if len(host) > MAX_HOST or not HOST.fullmatch(host):
        raise InvalidAddressError
    return host
