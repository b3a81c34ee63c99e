"""An XML-RPC call, read while it arrives: its Base64 goes into a file, not into memory."""

from collections.abc import Callable, Iterable
from typing import Any
from xml.sax import SAXException
from xml.sax.handler import ContentHandler

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from flaskr.errors import DomainError, SeveralFilesError, message_
from flaskr.web.intake import Base64File

MAX_TEXT = 64 * 1024
"""How many characters a call may have beside its Base64."""

MAX_BESIDE = 256 * 1024
"""How many bytes a call may have beside its Base64. A comment or an attribute is held in memory as
a whole, and no handler hears of it before."""

MAX_DEPTH = 24
MAX_ELEMENTS = 1000
PIECE = 64 * 1024

Receive = Callable[["Call"], Base64File]
"""Gives a file for the Base64 that comes now, once the call up to there may have one."""


class NoCallError(DomainError):
    """The body is no call of XML-RPC."""

    code = "no_call"
    status = 400
    message = message_("The request is no call of XML-RPC, or arrived damaged. Send it again.")


class Call(ContentHandler):
    """A method's name and its parameters, as far as they have come; closed by `close`.

    Numbers and dates stay texts: nobody here asks for them.
    """

    def __init__(self, receive: Receive) -> None:
        super().__init__()
        self.method = ""
        self.file: Base64File | None = None
        self.received = 0
        """How many characters of Base64 have come."""

        self._receive = receive
        self._values: list[Any] = []
        self._marks: list[int] = []
        self._text: list[str] = []
        self._base64: bytearray | None = None
        self._bare = False
        self._depth = self._elements = self._characters = 0

    @property
    def params(self) -> list[Any]:
        """The parameters that are complete."""
        return self._values[: self._marks[0]] if self._marks else self._values

    def text_param(self, order: int) -> str:
        """Return a parameter that is a text; nothing if it is another or has not come."""
        value = self.params[order] if order < len(self.params) else ""
        return value if isinstance(value, str) else ""

    def close(self) -> None:
        """Remove the file, unless it was taken in."""
        if self.file is not None:
            self.file.close()

    def startElement(self, name: str, attrs: object) -> None:  # noqa: ARG002, N802 - xml.sax's
        """Begin an element. Raises NoCallError, SeveralFilesError, and what `receive` raises."""
        self._depth += 1
        self._elements += 1
        if self._depth > MAX_DEPTH or self._elements > MAX_ELEMENTS:
            raise NoCallError
        if name in {"array", "struct"}:
            self._marks.append(len(self._values))
        elif name == "base64":
            if self.file is not None:
                raise SeveralFilesError
            self.file = self._receive(self)
            self._base64 = bytearray()
        self._text.clear()
        self._bare = name == "value"

    def characters(self, content: str) -> None:
        """Take a piece of text. Raises NoCallError if there is too much."""
        if self._base64 is None:
            self._characters += len(content)
            if self._characters > MAX_TEXT:
                raise NoCallError
            self._text.append(content)
            return
        self.received += len(content)
        self._base64 += content.encode("ascii", "replace")
        if len(self._base64) >= PIECE:
            self._write()

    def endElement(self, name: str) -> None:  # noqa: N802 - xml.sax's
        """Make a value of an element. Raises NoCallError."""
        self._depth -= 1
        if name == "value" and not self._bare:
            return
        self._bare = False
        if name == "methodName":
            self.method = self._taken_text().strip()
        elif name == "base64":
            self._end_base64()
        elif name in {"struct", "array"}:
            self._gather(name)
        elif name in TEXTS:
            self._values.append(self._taken_text())

    def _taken_text(self) -> str:
        text = "".join(self._text)
        self._text.clear()
        return text

    def _gather(self, name: str) -> None:
        """Make one value of those since the element began."""
        mark = self._marks.pop()
        inside = self._values[mark:]
        value: Any = inside
        if name == "struct":
            if len(inside) % 2 or not all(isinstance(key, str) for key in inside[::2]):
                raise NoCallError
            value = dict(zip(inside[::2], inside[1::2], strict=True))
        self._values[mark:] = [value]

    def _write(self) -> None:
        if self.file is not None and self._base64 is not None:
            self.file.write(bytes(self._base64))
            self._base64.clear()

    def _end_base64(self) -> None:
        self._write()
        self._base64 = None
        if self.file is not None:
            self.file.finish()
        self._values.append(self.file)


TEXTS = {
    "boolean",
    "dateTime.iso8601",
    "double",
    "i4",
    "i8",
    "int",
    "name",
    "nil",
    "string",
    "value",
}
"""The elements whose text is a value, or the name of one; a value without a type is a text."""


def read_call(pieces: Iterable[bytes], call: Call) -> None:
    """Read a body into `call`. Raises NoCallError, and what its handlers raise."""
    parser = DefusedExpatParser(forbid_dtd=True)
    parser.setContentHandler(call)
    fed = 0
    try:
        for piece in pieces:
            parser.feed(piece)
            fed += len(piece)
            # Some write line ends within their Base64 as `&#13;`: it may be twice as long for that.
            if fed - 2 * call.received > MAX_BESIDE:
                raise NoCallError
        parser.close()
    except (SAXException, DefusedXmlException, LookupError, ValueError) as error:
        raise NoCallError from error
    if not call.method:
        raise NoCallError
