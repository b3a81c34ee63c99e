"""Register, log in, log out, change the password."""

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from flaskr.db import db
from flaskr.models import User
from tests.conftest import dispose
from tests.factories import PASSWORD

pytestmark = pytest.mark.browser

UPLOAD = re.compile(r"/tuchuang/$")


def fill(page: Page, username: str, password: str, button: str) -> None:
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("main").get_by_role("button", name=button).click()


def choose_in_account_menu(page: Page, name: str) -> None:
    menu = page.locator("details", has=page.locator("summary", has_text="Account"))
    menu.locator("summary").click()
    menu.get_by_text(name, exact=True).click()


def test_the_first_account_is_the_admins_and_closes_registration(own_site, new_context, witness):
    witness.expect(403)
    own_site.start()
    page = new_context().new_page()
    page.goto(own_site.url)
    page.get_by_role("banner").get_by_role("link", name="Register").click()
    expect(page.get_by_role("heading", name="Create the first account")).to_be_visible()
    fill(page, "晓明", PASSWORD, "Register")
    expect(page).to_have_url(UPLOAD)

    app = own_site.make_app()
    with app.app_context():
        assert db.session.scalar(select(User.is_admin).where(User.username == "晓明"))
    dispose(app)

    choose_in_account_menu(page, "Log out")
    expect(page.get_by_role("link", name="Log in").first).to_be_visible()
    expect(page.get_by_role("link", name="Register")).to_have_count(0)
    page.goto(f"{own_site.url}/auth/register")
    expect(page.get_by_text("Registration is closed.")).to_be_visible()
    own_site.stop()


def test_whoever_comes_after_the_first_registers_where_that_is_open(page, ada):
    page.goto("/auth/register")
    fill(page, f"new-{ada.username}", PASSWORD, "Register")
    expect(page).to_have_url(UPLOAD)


def test_a_name_that_is_taken_is_told_beside_the_field(page, ada, witness):
    witness.expect(409, 422)
    page.goto("/auth/register")
    fill(page, ada.username, PASSWORD, "Register")
    field = page.get_by_label("User name")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile("is taken"))


def test_a_guest_logs_in_and_comes_back(page, ada):
    page.goto("/tuchuang/")
    expect(page).to_have_url(re.compile(r"/auth/login\?next="))
    expect(page.get_by_label("User name")).to_be_focused()
    page.keyboard.type(ada.username)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(UPLOAD)
    expect(page.get_by_role("heading", name="Upload pictures")).to_be_visible()


def test_a_wrong_password_is_told_and_may_be_tried_again(page, ada, witness):
    witness.expect(401)
    page.goto("/auth/login")
    fill(page, ada.username, "not this one", "Log in")
    expect(page.get_by_label("Password")).to_have_accessible_description(
        "User name or password is wrong. Check both and try again."
    )
    expect(page.get_by_label("User name")).to_have_value(ada.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(UPLOAD)


def test_after_log_out_the_pages_are_closed(desk):
    desk.goto("/tuchuang/images")
    choose_in_account_menu(desk, "Log out")
    expect(desk.get_by_role("link", name="Log in").first).to_be_visible()
    desk.goto("/tuchuang/images")
    expect(desk).to_have_url(re.compile(r"/auth/login\?next="))


def test_a_new_password_ends_the_other_sessions(desk, member, new_context, ada):
    other = member.enter(new_context())
    other.goto("/tuchuang/")

    desk.goto("/tuchuang/")
    choose_in_account_menu(desk, "Change password")
    desk.get_by_label("Current password").fill(PASSWORD)
    desk.get_by_label("New password").fill("a better battery")
    desk.get_by_role("main").get_by_role("button", name="Change password").click()
    expect(desk.get_by_role("status").first).to_contain_text("Your password is changed.")

    other.reload()
    expect(other).to_have_url(re.compile(r"/auth/login\?next="))
    fill(other, ada.username, "a better battery", "Log in")
    expect(other).to_have_url(UPLOAD)


def test_a_wrong_current_password_is_told_beside_the_field(desk, witness):
    witness.expect(401, 403, 422)
    desk.goto("/auth/password")
    desk.get_by_label("Current password").fill("not this one")
    desk.get_by_label("New password").fill("a better battery")
    desk.get_by_role("main").get_by_role("button", name="Change password").click()
    expect(desk.get_by_label("Current password")).to_have_accessible_description(
        "This is not your current password."
    )
