"""One click, and the link is on the clipboard."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import INSECURE_HOST
from tests.browser.gestures import clipboard
from tests.factories import PASSWORD

pytestmark = pytest.mark.browser

FORMS = ["URL", "Markdown", "HTML", "BBCode", "<picture>"]


@pytest.fixture
def image(hang):
    return hang(name="a cat.png")


@pytest.fixture
def links(member, new_context, image) -> Page:
    """The page with the links of one picture, in a browser that lets pages copy."""
    page: Page = member.enter(new_context(permissions=["clipboard-read", "clipboard-write"]))
    page.goto(f"/tuchuang/images/{image.key}")
    return page


def copy_button(page: Page, form: str) -> Locator:
    return page.get_by_role("button", name=f"Copy {form}")


def link(page: Page, form: str) -> str:
    return page.get_by_label(form, exact=True).input_value()


@pytest.mark.parametrize("form", FORMS)
def test_a_click_copies_the_link_and_says_so(links, form):
    copy_button(links, form).click()
    expect(copy_button(links, form).locator(".copy-said")).to_have_text("Copied")
    expect(links.locator("#announcer")).to_have_text("Copied")
    assert clipboard(links) == link(links, form)
    assert "/tuchuang/download/" in link(links, form)


def test_what_was_said_goes_away(links):
    links.clock.install()
    links.reload()
    copy_button(links, "URL").click()
    said = links.locator(".copy-said")
    expect(said).to_have_text("Copied")
    links.clock.run_for(2000)
    expect(said).to_have_count(0)


def test_the_keyboard_copies_too(links):
    copy_button(links, "Markdown").focus()
    links.keyboard.press("Enter")
    expect(copy_button(links, "Markdown").locator(".copy-said")).to_have_text("Copied")
    assert clipboard(links) == link(links, "Markdown")


def test_all_links_of_an_upload_at_once(links, hang):
    batch = "2222222222ab"
    for name in ("one.png", "two.png"):
        hang(name=name, batch=batch)
    links.goto(f"/tuchuang/uploads/{batch}")
    links.get_by_role("button", name="Copy all").click()
    expect(links.locator(".copy-said")).to_have_text("Copied")
    expect(links.locator("#announcer")).to_have_text("All links are copied.")
    shown = [field.input_value() for field in links.locator("[data-select]").all()]
    assert clipboard(links).splitlines() == shown
    assert len(shown) == 2


def test_a_click_into_a_link_selects_all_of_it(links):
    field = links.get_by_label("URL", exact=True)
    field.click()
    selected = "(field) => field.value.slice(field.selectionStart, field.selectionEnd)"
    assert field.evaluate(selected) == field.input_value()


def test_it_copies_over_plain_http_from_another_machine(new_context, image, ada, site):
    page = new_context().new_page()
    page.goto(f"http://{INSECURE_HOST}:{site.port}/tuchuang/images/{image.key}")
    page.get_by_label("User name").fill(ada.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    assert page.evaluate("() => [isSecureContext, 'clipboard' in navigator]") == [False, False]

    copy_button(page, "HTML").click()
    expect(copy_button(page, "HTML").locator(".copy-said")).to_have_text("Copied")
    expect(copy_button(page, "HTML")).to_be_focused()
    copied = link(page, "HTML")
    assert INSECURE_HOST in copied
    page.goto(f"{site.url}/auth/login")
    assert clipboard(page) == copied


def test_a_browser_that_refuses_is_owned_up_to(links):
    links.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error()) }")
    links.evaluate("() => { document.execCommand = () => false }")
    copy_button(links, "URL").click()
    expect(copy_button(links, "URL").locator(".copy-said")).to_have_text("Not copied")
    expect(links.get_by_label("URL", exact=True)).to_be_focused()
    expect(links.locator("#announcer")).to_contain_text("copy it by hand")
