"""The server goes away in the middle, and comes back."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.gestures import drop
from tests.browser.pictures import is_same
from tests.factories import PASSWORD, png

pytestmark = pytest.mark.browser


def test_what_did_not_arrive_is_sent_again(own_site, new_context, witness, write):
    own_site.start()
    page = new_context().new_page()
    page.goto(f"{own_site.url}/auth/register")
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Register").click()
    page.wait_for_url("**/tuchuang/")

    own_site.kill()
    witness.expect("net::ERR_CONNECTION_REFUSED", "net::ERR_CONNECTION_RESET")
    drop(page, page.locator("[data-drop]"), *write({"one.png": png(60, 40)}))
    notice = page.locator("[data-notice]")
    expect(notice).to_contain_text("The server cannot be reached. Trying again in")

    own_site.start()
    page.wait_for_url(re.compile(r"/tuchuang/download/"))
    assert is_same(page.url, png(60, 40))
