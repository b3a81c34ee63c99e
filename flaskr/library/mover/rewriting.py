"""Other addresses in a text, and everything else in it untouched."""

from collections.abc import Mapping

from flaskr.library.mover.scanning import Reference


def rewrite(text: str, addresses: Mapping[Reference, str]) -> str:
    """Return the text with these addresses in the place of what it refers to.

    They hold nothing that would have to be escaped anywhere in Markdown or HTML.
    """
    pieces, done = [], 0
    for reference in sorted(addresses, key=lambda each: each.start):
        pieces += [text[done : reference.start], addresses[reference]]
        done = reference.end
    return "".join([*pieces, text[done:]])
