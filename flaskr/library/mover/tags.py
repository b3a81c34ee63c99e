"""Addresses in HTML tags: exact positions, and what they mean."""

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

TAG = re.compile(
    r"""<!--.*?(?:-->|\Z)
      | <!\[CDATA\[.*?(?:\]\]>|\Z)
      | <(?P<raw>script|style|textarea|title)\b.*?(?:</(?P=raw)\b|\Z)
      | <(?P<name>img|source|a)(?=[\s/>])(?P<attributes>(?:[^"'<>]|"[^"]*"|'[^']*')*+)>""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
"""A tag that has an address, or what holds no tags, whatever it looks like."""

ATTRIBUTE = re.compile(
    r"""([^\s"'<>/=]+)(?:\s*=\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s"'=<>`]+)))?"""
)
CANDIDATE = re.compile(r"[\s,]*([^\s,]\S*)")
"""The address that a candidate of `srcset` begins with, and maybe a comma."""

NEXT_CANDIDATE = re.compile(r"[^,]*")
ATTRIBUTES = {"img": {"src", "srcset"}, "source": {"src", "srcset"}, "a": {"href"}}


class Found(NamedTuple):
    """An address at `start` to `end`, what it means, and whether it is a picture's."""

    start: int
    end: int
    address: str
    is_image: bool


def addresses_in_html(html: str) -> Iterator[Found]:
    """Yield the addresses of pictures and links in HTML."""
    for tag in TAG.finditer(html):
        if not tag["name"]:
            continue
        name = tag["name"].lower()
        for each in ATTRIBUTE.finditer(html, tag.start("attributes"), tag.end("attributes")):
            attribute = each[1].lower()
            quoting = each.lastgroup
            if attribute not in ATTRIBUTES[name] or quoting is None:
                continue
            start, end = each.span(quoting)
            places = candidates(html, start, end) if attribute == "srcset" else [(start, end)]
            for place in places:
                first, last = without_blanks(html, *place)
                if first < last:
                    yield Found(first, last, unescape(html[first:last]), name != "a")


def candidates(html: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield where the addresses of a `srcset` are."""
    while found := CANDIDATE.match(html, start, end):
        first, last = found.span(1)
        address = found[1].rstrip(",")
        if len(address) == last - first:  # a width or a density follows
            rest = NEXT_CANDIDATE.match(html, last, end)
            last = rest.end() if rest else last
        start = last
        yield first, first + len(address)


def without_blanks(html: str, start: int, end: int) -> tuple[int, int]:
    """Return the place without blanks at its ends."""
    written = html[start:end]
    return start + len(written) - len(written.lstrip()), end - len(written) + len(written.rstrip())
