"""Pictures as text in forms: read piece by piece, nowhere held as a whole."""

import binascii
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from urllib.parse import unquote_plus

from flaskr.errors import DomainError, message_

HELD = 4096
"""How many bytes of a text are held until it must be a picture: no address is longer."""

MAX_NAME = 1000
ADDRESS = re.compile(rb"\s*[a-zA-Z][a-zA-Z0-9+.-]{0,20}://")
PREFIX = re.compile(rb"\s*data:[^,]{0,200},")
STANDARD = bytes.maketrans(b"-_ ", b"+/+")
"""Spaces are pluses that a client has not quoted in a form."""

NAME_END = re.compile(rb"[=&]")
LINE_ENDS = b"\t\r\n"
BLANKS = b"\t\r\n "


class InvalidBase64Error(DomainError):
    """A text that should be a picture in Base64 is none."""

    code = "invalid_base64"
    status = 422
    message = message_("The picture's text is no Base64, or was damaged on its way. Send it again.")


class Base64Decoder:
    """Decodes Base64, also of the URL-safe kind, with line ends, unpadded, or as a `data:` URL.

    What is in `blanks` does not count. In forms that are only LINE_ENDS: see STANDARD.
    """

    def __init__(self, blanks: bytes = LINE_ENDS) -> None:
        self._blanks = blanks
        self._begun = False
        self._carry = b""
        self._ended = False

    def decode(self, piece: bytes) -> bytes:
        """Return what `piece` adds. A prefix is whole in the first. Raises InvalidBase64Error."""
        if not self._begun:
            self._begun = True
            prefix = PREFIX.match(piece)
            piece = piece[prefix.end() :] if prefix else piece.lstrip()
        text = self._carry + piece.translate(None, self._blanks)
        whole = len(text) // 4 * 4
        self._carry = text[whole:]
        return self._decode(text[:whole])

    def finish(self) -> bytes:
        """Return the rest. Raises InvalidBase64Error."""
        rest, self._carry = self._carry.rstrip(b" "), b""
        return self._decode(rest + b"=" * (-len(rest) % 4))

    def _decode(self, text: bytes) -> bytes:
        if not text:
            return b""
        if self._ended:
            raise InvalidBase64Error
        self._ended = text.endswith(b"=")
        try:
            return binascii.a2b_base64(text.translate(STANDARD), strict_mode=True)
        except binascii.Error:
            raise InvalidBase64Error from None


def is_address(text: bytes | bytearray) -> bool:
    """Tell whether a text starts as the address of a picture does."""
    return ADDRESS.match(text) is not None


def urlencoded_fields(pieces: Iterable[bytes], most: int) -> Iterator[tuple[str, bytes | None]]:
    """Yield an urlencoded form as it arrives: a field's name with each piece of its value.

    Values are still quoted, but no piece ends within a quoted byte; None comes after the last one.
    Raises ValueError for a name without end, and for more than `most` fields, those without a name
    or a value among them.
    """
    name: str | None = None
    count = 0
    held = b""
    for piece in chain(pieces, [b"&"]):
        held += piece
        start = 0  # of what is not read yet: to cut `held` for each field would copy it each time
        while start < len(held):
            if name is None:
                found = NAME_END.search(held, start)
                if (found.start() if found else len(held)) - start > MAX_NAME:
                    raise ValueError("a name without end")
                if found is None:
                    break
                count += 1
                if count > most:
                    raise ValueError("too many fields")
                if found[0] == b"=":
                    name = unquote_plus(held[start : found.start()].decode("latin-1"))
                start = found.end()
                continue
            end = held.find(b"&", start)
            if end >= 0:
                yield name, held[start:end]
                yield name, None
                name, start = None, end + 1
            else:
                quoted = held.rfind(b"%", max(start, len(held) - 2))
                cut = len(held) if quoted < 0 else quoted
                yield name, held[start:cut]
                start = cut
                break
        held = held[start:]
