"""Texts that people write: kept as they are meant, on one line or several."""

import unicodedata

from flaskr.errors import TextTooLongError

KEPT_CONTROLS = {"\n", "\t"}
INVISIBLE = {"Cc", "Cs"}
JOINERS = {"\u200c", "\u200d"}
"""Invisible, but part of how words of some scripts and emoji look."""


def one_line(text: str) -> str:
    """Return the text composed (NFC), without control characters and direction marks.

    Blanks of all sorts become one each.
    """
    seen = "".join(
        " " if unicodedata.category(character) in {"Cc", "Zl", "Zp"} else character
        for character in unicodedata.normalize("NFC", text)
        if unicodedata.category(character) not in {"Cf", "Cs"} or character in JOINERS
    )
    return " ".join(seen.split())


def lines(text: str) -> str:
    """Return the text composed (NFC), of several lines, without control characters."""
    whole = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        character
        for character in whole
        if character in KEPT_CONTROLS or unicodedata.category(character) not in INVISIBLE
    ).strip()


def is_visible(text: str) -> bool:
    """Tell whether there is anything to see: a letter, digit, mark of punctuation or symbol."""
    return any(unicodedata.category(each)[0] in "LNPS" for each in text)


def short_enough(text: str, most: int) -> str:
    """Return the text if it has `most` characters or fewer. Raises TextTooLongError."""
    if len(text) > most:
        raise TextTooLongError(most=most)
    return text
