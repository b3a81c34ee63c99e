"""The headers of tus that have a grammar of their own."""

import binascii
import hashlib
from base64 import b64decode

from flaskr.errors import DomainError, message_

ALGORITHMS = ("sha1", "sha256", "sha512", "md5")
MAX_METADATA = 8 * 1024
MAX_DIGITS = 18
"""So many always fit into a column."""


class InvalidHeaderError(DomainError):
    """A header of the upload protocol is missing or cannot be read."""

    code = "invalid_header"
    status = 400
    message = message_("The header %(name)s is missing or cannot be understood.")


def parse_bytes(name: str, text: str | None) -> int:
    """Read a number of bytes from the header `name`. Raises InvalidHeaderError."""
    if text is None or not (text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS):
        raise InvalidHeaderError(name=name)
    return int(text)


def parse_metadata(text: str) -> dict[str, str]:
    """Read `Upload-Metadata`: keys, each with a value in Base64 or none.

    Values are UTF-8; what is not becomes U+FFFD. Raises InvalidHeaderError.
    """
    told: dict[str, str] = {}
    if not text:
        return told
    if len(text) > MAX_METADATA or not (text.isascii() and text.isprintable()):
        raise InvalidHeaderError(name="Upload-Metadata")
    for pair in text.split(","):
        key, _, value = pair.strip(" ").partition(" ")
        if not key or key in told:
            raise InvalidHeaderError(name="Upload-Metadata")
        told[key] = decode("Upload-Metadata", value).decode(errors="replace")
    return told


def decode(name: str, text: str) -> bytes:
    """Read Base64 from the header `name`. Raises InvalidHeaderError."""
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidHeaderError(name=name) from None


class Sum:
    """What a piece of a file adds up to, and what its sender says it should."""

    def __init__(self, algorithm: str, expected: bytes) -> None:
        self._hash = hashlib.new(algorithm, usedforsecurity=False)
        self._expected = expected

    def update(self, piece: bytes, /) -> None:
        self._hash.update(piece)

    def matches(self) -> bool:
        return self._hash.digest() == self._expected


def parse_checksum(text: str | None) -> Sum | None:
    """Read `Upload-Checksum`; None if there is none. Raises InvalidHeaderError."""
    if text is None:
        return None
    algorithm, _, expected = text.partition(" ")
    if algorithm not in ALGORITHMS:
        raise InvalidHeaderError(name="Upload-Checksum")
    return Sum(algorithm, decode("Upload-Checksum", expected))
