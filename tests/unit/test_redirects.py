"""Going back to where somebody came from, and nowhere else."""

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flaskr.web.redirects import is_local

HERE = "http://localhost"

ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "\\\\evil.example/",
    "/\t/evil.example/",
    "javascript:alert(1)",
    "///evil.example/",
    "/\n/evil.example/",
    "\t//evil.example/",
    "http:evil.example",
    "evil.example",
    " //evil.example",
    "",
]


@pytest.mark.parametrize("target", ELSEWHERE)
def test_an_address_elsewhere_is_not_local(target):
    assert not is_local(target)


@pytest.mark.parametrize("target", ["/", "/create", "/tuchuang/images?before=x", "/a//b", "/图#x"])
def test_a_path_of_this_site_is_local(target):
    assert is_local(target)


def as_a_browser_reads_it(target: str) -> str:
    """The address that a browser goes to: tabs, line ends and outer blanks are dropped."""
    kept = "".join(character for character in target if character not in "\t\r\n")
    return urljoin(HERE, kept.strip("".join(map(chr, range(0x21)))).replace("\\", "/"))


PIECES = st.lists(
    st.sampled_from(["/", "\\", "\t", "\n", "\r", " ", "\0", ":", "@", "http", "evil.example", "?"])
    | st.characters(codec="utf-8"),
    max_size=8,
)


@given(PIECES.map("".join))
@example("/\t\\evil.example")
def test_whatever_passes_leads_a_browser_to_this_site(target):
    if is_local(target):
        parts = urlsplit(as_a_browser_reads_it(target))
        assert (parts.scheme, parts.netloc) == ("http", "localhost")
