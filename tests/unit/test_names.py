"""Names of files as people gave them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flaskr.library.names import MAX_NAME, display_name, stem


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("photo.jpg", "photo.jpg"),
        ("图片.png", "图片.png"),
        ("CON.png", "CON.png"),
        ("a b.png", "a b.png"),
        ("🌻.png", "🌻.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\photos\\dog.png", "dog.png"),
        ("/tmp/cat.png", "cat.png"),
        ("a\0b.png", "ab.png"),
        ("a\r\nX-Evil: 1.png", "aX-Evil: 1.png"),
        ("a\x1b[31m.png", "a[31m.png"),
        ("exe\u202egnp.png", "exegnp.png"),
        ("e\u0301.png", "é.png"),
        ("", "image.png"),
        (".", "image.png"),
        ("..", "image.png"),
        ("/", "image.png"),
        ("\0\n", "image.png"),
        ("   ", "image.png"),
        (".hidden", "hidden"),
        ("trailing. ", "trailing"),
    ],
)
def test_the_name_shown_is_the_last_part_without_what_cannot_be_seen(given_name, shown):
    assert display_name(given_name, "png") == shown


def test_a_long_name_keeps_its_ending():
    shown = display_name("图" * 300 + ".jpeg", "jpg")
    assert len(shown) == MAX_NAME
    assert shown.endswith("图.jpeg")


def test_a_long_name_without_an_ending_is_cut():
    assert display_name("x" * 300, "jpg") == "x" * MAX_NAME
    assert display_name("x" * 200 + "." + "y" * 100, "jpg") == "x" * 200 + "." + "y" * 54


@given(st.text(), st.sampled_from(["png", "jpg", "tiff"]))
def test_any_text_makes_a_name_that_can_be_shown(name, extension):
    shown = display_name(name, extension)
    assert 0 < len(shown) <= MAX_NAME
    assert not {"/", "\\"} & set(shown)
    assert not {"Cc", "Cf", "Cs", "Zl", "Zp"} & set(map(unicodedata.category, shown))


@given(st.text(min_size=240, max_size=400))
def test_a_long_text_makes_a_name_that_fits(name):
    assert 0 < len(display_name(name, "png")) <= MAX_NAME


@given(st.text())
def test_a_name_made_once_stays_as_it_is(name):
    shown = display_name(name, "png")
    assert display_name(shown, "png") == shown


@pytest.mark.parametrize(
    ("name", "alt"),
    [("dog.png", "dog"), ("a.b.png", "a.b"), ("dog", "dog"), (".png", ".png")],
)
def test_the_stem_is_the_name_without_its_ending(name, alt):
    assert stem(name) == alt
