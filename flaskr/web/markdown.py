"""Markdown to HTML that is safe to show."""

import re
from html import unescape

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

EXCERPT_LENGTH = 280

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


def to_html(source: str) -> Markup:
    """Return `source` as HTML with no script, style, form or foreign frame in it."""
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
    """Return the first EXCERPT_LENGTH characters of the text, without any markup."""
    text = unescape(
        nh3.clean(_markdown.render(source), tags=set(), clean_content_tags={"script", "style"})
    )
    words = re.sub(r"\s+", " ", text).strip()
    if len(words) <= EXCERPT_LENGTH:
        return words
    return words[:EXCERPT_LENGTH].rstrip() + "…"
