"""Setting up an app: a token by a click, everything filled in, a test picture and its answer."""

import pytest
from playwright.sync_api import expect

from flaskr.library.client_files import CLIENTS
from tests.browser.axe import violations
from tests.browser.gestures import clipboard

pytestmark = pytest.mark.browser


def fill_in(page, slug: str) -> None:
    page.goto(f"/settings/clients/{slug}")
    page.get_by_role("button", name="Make a token and fill it in").click()
    expect(page.get_by_role("heading", name="A fresh token is filled in")).to_be_visible()


@pytest.mark.parametrize("slug", CLIENTS)
def test_a_test_picture_arrives_as_the_app_would_send_it(desk, slug):
    fill_in(desk, slug)
    desk.get_by_role("button", name="Send a test picture").click()
    expect(desk.get_by_text("It works: the picture is there")).to_be_visible()
    picture = desk.get_by_role("img", name="Test picture")
    expect(picture).to_be_visible()
    assert picture.evaluate("(image) => image.decode().then(() => image.naturalWidth)") == 96
    assert violations(desk) == []
    desk.get_by_role("button", name="Delete the test picture").click()
    expect(desk.get_by_text("The test picture is in the trash.")).to_be_visible()
    expect(picture).to_be_hidden()
    expect(desk.get_by_role("button", name="Delete the test picture")).to_be_hidden()
    expect(desk.get_by_role("button", name="Send a test picture")).to_be_focused()
    desk.goto("/tuchuang/images")
    expect(desk.get_by_text("test.png")).to_have_count(0)


def test_what_the_service_says_of_a_revoked_token_is_shown(desk, witness):
    witness.expect(401)
    fill_in(desk, "sharex")
    other = desk.context.new_page()
    other.goto("/settings/tokens")
    other.get_by_role("link", name="Revoke: ShareX").click()
    other.get_by_role("button", name="Revoke").click()
    expect(other.get_by_text("The token is revoked.")).to_be_visible()
    desk.get_by_role("button", name="Send a test picture").click()
    expect(desk.get_by_text("The service refuses it.")).to_be_visible()
    expect(desk.locator("[data-body]")).to_contain_text("invalid_token")
    expect(desk.get_by_role("button", name="Send a test picture")).to_be_enabled()
    assert violations(desk) == []


def test_a_link_that_others_cannot_open_is_not_called_good(desk, witness):
    witness.expect(404)
    fill_in(desk, "sharex")
    sent = desk.locator("[data-trial]")
    sent.evaluate("""(trial) => {
        const sample = JSON.parse(trial.dataset.sample);
        trial.dataset.sample = JSON.stringify({...sample, path: "/api/images?keep=backup"});
    }""")
    desk.get_by_role("button", name="Send a test picture").click()
    expect(desk.get_by_text("its link does not load for others")).to_be_visible()
    expect(desk.locator("[data-body]")).to_contain_text('"visibility": "private"')
    expect(desk.get_by_role("img", name="Test picture")).to_be_hidden()


def test_what_the_service_says_is_read_in_its_own_script(new_context, member, witness):
    witness.expect(401)
    page = member.enter(new_context(locale="zh-CN"))
    page.goto("/settings/clients/picgo")
    page.locator(".panel form button").first.click()
    page.locator("[data-trial]").evaluate("""(trial) => {
        const sample = JSON.parse(trial.dataset.sample);
        sample.headers.Authorization = "Bearer wrong";
        trial.dataset.sample = JSON.stringify(sample);
    }""")
    page.locator("[data-send]").click()
    expect(page.locator("[data-body]")).to_contain_text("令牌")
    expect(page.locator("[data-body]")).not_to_contain_text("\\u")


def test_a_picture_that_is_gone_already_cannot_be_deleted(desk, witness):
    witness.expect(404)
    fill_in(desk, "sharex")
    desk.get_by_role("button", name="Send a test picture").click()
    remover = desk.get_by_role("button", name="Delete the test picture")
    expect(remover).to_be_visible()
    remover.evaluate("(button) => { button.value = '111111111111'; }")
    remover.click()
    expect(desk.get_by_text("The test picture could not be deleted.")).to_be_visible()


def test_without_a_script_the_page_says_why_it_sends_nothing(new_context, member):
    page = member.enter(new_context(java_script_enabled=False))
    page.goto("/settings/clients/curl")
    expect(page.get_by_text("needs JavaScript")).to_be_visible()
    expect(page.get_by_text("Make a token above")).to_be_hidden()
    page.get_by_role("button", name="Make a token and fill it in").click()
    expect(page.get_by_text("needs JavaScript")).to_be_visible()
    expect(page.locator("[data-send]")).to_be_hidden()


def test_no_answer_at_all(desk, witness):
    witness.expect("net::ERR_FAILED")
    fill_in(desk, "curl")
    desk.route("**/api/images*", lambda route: route.abort())
    desk.get_by_role("button", name="Send a test picture").click()
    expect(desk.get_by_text("No answer came.")).to_be_visible()


def test_a_file_is_downloaded_and_copied_with_its_token(new_context, member):
    page = member.enter(new_context(permissions=["clipboard-read", "clipboard-write"]))
    fill_in(page, "picgo")
    token = page.get_by_role("textbox", name="Auth token").input_value().removeprefix("Bearer ")
    with page.expect_download() as arrived:
        page.get_by_role("button", name="Download").click()
    assert arrived.value.suggested_filename == "config.json"
    text = arrived.value.path().read_text()
    assert f'"token": "Bearer {token}"' in text
    page.get_by_role("button", name="Copy: config.json").click()
    expect(page.locator(".copy-said")).to_have_text("Copied")
    assert clipboard(page) == text


@pytest.mark.parametrize("width", [320, 390])
@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_no_way_through_the_settings_is_cut_off(new_context, member, width, locale):
    page = member.enter(new_context(locale=locale, viewport={"width": width, "height": 800}))
    page.goto("/settings/clients")
    for tab in page.locator(".tabs .tab").all():
        expect(tab).to_be_in_viewport(ratio=1)


def test_a_token_by_keyboard_alone(new_context, member):
    page = member.enter(new_context(permissions=["clipboard-read", "clipboard-write"]))
    page.goto("/settings/tokens")
    page.get_by_label("What is it for?").focus()
    page.keyboard.type("my laptop")
    page.keyboard.press("Enter")
    copy = page.locator(".panel--fresh").get_by_role("button", name="Copy")
    copy.press("Enter")
    expect(copy.locator(".copy-said")).to_have_text("Copied")
    assert clipboard(page) == page.get_by_role("textbox", name="Your new token").input_value()
    expect(page.get_by_text("my laptop")).to_be_visible()
    expect(copy.locator(".copy-said")).to_have_count(0)
    assert violations(page) == []
