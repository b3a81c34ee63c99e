"""The upload page: pictures go in by hand, their links come out."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.gestures import Drag, Gate, drop, paste_picture, pick, slow_network, until
from tests.browser.pictures import is_same, shown_width
from tests.browser.uploading import (
    FILE,
    KINDS,
    LINKS,
    SCREENSHOT,
    THREE,
    UPLOAD,
    assert_links,
    listed,
    picker,
    region,
    rows,
)
from tests.factories import encode, noise, png

pytestmark = pytest.mark.browser

NOTES = b"Remember the milk."
DAMAGED = SCREENSHOT[:300]

SEEN_PROGRESS = """
    (row) => new Promise((resolve) => {
      const bar = row.querySelector("progress");
      const seen = new Set();
      const look = () => {
        if (bar.value > 0 && bar.value < 100) seen.add(bar.value);
        if (seen.size >= 3) resolve([...seen]);
        else requestAnimationFrame(look);
      };
      look();
    })
"""


# ---- by hand --------------------------------------------------------------------------------


def test_three_dropped_files_end_at_links_that_load(desk, write, new_context):
    # Big enough to be on its way for a while.
    sent = {"river.png": encode(noise(500, 500), "PNG"), **dict(list(KINDS.items())[:2])}
    desk.goto(UPLOAD)
    drag = Drag(desk, write(sent))

    drag.over(region(desk))
    expect(region(desk)).to_have_attribute("data-over", "")
    drag.away()
    expect(region(desk)).not_to_have_attribute("data-over", "")

    with slow_network(desk, upload=400_000):
        drag.over(desk.get_by_role("heading", name="Recent uploads"))
        expect(region(desk)).to_have_attribute("data-over", "")
        drag.drop()
        expect(rows(desk).locator("[data-thumb] canvas").first).to_be_visible()
        row = rows(desk).filter(has_text="river.png")
        expect(row.locator("[data-state-text]")).to_have_text(re.compile(r"Uploading · \d+ %"))
        seen = row.evaluate(SEEN_PROGRESS)
        assert seen == sorted(seen)
    desk.wait_for_url(LINKS)

    assert_links(desk, sent)
    stranger = new_context().new_page()
    for url in listed(desk).values():
        stranger.goto(url)
        assert shown_width(stranger) > 0


def test_every_kind_of_picture_a_person_has(desk, write):
    desk.goto(UPLOAD)
    drop(desk, region(desk), *write(KINDS))
    desk.wait_for_url(LINKS)
    assert_links(desk, KINDS)
    for thumbnail in desk.locator(".batch-item img").all():
        thumbnail.scroll_into_view_if_needed()
        expect(thumbnail).to_have_js_property("complete", value=True)
        assert thumbnail.evaluate("(picture) => picture.naturalWidth") > 0


def test_one_file_ends_at_its_download_url(desk, write):
    desk.goto(UPLOAD)
    drop(desk, region(desk), *write({"one.png": SCREENSHOT}))
    desk.wait_for_url(FILE)
    assert is_same(desk.url, SCREENSHOT)
    assert shown_width(desk) == 800


def test_files_are_picked_with_the_keyboard_alone(desk, write):
    files = write(THREE)
    desk.goto(UPLOAD)
    for _ in range(30):
        desk.keyboard.press("Tab")
        if picker(desk).evaluate("(input) => input === document.activeElement"):
            break
    expect(picker(desk)).to_be_focused()
    pick(desk, lambda: desk.keyboard.press("Enter"), *files)
    desk.wait_for_url(LINKS)
    assert_links(desk, THREE)


def test_the_whole_region_opens_the_file_picker(desk, write):
    [file] = write({"one.png": SCREENSHOT})
    desk.goto(UPLOAD)
    pick(desk, region(desk).get_by_role("heading").click, file)
    desk.wait_for_url(FILE)


def test_a_pasted_picture_is_uploaded(desk):
    desk.goto(UPLOAD)
    paste_picture(desk, SCREENSHOT)
    desk.wait_for_url(FILE)
    assert is_same(desk.url, SCREENSHOT)


def test_back_from_the_links_the_page_is_ready_for_more(desk, write):
    desk.goto(UPLOAD)
    drop(desk, region(desk), *write(THREE))
    desk.wait_for_url(LINKS)
    desk.go_back()
    expect(desk.locator("[data-queue]")).to_be_hidden()
    recent = desk.locator(".cards .card-name")
    expect(recent).to_have_count(3)
    assert set(recent.all_inner_texts()) == set(THREE)
    drop(desk, region(desk), *write({"one.png": SCREENSHOT}))
    desk.wait_for_url(FILE)


def test_never_more_than_three_at_once(desk, write):
    desk.goto(UPLOAD)
    with Gate(desk) as gate:
        drop(desk, region(desk), *write({f"{n}.png": png(number=n) for n in range(7)}))
        for arrived in range(5):
            gate.wait_for(3)
            expect(rows(desk, "waiting")).to_have_count(4 - arrived)
            expect(rows(desk, "done")).to_have_count(arrived)
            gate.let_one_in()
            until(desk, lambda: len(gate.held) in {2, 3})
        gate.let_all_in()
        desk.wait_for_url(LINKS)
        assert gate.most == 3
    expect(desk.locator(".batch-item")).to_have_count(7)


# ---- what goes wrong ------------------------------------------------------------------------


def test_a_refused_file_stays_beside_the_good_ones(desk, write, witness):
    witness.expect(422)
    desk.goto(UPLOAD)
    files = write({**THREE, "notes.txt": NOTES, "damaged.png": DAMAGED})
    drop(desk, region(desk), *files)
    expect(rows(desk, "done")).to_have_count(3)
    reasons = rows(desk, "failed").locator("[data-reason]")
    expect(reasons).to_have_text([re.compile("not a kind of picture"), re.compile("cut off")])
    expect(reasons.nth(0)).to_be_visible()
    expect(reasons.nth(1)).to_be_visible()
    expect(rows(desk, "failed").locator("[data-name]")).to_have_text(["notes.txt", "damaged.png"])
    expect(desk).to_have_url(re.compile(f"{UPLOAD}$"))

    desk.get_by_role("link", name="See the links").click()
    desk.wait_for_url(LINKS)
    assert_links(desk, THREE)


def test_a_refused_file_can_be_removed_from_the_list(desk, write):
    desk.goto(UPLOAD)
    drop(desk, region(desk), *write({"notes.txt": NOTES, "empty.png": b""}))
    expect(rows(desk, "failed")).to_have_count(2)
    desk.get_by_role("button", name="Remove notes.txt").click()
    expect(rows(desk).locator("[data-name]")).to_have_text(["empty.png"])
    desk.get_by_role("button", name="Remove empty.png").click()
    expect(desk.locator("[data-queue]")).to_be_hidden()


@pytest.mark.parametrize("path", ["/create", "/tuchuang/"])
def test_a_drop_beside_the_region_does_not_leave_the_page(desk, write, path):
    desk.goto(path)
    with Gate(desk):
        drop(desk, desk.get_by_role("banner"), *write({"one.png": SCREENSHOT}))
        desk.evaluate("() => new Promise(requestAnimationFrame)")
        expect(desk).to_have_url(re.compile(f"{path}$"))
        assert len(desk.context.pages) == 1


# ---- without script -------------------------------------------------------------------------


@pytest.fixture
def plain(member, new_context) -> Page:
    """A page without JavaScript in which ada is logged in."""
    page: Page = member.enter(new_context(java_script_enabled=False))
    page.goto(UPLOAD)
    return page


def send(page: Page, *files: Path) -> None:
    page.locator("#file").set_input_files(list(files))
    page.get_by_role("button", name="Upload").click()


def test_without_script_three_files_end_at_links_that_load(plain, write):
    send(plain, *write(THREE))
    plain.wait_for_url(LINKS)
    assert_links(plain, THREE)


def test_without_script_one_file_ends_at_its_download_url(plain, write):
    send(plain, *write({"one.png": SCREENSHOT}))
    plain.wait_for_url(FILE)
    assert is_same(plain.url, SCREENSHOT)


def test_without_script_a_refused_file_stays_beside_the_good_ones(plain, write, witness):
    witness.expect(415, 422)
    send(plain, *write({**THREE, "notes.txt": NOTES, "damaged.png": DAMAGED}))
    alerts = plain.get_by_role("alert")
    expect(alerts).to_have_count(2)
    expect(alerts.filter(has_text="notes.txt")).to_contain_text("not a picture we can take")
    expect(alerts.filter(has_text="damaged.png")).to_contain_text("damaged")
    assert_links(plain, THREE)


def test_without_script_and_without_a_file_there_is_a_hint(plain, witness):
    witness.expect(400, 422)
    plain.get_by_role("button", name="Upload").click()
    expect(plain.get_by_role("alert")).to_contain_text("No picture was chosen.")
