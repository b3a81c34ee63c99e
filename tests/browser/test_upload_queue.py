"""The list of files on their way: what can be done with one of them, and with all."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.gestures import Gate, drop, pick, until
from tests.browser.pictures import is_same
from tests.browser.uploading import (
    ASKS,
    FILE,
    LINKS,
    SCREENSHOT,
    UPLOAD,
    links,
    listed,
    posts_of,
    region,
    rows,
    stay,
)
from tests.factories import png

pytestmark = pytest.mark.browser

FIVE = {f"{number}.png": png(number=number) for number in range(5)}
ABOVE_THE_BAR = 740  # of the 844 pixels of a phone
FOCUSED = "() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.id"


def test_order_is_kept_whatever_arrives_first(desk, write):
    desk.goto(UPLOAD)
    with Gate(desk) as gate:
        drop(desk, region(desk), *write(FIVE))
        gate.wait_for(3)
        gate.held.reverse()
        gate.let_all_in()
        gate.wait_for(2)
        gate.let_all_in()
        desk.wait_for_url(LINKS)
    assert list(listed(desk)) == list(FIVE)


def test_a_paused_file_lets_others_pass_and_goes_on(desk, write):
    desk.goto(UPLOAD)
    with Gate(desk) as gate:
        drop(desk, region(desk), *write(FIVE))
        gate.wait_for(3)
        desk.get_by_role("button", name="Pause 0.png").click()
        expect(rows(desk, "paused").locator("[data-name]")).to_have_text(["0.png"])
        expect(desk.get_by_role("button", name="Go on with 0.png")).to_be_focused()
        gate.wait_for(4)
        gate.let_all_in()
        gate.wait_for(1)
        gate.let_all_in()
        expect(rows(desk, "done")).to_have_count(4)
        expect(desk).to_have_url(re.compile(f"{UPLOAD}$"))
        assert desk.evaluate(ASKS)
        desk.get_by_role("button", name="Go on with 0.png").click()
        gate.wait_for(1)
        gate.let_all_in()
        desk.wait_for_url(LINKS)
    assert set(listed(desk)) == set(FIVE)


def test_everything_is_paused_and_goes_on(desk, write):
    desk.goto(UPLOAD)
    with Gate(desk) as gate:
        drop(desk, region(desk), *write(FIVE))
        gate.wait_for(3)
        desk.get_by_role("button", name="Pause all").click()
        expect(rows(desk, "paused")).to_have_count(5)
        resume = desk.get_by_role("button", name="Resume all")
        expect(resume).to_be_focused()
        resume.click()
        gate.wait_for(6)
        expect(rows(desk, "waiting")).to_have_count(2)
        gate.let_all_in()
        gate.wait_for(2)
        gate.let_all_in()
        desk.wait_for_url(LINKS)
    assert set(listed(desk)) == set(FIVE)


def test_a_cancelled_file_is_not_kept(desk, write):
    stay(desk)
    with Gate(desk) as gate:
        drop(desk, region(desk), *write(FIVE))
        gate.wait_for(3)
        desk.get_by_role("button", name="Cancel 1.png").click()
        expect(desk.get_by_role("button", name="Pause 2.png")).to_be_focused()
        desk.get_by_role("button", name="Cancel 4.png").click()
        gate.wait_for(4)
        gate.let_all_in()
        expect(rows(desk, "done")).to_have_count(3)
    assert not desk.evaluate(ASKS)
    desk.get_by_role("link", name="See the links").click()
    assert set(listed(desk)) == {"0.png", "2.png", "3.png"}


def test_all_that_is_left_is_cancelled(desk, write):
    desk.goto(UPLOAD)
    with Gate(desk) as gate:
        drop(desk, region(desk), *write(FIVE))
        gate.wait_for(3)
        desk.get_by_role("button", name="Cancel all").click()
        expect(desk.locator("[data-queue]")).to_be_hidden()
        assert desk.evaluate(FOCUSED) == "file"
        gate.let_all_in()
    assert not desk.evaluate(ASKS)
    desk.reload()
    expect(desk.locator(".card")).to_have_count(0)


def test_an_upload_is_undone(desk, write):
    stay(desk)
    drop(desk, region(desk), *write({name: FIVE[name] for name in ("0.png", "1.png")}))
    expect(rows(desk, "done")).to_have_count(2)
    desk.get_by_role("button", name=re.compile(r"^Undo the upload of 0\.png")).click()
    expect(rows(desk)).to_have_count(1)
    undo = desk.get_by_role("button", name=re.compile(r"^Undo the upload of 1\.png"))
    expect(undo).to_be_focused()
    expect(desk.locator("#announcer")).to_have_text(re.compile(r"0\.png is deleted again\."))
    desk.reload()
    expect(desk.locator(".card-name")).to_have_text(["1.png"])


def test_what_was_undone_can_be_sent_again(desk, write):
    stay(desk)
    [file] = write({"one.png": SCREENSHOT})
    for _ in range(2):
        pick(desk, desk.get_by_text("Select some files").click, file)
        expect(rows(desk, "done")).to_have_count(1)
        [url] = links(desk).values()
        assert is_same(url, SCREENSHOT)
        desk.get_by_role("button", name=re.compile("^Undo the upload of")).click()
        expect(desk.locator("[data-queue]")).to_be_hidden()


def test_finished_files_are_cleared_away(desk, write):
    stay(desk)
    drop(desk, region(desk), *write({**FIVE, "notes.txt": b"Remember the milk."}))
    expect(rows(desk, "done")).to_have_count(5)
    desk.get_by_role("button", name="Clear finished").click()
    expect(rows(desk).locator("[data-name]")).to_have_text(["notes.txt"])
    expect(desk.get_by_role("button", name="Remove notes.txt")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(desk.locator("[data-queue]")).to_be_hidden()


def test_the_same_file_picked_again_has_the_link_it_has(desk, write):
    stay(desk)
    sent = posts_of(desk)
    [file] = write({"one.png": SCREENSHOT})
    for _ in range(2):
        pick(desk, desk.get_by_text("Select some files").click, file)
    expect(rows(desk, "done")).to_have_count(1)
    expect(rows(desk, "known")).to_have_count(1)
    assert len(sent) == 1
    fields = rows(desk).locator("[data-select]")
    assert fields.nth(0).input_value() == fields.nth(1).input_value()
    desk.get_by_role("button", name="Remove one.png from this list").click()
    expect(rows(desk)).to_have_count(1)
    assert is_same(links(desk)["one.png"], SCREENSHOT)


def test_content_that_is_here_already_has_the_link_it_has(desk, write):
    stay(desk)
    first, second = write({"one.png": SCREENSHOT, "copy of one.png": SCREENSHOT})
    pick(desk, desk.get_by_text("Select some files").click, first)
    expect(rows(desk, "done")).to_have_count(1)
    pick(desk, desk.get_by_text("Select some files").click, second)
    expect(rows(desk, "known").locator("[data-name]")).to_have_text(["copy of one.png"])
    assert len(set(links(desk).values())) == 1


def test_the_same_file_in_a_later_visit_leads_to_its_link(desk, write):
    [file] = write({"one.png": SCREENSHOT})
    urls = []
    for _ in range(2):
        desk.goto(UPLOAD)
        drop(desk, region(desk), file)
        desk.wait_for_url(FILE)
        urls.append(desk.url)
    assert urls[0] == urls[1]


def test_the_focus_stays_in_a_row_that_goes_on(desk, write):
    stay(desk)
    with Gate(desk) as gate:
        drop(desk, region(desk), *write({"one.png": SCREENSHOT}))
        gate.wait_for(1)
        desk.get_by_role("button", name="Pause one.png").press("Enter")
        desk.get_by_role("button", name="Go on with one.png").press("Enter")
        expect(desk.get_by_role("button", name="Pause one.png")).to_be_focused()
        gate.wait_for(2)
        gate.let_all_in()
        expect(rows(desk, "done")).to_have_count(1)
    undo = desk.get_by_role("button", name=re.compile(r"^Undo the upload of one\.png"))
    expect(undo).to_be_focused()


def test_whoever_clears_the_list_at_the_end_is_not_led_away(desk, write):
    desk.goto(UPLOAD)
    desk.evaluate(
        """() => {
          const until = (resolve) => { window.copied = resolve; };
          navigator.clipboard.writeText = () => new Promise(until);
          document.querySelector("[name=copy_links][type=checkbox]").checked = true;
        }"""
    )
    drop(desk, region(desk), *write({"one.png": SCREENSHOT}))
    until(desk, lambda: bool(desk.evaluate("() => Boolean(window.copied)")))
    desk.get_by_role("button", name="Clear finished").click()
    desk.evaluate("() => window.copied()")
    expect(desk.locator("[data-queue]")).to_be_hidden()
    expect(desk).to_have_url(re.compile(f"{UPLOAD}$"))


def test_bars_tell_how_far_they_are(desk, write):
    desk.goto(UPLOAD)
    with Gate(desk) as gate:
        drop(desk, region(desk), *write({name: FIVE[name] for name in ("0.png", "1.png")}))
        gate.wait_for(2)
        for name in ("Progress of 0.png", "Total progress"):
            bar = desk.get_by_role("progressbar", name=name)
            expect(bar).to_have_attribute("value", re.compile(r"^\d+"))
            expect(bar).to_have_attribute("aria-valuetext", re.compile(r"\w"))
        gate.let_all_in()
        desk.wait_for_url(LINKS)


def test_a_page_is_left_with_a_question_only_while_something_is_unfinished(desk, write):
    stay(desk)
    assert not desk.evaluate(ASKS)
    with Gate(desk) as gate:
        drop(desk, region(desk), *write({"one.png": SCREENSHOT}))
        gate.wait_for(1)
        assert desk.evaluate(ASKS)
        gate.let_all_in()
        expect(rows(desk, "done")).to_have_count(1)
    assert not desk.evaluate(ASKS)


def test_a_batch_is_taken_back_without_script(member, new_context, write):
    page = member.enter(new_context(java_script_enabled=False))
    page.goto(UPLOAD)
    sent = {f"{number}.png": png(number=number) for number in range(2)}
    page.locator("#file").set_input_files(write(sent))
    page.locator(".drop-plain").get_by_role("button", name="Upload").click()
    page.wait_for_url(LINKS)
    page.get_by_role("button", name="Undo the upload of 0.png").click()
    expect(page.locator(".batch-item .card-name")).to_have_text("1.png")
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.locator(".batch-item .card-name")).to_have_text(list(sent))
    page.get_by_role("button", name="Undo all of it").click()
    expect(page.get_by_role("heading", name="Nothing here any more")).to_be_visible()
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.locator(".batch-item .card-name")).to_have_text(list(sent))


def test_on_a_phone_the_files_on_their_way_come_into_view(member, new_context, write):
    page = member.enter(new_context(viewport={"width": 390, "height": 844}, has_touch=True))
    stay(page)
    page.locator("#file").set_input_files(write({"one.png": png()}))
    expect(rows(page, "done")).to_have_count(1)
    undo = page.get_by_role("button", name="Undo the upload of one.png")
    expect(undo).to_be_in_viewport()
    until(page, lambda: undo.bounding_box()["y"] < ABOVE_THE_BAR)
