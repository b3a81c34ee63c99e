"""What goes wrong on the way, and how an upload comes through it."""

import re
from http import HTTPStatus

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect
from sqlalchemy.orm import Session

from flaskr.db import db
from flaskr.library import accounts
from flaskr.models import Image, User
from tests.browser.gestures import Gate, drop, until
from tests.browser.pictures import is_same
from tests.browser.uploading import (
    ASKS,
    FILE,
    LINKS,
    SCREENSHOT,
    UPLOAD,
    listed,
    region,
    rows,
    stay,
)
from tests.browsing import AuthActions, Browser
from tests.conftest import dispose
from tests.factories import PASSWORD, count_rows, make_user, png

pytestmark = pytest.mark.browser

OFFLINE = "net::ERR_INTERNET_DISCONNECTED"
STALL = 31_000  # milliseconds


def notice(page: Page) -> Locator:
    return page.locator("[data-notice]")


def count_of(session: Session, user: User) -> int:
    """How many pictures somebody has by now."""
    session.rollback()
    return session.query(Image).filter_by(owner_id=user.id).count()


def answer_once(page: Page, status: int, **headers: str) -> list[str]:
    """Let the first upload be answered so, by somebody in front of the server; list all uploads."""
    seen: list[str] = []

    def answer(route: Route) -> None:
        if route.request.method != "POST":
            route.continue_()
            return
        seen.append(route.request.headers["idempotency-key"])
        if len(seen) == 1:
            route.fulfill(status=status, headers=headers, body="Not now.")
        else:
            route.continue_()

    page.route("**/tuchuang/", answer)
    return seen


def enter_as(context: BrowserContext, user: User, app, site) -> None:
    """Log somebody in there, as another tab would."""
    client = Browser(app)
    AuthActions(client).login(user.username)
    cookie = client.get_cookie("session")
    assert cookie is not None
    context.add_cookies([{"name": "session", "value": cookie.value, "url": site.url}])


def come_back(page: Page) -> None:
    """Enter the page again, from another tab."""
    page.evaluate("() => window.dispatchEvent(new Event('focus'))")


# ---- the server -----------------------------------------------------------------------------


def test_a_server_that_dies_in_the_middle_loses_nothing(own_site, new_context, witness, write):
    own_site.start()
    page = new_context().new_page()
    page.goto(f"{own_site.url}/auth/register")
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Register").click()
    page.wait_for_url("**/tuchuang/")

    witness.expect("net::ERR_CONNECTION_REFUSED", "net::ERR_CONNECTION_RESET")
    witness.expect("net::ERR_EMPTY_RESPONSE", "net::ERR_SOCKET_NOT_CONNECTED")
    sent = {f"{number:02}.png": png(300, 200, number) for number in range(50)}
    with Gate(page) as gate:
        drop(page, region(page), *write(sent))
        for _ in range(20):
            gate.wait_for(1)
            gate.let_one_in()
        until(page, lambda: rows(page, "done").count() == 20)
        gate.wait_for(3)
        gate.let_all_in()
        own_site.kill()
    expect(notice(page)).to_contain_text("The server cannot be reached.")
    assert rows(page, "failed").count() == 0

    own_site.start()
    page.wait_for_url(LINKS)
    assert list(listed(page)) == list(sent)
    assert len(set(listed(page).values())) == 50
    for name in ("00.png", "17.png", "49.png"):
        assert is_same(listed(page)[name], sent[name])
    behind = own_site.make_app()
    with behind.app_context():
        assert count_rows(db.session, Image) == 50
    dispose(behind)


def test_a_lost_answer_makes_no_second_picture(desk, write, witness, session, ada):
    witness.expect("net::ERR_FAILED")
    desk.goto(UPLOAD)
    lost: list[str] = []

    def lose(route: Route) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch().text())
            route.abort()
        else:
            route.continue_()

    desk.route("**/tuchuang/", lose)
    drop(desk, region(desk), *write({"one.png": SCREENSHOT}))
    desk.wait_for_url(FILE)
    assert lost
    assert count_of(session, ada) == 1


def test_what_arrived_without_an_answer_can_be_undone(desk, write, witness, session, ada):
    witness.expect("net::ERR_FAILED")
    stay(desk)
    lost: list[str] = []

    def lose(route: Route) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch().text())
            route.abort()
        else:
            route.continue_()

    desk.route("**/tuchuang/", lose)
    drop(desk, region(desk), *write({"one.png": SCREENSHOT}))
    expect(rows(desk, "done")).to_have_count(1)
    desk.get_by_role("button", name=re.compile(r"^Undo the upload of one\.png")).click()
    expect(desk.locator("[data-queue]")).to_be_hidden()
    session.rollback()
    assert session.query(Image).filter_by(owner_id=ada.id, deleted=None).count() == 0


@pytest.mark.parametrize(
    ("status", "code"),
    [(HTTPStatus.INSUFFICIENT_STORAGE, "storage_full"), (413, "quota_exceeded")],
)
def test_what_only_a_person_can_mend_is_told_and_retried_then(desk, write, witness, status, code):
    witness.expect(status)
    stay(desk)
    error = {"code": code, "message": "There is no room left."}
    seen: list[str] = []

    def refuse(route: Route) -> None:
        if route.request.method != "POST" or seen:
            route.continue_()
            return
        seen.append(route.request.url)
        route.fulfill(status=status, headers={"Retry-After": "30"}, json={"error": error})

    desk.route("**/tuchuang/", refuse)
    drop(desk, region(desk), *write({"one.png": SCREENSHOT}))
    expect(rows(desk, "failed").locator("[data-reason]")).to_have_text("There is no room left.")
    assert desk.evaluate(ASKS)
    desk.get_by_role("button", name="Retry one.png").press("Enter")
    expect(rows(desk, "done")).to_have_count(1)
    # The button that had the focus is gone; the row has another.
    assert desk.evaluate("() => document.activeElement.closest('.queue-item') !== null")


def test_an_upload_that_fails_in_passing_is_tried_again_with_its_key(desk, write, witness):
    witness.expect(502)
    desk.goto(UPLOAD)
    keys = answer_once(desk, HTTPStatus.BAD_GATEWAY)
    drop(desk, region(desk), *write({"one.png": SCREENSHOT}))
    desk.wait_for_url(FILE)
    assert len(keys) == 2
    assert keys[0] == keys[1]


def test_what_fails_every_time_is_given_up_until_a_person_retries(desk, write, witness):
    witness.expect(502)
    desk.clock.install()
    stay(desk)
    keys: list[str] = []

    def refuse(route: Route) -> None:
        if route.request.method != "POST":
            route.continue_()
            return
        keys.append(route.request.headers["idempotency-key"])
        route.fulfill(status=HTTPStatus.BAD_GATEWAY, body="Not now.")

    def is_given_up() -> bool:
        if rows(desk, "waiting").count():
            desk.clock.fast_forward(STALL)
        return rows(desk, "failed").count() == 1

    desk.route("**/tuchuang/", refuse)
    drop(desk, region(desk), *write({"one.png": SCREENSHOT}))
    until(desk, is_given_up)
    expect(rows(desk).locator("[data-reason]")).to_have_text(re.compile("502|Nothing moved"))
    assert 2 <= len(keys) <= 6
    assert len(set(keys)) == 1
    desk.unroute("**/tuchuang/", refuse)
    desk.get_by_role("button", name="Retry one.png").click()
    expect(rows(desk, "done")).to_have_count(1)


@pytest.mark.parametrize("status", [HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE])
def test_a_server_that_asks_for_a_break_gets_it(desk, write, witness, status):
    witness.expect(status)
    desk.clock.install()
    stay(desk)
    keys = answer_once(desk, status, **{"Retry-After": "40"})
    drop(desk, region(desk), *write({"one.png": SCREENSHOT}))
    expect(notice(desk)).to_contain_text(re.compile(r"asks for a break.* 4\d seconds"))
    expect(rows(desk, "waiting")).to_have_count(1)
    desk.clock.run_for(20_000)
    expect(notice(desk)).to_contain_text(re.compile(r" 2\d seconds"))
    assert len(keys) == 1
    desk.clock.run_for(25_000)
    expect(rows(desk, "done")).to_have_count(1)
    assert len(keys) == 2


def test_an_upload_that_stalls_is_tried_again(desk, write):
    def has_arrived() -> bool:
        if rows(desk, "waiting").count():
            desk.clock.fast_forward(STALL)
        gate.let_all_in()
        return rows(desk, "done").count() == 1

    desk.clock.install()
    stay(desk)
    with Gate(desk) as gate:
        drop(desk, region(desk), *write({"one.png": SCREENSHOT}))
        gate.wait_for(1)
        gate.held.clear()  # it stays without an answer
        desk.clock.fast_forward(3 * STALL)
        expect(rows(desk).locator("[data-reason]")).to_have_text("Nothing moved for half a minute.")
        until(desk, has_arrived)


# ---- the network ----------------------------------------------------------------------------


def test_offline_pauses_and_online_goes_on(desk, write, witness):
    witness.expect(OFFLINE, "net::ERR_FAILED", "net::ERR_ABORTED")
    desk.goto(UPLOAD)
    sent = {f"{number}.png": png(number=number) for number in range(6)}
    with Gate(desk) as gate:
        drop(desk, region(desk), *write(sent))
        gate.wait_for(3)
        gate.let_one_in()
        expect(rows(desk, "done")).to_have_count(1)
        desk.context.set_offline(True)
        expect(notice(desk)).to_contain_text("You are offline.")
        expect(rows(desk, "waiting")).to_have_count(5)
        gate.held.clear()
    desk.context.set_offline(False)
    desk.wait_for_url(LINKS)
    assert list(listed(desk)) == list(sent)


# ---- the session ----------------------------------------------------------------------------


def test_a_log_in_that_ended_is_renewed_in_another_tab(
    desk, write, witness, session, member, app, site
):
    witness.expect(400, 401)
    desk.goto(UPLOAD)
    accounts.end_sessions(session, session.merge(member.user))
    session.commit()
    drop(desk, region(desk), *write({"one.png": SCREENSHOT}))
    expect(notice(desk)).to_contain_text("You are no longer logged in.")
    with desk.expect_popup() as opened:
        desk.get_by_role("link", name="Log in again").click()
    other = opened.value
    other.get_by_label("User name").fill(member.user.username)
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("main").get_by_role("button", name="Log in").click()
    other.wait_for_url(f"**{UPLOAD}")
    other.close()
    come_back(desk)
    desk.wait_for_url(FILE)
    assert is_same(desk.url, SCREENSHOT)


def test_lost_cookies_are_told_and_nothing_is_lost(desk, write, witness, member, app, site):
    witness.expect(400, 401)
    desk.goto(UPLOAD)
    desk.context.clear_cookies()
    drop(desk, region(desk), *write({"one.png": SCREENSHOT}))
    expect(notice(desk)).to_contain_text("You are no longer logged in.")
    enter_as(desk.context, member.user, app, site)
    come_back(desk)
    desk.wait_for_url(FILE)


def test_nothing_is_sent_for_somebody_else(desk, write, witness, session, member, app, site):
    witness.expect(400, 401)
    eve = make_user(session, f"eve-{member.user.username}")
    desk.goto(UPLOAD)
    enter_as(desk.context, eve, app, site)
    drop(desk, region(desk), *write({"one.png": SCREENSHOT}))
    expect(notice(desk)).to_contain_text(f"{eve.username} is logged in now")
    assert count_of(session, eve) == 0
    enter_as(desk.context, member.user, app, site)
    come_back(desk)
    desk.wait_for_url(FILE)
    assert count_of(session, member.user) == 1
