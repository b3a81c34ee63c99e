"""Bytes of a text file to characters and back, without losing one."""

import codecs

BOMS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
ENCODINGS = ("utf-8", "gb18030")


def decode(content: bytes) -> tuple[str, str]:
    """Return a file's text and its encoding; `encode` makes the same bytes of them.

    What is in no encoding that we know is read as UTF-8 as far as that goes.
    """
    marked = BOMS.get(content[:2])
    for encoding in (marked,) if marked else ENCODINGS:
        try:
            text = content.decode(encoding)
            if text.encode(encoding) == content:
                return text, encoding
        except UnicodeError:
            continue
    return content.decode("utf-8", "surrogateescape"), "utf-8"


def encode(text: str, encoding: str) -> bytes:
    """Return the bytes of a text, as `decode` has read it."""
    return text.encode(encoding, "surrogateescape" if encoding == "utf-8" else "strict")
