"""The witness of the other tests sees what it should."""

import pytest
from playwright.sync_api import expect

from tests.browser.witness import Witness

pytestmark = pytest.mark.browser


@pytest.fixture
def second(new_context, browser, base_url):
    """A witness that may hear of something, and the page that it watches."""
    witness = Witness()
    with browser.new_context(base_url=base_url) as context:
        witness.watch(context)
        yield witness, context.new_page()


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        ("() => console.error('oh no')", "error: oh no"),
        ("() => console.warn('hm')", "warning: hm"),
        ("() => { setTimeout(() => { throw new Error('lost') }) }", "uncaught: lost"),
        ("() => { Promise.reject(new Error('broken')) }", "uncaught: broken"),
        ("() => { document.body.setAttribute('style', 'color: red') }", "Content Security Policy"),
        ("() => { new Image().src = 'https://192.0.2.1/x.png' }", "The CSP forbids img-src"),
    ],
)
def test_it_hears_what_a_page_complains_about(second, script, complaint):
    witness, page = second
    page.goto("/")
    page.evaluate(script)
    with page.expect_console_message(lambda message: message.text == "the end"):
        page.evaluate("() => setTimeout(() => console.log('the end'))")
    assert any(complaint in heard for heard in witness.complaints), witness.complaints


def test_it_hears_of_a_missing_page_unless_it_was_told(second):
    witness, page = second
    page.goto("/nothing/here")
    expect(page.get_by_text("404")).to_be_visible()
    assert "404" in witness.complaints.pop()
    witness.expect(404)
    page.goto("/nothing/here/either")
    expect(page.get_by_text("404")).to_be_visible()
    assert witness.complaints == []
