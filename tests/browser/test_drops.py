"""A drop box in the browser: guests send, the owner looks at what came."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from flaskr.models import DropBox, Image
from tests.browser.gestures import Gate, drop, paste_picture, pick
from tests.browser.uploading import ASKS, region, rows
from tests.factories import NOT_PICTURES, make_album, make_drop_box, png

pytestmark = pytest.mark.browser

BOXES = "/tuchuang/drop-boxes"
TWO = {"cat.png": png(300, 200), "狗.png": png(200, 300)}


@pytest.fixture
def make_box(session, media, ada):
    """Make a drop box; give it and the address of its page."""

    def make(**terms) -> tuple[DropBox, str]:
        album = make_album(session, ada, "Party")
        box, token = make_drop_box(session, media, ada, album, **terms)
        return box, f"/d/{token}"

    return make


def name(page: Page) -> Locator:
    return page.get_by_label("Your name")


def came(session, box: DropBox) -> list[str]:
    """The names of the files that came."""
    session.rollback()
    query = session.query(Image.name).filter(Image.owner_id == box.owner_id)
    return sorted(row.name for row in query)


def do_drop(page: Page, files: list) -> None:
    drop(page, region(page), *files)


def do_pick(page: Page, files: list) -> None:
    pick(page, page.get_by_text("Select pictures").click, *files)


@pytest.mark.parametrize("bring", [do_drop, do_pick])
def test_a_guest_sends_pictures(page, session, make_box, write, bring):
    box, path = make_box(name="Ada’s party", note="All of them, please!")
    page.goto(path)
    expect(page.get_by_role("heading", name="Ada’s party")).to_be_visible()
    name(page).fill("Eve")
    bring(page, write(TWO))
    expect(rows(page, "done")).to_have_count(2)
    expect(rows(page, "done").first).to_contain_text("Sent. Thank you!")
    expect(page.locator("[data-total-text]")).to_have_text("2 of 2 sent")
    assert came(session, box) == ["cat.png", "狗.png"]
    expect(page).to_have_url(re.compile(f"{path}$"))
    page.reload()
    expect(name(page)).to_have_value("Eve")


def test_a_pasted_picture_is_sent(page, session, make_box):
    box, path = make_box()
    page.goto(path)
    name(page).fill("Eve")
    page.get_by_role("heading").first.click()
    paste_picture(page, png(200, 100))
    expect(rows(page, "done")).to_have_count(1)
    assert came(session, box)[0].startswith("Screenshot ")


def test_pictures_wait_for_the_name(page, session, make_box, write):
    box, path = make_box()
    page.goto(path)
    do_drop(page, write(TWO))
    expect(name(page)).to_be_focused()
    expect(rows(page, "waiting")).to_have_count(2)
    expect(page.get_by_text("Type your name: your pictures wait for it.")).to_be_visible()
    expect(page.locator("[data-notice]")).to_contain_text("type your name above first")
    assert page.evaluate(ASKS)
    page.locator("[data-notice]").get_by_role("button", name="Send").click()
    expect(name(page)).to_be_focused()
    assert came(session, box) == []
    name(page).fill("Eve")
    page.keyboard.press("Enter")
    expect(rows(page, "done")).to_have_count(2)
    expect(page.get_by_text("Type your name: your pictures wait for it.")).to_be_hidden()
    assert not page.evaluate(ASKS)
    assert len(came(session, box)) == 2


def test_a_picture_that_waits_for_the_name_can_be_taken_away(page, session, make_box, write):
    box, path = make_box()
    page.goto(path)
    do_drop(page, write(TWO))
    expect(rows(page, "waiting")).to_have_count(2)
    page.get_by_role("button", name="Cancel cat.png").click()
    expect(rows(page)).to_have_count(1)
    name(page).fill("Eve")
    page.locator("[data-notice]").get_by_role("button", name="Send").click()
    expect(rows(page, "done")).to_have_count(1)
    assert came(session, box) == ["狗.png"]


def test_a_break_that_ends_sends_nothing_without_a_name(page, session, make_box, write, witness):
    witness.expect(429)
    box, path = make_box()
    page.goto(path)

    def rest(route):
        route.fulfill(status=429, headers={"Retry-After": "1"}, body="")

    page.route(f"**{path}", rest, times=1)
    do_drop(page, write(TWO))
    expect(page.locator("[data-notice]")).to_contain_text("type your name above first")
    expect(rows(page, "waiting")).to_have_count(2)
    assert came(session, box) == []


def test_what_is_refused_says_why(page, make_box, write, witness):
    witness.expect(415, 422)
    _, path = make_box(types=["png"], most_bytes=2000)
    page.goto(path)
    name(page).fill("Eve")
    big = {"big.png": png() + bytes(4000)}
    do_drop(page, write({"x.png": NOT_PICTURES["page"], "a.txt": b"words", **big, "ok.png": png()}))
    expect(rows(page, "failed")).to_have_count(3)
    expect(rows(page, "done")).to_have_count(1)
    queue = page.locator("[data-queue]")
    expect(queue).to_contain_text(
        "a.txt is not a kind of picture that can be uploaded here. Use PNG."
    )
    expect(queue).to_contain_text("big.png is too big")


def test_the_page_says_how_many_more_are_taken(page, make_box, write):
    _, path = make_box(most_images=3)
    page.goto(path)
    name(page).fill("Eve")
    expect(page.locator(".drop-limit")).to_contain_text("3 more are taken")
    do_drop(page, write(TWO))
    expect(page.locator(".drop-limit")).to_contain_text("1 more is taken")
    do_drop(page, write({"bird.png": png(150, 150)}))
    expect(page.locator(".drop-limit")).to_contain_text("the drop box is full")


def test_a_box_that_closes_meanwhile_says_so(page, session, make_box, write, witness):
    witness.expect(410)
    box, path = make_box()
    page.goto(path)
    name(page).fill("Eve")
    box.closed = box.created
    session.commit()
    do_drop(page, write({"cat.png": png()}))
    expect(rows(page, "failed")).to_contain_text("has closed this drop box")
    page.reload()
    expect(page.get_by_role("heading", name="No longer here")).to_be_visible()


def test_sending_goes_on_when_the_connection_is_back(page, session, make_box, write, witness):
    witness.expect("net::ERR_INTERNET_DISCONNECTED")
    box, path = make_box()
    page.goto(path)
    name(page).fill("Eve")
    page.context.set_offline(True)
    do_drop(page, write({"cat.png": png()}))
    expect(page.locator("[data-notice]")).to_contain_text("You are offline")
    page.context.set_offline(False)
    expect(rows(page, "done")).to_have_count(1)
    assert came(session, box) == ["cat.png"]


def test_a_session_that_ended_does_not_stop_a_guest(page, session, make_box, write, witness):
    witness.expect(400)
    box, path = make_box()
    page.goto(path)
    name(page).fill("Eve")
    page.context.clear_cookies()
    do_drop(page, write({"cat.png": png()}))
    expect(rows(page, "done")).to_have_count(1)
    assert came(session, box) == ["cat.png"]


def test_a_picture_on_its_way_can_be_cancelled(page, session, make_box, write):
    box, path = make_box()
    page.goto(path)
    name(page).fill("Eve")
    with Gate(page, "**/d/*") as gate:
        do_drop(page, write({"cat.png": png()}))
        gate.wait_for(1)
        page.get_by_role("button", name="Cancel cat.png").click()
        expect(rows(page)).to_have_count(0)
    assert came(session, box) == []


def test_a_guest_names_the_password(page, make_box, witness):
    witness.expect(403)
    _, path = make_box(password="sesame", name="Ada’s party")
    page.goto(path)
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_text("This is not the password of this link.")).to_be_visible()
    page.get_by_label("Password").fill("sesame")
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("heading", name="Ada’s party")).to_be_visible()


def test_a_password_that_ran_out_is_named_in_another_tab(page, session, make_box, write, witness):
    witness.expect(403)
    box, path = make_box(password="sesame")

    def enter(tab):
        tab.get_by_label("Password").fill("sesame")
        tab.get_by_role("button", name="Open").click()

    page.goto(path)
    enter(page)
    name(page).fill("Eve")
    page.context.clear_cookies(name="drop")
    do_drop(page, write({"cat.png": png()}))
    expect(page.locator("[data-notice]")).to_contain_text("has to be named again")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Name the password").click()
    enter(opened.value)
    expect(name(opened.value)).to_be_visible()
    page.get_by_role("button", name="Try now").click()
    expect(rows(page, "done")).to_have_count(1)
    assert came(session, box) == ["cat.png"]


def test_without_script_pictures_are_sent_too(new_context, session, make_box, write):
    box, path = make_box()
    page = new_context(java_script_enabled=False).new_page()
    page.goto(path)
    name(page).fill("Eve")
    page.locator("#file").set_input_files(write(TWO))
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("2 pictures are sent. Thank you!")).to_be_visible()
    assert came(session, box) == ["cat.png", "狗.png"]


def test_the_owner_makes_a_box_and_looks_at_what_came(desk, new_context, write):
    desk.goto("/")
    desk.locator("summary", has_text="Account").click()
    desk.get_by_role("link", name="Drop boxes").click()
    desk.get_by_role("link", name="Make the first drop box").click()
    desk.get_by_label("Title").fill("Ada’s party")
    desk.get_by_label("Approve pictures first").check()
    desk.get_by_label("Picture limit").fill("10")
    desk.get_by_role("button", name="Create link").click()
    expect(desk.get_by_role("heading", name="Ada’s party")).to_be_visible()
    expect(desk.get_by_role("img", name="QR code of the link")).to_have_js_property(
        "complete", value=True
    )
    link = desk.get_by_role("textbox", name="Link").input_value()

    guest = new_context().new_page()
    guest.goto(link)
    name(guest).fill("小明")
    do_drop(guest, write(TWO))
    expect(rows(guest, "done")).to_have_count(2)

    desk.reload()
    expect(desk.get_by_role("heading", name="2 pictures wait for you")).to_be_visible()
    desk.get_by_role("button", name="Refuse: cat.png").click()
    expect(desk.get_by_text("1 picture is refused.")).to_be_visible()
    desk.get_by_role("button", name="Accept all").click()
    expect(desk.get_by_text("1 picture is accepted.")).to_be_visible()
    expect(desk.locator(".arrival-sender")).to_have_text(["小明"])
    desk.get_by_role("link", name="To the album").click()
    expect(desk.locator(".tile")).to_have_count(1)
