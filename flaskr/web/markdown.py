"""Markdown to HTML that is safe to show."""

import re
from functools import lru_cache
from itertools import pairwise

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

EXCERPT_LENGTH = 280
EXCERPT_SOURCE = 4000
"""How much of a post is looked at for its excerpt, in characters."""

ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height", "loading"},
    "th": {"align"},
    "td": {"align"},
    "ol": {"start"},
    "code": {"class"},
}
TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "img",
    "li", "ol", "p", "pre", "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip

_markdown = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


@lru_cache(maxsize=64)
def to_html(source: str) -> Markup:
    """Return `source` as HTML with no script, style, form or foreign frame in it.

    Kept for the posts read most: a long one takes a while.
    """
    html = nh3.clean(
        _markdown.render(source),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener nofollow ugc",
        set_tag_attribute_values={"img": {"loading": "lazy"}},
    )
    return Markup(html)  # noqa: S704 - cleaned just above


def excerpt(source: str) -> str:
    """Return the first EXCERPT_LENGTH characters of the paragraphs, without any markup.

    Headings, tables and lists would run together into one sentence, so they are left out.
    """
    tokens = _markdown.parse(source[:EXCERPT_SOURCE])
    paragraphs = (
        _plain(inline)
        for opening, inline in pairwise(tokens)
        if opening.type == "paragraph_open" and opening.level == 0
    )
    words = re.sub(r"\s+", " ", " ".join(paragraphs)).strip()
    if len(words) <= EXCERPT_LENGTH:
        return words
    return words[:EXCERPT_LENGTH].rstrip() + "…"


def _plain(inline: Token) -> str:
    shown = {"text", "code_inline"}
    breaks = {"softbreak": " ", "hardbreak": " "}
    words, hidden = [], False
    for part in inline.children or ():
        if part.type == "html_inline":
            hidden = part.content.lower().startswith(("<script", "<style"))
        elif not hidden:
            words.append(part.content if part.type in shown else breaks.get(part.type, ""))
    return "".join(words)
