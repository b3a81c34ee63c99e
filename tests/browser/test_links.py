"""The form of links: chosen with one click, shown everywhere, copied without being asked."""

import re

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.conftest import INSECURE_HOST
from tests.browser.gestures import Gate, clipboard
from tests.browser.uploading import SCREENSHOT, THREE, rows, stay
from tests.factories import PASSWORD, png

pytestmark = pytest.mark.browser

BATCH = "2222222222ab"
SETTINGS = "/settings/uploads"
COPY = ["clipboard-read", "clipboard-write"]

REFUSE = """
    () => {
      navigator.clipboard.writeText = () => Promise.reject(new Error());
      document.execCommand = () => false;
    }
"""
ALLOW = """
    () => {
      delete navigator.clipboard.writeText;
      window.dispatchEvent(new Event("focus"));
    }
"""


@pytest.fixture
def context_(new_context) -> BrowserContext:
    made: BrowserContext = new_context(permissions=COPY)
    return made


@pytest.fixture
def page(member, context_) -> Page:
    """A page in which ada is logged in, and may copy."""
    entered: Page = member.enter(context_)
    return entered


@pytest.fixture
def batch(page: Page, hang) -> Page:
    """The page of three pictures that came together."""
    for name in ("one.png", "two.png", "three.png"):
        hang(name=name, batch=BATCH)
    page.goto(f"/tuchuang/uploads/{BATCH}")
    return page


def switch(page: Page, form: str) -> Locator:
    return page.locator("[data-link-switch]").get_by_role("button", name=form)


def fields(page: Page) -> list[str]:
    return [field.input_value() for field in page.locator("[data-select]").all()]


# ---- the switch -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "begins"),
    [
        ("Markdown", "![one]("),
        ("HTML", "<img src="),
        ("BBCode", "[img]"),
        ("<picture>", "<picture>"),
    ],
)
def test_one_click_writes_every_link_otherwise(batch, form, begins):
    address = batch.url
    switch(batch, form).click()
    expect(switch(batch, form)).to_have_attribute("aria-pressed", "true")
    expect(switch(batch, "URL")).to_have_attribute("aria-pressed", "false")
    first = batch.locator("[data-select]").first
    expect(first).to_have_value(re.compile("^" + re.escape(begins)))
    expect(batch.locator("#announcer")).to_have_text(f"Links are shown as {form}.")
    expect(switch(batch, form)).to_be_focused()
    assert batch.url == address
    shown = fields(batch)
    assert len(shown) == 3
    batch.get_by_role("button", name="Copy all").click()
    expect(batch.locator(".copy-said")).to_have_text("Copied")
    assert clipboard(batch).splitlines() == shown

    batch.reload()
    assert fields(batch) == shown


def test_every_other_page_keeps_to_it(batch):
    switch(batch, "Markdown").click()
    expect(batch.locator("[data-select]").first).to_have_value(re.compile(r"^!\["))
    for path in ("/tuchuang/", "/tuchuang/images"):
        batch.goto(path)
        batch.get_by_role("button", name="Copy Markdown: three.png").click()
        expect(batch.locator(".copy-said")).to_have_text("Copied")
        assert clipboard(batch).startswith("![three](")
    batch.locator(".tile-link").first.click()
    expect(batch.locator(".link label").first).to_have_text("Markdown")


def test_the_upload_page_switches_its_recent_pictures(page, hang):
    hang(name="old.png")
    page.goto("/tuchuang/")
    switch(page, "BBCode").click()
    page.get_by_role("button", name="Copy BBCode: old.png").click()
    expect(page.locator(".copy-said")).to_have_text("Copied")
    assert clipboard(page).startswith("[img]http")


def test_a_choice_that_cannot_be_saved_is_taken_back_and_said(batch, witness):
    shown = fields(batch)
    batch.route("**/settings/links", lambda route: route.abort())
    witness.expect("net::ERR_FAILED")
    switch(batch, "HTML").click()
    expect(batch.locator("[data-error]")).to_contain_text("could not be saved")
    expect(switch(batch, "URL")).to_have_attribute("aria-pressed", "true")
    assert fields(batch) == shown
    batch.unroute("**/settings/links")
    switch(batch, "HTML").click()
    expect(batch.locator("[data-error]")).to_be_hidden()
    expect(batch.locator("[data-select]").first).to_have_value(re.compile("^<img"))


def test_without_script_it_is_a_form(member, new_context, hang):
    hang(name="one.png", batch=BATCH)
    page = member.enter(new_context(java_script_enabled=False))
    page.goto(f"/tuchuang/uploads/{BATCH}")
    switch(page, "Markdown").click()
    expect(page).to_have_url(re.compile(f"/tuchuang/uploads/{BATCH}$"))
    expect(page.get_by_label("Link to one.png")).to_have_value(re.compile(r"^!\[one\]\(http"))
    expect(page.get_by_role("button", name="Copy")).to_have_count(0)


# ---- an own template ------------------------------------------------------------------------


def test_an_own_template_is_shown_while_it_is_written_and_used_from_then_on(batch):
    batch.get_by_role("link", name="Your own form of links").click()
    template = batch.get_by_label("Your own template")
    template.fill("<{alt}> {width}×{height} {url} {what}")
    example = batch.locator("[data-example-text]")
    expect(example).to_have_text(re.compile(r"^<West Lake> 1600×1067 http\S+\.jpg \{what\}$"))
    batch.get_by_label("Own form").check()
    batch.get_by_role("button", name="Save").last.click()
    expect(batch.get_by_role("status").filter(has_text="saved")).to_be_visible()
    expect(example).to_contain_text("<West Lake>")

    batch.goto(f"/tuchuang/uploads/{BATCH}")
    expect(switch(batch, "Own form")).to_have_attribute("aria-pressed", "true")
    assert [value.partition(" ")[0] for value in fields(batch)] == ["<one>", "<two>", "<three>"]


def test_a_template_without_the_address_is_refused_beside_its_field(page, witness):
    witness.expect(422)
    page.goto(SETTINGS)
    page.get_by_label("Your own template").fill("{name}")
    page.get_by_role("button", name="Save").last.click()
    expect(page.locator(".field-error")).to_contain_text("{url}")
    expect(page.get_by_label("Your own template")).to_have_value("{name}")
    expect(page.get_by_label("Your own template")).to_have_attribute("aria-invalid", "true")


# ---- the queue ------------------------------------------------------------------------------


def copy_automatically(page: Page) -> None:
    box = page.get_by_label("Copy automatically after uploading")
    with page.expect_response("**/settings/links"):
        box.check()


def test_finished_files_follow_the_switch_and_are_copied_together(page, write):
    stay(page)
    page.locator("#file").set_input_files(write(THREE))
    expect(rows(page, "done")).to_have_count(3)
    switch(page, "Markdown").click()
    expect(rows(page).locator("[data-select]").last).to_have_value(re.compile(r"^!\["))
    page.locator("[data-copy-all]").click()
    expect(page.locator(".copy-said")).to_have_text("Copied")
    lines = clipboard(page).splitlines()
    assert [line[:4] for line in lines] == ["![IM", "![sc", "![pa"]
    one = rows(page).filter(has_text="party.gif")
    one.get_by_role("button", name="Copy: party.gif").click()
    expect(one.locator(".copy-said")).to_have_text("Copied")
    assert clipboard(page) == lines[2]


def test_links_are_copied_without_being_asked_each_once(page, write):
    stay(page)
    copy_automatically(page)
    page.locator("#file").set_input_files(write(THREE))
    expect(page.locator("[data-copy-all] .copy-said")).to_have_text("Copied")
    assert len(clipboard(page).splitlines()) == 3
    page.locator("#file").set_input_files(write({"later.png": png(31, 17)}))
    later = rows(page).filter(has_text="later.png").locator("[data-select]")
    expect(later).to_be_visible()
    expect(page.locator("[data-copy-all] .copy-said")).to_have_text("Copied")
    assert clipboard(page) == later.input_value()

    page.goto(SETTINGS)
    expect(page.get_by_label("Copy links automatically")).to_be_checked()


def test_a_browser_that_refuses_leaves_a_button_and_is_asked_again_later(page, write):
    page.goto("/tuchuang/")
    copy_automatically(page)
    page.evaluate(REFUSE)
    page.locator("#file").set_input_files(write({"one.png": SCREENSHOT}))
    expect(rows(page, "done")).to_have_count(1)
    copy_all = page.locator("[data-copy-all]")
    expect(copy_all).to_be_visible()
    expect(page.locator("#announcer")).to_contain_text("only by a click")
    page.evaluate(ALLOW)
    expect(copy_all.locator(".copy-said")).to_have_text("Copied")
    assert clipboard(page) == rows(page).locator("[data-select]").input_value()


def test_it_goes_on_over_plain_http(new_context, ada, site, write):
    page = new_context().new_page()
    page.goto(f"http://{INSECURE_HOST}:{site.port}/auth/login?next=/tuchuang/")
    page.get_by_label("User name").fill(ada.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/tuchuang/")
    copy_automatically(page)
    with Gate(page) as gate:
        page.locator("#file").set_input_files(write({"one.png": SCREENSHOT, "two.png": png(9, 9)}))
        gate.wait_for(2)
        page.get_by_label("Stay on this page").evaluate("(box) => box.click()")
        gate.let_all_in()
        expect(rows(page, "done")).to_have_count(2)
    page.locator("[data-copy-all]").click()
    expect(page.locator("[data-copy-all] .copy-said")).to_have_text("Copied")
    shown = fields(page)
    page.goto(f"{site.url}/auth/login")
    assert clipboard(page).splitlines() == shown
