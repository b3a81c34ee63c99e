"""SVG: what is left of a drawing, and that nothing of it acts."""

import pytest

from flaskr.errors import FileTooLargeError, TooManyPixelsError, UnreadableImageError
from flaskr.imaging import Limits, svg
from flaskr.imaging.formats import SVG, sniff

LIMITS = Limits(pixels=1_000_000, side=5000, frames=1, total_pixels=1, svg=True)
HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
RECT = '<rect width="10" height="10" fill="red"/>'


def drawing(inside: str = RECT, attributes: str = 'viewBox="0 0 100 50"') -> str:
    return f"{HEAD}{attributes}>{inside}</svg>"


@pytest.fixture
def clean(tmp_path):
    def sanitise(text: str) -> str:
        path = tmp_path / "drawing"
        path.write_text(text)
        return svg.sanitise(path).decode()

    return sanitise


def test_a_harmless_drawing_keeps_what_it_shows(clean):
    inside = (
        '<defs><linearGradient id="g"><stop offset="0"/></linearGradient></defs>'
        '<style>.a { fill: url(#g) }</style><path class="a" d="M0 0h9v9z" fill="url(#g)"/>'
        '<use href="#g"/><text>字</text>'
    )
    kept = clean(drawing(inside))
    for part in ("linearGradient", "url(#g)", 'd="M0 0h9v9z"', 'href="#g"', "字", "viewBox"):
        assert part in kept


@pytest.mark.parametrize(
    ("inside", "gone"),
    [
        ("<script>alert(1)</script>", "alert"),
        ('<rect onclick="alert(1)" width="1" height="1"/>', "alert"),
        ('<a href="javascript:alert(1)"><rect/></a>', "javascript"),
        ('<image href="https://evil.example/x.png"/>', "evil"),
        ('<image href="//evil.example/x.png"/>', "x.png"),
        ('<image href="/etc/passwd"/>', "passwd"),
        ('<image xlink:href="file:///etc/passwd"/>', "passwd"),
        ('<image href="../secret_key"/>', "secret"),
        ('<use href="other.svg#a"/>', "other"),
        ("<style>@import url(https://evil.example/x.css);</style>", "evil"),
        ("<style>rect { fill: url(https://evil.example/x) }</style>", "evil"),
        ("<style>rect { fill: url( '/local' ) }</style>", "/local"),
        ('<rect style="fill: url(/local)"/>', "/local"),
        ('<rect fill="url(https://evil.example/x)"/>', "evil"),
        ("<foreignObject><p>words</p></foreignObject>", "words"),
        ("<metadata>where it was made</metadata>", "where"),
        ("<!-- by whom -->", "whom"),
        ('<image href="data:text/html,words"/>', "text/html"),
        ('<image href="data:image/svg+xml,words"/>', "svg+xml"),
    ],
)
def test_what_acts_or_leads_elsewhere_is_gone(clean, inside, gone):
    assert gone in drawing(inside)
    assert gone not in clean(drawing(inside))


def test_what_is_clean_stays_as_it_is(clean):
    once = clean(drawing())
    assert clean(once) == once


@pytest.mark.parametrize(
    "text",
    [
        "<svg",
        "<html/>",
        "<svg/>",
        drawing() + "<",
        "",
    ],
)
def test_what_is_no_drawing_is_refused(clean, text):
    with pytest.raises(UnreadableImageError):
        clean(text)


def test_entities_do_not_swell(clean):
    nested = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE svg [<!ENTITY e0 "ha">{nested}]>' + drawing("<text>&e11;</text>")
    with pytest.raises(UnreadableImageError):
        clean(bomb)


def test_a_drawing_of_many_megabytes_is_refused(clean):
    with pytest.raises(FileTooLargeError):
        clean(drawing(RECT * 150_000))


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ('viewBox="0 0 100 50"', (100, 50)),
        ('width="20" height="30"', (20, 30)),
        ('width="20px" viewBox="0 0 100 50"', (20, 10)),
        ('height="20" viewBox="0 0 100 50"', (40, 20)),
        ('width="100%" height="100%"', (300, 150)),
        ('width="-1" viewBox="0 0 0 0"', (300, 150)),
        ("", (300, 150)),
    ],
)
def test_a_drawing_has_a_size(attributes, size):
    assert svg.natural_size(drawing(attributes=attributes).encode(), LIMITS) == size


@pytest.mark.parametrize("attributes", ['width="1e9"', 'width="99999" height="1"'])
def test_a_drawing_that_claims_too_much_is_refused(attributes):
    claimed = attributes.replace("1e9", "1000000000")
    with pytest.raises(TooManyPixelsError):
        svg.natural_size(drawing(attributes=claimed).encode(), LIMITS)


@pytest.mark.parametrize(
    "start",
    ["", "\ufeff", '<?xml version="1.0"?>\n', "<!-- hi -->", "<!DOCTYPE svg>", " \n"],
)
def test_a_drawing_is_told_by_its_first_element(start):
    assert sniff((start + drawing()).encode()) is SVG


@pytest.mark.parametrize("text", ["<html><svg/></html>", "svg", "<svgx/>", "<!-- <svg> --><p/>"])
def test_other_markup_is_no_drawing(text):
    assert sniff(text.encode()) is None
