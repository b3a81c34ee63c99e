"""Every way in which pictures come into the upload page."""

import re
from socket import socket
from threading import Event

import pytest
from playwright.sync_api import expect

from tests.browser.gestures import PATIENCE, Gate, drop, paste_picture, pick, until
from tests.browser.pictures import is_same
from tests.browser.uploading import (
    ASKS,
    FILE,
    LINKS,
    SCREENSHOT,
    UPLOAD,
    assert_links,
    posts_of,
    region,
    rows,
    stay,
)
from tests.elsewhere import Elsewhere, ok
from tests.factories import PASSWORD, encode, noise, png
from tests.serving import Site

pytestmark = pytest.mark.browser

ADDRESS = "https://pictures.example/walks/lake%20view.png?size=l"

DRAG = """
    ({ target, data, kind }) => {
      const transfer = new DataTransfer();
      for (const [type, value] of Object.entries(data)) transfer.setData(type, value);
      const event = new DragEvent(kind, {
        bubbles: true, cancelable: true, dataTransfer: transfer,
      });
      document.querySelector(target).dispatchEvent(event);
      return event.defaultPrevented;
    }
"""

# A folder of 150 files, which a browser hands over by the hundred; one in it cannot be opened.
DROP_ODD_FOLDER = """
    async (modules) => {
      const { filesOf } = await import(`${modules}/folders.js`);
      const file = (name) => ({
        name, fullPath: `/trip/${name}`, isDirectory: false,
        file: (resolve, reject) => name.startsWith("bad")
          ? reject(new DOMException("", "NotReadableError"))
          : resolve(new File(["x"], name)),
      });
      const give = (entries, resolve, reject) => entries[0] === "unplugged"
        ? reject(new DOMException("", "NotReadableError")) : resolve(entries.splice(0, 100));
      const folder = (name, entries) => ({
        name, fullPath: `/${name}`, isDirectory: true,
        createReader: () => ({
          readEntries: (resolve, reject) => entries
            ? give(entries, resolve, reject) : reject(new DOMException("", "NotAllowedError")),
        }),
      });
      const many = Array.from({ length: 150 }, (_, number) => file(`${number}.png`));
      const some = Array.from({ length: 100 }, (_, number) => file(`${number}.png`));
      const entries = [
        folder("locked", null),
        folder("trip", [...many, file("bad.png")]),
        folder("half", [...some, "unplugged"]),
      ];
      const items = entries.map((entry) => ({ webkitGetAsEntry: () => entry }));
      const { files, unread } = await filesOf({ files: [], items });
      return [files.length, unread];
    }
"""


def test_a_folder_is_taken_with_all_that_lies_in_it(desk, write, tmp_path):
    desk.goto(UPLOAD)
    sent = {f"{number}.png": png(number=number) for number in range(4)}
    files = write(sent | {".DS_Store": b"x", "Thumbs.db": b"x", "desktop.ini": b"x"})
    inner = files[0].parent / "inner"
    inner.mkdir()
    files[3].rename(inner / "3.png")
    single = tmp_path / "single.png"
    single.write_bytes(SCREENSHOT)
    drop(desk, region(desk), files[0].parent, single)
    desk.wait_for_url(LINKS)
    assert_links(desk, sent | {"single.png": SCREENSHOT})


def test_a_folder_that_cannot_be_read_does_not_stop_the_rest(desk):
    desk.goto(UPLOAD)
    script = desk.locator('script[src*="upload/main.js"]').get_attribute("src")
    number, unread = desk.evaluate(DROP_ODD_FOLDER, script.rpartition("/")[0])
    assert number == 150 + 100
    assert unread == ["locked", "bad.png", "half"]


def test_a_folder_is_picked(desk, write):
    desk.goto(UPLOAD)
    sent = {f"{number}.png": png(number=number) for number in range(3)}
    [first, *_] = write(sent | {".DS_Store": b"x", "Thumbs.db": b"x"})
    hidden = first.parent / ".git"
    hidden.mkdir()
    (hidden / "hidden.png").write_bytes(png(number=9))
    pick(desk, desk.get_by_role("button", name="Select a folder").click, first.parent)
    desk.wait_for_url(LINKS)
    assert_links(desk, sent)


def test_a_phone_offers_its_camera(member, new_context, write):
    page = member.enter(new_context(has_touch=True, is_mobile=True))
    page.goto(UPLOAD)
    expect(page.locator("[data-camera]")).to_have_attribute("capture", "environment")
    [photo] = write({"photo.png": SCREENSHOT})
    pick(page, page.get_by_role("button", name="Take a photo").click, photo)
    page.wait_for_url(FILE)


def test_a_pasted_screenshot_gets_a_name_that_says_when(desk):
    desk.goto(UPLOAD)
    with Gate(desk) as gate:
        paste_picture(desk, SCREENSHOT)
        gate.wait_for(1)
        name = rows(desk).locator("[data-name]")
        expect(name).to_have_text(re.compile(r"^Screenshot \d{4}-\d\d-\d\d \d\d-\d\d-\d\d\.png$"))
        gate.let_all_in()
        desk.wait_for_url(FILE)


def test_what_is_pasted_into_a_field_stays_there(desk):
    desk.goto(UPLOAD)
    field = desk.get_by_label("From an address")
    field.focus()
    paste_picture(desk, SCREENSHOT)
    desk.evaluate("(text) => navigator.clipboard.writeText(text)", ADDRESS)
    desk.keyboard.press("ControlOrMeta+v")
    expect(field).to_have_value(ADDRESS)
    expect(desk.locator("[data-queue]")).to_be_hidden()


def test_a_pasted_address_is_fetched(desk):
    desk.context.grant_permissions(["clipboard-read", "clipboard-write"])
    desk.goto(UPLOAD)
    with desk.expect_request("**/tuchuang/fetch") as fetched:
        desk.route("**/tuchuang/fetch", lambda route: route.abort("aborted"))
        desk.evaluate("(text) => navigator.clipboard.writeText(text)", ADDRESS)
        desk.keyboard.press("ControlOrMeta+v")
    assert ADDRESS in (fetched.value.post_data or "")
    expect(rows(desk).locator("[data-name]")).to_have_text(["lake view.png"])


@pytest.mark.parametrize(
    "data",
    [
        {"text/uri-list": ADDRESS},
        {"text/html": f'<a href="https://x.example"><img src="{ADDRESS}"></a>',
         "text/uri-list": "https://x.example"},
    ],
)  # fmt: skip
def test_a_picture_dragged_from_another_page_is_fetched(desk, data):
    desk.goto(UPLOAD)
    desk.route("**/tuchuang/fetch", lambda route: route.abort("aborted"))
    with desk.expect_request("**/tuchuang/fetch") as fetched:
        assert desk.evaluate(DRAG, {"target": "main", "data": data, "kind": "drop"})
    assert ADDRESS in (fetched.value.post_data or "")


@pytest.mark.parametrize("path", ["/create", UPLOAD])
def test_a_link_dropped_anywhere_never_leads_away(desk, path):
    desk.goto(path)
    data = {"text/uri-list": ADDRESS}
    desk.route("**/tuchuang/fetch", lambda route: route.abort("aborted"))
    for kind in ("dragover", "drop"):
        assert desk.evaluate(DRAG, {"target": "header", "data": data, "kind": kind})
    words = {"text/plain": "words"}
    assert not desk.evaluate(DRAG, {"target": "header", "data": words, "kind": "drop"})


def test_what_is_no_address_is_told_beside_the_field(desk):
    desk.goto(UPLOAD)
    field = desk.get_by_label("From an address")
    field.fill("ftp://pictures.example/a.png")
    desk.get_by_role("button", name="Fetch").click()
    message = field.evaluate("(field) => field.validationMessage")
    assert message == "An address begins with https:// or http://"
    expect(desk.locator("[data-queue]")).to_be_hidden()


def test_a_fetch_ends_at_the_link(desk, write):
    """The answer of the server comes line by line; that of the picture is a real one."""
    stay(desk)
    lines = ['{"received": 10, "total": null}', '{"received": 500, "total": 1000}']
    with desk.expect_response("**/tuchuang/") as answered:
        drop(desk, region(desk), *write({"one.png": SCREENSHOT}))
    lines.append(answered.value.text().replace("\n", ""))
    desk.evaluate("() => localStorage.clear()")
    desk.goto(UPLOAD)
    desk.route("**/tuchuang/fetch", lambda route: route.fulfill(body="\n".join(lines)))
    desk.get_by_label("From an address").fill(ADDRESS)
    desk.keyboard.press("Enter")
    desk.wait_for_url(FILE)
    assert is_same(desk.url, SCREENSHOT)


def test_a_picture_is_fetched_from_elsewhere(tmp_path, migrated_database, new_context):
    picture = encode(noise(400, 400), "PNG")
    half = len(picture) // 2
    go_on = Event()

    def send_slowly(connected: socket) -> None:
        connected.sendall(ok(picture[:half], length=len(picture)))
        go_on.wait(PATIENCE)
        connected.sendall(picture[half:])

    there = Elsewhere()
    there.answers["/lake.png"] = send_slowly
    folder = tmp_path / "fetching"
    folder.mkdir()
    fetching = Site(folder, migrated_database, FETCH_NETWORKS="127.0.0.0/8")
    try:
        fetching.start()
        page = new_context().new_page()
        page.goto(f"{fetching.url}/auth/register")
        page.get_by_label("User name").fill("ada")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("main").get_by_role("button", name="Register").click()
        page.wait_for_url("**/tuchuang/")
        page.get_by_label("From an address").fill(there.url("/lake.png"))
        page.get_by_role("button", name="Fetch").click()
        size = rows(page, "sending").locator("[data-size]")
        expect(size).to_have_text(re.compile(r"^[\d.]+ KB of 4\d\d KB$"))
        bar = page.get_by_role("progressbar", name="Progress of lake.png")
        assert 0 < bar.evaluate("(bar) => bar.value") <= 51
        go_on.set()
        page.wait_for_url(FILE)
        assert page.url.startswith(fetching.url)
        assert is_same(page.url, picture)
    finally:
        go_on.set()
        there.close()
        fetching.kill()


def test_a_fetch_that_is_refused_says_why(desk, site):
    desk.goto(UPLOAD)
    desk.get_by_label("From an address").fill(f"{site.url}/lake%20view.png")
    desk.keyboard.press("Enter")
    reason = rows(desk, "failed").locator("[data-reason]")
    expect(reason).to_have_text(re.compile(r"^Nothing is fetched from"))
    expect(desk.get_by_role("button", name="Retry lake view.png")).to_be_hidden()
    assert not desk.evaluate(ASKS)
    expect(desk.get_by_role("button", name="Remove lake view.png")).to_be_visible()
    expect(desk.get_by_label("From an address")).to_be_focused()


def test_what_is_dragged_within_the_page_is_not_uploaded_again(desk, hang):
    hang(300, 200)
    desk.goto(UPLOAD)
    sent = posts_of(desk)
    desk.locator(".card img").drag_to(region(desk))
    until(desk, lambda: not region(desk).get_attribute("data-over"))
    expect(desk.locator("[data-queue]")).to_be_hidden()
    assert sent == []


def test_a_drag_whose_element_is_gone_at_its_end_spoils_no_later_drop(desk, write, hang):
    hang(300, 200)
    desk.goto(UPLOAD)
    desk.evaluate(
        """() => {
          const picture = document.querySelector(".card img");
          picture.dispatchEvent(new DragEvent("dragstart", { bubbles: true }));
          picture.remove();
          picture.dispatchEvent(new DragEvent("dragend", { bubbles: true }));
        }"""
    )
    drop(desk, region(desk), *write({"one.png": SCREENSHOT}))
    desk.wait_for_url(FILE)
