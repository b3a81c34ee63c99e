"""Where a Markdown text refers to pictures and other places: exact positions of each address.

The parser is the one that shows the blog's posts, so what it takes for code, for a comment or for
plain words is left alone here too. It tells no positions, so its rules are wrapped: each address is
found where its rule has found it, then in the line of the text from which the parser got it.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Literal, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.common.utils import MD_TRIM_CHARS
from markdown_it.helpers import parseLinkDestination, parseLinkLabel
from markdown_it.rules_block import StateBlock, lheading, paragraph, reference
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline, autolink, html_inline, image, link
from markdown_it.token import Token

from flaskr.library.mover.tags import addresses_in_html

Kind = Literal["image", "link"]
BlockRule = Callable[[StateBlock, int, int, bool], bool]

LINE = re.compile(r"([^\r\n]*)(\r\n|\r|\n|\Z)")
BOM = "\ufeff"
FRONT_MATTER = re.compile(r"---[ \t]*")
FRONT_MATTER_END = re.compile(r"(?:---|\.\.\.)[ \t]*")
BLANKS = " \t\n"
CELLS = {"th_open", "td_open"}
FOUND, DEPTH, USED, DEFINED = "found", "depth", "used", "defined"
"""Keys of what the rules tell, beside the parser's own `references`."""

SKIPPED = "skipped"
"""Key in a token's `meta`: how many lines at the beginning of the block its content leaves out."""


@dataclass(frozen=True)
class Reference:
    """An address in a text, at `start` to `end`, without brackets, quotes or title.

    `address` is what it means: without escapes and entities, but with `%20`. An `image` is shown,
    a `link` leads somewhere.
    """

    start: int
    end: int
    address: str
    kind: Kind


class Span(NamedTuple):
    """A part of what a rule was given, and what it means."""

    start: int
    end: int
    address: str
    kind: Kind


class Line(NamedTuple):
    """A line of the text: where it starts, and what is in it."""

    start: int
    text: str


@dataclass(frozen=True)
class Place:
    """Where the content of a block lies in the text.

    `starts` are those of its lines, `offsets` where these are in the text, if that is known; `bars`
    are the positions in it before which the parser has taken a backslash away.
    """

    content: str
    starts: Sequence[int]
    offsets: Sequence[int | None]
    bars: Sequence[int] = ()

    def at(self, position: int) -> int | None:
        """Return where a position of the content is in the text."""
        row = bisect_right(self.starts, position) - 1
        offset = self.offsets[row]
        if offset is None:
            return None
        return offset + position - self.starts[row] + bisect_left(self.bars, position)


def scan(text: str) -> list[Reference]:
    """Return every address of an image or a link in a Markdown text, in their order."""
    text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")  # as the parser reads it
    begin = 1 if text.startswith(BOM) else 0
    lines = [Line(found.start(), found[1]) for found in LINE.finditer(text, begin)]
    lines = lines[front_matter(lines) :]
    env: dict[str, Any] = {DEFINED: {}, USED: {}, DEPTH: 0, FOUND: []}
    source = "\n".join(line.text for line in lines)
    tokens = PARSER.parse(source, env)
    found = [*in_blocks(text, lines, tokens, env), *in_definitions(lines, env)]
    return sorted(distinct(found), key=lambda each: each.start)


def front_matter(lines: Sequence[Line]) -> int:
    """Return how many lines at the beginning say something about the text, and are no Markdown."""
    if FRONT_MATTER.fullmatch(lines[0].text):
        for number, line in enumerate(lines[1:], 2):
            if FRONT_MATTER_END.fullmatch(line.text):
                return number
    return 0


def distinct(found: Iterable[Reference]) -> Iterator[Reference]:
    """Yield each place once: a definition may be used by images and by links."""
    places: dict[int, Reference] = {}
    for each in found:
        known = places.get(each.start)
        if known is None or known.kind == "link":
            places[each.start] = each
    yield from places.values()


# ---- from what the rules have found to places in the text -----------------------------------


def in_blocks(
    text: str, lines: Sequence[Line], tokens: Sequence[Token], env: Mapping[str, Any]
) -> Iterator[Reference]:
    """Yield what is in the blocks themselves."""
    spans = iter(env[FOUND])
    before, row, end = "", -1, 0
    for token in tokens:
        if token.type == "inline" and before in CELLS and token.map:
            end = end if token.map[0] == row else 0
            row = token.map[0]
            place, end = locate_cell(lines[row], token.content, end)
            yield from placed(text, place, next(spans))
        elif token.type == "inline":
            yield from placed(text, locate(lines, token), next(spans))
        elif token.type == "html_block":
            yield from placed(text, locate(lines, token), html_spans(token.content))
        before = token.type


def placed(text: str, place: Place, spans: Iterable[Span]) -> Iterator[Reference]:
    """Yield the spans of a block's content where they are in the text."""
    for span in spans:
        start = place.at(span.start)
        end = start if start is None else start + span.end - span.start
        written = place.content[span.start : span.end]
        # A cell's `\|` has become `|`: such an address is not rewritten, but it is known.
        if start is not None and end is not None and text[start:end] == written:
            yield Reference(start, end, span.address, span.kind)


def locate(lines: Sequence[Line], token: Token) -> Place:
    """Find the lines of a token's content: each is the last thing in its line of the text.

    Lines of nothing but blanks at its beginning, such as U+3000, are not in the content.
    """
    rows = token.content.split("\n")
    cores = [row.strip() for row in rows]
    first = (token.map or [0])[0] + token.meta.get(SKIPPED, 0)
    offsets: list[int | None] = []
    for number, (row, core) in enumerate(zip(rows, cores, strict=True), first):
        line = lines[number] if number < len(lines) else Line(0, "")
        at = line.text.rfind(core) if core else -1
        blanks = len(row) - len(row.lstrip())
        offsets.append(line.start + at - blanks if at >= 0 else None)
    return Place(token.content, starts_of(rows), offsets)


def locate_cell(line: Line, content: str, after: int) -> tuple[Place, int]:
    """Find a table's cell in its line: it is the first such thing `after` the one before it.

    Returns, too, where it ends there. The parser has taken the backslashes before its bars.
    """
    bars: tuple[int, ...] = ()
    at, length = line.text.find(content, after), len(content)
    if at < 0:
        bars = tuple(number for number, letter in enumerate(content) if letter == "|")
        at, length = line.text.find(content.replace("|", "\\|"), after), length + len(bars)
    offset = line.start + at if at >= 0 else None
    return Place(content, [0], [offset], bars), max(after, at + length)


def starts_of(rows: Sequence[str]) -> list[int]:
    """Return where each line starts in the text that they make."""
    return list(accumulate((len(row) + 1 for row in rows[:-1]), initial=0))


def in_definitions(lines: Sequence[Line], env: Mapping[str, Any]) -> Iterator[Reference]:
    """Yield the definitions `[label]: address` that images or links use."""
    begins = starts_of([line.text for line in lines])
    for label, kind in env[USED].items():
        definition = env[DEFINED].get(label)
        if definition is not None:
            row = bisect_right(begins, definition.start) - 1
            start = lines[row].start + definition.start - begins[row]
            length = definition.end - definition.start
            yield Reference(start, start + length, definition.address, kind)


def html_spans(content: str, at: int = 0) -> Iterator[Span]:
    """Yield the addresses in HTML that begins at `at`."""
    for start, end, address, is_image in addresses_in_html(content):
        yield Span(at + start, at + end, address, "image" if is_image else "link")


# ---- the parser's rules, which tell where they found something ------------------------------


def read_inline(state: StateCore) -> None:
    """Parse what is inside of blocks; keep for each what was found in it."""
    env = state.env
    for token in state.tokens:
        if token.type == "inline":
            found: list[Span] = []
            env["spans"] = found
            state.md.inline.parse(token.content, state.md, env, [])
            env[FOUND].append(found)


def read_image(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - the parser's signature
    """Parse an image. What stands for it where it cannot be seen shows no further images."""
    start, env = state.pos, state.env
    env[DEPTH] += 1
    try:
        matched = image(state, silent)
    finally:
        env[DEPTH] -= 1
    if matched and not silent and not env[DEPTH]:
        note(state, start + 1, "image", label_of(state.tokens[-1]))
    return matched


def read_link(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - as above
    """Parse a link, with the images in its text."""
    start, before = state.pos, len(state.tokens)
    matched = link(state, silent)
    if matched and not silent and not state.env[DEPTH]:
        opening = next(each for each in state.tokens[before:] if each.type == "link_open")
        note(state, start, "link", label_of(opening))
    return matched


def label_of(token: Token) -> str:
    """Return the label of the definition that a token uses; empty if it has its own address."""
    return str(token.meta.get("label", ""))


def note(state: StateInline, bracket: int, kind: Kind, label: str) -> None:
    """Keep the address of an image or a link whose text begins with the bracket there."""
    if label:
        used = state.env[USED]
        used[label] = "image" if kind == "image" else used.get(label, kind)
        return
    at = parseLinkLabel(state, bracket, kind == "link") + 2
    span = destination(state.src, at, len(state.src), kind)
    if span is not None:
        state.env["spans"].append(span)


def destination(text: str, at: int, end: int, kind: Kind) -> Span | None:
    """Return the address after blanks, without its angle brackets; None for an empty one."""
    while at < end and text[at] in BLANKS:
        at += 1
    read = parseLinkDestination(text, at, end)
    if not read.ok or not read.str:
        return None
    angled = text[at] == "<"
    return Span(at + angled, read.pos - angled, read.str, kind)


def read_autolink(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - as above
    """Parse `<https://…>`."""
    start = state.pos
    matched = autolink(state, silent)
    if matched and not silent and not state.env[DEPTH]:
        address = state.src[start + 1 : state.pos - 1]
        state.env["spans"].append(Span(start + 1, state.pos - 1, address, "link"))
    return matched


def read_html(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - as above
    """Parse a tag."""
    start = state.pos
    matched = html_inline(state, silent)
    if matched and not silent and not state.env[DEPTH]:
        state.env["spans"].extend(html_spans(state.src[start : state.pos], start))
    return matched


def skipping(rule: BlockRule) -> BlockRule:
    """Wrap a rule for words in lines: it tells how many blank ones it has left out before them."""

    def read(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001 - as above
        matched = rule(state, start, end, silent)
        if matched and not silent:
            token = state.tokens[-2]
            first, last = token.map or (0, 0)
            whole = state.getLines(first, last, state.blkIndent, False)
            blanks = len(whole) - len(whole.lstrip(MD_TRIM_CHARS))
            token.meta[SKIPPED] = whole.count("\n", 0, blanks)
        return matched

    return read


def read_definition(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001 - as above
    """Parse `[label]: address`; the first of a label counts."""
    matched = reference(state, start, end, silent)
    if matched and not silent:
        label = state.tokens[-1].meta["id"]
        if label not in state.env[DEFINED]:
            state.env[DEFINED][label] = defined_at(state, start)
    return matched


def defined_at(state: StateBlock, first: int) -> Span | None:
    """Return the address in a definition that was parsed, at its place in all of the source."""
    rows = range(first, state.line)
    begins = [state.bMarks[row] + state.tShift[row] for row in rows]
    pieces = [state.src[begin : state.eMarks[row]] for begin, row in zip(begins, rows, strict=True)]
    text = "\n".join(pieces)
    at = 1
    while text[at] != "]":
        at += 2 if text[at] == "\\" else 1
    span = destination(text, at + 2, len(text), "image")
    if span is None:
        return None
    row = text.count("\n", 0, span.start)
    shift = begins[row] - sum(len(piece) + 1 for piece in pieces[:row])
    return span._replace(start=span.start + shift, end=span.end + shift)


class Parser(MarkdownIt):
    """Takes every address for one: nothing is shown here."""

    def validateLink(self, url: str) -> bool:  # noqa: ARG002, N802 - the parser's signature
        return True


def make_parser() -> MarkdownIt:
    """Return the blog's parser, with the rules above in the place of its own."""
    options = {"html": True, "store_labels": True, "inline_definitions": True}
    parser = Parser("commonmark", options).enable(["table", "strikethrough"])
    rules: dict[str, Callable[[StateInline, bool], bool]] = {
        "image": read_image,
        "link": read_link,
        "autolink": read_autolink,
        "html_inline": read_html,
    }
    for name, rule in rules.items():
        parser.inline.ruler.at(name, rule)
    parser.block.ruler.at("reference", read_definition)
    parser.block.ruler.at("paragraph", skipping(paragraph))
    parser.block.ruler.at("lheading", skipping(lheading))
    parser.core.ruler.at("inline", read_inline)
    return parser


PARSER = make_parser()
