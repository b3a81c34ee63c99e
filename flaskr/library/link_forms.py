"""The forms in which people paste a link to a picture."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from flaskr.errors import InvalidLinkFormError, InvalidLinkTemplateError

LinkForm = Literal["url", "markdown", "html", "bbcode", "picture", "custom"]
LINK_FORMS: tuple[LinkForm, ...] = ("url", "markdown", "html", "bbcode", "picture", "custom")
"""In the order in which pages show them; `custom` is the account's own template."""

TEMPLATE_LENGTH = 500
"""What its column holds, in characters."""

PLACE = re.compile(r"\{(url|name|alt|width|height)\}")
TAG = re.compile(r"<[a-zA-Z][^>]*>")
MARKDOWN_LINK = re.compile(r"\]\(")
ROUND = str.maketrans("[]", "()")
MARKDOWN_MARKS = re.compile(r"[\\\[\]*_`<>&!~|]")


@dataclass(frozen=True)
class Source:
    """The sizes of a picture in one format: `(address, width in pixels)`, the largest last."""

    type: str
    sizes: Sequence[tuple[str, int]]


@dataclass(frozen=True)
class Pasted:
    """What is known of a picture that is to be pasted somewhere.

    `url` is its direct link, `shown` what browsers can embed: mostly the same. `sources` gives its
    formats, the best first and the one for every browser last, or nothing for a picture that has
    no sizes.
    """

    url: str
    shown: str
    name: str
    alt: str
    width: int
    height: int
    sources: Callable[[], Sequence[Source]]


class PictureLinks(Mapping[str, str]):
    """The link to a picture in every form, by its name; each is written when it is looked up.

    `custom` is there only with a template.
    """

    def __init__(self, pasted: Pasted, template: str) -> None:
        self._pasted = pasted
        self._template = template

    def __getitem__(self, form: str) -> str:
        if form == "custom" and self._template:
            return fill_template(self._template, self._pasted)
        return WRITERS[form](self._pasted)

    def __iter__(self) -> Iterator[str]:
        return iter(LINK_FORMS if self._template else WRITERS)

    def __len__(self) -> int:
        return len(LINK_FORMS if self._template else WRITERS)


def document_forms(url: str, name: str) -> dict[str, str]:
    """Return the link to what is no picture, in the forms that there are for it.

    BBCode has no way to write a bracket that is none of its own.
    """
    name = one_line(name)
    return {
        "url": url,
        "markdown": f"[{markdown_text(name)}]({url})",
        "html": f'<a href="{escape(url)}">{escape(name)}</a>',
        "bbcode": f"[url={url}]{name.translate(ROUND)}[/url]",
    }


def markdown(pasted: Pasted) -> str:
    return f"![{markdown_text(pasted.alt)}]({pasted.shown})"


def html(pasted: Pasted) -> str:
    return f'<img src="{escape(pasted.shown)}" alt="{escape(pasted.alt)}">'


def bbcode(pasted: Pasted) -> str:
    return f"[img]{pasted.shown}[/img]"


def picture_element(pasted: Pasted) -> str:
    """Return a `<picture>` that lets a browser take the format and the size that suit it.

    It is loaded when it comes near the window, and keeps its place until then.
    """
    *others, own = pasted.sources() or [Source("", [(pasted.shown, pasted.width)])]
    shown = f'src="{escape(own.sizes[-1][0])}"'
    if len(own.sizes) > 1:
        shown += f" {candidates(own, pasted.width)}"
    sources = "".join(
        f'<source type="{source.type}" {candidates(source, pasted.width)}>' for source in others
    )
    return (
        f'<picture>{sources}<img {shown} width="{pasted.width}" height="{pasted.height}" '
        f'alt="{escape(pasted.alt)}" loading="lazy"></picture>'
    )


WRITERS: dict[str, Callable[[Pasted], str]] = {
    "url": lambda pasted: pasted.url,
    "markdown": markdown,
    "html": html,
    "bbcode": bbcode,
    "picture": picture_element,
}


def candidates(source: Source, width: int) -> str:
    """Return `srcset`, and `sizes` where there is a choice.

    Browsers that know `auto` measure the place; for others the picture is as wide as it is, or as
    the window.
    """
    if len(source.sizes) == 1:
        return f'srcset="{escape(source.sizes[0][0])}"'
    srcset = ", ".join(f"{escape(address)} {across}w" for address, across in source.sizes)
    return f'srcset="{srcset}" sizes="auto, (max-width: {width}px) 100vw, {width}px"'


def one_line(text: str) -> str:
    """Return the text without line breaks, which would end a link."""
    return " ".join(text.split())


def markdown_text(text: str) -> str:
    """Escape what would end or change a Markdown link's text."""
    return MARKDOWN_MARKS.sub(r"\\\g<0>", text)


def fill_template(template: str, pasted: Pasted) -> str:
    """Return the account's own form of the link; braces that mean nothing stay.

    A template with a tag is HTML and one with `](` is Markdown, where names are escaped so that
    they cannot end it; any other gets names as they are.
    """
    quoted: Callable[[str], str] = str
    if TAG.search(template):
        quoted = escape
    elif MARKDOWN_LINK.search(template):
        quoted = markdown_text
    values = {
        "url": pasted.shown if quoted is markdown_text else quoted(pasted.shown),
        "name": quoted(pasted.name),
        "alt": quoted(pasted.alt),
        "width": str(pasted.width),
        "height": str(pasted.height),
    }
    return PLACE.sub(lambda place: values[place[1]], template)


def check_choice(form: str, template: str) -> LinkForm:
    """Return `form` if an account with this template can choose it.

    Raises InvalidLinkFormError for what is no form, InvalidLinkTemplateError for `custom` without
    a template.
    """
    for known in LINK_FORMS:
        if form == known:
            break
    else:
        raise InvalidLinkFormError(forms=", ".join(LINK_FORMS))
    if known == "custom" and not template:
        raise InvalidLinkTemplateError(length=TEMPLATE_LENGTH)
    return known


def check_template(template: str) -> str:
    """Return the template without blanks around it; an empty one is none.

    Raises InvalidLinkTemplateError for one that is too long, has several lines or control
    characters, or no place for the address.
    """
    stripped = template.strip()
    if stripped and (
        len(stripped) > TEMPLATE_LENGTH or not stripped.isprintable() or "{url}" not in stripped
    ):
        raise InvalidLinkTemplateError(length=TEMPLATE_LENGTH)
    return stripped
