"""Whatever a file is called, what is pasted is one link to it."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from justhtml import JustHTML
from markdown_it import MarkdownIt

from flaskr.errors import InvalidLinkFormError, InvalidLinkTemplateError
from flaskr.library.link_forms import (
    LINK_FORMS,
    TEMPLATE_LENGTH,
    Pasted,
    PictureLinks,
    Source,
    check_choice,
    check_template,
    document_forms,
    fill_template,
    one_line,
)
from flaskr.library.names import display_name, stem

URL = "https://img.example.org/i/2mNwRk7pQz4L.jpg"
MARKS = "\\[](){}!*_`<>&~|#:;\"'@ .-=+$^%?/ax1"

names = st.text(st.one_of(st.sampled_from(MARKS), st.characters())).map(
    lambda name: display_name(name, "png")
)
gfm = MarkdownIt("gfm-like", {"linkify": False})


def pasted(name: str = "a cat.jpg", url: str = URL) -> Pasted:
    sources = [
        Source("image/webp", [(f"{url}?w=320", 320), (f"{url}?w=640", 640)]),
        Source("image/jpeg", [(f"{url}?w=320", 320), (url, 640)]),
    ]
    return Pasted(url, url, name, stem(name), 640, 480, lambda: sources)


def read_markdown(text: str) -> tuple[str, str, str]:
    """What kind of link the text is (and nothing but), where it leads, its words."""
    (paragraph,) = [token for token in gfm.parse(text) if token.type == "inline"]
    first, *_ = kids = paragraph.children or []
    if first.type == "image":
        (image,) = kids
        words = "".join(child.content for child in image.children or [])
        return "image", str(image.attrs["src"]), words
    assert [kids[0].type, kids[-1].type] == ["link_open", "link_close"]
    assert {kid.type for kid in kids[1:-1]} <= {"text", "text_special"}
    return "link", str(first.attrs["href"]), "".join(kid.content for kid in kids[1:-1])


def elements(html: str, selector: str):
    page = JustHTML(html, sanitize=False)
    assert page.to_text().strip() == "" or selector == "a"
    return list(page.query(selector))


# ---- every form -----------------------------------------------------------------------------


@given(names)
@example("a [b] <c> *d* _e_ `f` &amp; ![g](h) ~~i~~.png")
@example("](javascript:x)[.png")
def test_markdown_reads_back_as_one_picture(name):
    assert read_markdown(PictureLinks(pasted(name), "")["markdown"]) == ("image", URL, stem(name))


@given(names)
@example('"><script>.png')
def test_html_reads_back_as_one_picture(name):
    (image,) = elements(PictureLinks(pasted(name), "")["html"], "*:not(html, head, body)")
    assert (image.name, image.attrs) == ("img", {"src": URL, "alt": stem(name)})


@given(names)
def test_bbcode_has_the_link_alone(name):
    assert re.findall(r"\[img\](.*?)\[/img\]", PictureLinks(pasted(name), "")["bbcode"]) == [URL]


@given(names)
@example('"><script>.png')
def test_a_picture_element_offers_every_size_and_keeps_its_place(name):
    html = PictureLinks(pasted(name), "")["picture"]
    source, image = elements(html, "picture > *")
    assert [element.name for element in elements(html, "*:not(html, head, body)")] == [
        "picture",
        "source",
        "img",
    ]
    assert source.attrs["srcset"] == f"{URL}?w=320 320w, {URL}?w=640 640w"
    assert image.attrs == {
        "src": URL,
        "srcset": f"{URL}?w=320 320w, {URL} 640w",
        "sizes": "auto, (max-width: 640px) 100vw, 640px",
        "width": "640",
        "height": "480",
        "alt": stem(name),
        "loading": "lazy",
    }


def test_a_picture_without_sizes_is_a_plain_one():
    drawing = Pasted(URL, URL, "a.svg", "a", 10, 10, list)
    html = PictureLinks(drawing, "")["picture"]
    assert html == (
        f'<picture><img src="{URL}" width="10" height="10" alt="a" loading="lazy"></picture>'
    )


@given(names)
def test_a_document_is_linked_by_its_name(name):
    forms = document_forms(URL, name)
    said = one_line(name)
    assert read_markdown(forms["markdown"]) == ("link", URL, said)
    (link,) = elements(forms["html"], "a")
    assert (link.attrs, link.to_text(strip=False)) == ({"href": URL}, said)


def test_there_is_an_own_form_only_with_a_template():
    assert set(PictureLinks(pasted(), "")) == {*LINK_FORMS} - {"custom"}
    links = PictureLinks(pasted(), "see {url}")
    assert tuple(links) == LINK_FORMS
    assert len(links) == len(LINK_FORMS)
    assert links["custom"] == f"see {URL}"
    with pytest.raises(KeyError):
        PictureLinks(pasted(), "")["custom"]


# ---- own templates --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("{url}", URL),
        ("{name} | {alt} | {width}x{height} | {url}", f"a cat.jpg | a cat | 640x480 | {URL}"),
        ("{url} {unknown} {} {{url}} {Url}", f"{URL} {{unknown}} {{}} {{{URL}}} {{Url}}"),
        ("{url}{url}", URL * 2),
        (r"\includegraphics{{url}}", rf"\includegraphics{{{URL}}}"),
        (".. image:: {url}", f".. image:: {URL}"),
    ],
)
def test_places_are_filled_and_other_braces_stay(template, filled):
    assert fill_template(template, pasted()) == filled


def test_what_a_name_has_in_braces_is_no_place():
    assert (
        fill_template("{name} {url}", pasted("{url} {width}.png")) == f"{{url}} {{width}}.png {URL}"
    )


@given(names)
def test_a_template_of_html_cannot_be_broken_out_of(name):
    template = '<img src="{url}" alt="{alt}" title="{name}">'
    (image,) = elements(fill_template(template, pasted(name)), "*:not(html, head, body)")
    assert image.attrs == {"src": URL, "alt": stem(name), "title": name}


@given(names)
def test_a_template_of_markdown_cannot_be_broken_out_of(name):
    text = fill_template("![{name}]({url})", pasted(name))
    assert read_markdown(text) == ("image", URL, name)


@given(names)
def test_any_other_template_gets_names_as_they_are(name):
    assert fill_template("{url} {name}", pasted(name)) == f"{URL} {name}"


@pytest.mark.parametrize("template", ["", "  ", "{url}", "图 {url}", " {url} "])
def test_a_template_is_kept_without_the_blanks_around_it(template):
    assert check_template(template) == template.strip()


@pytest.mark.parametrize(
    "template",
    [
        "no place",
        "{URL}",
        "{url}\n{url}",
        "{url}\0",
        "{url}" + "x" * TEMPLATE_LENGTH,
        "\u202e{url}",
    ],
)
def test_a_template_of_which_nothing_can_be_made_is_refused(template):
    with pytest.raises(InvalidLinkTemplateError):
        check_template(template)


def test_only_a_form_that_is_there_can_be_chosen():
    assert check_choice("picture", "") == "picture"
    assert check_choice("custom", "{url}") == "custom"
    with pytest.raises(InvalidLinkTemplateError):
        check_choice("custom", "")
    with pytest.raises(InvalidLinkFormError):
        check_choice("\0", "")
