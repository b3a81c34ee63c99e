"""Names of files as people gave them: kept as data, never used as a path."""

import unicodedata

MAX_NAME = 255  # characters kept


def display_name(name: str, extension: str) -> str:
    """Return the name to show and to offer for saving.

    The last part of a path, without control characters and direction marks, at most MAX_NAME
    characters with the ending kept; a name that has nothing left becomes “image”.
    """
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    shown = "".join(
        character
        for character in unicodedata.normalize("NFC", last)
        if unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}
    ).strip(" .")
    if not shown:
        return f"image.{extension}"
    if len(shown) <= MAX_NAME:
        return shown
    stem, dot, ending = shown.rpartition(".")
    if not dot or len(ending) > 10:
        return shown[:MAX_NAME]
    return stem[: MAX_NAME - len(ending) - 1] + dot + ending


def stem(name: str) -> str:
    """Return the name without its ending, as alternative text."""
    before, dot, _ = name.rpartition(".")
    return before if dot and before else name
