"""What was not sent before a page ended comes back, and is sent once."""

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect
from sqlalchemy.orm import Session

from flaskr.models import Image, User
from tests.browser.conftest import INSECURE_HOST
from tests.browser.gestures import Gate, drop, until
from tests.browser.uploading import LINKS, SCREENSHOT, UPLOAD, arrived, links, listed, region, rows
from tests.browsing import AuthActions, Browser
from tests.factories import make_user, png

pytestmark = pytest.mark.browser

FIVE = {f"{number}.png": png(number=number) for number in range(5)}

KEPT = """
    () => new Promise((resolve, reject) => {
      const opening = indexedDB.open("tuchuang-uploads");
      opening.onerror = () => reject(opening.error);
      opening.onsuccess = () => {
        const database = opening.result;
        if (!database.objectStoreNames.contains("files")) return resolve(0);
        const counting = database.transaction("files").objectStore("files").count();
        counting.onsuccess = () => {
          database.close();
          resolve(counting.result);
        };
      };
    })
"""

PAUSED = """
    () => new Promise((resolve, reject) => {
      const opening = indexedDB.open("tuchuang-uploads");
      opening.onerror = () => reject(opening.error);
      opening.onsuccess = () => {
        const database = opening.result;
        if (!database.objectStoreNames.contains("entries")) return resolve(0);
        const counting = database.transaction("entries").objectStore("entries").getAll();
        counting.onsuccess = () => {
          database.close();
          resolve(counting.result.filter(({ facts }) => facts.paused).length);
        };
      };
    })
"""


def kept(page: Page) -> int:
    """How many files the browser keeps."""
    number: int = page.evaluate(KEPT)
    return number


def leave_in_the_middle(page: Page, files: list[Path]) -> Gate:
    """Let two of the files arrive, and the others be kept. The gate stays until the page ends."""
    gate = Gate(page).__enter__()
    drop(page, region(page), *files)
    for _ in range(2):
        gate.wait_for(3)
        gate.let_one_in()
    expect(rows(page, "done")).to_have_count(2)
    gate.wait_for(3)
    until(page, lambda: kept(page) == len(files) - 2)
    gate.held.clear()
    return gate


def names(session: Session, user: User) -> list[str]:
    """What somebody has by now."""
    session.rollback()
    return sorted(image.name for image in session.query(Image).filter_by(owner_id=user.id))


def test_a_closed_tab_leaves_its_files_to_the_next_visit(desk, write, session, ada):
    desk.goto(UPLOAD)
    leave_in_the_middle(desk, write(FIVE))
    context = desk.context
    desk.close()

    page = context.new_page()
    page.goto(UPLOAD)
    expect(page.get_by_role("heading", name="Left from your last visit")).to_be_visible()
    expect(arrived(page).locator("[data-name]")).to_have_text(["2.png", "3.png", "4.png"])
    assert names(session, ada) == sorted(FIVE)
    assert set(links(page)) == {"2.png", "3.png", "4.png"}
    until(page, lambda: kept(page) == 0)
    # They lie where they were meant to: with those that arrived before.
    page.get_by_role("link", name="See the links").click()
    page.wait_for_url(LINKS)
    assert list(listed(page)) == list(FIVE)


def test_a_page_loaded_again_goes_on_by_itself(desk, write, session, ada):
    desk.goto(UPLOAD)
    gate = leave_in_the_middle(desk, write(FIVE))
    desk.on("dialog", lambda dialog: dialog.accept())
    desk.reload()
    gate.wait_for(3)
    gate.let_all_in()
    expect(arrived(desk)).to_have_count(3)
    assert names(session, ada) == sorted(FIVE)


def test_a_paused_file_stays_paused_in_the_next_visit(desk, write, session, ada):
    desk.goto(UPLOAD)
    leave_in_the_middle(desk, write(FIVE))
    desk.get_by_role("button", name="Pause 3.png").click()
    context = desk.context
    until(desk, lambda: desk.evaluate(PAUSED) == 1)
    desk.close()

    page = context.new_page()
    page.goto(UPLOAD)
    expect(arrived(page).locator("[data-name]")).to_have_text(["2.png", "4.png"])
    expect(rows(page, "paused").locator("[data-name]")).to_have_text("3.png")
    assert "3.png" not in names(session, ada)
    page.get_by_role("button", name="Go on with 3.png").click()
    expect(arrived(page)).to_have_count(3)


def test_what_todays_limits_refuse_does_not_come_back_for_ever(desk, write):
    desk.goto(UPLOAD)
    leave_in_the_middle(desk, write(FIVE))
    context = desk.context
    desk.close()

    def limit(route: Route) -> None:
        page = route.fetch().text()
        route.fulfill(body=re.sub(r'data-max-bytes="\d+"', 'data-max-bytes="10"', page))

    page = context.new_page()
    page.route(f"**{UPLOAD}", limit)
    page.goto(UPLOAD)
    expect(rows(page, "failed")).to_have_count(3)
    until(page, lambda: kept(page) == 0)


def test_what_arrived_is_not_kept(desk, write):
    desk.goto(UPLOAD)
    drop(desk, region(desk), *write(FIVE))
    desk.wait_for_url(LINKS)
    desk.goto(UPLOAD)
    until(desk, lambda: kept(desk) == 0)
    expect(desk.locator("[data-queue]")).to_be_hidden()


def test_what_was_cancelled_does_not_come_back(desk, write):
    desk.goto(UPLOAD)
    with Gate(desk) as gate:
        drop(desk, region(desk), *write(FIVE))
        gate.wait_for(3)
        until(desk, lambda: kept(desk) == 5)
        desk.get_by_role("button", name="Cancel all").click()
        until(desk, lambda: kept(desk) == 0)
        gate.held.clear()


def test_a_second_tab_leaves_alone_what_the_first_is_sending(desk, write, session, ada):
    desk.goto(UPLOAD)
    with Gate(desk) as gate:
        drop(desk, region(desk), *write(FIVE))
        gate.wait_for(3)
        until(desk, lambda: kept(desk) == 5)
        second = desk.context.new_page()
        second.goto(UPLOAD)
        drop(second, region(second), *write({"other.png": SCREENSHOT}))
        second.wait_for_url("**/tuchuang/download/*")
        assert names(session, ada) == ["other.png"]
        gate.let_all_in()
        gate.wait_for(2)
        gate.let_all_in()
        desk.wait_for_url(LINKS)
    assert list(listed(desk)) == list(FIVE)
    assert names(session, ada) == sorted([*FIVE, "other.png"])


def test_an_open_tab_goes_on_with_what_another_left(desk, write, session, ada):
    second = desk.context.new_page()
    second.clock.install()
    second.goto(UPLOAD)
    desk.goto(UPLOAD)
    leave_in_the_middle(desk, write(FIVE))
    desk.close()

    def goes_on() -> bool:
        if not rows(second).count():
            second.clock.fast_forward(21_000)
        return rows(second).count() > 0

    until(second, goes_on)
    expect(arrived(second)).to_have_count(3)
    assert names(session, ada) == sorted(FIVE)


def test_somebody_elses_files_are_neither_shown_nor_sent(desk, write, session, member, app, site):
    desk.goto(UPLOAD)
    leave_in_the_middle(desk, write(FIVE))
    context = desk.context
    desk.close()

    eve = make_user(session, f"eve-of-{member.user.username}")
    client = Browser(app)
    AuthActions(client).login(eve.username)
    cookie = client.get_cookie("session")
    assert cookie is not None
    context.add_cookies([{"name": "session", "value": cookie.value, "url": site.url}])
    page = context.new_page()
    page.goto(UPLOAD)
    drop(page, region(page), *write({"eve.png": SCREENSHOT}))
    page.wait_for_url("**/tuchuang/download/*")
    page.goto(UPLOAD)
    expect(page.locator("[data-queue]")).to_be_hidden()
    assert kept(page) == 3
    assert names(session, eve) == ["eve.png"]

    page = member.enter(context)
    page.goto(UPLOAD)
    expect(arrived(page)).to_have_count(3)
    assert names(session, member.user) == sorted(FIVE)


def test_over_plain_http_it_is_the_same(member, new_context, write, session, site):
    """No Web Locks, no randomUUID, no clipboard there."""
    context = new_context()
    url = f"http://{INSECURE_HOST}:{site.port}"
    context.add_cookies([{"name": "session", "value": member.cookie, "url": url}])
    page = context.new_page()
    page.goto(url + UPLOAD)
    assert page.evaluate("() => !window.isSecureContext && !navigator.locks")
    gate = leave_in_the_middle(page, write(FIVE))
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    gate.wait_for(3)
    gate.let_all_in()
    expect(arrived(page)).to_have_count(3)
    assert names(session, member.user) == sorted(FIVE)


def test_without_a_place_to_keep_files_they_are_sent_all_the_same(member, new_context, write):
    context = new_context()
    context.add_init_script("IDBFactory.prototype.open = () => { throw new Error('full'); };")
    page = member.enter(context)
    page.goto(UPLOAD)
    drop(page, region(page), *write(FIVE))
    page.wait_for_url(LINKS)
    assert list(listed(page)) == list(FIVE)


# ---- a crash --------------------------------------------------------------------------------


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    return tmp_path / "profile"


@pytest.fixture
def launched() -> Iterator[list[int]]:
    """The processes that a test started, ended with it."""
    started: list[int] = []
    yield started
    for pid in started:
        if Path(f"/proc/{pid}").exists():
            os.kill(pid, signal.SIGKILL)


def processes_of(profile: Path) -> list[int]:
    """The browser's own process for this profile, found by its command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        own = f"--user-data-dir={profile}".encode() in words
        if own and not any(word.startswith(b"--type=") for word in words):
            found.append(int(path.parent.name))
    return found


def test_a_browser_that_is_killed_loses_nothing(
    browser_type, browser_type_launch_args, profile, launched, member, write, session, site
):
    def launch() -> BrowserContext:
        context: BrowserContext = browser_type.launch_persistent_context(
            str(profile), base_url=site.url, **browser_type_launch_args
        )
        launched.extend(processes_of(profile))
        return context

    page = member.enter(launch())
    page.goto(UPLOAD)
    leave_in_the_middle(page, write(FIVE))
    for pid in launched:
        os.kill(pid, signal.SIGKILL)
    launched.clear()

    context = launch()
    page = member.enter(context)
    page.goto(UPLOAD)
    expect(arrived(page)).to_have_count(3)
    assert names(session, member.user) == sorted(FIVE)
    context.close()
