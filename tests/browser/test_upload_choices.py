"""What is done to a picture before it leaves the browser, and what is shown of it there."""

import re
from io import BytesIO

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Locator, Page, expect

from tests.browser.gestures import drop, until
from tests.browser.pictures import fetch, frames
from tests.browser.uploading import UPLOAD, links, posts_of, region, rows, stay
from tests.factories import animation, apng, drawing, encode, gif, jpeg, noise, png_claiming

pytestmark = pytest.mark.browser

PREVIEWED = """
    (frame) => {
      const canvas = frame.querySelector("canvas");
      if (!canvas) return null;
      const { data } = canvas.getContext("2d").getImageData(56, 56, 1, 1);
      return [...data];
    }
"""


def choose(page: Page, **chosen: str | bool) -> Locator:
    """Open the page, and set what is to be done before sending."""
    stay(page)
    panel = page.locator("[data-options]")
    panel.locator("summary").click()
    panel.get_by_label("Longest side").select_option(str(chosen.get("edge", "0")))
    panel.get_by_label("Turn screenshots").set_checked(bool(chosen.get("webp", False)))
    page.keyboard.press("Escape")
    return panel


def uploaded(page: Page, name: str) -> Image.Image:
    """The picture behind the link of a file on the list."""
    with Image.open(BytesIO(fetch(links(page)[name]))) as picture:
        picture.load()
        return picture


def is_alike(one: Image.Image, other: Image.Image) -> bool:
    difference = ImageChops.difference(one.convert("RGB"), other.convert("RGB"))
    return max(difference.tobytes()) < 40


def test_a_large_photo_is_made_smaller_the_right_way_up(desk, write):
    choose(desk, edge="1280")
    photo = jpeg(2000, 1500, orientation=6)
    drop(desk, region(desk), *write({"photo.jpg": photo, "small.jpg": jpeg(640, 480)}))
    expect(rows(desk, "done")).to_have_count(2)
    made = uploaded(desk, "photo.jpg")
    assert made.size == (960, 1280)
    assert made.format == "JPEG"
    upright = Image.frombytes("RGBA", (1500, 2000), frames(photo)[0]).resize((960, 1280))
    assert is_alike(made, upright)
    assert uploaded(desk, "small.jpg").size == (640, 480)


def test_the_longest_side_is_heeded_even_where_that_takes_more_bytes(desk, write):
    choose(desk, edge="1280")
    few = noise(1500, 1000).convert("1")
    drop(desk, region(desk), *write({"palette.png": encode(few, "PNG")}))
    expect(rows(desk, "done")).to_have_count(1)
    assert uploaded(desk, "palette.png").size == (1280, 853)


def test_what_cannot_be_made_smaller_says_so(desk, write):
    choose(desk, edge="1280")
    drop(
        desk,
        region(desk),
        *write(
            {
                "large.gif": encode(drawing(1400, 20), "GIF"),
                "small.gif": encode(drawing(20, 20), "GIF"),
            }
        ),
    )
    expect(rows(desk, "done")).to_have_count(2)
    reasons = rows(desk, "done").locator("[data-reason]")
    expect(reasons).to_have_text([re.compile("full size"), ""])


def test_a_screenshot_becomes_webp_and_loses_nothing(desk, write):
    choose(desk, webp=True)
    drawn = drawing(900, 600, mode="RGBA")
    sent = {"screen.png": encode(drawn, "PNG", compress_level=0), "photo.jpg": jpeg(64, 48)}
    drop(desk, region(desk), *write(sent))
    expect(rows(desk, "done")).to_have_count(2)
    assert set(links(desk)) == {"screen.webp", "photo.jpg"}
    made = uploaded(desk, "screen.webp")
    assert made.format == "WEBP"
    assert made.convert("RGBA").tobytes() == drawn.tobytes()


def test_a_backup_and_what_moves_stay_as_they_are(desk, write):
    choose(desk, edge="1280", webp=True)
    moving = {"moving.png": apng(), "party.gif": gif(), "moving.webp": animation("WEBP")}
    drop(desk, region(desk), *write(moving))
    expect(rows(desk, "done")).to_have_count(3)
    for name, content in moving.items():
        assert frames(fetch(links(desk)[name])) == frames(content)

    photo = jpeg(2000, 1500, orientation=6)
    desk.get_by_role("radio", name="Backup").check()
    drop(desk, region(desk), *write({"photo.jpg": photo}))
    expect(rows(desk, "done")).to_have_count(4)
    answer = desk.request.get(links(desk)["photo.jpg"])
    assert answer.body() == photo


def test_what_a_person_chose_is_remembered_and_off_by_default(desk):
    desk.goto(UPLOAD)
    panel = desk.locator("[data-options]")
    panel.locator("summary").click()
    edge = panel.get_by_label("Longest side")
    webp = panel.get_by_label("Turn screenshots")
    expect(edge).to_have_value("0")
    expect(webp).not_to_be_checked()
    edge.select_option("1920")
    webp.check()
    desk.reload()
    panel.locator("summary").click()
    expect(edge).to_have_value("1920")
    expect(webp).to_be_checked()


def test_a_file_over_the_limit_is_told_before_it_is_sent(desk, tmp_path):
    desk.goto(UPLOAD)
    posts = posts_of(desk)
    large = tmp_path / "large.png"
    with large.open("wb") as file:
        file.truncate(33 * 1024 * 1024)
    drop(desk, region(desk), large)
    reason = rows(desk, "failed").locator("[data-reason]")
    expect(reason).to_have_text(
        "large.png is too big (33 MB). At most 32 MB are allowed: make it smaller and try again."
    )
    expect(desk.get_by_role("button", name="Retry large.png")).to_be_hidden()
    assert posts == []


def test_a_file_over_the_limit_is_sent_if_it_is_made_smaller_first(desk, tmp_path):
    choose(desk, edge="1280")
    large = tmp_path / "large.png"
    noise(3600, 3200).save(large, compress_level=0)
    assert large.stat().st_size > 32 * 1024 * 1024
    drop(desk, region(desk), large)
    expect(rows(desk, "done")).to_have_count(1)
    assert uploaded(desk, "large.png").size == (1280, 1138)


def test_previews_show_what_is_sent_but_for_what_would_fill_the_memory(desk, write, witness):
    witness.expect(415, 422)
    desk.goto(UPLOAD)
    red = encode(Image.new("RGB", (900, 400), (200, 30, 30)), "JPEG", quality=95)
    files = write({"red.jpg": red, "huge.png": png_claiming(30_000, 30_000), "notes.txt": b"x"})
    drop(desk, region(desk), *files)
    frame = rows(desk).filter(has_text="red.jpg").locator("[data-thumb]")
    expect(frame.locator("canvas")).to_be_visible()
    pixel = frame.evaluate(PREVIEWED)
    assert pixel[0] > 180
    assert pixel[1] < 60
    expect(rows(desk, "failed")).to_have_count(2)
    for name in ("huge.png", "notes.txt"):
        expect(rows(desk).filter(has_text=name).locator("[data-thumb] svg")).to_be_visible()


HOLD_SHRINKING = """
    () => {
      const make = HTMLCanvasElement.prototype.toBlob;
      const released = new Promise((resolve) => { window.release = resolve; });
      HTMLCanvasElement.prototype.toBlob = function (...given) {
        window.shrinks = true;
        released.then(() => make.apply(this, given));
      };
    }
"""


@pytest.mark.parametrize("act", ["Pause", "Cancel"])
def test_what_is_stopped_while_it_is_made_smaller_is_not_sent(desk, write, act):
    choose(desk, edge="1280")
    sent = posts_of(desk)
    desk.evaluate(HOLD_SHRINKING)
    drop(desk, region(desk), *write({"photo.jpg": jpeg(2000, 1500)}))
    until(desk, lambda: bool(desk.evaluate("() => window.shrinks")))
    desk.get_by_role("button", name=f"{act} photo.jpg").click()
    # One at a time is made smaller: when this has arrived, the first has been finished too.
    drop(desk, region(desk), *write({"other.jpg": jpeg(1900, 1400)}))
    desk.evaluate("() => window.release()")
    expect(rows(desk, "done").locator("[data-name]")).to_have_text(["other.jpg"])
    assert len(sent) == 1
    if act == "Pause":
        desk.get_by_role("button", name="Go on with photo.jpg").click()
        expect(rows(desk, "done")).to_have_count(2)
        assert uploaded(desk, "photo.jpg").size == (1280, 960)
