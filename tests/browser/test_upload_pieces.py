"""Files above 4 MiB go piece by piece, and are never sent twice."""

import os
import re
from pathlib import Path

import pytest
from PIL import Image as Pillow
from playwright.sync_api import Page, Route, expect

from flaskr.library import accounts
from flaskr.models import Image
from tests.browser.gestures import drop, slow_network, until
from tests.browser.pictures import is_same
from tests.browser.test_upload_faults import enter_as
from tests.browser.uploading import FILE, LINKS, UPLOAD, arrived, listed, region, rows, stay
from tests.factories import encode, noise

pytestmark = pytest.mark.browser

MIB = 1024 * 1024
FILES = "**/files/**"

MOVES = """
    (bar) => new Promise((resolve) => {
      const seen = new Set();
      const look = () => {
        if (bar.value > 0 && bar.value < 100) seen.add(bar.value);
        if (seen.size >= 3) resolve([...seen]);
        else requestAnimationFrame(look);
      };
      look();
    })
"""


@pytest.fixture(scope="module")
def photo() -> bytes:
    """A picture of about 6 MiB."""
    return encode(noise(1500, 1400), "PNG")


class Pieces:
    """Notes what is asked of /files/, and can let it fail."""

    def __init__(self, page: Page) -> None:
        self.created = 0
        self.bytes = 0
        self.heads = 0
        self.cut = False
        page.route(FILES, self._see)
        page.route("**/files/", self._see)

    def _see(self, route: Route) -> None:
        request = route.request
        if self.cut:
            route.abort("connectionreset")
            return
        self.created += request.method == "POST"
        self.heads += request.method == "HEAD"
        if request.method == "PATCH":
            self.bytes += len(request.post_data_buffer or b"")
        route.continue_()


def test_a_large_file_arrives_whole(desk, write, photo):
    desk.goto(UPLOAD)
    pieces = Pieces(desk)
    drop(desk, region(desk), *write({"大.png": photo}))
    desk.wait_for_url(FILE)
    assert is_same(desk.url, photo)
    assert pieces.created == 1
    assert pieces.bytes == len(photo)


def test_after_a_cut_only_the_rest_is_sent(desk, write, witness, photo):
    witness.expect("net::ERR_CONNECTION_RESET", "net::ERR_FAILED")
    desk.goto(UPLOAD)
    pieces = Pieces(desk)
    drop(desk, region(desk), *write({"photo.png": photo}))
    until(desk, lambda: pieces.bytes > MIB)
    pieces.cut = True
    expect(rows(desk).locator("[data-reason]")).to_contain_text("The connection broke off.")
    pieces.cut = False
    desk.wait_for_url(FILE)
    assert is_same(desk.url, photo)
    assert pieces.created == 1
    assert pieces.bytes == len(photo)


def test_a_paused_file_goes_on_where_it_was(desk, write, photo):
    desk.goto(UPLOAD)
    pieces = Pieces(desk)
    with slow_network(desk, upload=2 * MIB):
        drop(desk, region(desk), *write({"photo.png": photo}))
        until(desk, lambda: pieces.bytes > MIB)
        desk.get_by_role("button", name="Pause photo.png").click()
        size = rows(desk, "paused").locator("[data-size]")
        expect(size).to_have_text(re.compile(r"[\d.]+ [KM]B of 6"))
        desk.get_by_role("button", name="Go on with photo.png").click()
    desk.wait_for_url(FILE)
    assert is_same(desk.url, photo)
    assert pieces.created == 1
    assert pieces.heads == 1
    assert pieces.bytes <= len(photo) + 4 * MIB  # a piece was on its way


def test_a_log_in_that_ends_in_the_middle_costs_no_byte(
    desk, write, witness, session, member, app, site, photo
):
    witness.expect(400, 401)
    desk.goto(UPLOAD)
    pieces = Pieces(desk)
    with slow_network(desk, upload=2 * MIB):
        drop(desk, region(desk), *write({"photo.png": photo}))
        until(desk, lambda: pieces.bytes > MIB)
        accounts.end_sessions(session, session.merge(member.user))
        session.commit()
        expect(desk.locator("[data-notice]")).to_contain_text("You are no longer logged in.")
    before = pieces.bytes
    enter_as(desk.context, member.user, app, site)
    desk.evaluate("() => window.dispatchEvent(new Event('focus'))")
    desk.wait_for_url(FILE)
    assert pieces.created == 1
    assert pieces.bytes - before < len(photo)


def test_in_the_next_visit_only_the_rest_is_sent(desk, write, witness, session, ada, photo):
    witness.expect("net::ERR_CONNECTION_RESET", "net::ERR_FAILED")
    desk.goto(UPLOAD)
    pieces = Pieces(desk)
    with slow_network(desk, upload=MIB):
        drop(desk, region(desk), *write({"photo.png": photo}))
        until(desk, lambda: pieces.bytes > MIB)
        pieces.cut = True
    context = desk.context
    desk.close()
    page = context.new_page()
    later = Pieces(page)
    page.goto(UPLOAD)
    expect(arrived(page)).to_have_count(1)
    assert later.created == 0
    assert later.heads >= 1
    assert later.bytes < len(photo)
    assert is_same(page.locator("[data-queue] [data-select]").input_value(), photo)
    session.rollback()
    assert session.query(Image).filter_by(owner_id=ada.id).count() == 1


def test_a_cancelled_file_is_given_up_on_the_server(desk, write, photo):
    stay(desk)
    pieces = Pieces(desk)
    with slow_network(desk, upload=MIB):
        drop(desk, region(desk), *write({"photo.png": photo}))
        until(desk, lambda: pieces.bytes > 0)
        with desk.expect_request(lambda request: request.method == "DELETE") as ended:
            desk.get_by_role("button", name="Cancel photo.png").click()
        answer = ended.value.response()
        assert answer is not None
        assert answer.status == 204
    expect(desk.locator("[data-queue]")).to_be_hidden()


def test_a_file_that_is_cancelled_while_it_is_taken_in_is_undone(desk, write, session, ada, photo):
    stay(desk)
    held: list[Route] = []

    def hold_last(route: Route) -> None:
        request = route.request
        offset = int(request.headers.get("upload-offset", 0))
        if request.method == "PATCH" and offset + len(request.post_data_buffer or b"") == len(
            photo
        ):
            held.append(route)
        else:
            route.continue_()

    desk.route(FILES, hold_last)
    drop(desk, region(desk), *write({"photo.png": photo}))
    until(desk, lambda: bool(held))
    expect(rows(desk, "checking")).to_have_count(1)
    desk.get_by_role("button", name="Cancel photo.png").click()
    with desk.expect_response("**/delete") as undone:
        held.pop().continue_()
    assert undone.value.ok
    session.rollback()
    assert session.query(Image).filter_by(owner_id=ada.id, deleted=None).count() == 0


def test_a_server_that_contradicts_itself_is_not_asked_in_a_loop(desk, write, witness, photo):
    witness.expect(409)
    desk.goto(UPLOAD)
    refused: list[str] = []

    def refuse(route: Route) -> None:
        if route.request.method == "PATCH" and len(refused) < 2:
            refused.append(route.request.url)
            route.fulfill(status=409, json={"error": {"code": "offset_mismatch", "message": "No."}})
        else:
            route.continue_()

    desk.route(FILES, refuse)
    drop(desk, region(desk), *write({"photo.png": photo}))
    expect(rows(desk).locator("[data-reason]")).to_have_text("No.")
    desk.wait_for_url(FILE)


def test_an_answer_that_does_not_come_is_told_as_that(desk, write, photo):
    desk.clock.install()
    stay(desk)
    held: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.method == "GET":
            held.append(route)
        else:
            route.continue_()

    desk.route(FILES, hold)
    drop(desk, region(desk), *write({"photo.png": photo}))
    until(desk, lambda: bool(held))
    desk.clock.fast_forward(76_000)
    reason = rows(desk).locator("[data-reason]")
    expect(reason).to_have_text("The server did not answer in time.")


def test_a_large_file_that_is_no_picture_is_refused_with_a_reason(desk, write, witness):
    witness.expect(415, 422)
    desk.goto(UPLOAD)
    drop(desk, region(desk), *write({"fake.png": bytes(5 * MIB)}))
    reason = rows(desk, "failed").locator("[data-reason]")
    expect(reason).to_contain_text("This is not a picture we can take.")
    expect(desk.get_by_role("button", name="Retry fake.png")).to_be_hidden()


def draw_large(folder: Path, number: int) -> list[Path]:
    """Pictures of 30 MB, each with content of its own."""
    width, height = 3200, 3120
    pixels = os.urandom(3 * width * height)
    files = []
    for order in range(number):
        turned = pixels[order:] + pixels[:order]
        picture = Pillow.frombytes("RGB", (width, height), turned)
        files.append(folder / f"large {order:02}.png")
        picture.save(files[-1], compress_level=0)
    return files


def test_300_mb_on_a_slow_connection_move_and_arrive(desk, tmp_path):
    desk.goto(UPLOAD)
    files = draw_large(tmp_path, 10)
    assert sum(file.stat().st_size for file in files) > 299_000_000
    with slow_network(desk, upload=3 * MIB):
        drop(desk, region(desk), *files)
        for name in ("Total progress", "Progress of large 00.png", "Progress of large 01.png"):
            seen = desk.get_by_role("progressbar", name=name, exact=True).evaluate(MOVES)
            assert seen == sorted(seen)
        row = rows(desk, "sending").first
        expect(row.locator("[data-size]")).to_have_text(re.compile(r"^[\d.]+ [KM]B of [\d.]+ MB$"))
        expect(row.locator("[data-state-text]")).to_have_text(
            re.compile(r"^Uploading · \d+ % · [\d.]+ [KM]B/s · \d+ (seconds|minutes?) left$")
        )
        expect(desk.locator("[data-total-text]")).to_have_text(re.compile(r"/s · .+ left$"))
    expect(desk).to_have_url(re.compile("/tuchuang/uploads/"), timeout=60_000)
    desk.wait_for_url(LINKS)
    assert list(listed(desk)) == [file.name for file in files]
