"""Addresses in Markdown: found where the blog's parser finds them, and rewritten alone."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from time import process_time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.common.normalize_url import normalizeLink
from markdown_it.token import Token

from flaskr.library.mover.rewriting import rewrite
from flaskr.library.mover.scanning import scan
from flaskr.library.mover.texts import decode, encode
from tests.markdown import FORMS, LEFT

NEW = "https://img.example.org/i/abc.png"


def images(text: str) -> list[str]:
    return [text[each.start : each.end] for each in scan(text) if each.kind == "image"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_an_image_is_found_and_rewritten_alone(form, end):
    text = FORMS[form].format("a/b%20c.png").replace("\n", end) + end
    (found,) = (each for each in scan(text) if each.kind == "image")
    assert text[found.start : found.end] == found.address == "a/b%20c.png"
    assert rewrite(text, {found: NEW}) == FORMS[form].format(NEW).replace("\n", end) + end


@pytest.mark.parametrize("text", LEFT)
def test_what_is_no_image_is_left_alone(text):
    assert not images(text)


def test_addresses_are_read_as_they_are_meant():
    text = "![](a\\(1\\).png) ![](<b c.png>) <img src='d&amp;e.png'> ![](f(g).png)"
    assert [each.address for each in scan(text)] == ["a(1).png", "b c.png", "d&e.png", "f(g).png"]


def test_links_are_found_too():
    text = "[a](b.html) <https://c> [d][e] <a href='f'>g</a>\n\n[e]: h"
    found = {(each.address, each.kind) for each in scan(text)}
    assert found == {(address, "link") for address in ("b.html", "https://c", "f", "h")}


def test_a_definition_for_a_link_and_an_image_is_an_image_s():
    (found,) = scan("[a][b] ![c][b]\n\n[b]: d.png\n[b]: e.png")
    assert (found.address, found.kind) == ("d.png", "image")


def test_each_address_of_a_srcset_is_found():
    text = "<img src=a.png srcset='b.png 1x,c.png 2x, d,e.png 300w,, f.png'>"
    assert images(text) == ["a.png", "b.png", "c.png", "d,e.png", "f.png"]


def test_a_mark_of_the_encoding_hides_nothing():
    assert images("\ufeff[a]: b.png\n\n![a]") == ["b.png"]
    assert images("\ufeff---\na: '![](c.png)'\n---\n![](d.png)") == ["d.png"]


def test_the_same_cell_twice_is_found_twice():
    text = "|a|b|\n|-|-|\n| ![](x.png) | ![](x.png) |\n| | ![](x.png) |"
    assert len(scan(text)) == 3


@pytest.mark.parametrize(
    "text",
    [
        "> \f\n> \u3000\n> ![](a.png)",
        "1. \f\n   1\n   ![](a.png)",
        "- \v\n-\n  ![](a.png)",
        "\f\na ![](a.png)\n===",
        "> \f\n>     >\n>     ![](a.png)\n\u00a0",
    ],
)
def test_blank_lines_before_a_paragraph_hide_nothing(text):
    assert images(text) == ["a.png"]


@pytest.mark.parametrize(("blank", "row"), [("\f", "a"), ("> \f", ">     >")])
def test_many_blank_lines_and_many_others_take_time_that_grows_with_their_number(blank, row):
    """Not how long it takes is looked at, but what eight times the lines take: 64 were too many."""

    def seconds(lines: int) -> float:
        text = f"{blank}\n" * lines + f"{row}\n" * lines + "![](a.png)"
        begin = process_time()
        assert images(text) == ["a.png"]
        return process_time() - begin

    assert seconds(32_000) < 24 * min(seconds(4_000) for _ in range(2))


# ---- against the parser itself ----------------------------------------------------------------

REFERENCE = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])

PIECES = st.sampled_from(
    [
        *("![", "](", ")", "]", "[", "<", ">", "!", "a.png", "b%20c", " ", "  ", "    ", "\t"),
        *("\n", "\n\n", "\r\n", "> ", "- ", "1. ", "# ", "|", "\\|", "\\", "`", "```", "~~~", "*"),
        *("|-|-|", "[r]: ", "[r]", "'t'", '"', "(", "===", "---", "&amp;", "\u3000", "\u00a0"),
        *("\ufeff", "\0", "\x0b", "\x0c", "\x85", "\u2028", "<!--", "-->", "图", "😀"),
        *("![a](b.png)", "![a](<b c.png> 't')", "![a][r]", "![r]", "\n[r]: d.png\n"),
        *("| ![a](b.png) | ![](c.png) |\n",),
    ]
)
TEXTS = st.lists(PIECES, max_size=40).map("".join)


def shown(tokens: list[Token]) -> Iterator[str]:
    """What the parser itself shows as images, but for those without an address."""
    for token in tokens:
        for child in token.children or ():
            if child.type == "image" and child.attrs["src"]:
                yield str(child.attrs["src"])


@settings(max_examples=300)
@given(TEXTS)
@example("[r]: \n![r]")
@example("> [r]:\n> d.png\n\n![r]")
@example("|a|b|\n|-|-|\n|![a\\|b](c.png)|![](c.png)|")
def test_the_parser_shows_what_is_found(text):
    """Of each definition one place is found, however often it is used; HTML is tested above."""
    text = text.lstrip("\ufeff").replace("<", "").replace("---", "")
    parsed = Counter(shown(REFERENCE.parse(text)))
    found = [each for each in scan(text) if each.kind == "image"]
    assert set(parsed) == {normalizeLink(each.address) for each in found}
    for before, after in pairwise(found):
        assert before.end <= after.start
    if "\0" not in text:  # which the parser shows as another character
        rewritten = rewrite(text, dict.fromkeys(found, NEW))
        again = [each for each in scan(rewritten) if each.kind == "image"]
        assert [each.address for each in again] == [NEW] * len(found)


@given(TEXTS | st.text())
def test_nothing_but_the_addresses_changes(text):
    found = scan(text)
    rewritten = rewrite(text, dict.fromkeys(found, NEW))
    assert rewrite(text, {}) == text
    at = then = 0
    for each in found:
        between = each.start - at
        assert rewritten[then : then + between] == text[at : each.start]
        then += between + len(NEW)
        at = each.end
    assert rewritten[then:] == text[at:]


@given(st.binary())
@example("图片 ![a](图.png)".encode("gb18030"))
@example("\ufeff# 图".encode("utf-16-le"))
@example(b"\xff\xfe\x00")
@example(b"\xef\xbb\xbfa")
def test_bytes_come_back_as_they_were(content):
    assert encode(*decode(content)) == content


def test_texts_are_read_in_the_encodings_that_editors_write():
    words = "图片和笔记 ![a](图.png)"
    for encoding in ("utf-8", "gb18030"):
        assert decode(words.encode(encoding)) == (words, encoding)
    assert decode(("\ufeff" + words).encode("utf-16-be")) == ("\ufeff" + words, "utf-16-be")
