"""The page of one picture: a closer look, the ways on, what is said of it, other contents."""

import re
from io import BytesIO
from itertools import product

import pytest
import segno
from PIL import Image as Pillow
from playwright.sync_api import Page, expect

from tests.browser.axe import violations
from tests.browser.gestures import drop
from tests.browser.pictures import fetch
from tests.factories import png

pytestmark = pytest.mark.browser

SHIFTS = """
    window.shifted = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) window.shifted += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
"""
PHONE = {"width": 390, "height": 844}


def path(image) -> str:
    return f"/tuchuang/images/{image.key}"


def open_page(desk: Page, image, what: str = "") -> None:
    desk.goto(path(image) + what, wait_until="load")
    expect(desk.locator("#main")).to_be_visible()


def arrive(page: Page, url: str | re.Pattern[str]) -> None:
    """Wait for the page that a key or a finger leads to, until its scripts listen."""
    expect(page).to_have_url(url)
    page.wait_for_load_state()


def size(site, image) -> tuple[int, int]:
    """How big the picture is that the link shows."""
    with Pillow.open(BytesIO(fetch(f"{site.url}/i/{image.key}.png"))) as picture:
        return picture.size


def swipe(page: Page, across: int, down: int = 0) -> None:
    """Draw a finger over the picture."""
    box = page.locator("[data-zoom]").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    hand = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        told = [{"x": at_x, "y": at_y} for at_x, at_y in points]
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": told})

    touch("touchStart", (x, y))
    for step in range(1, 6):
        touch("touchMove", (x + across * step / 5, y + down * step / 5))
    touch("touchEnd")


# ---- looking --------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "shape"), list(product([390, 1280], [(900, 500), (300, 2000)])))
def test_nothing_moves_while_the_picture_comes(desk, hang, width, shape):
    desk.add_init_script(SHIFTS)
    desk.set_viewport_size({"width": width, "height": 844})
    open_page(desk, hang(*shape))
    desk.wait_for_function("() => document.querySelector('[data-zoom] img').naturalWidth > 0")
    desk.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    assert desk.evaluate("() => window.shifted") == 0
    assert desk.evaluate("() => document.documentElement.scrollWidth") <= width


def test_a_click_looks_closer_and_escape_goes_back(desk, hang):
    open_page(desk, hang(2400, 1600))
    desk.locator("[data-zoom]").click()
    view = desk.get_by_role("dialog")
    expect(view).to_be_visible()
    scale = view.locator("output")
    whole = scale.inner_text()
    assert int(whole.rstrip(" %")) < 100
    desk.keyboard.press("Enter")
    expect(scale).to_have_text("100 %")
    desk.keyboard.press("+")
    expect(scale).to_have_text("150 %")
    stage = view.locator(".zoom-stage")
    before = stage.evaluate("(stage) => stage.scrollLeft")
    desk.mouse.move(600, 400)
    desk.mouse.down()
    desk.mouse.move(500, 350, steps=4)
    desk.mouse.up()
    assert stage.evaluate("(stage) => stage.scrollLeft") == before + 100
    expect(scale).to_have_text("150 %")  # who lets go does not click
    desk.mouse.wheel(0, -300)
    expect(scale).not_to_have_text("150 %")
    desk.keyboard.press("0")
    expect(scale).to_have_text(whole)
    desk.keyboard.press("Escape")
    expect(view).to_be_hidden()
    desk.keyboard.press("z")
    expect(view).to_be_visible()
    view.get_by_role("button", name="Close").click()
    expect(view).to_be_hidden()


def test_arrow_keys_lead_through_the_library(desk, hang):
    first, second, third = (hang(name=f"{name}.png") for name in ("one", "two", "three"))
    open_page(desk, second)
    desk.keyboard.press("ArrowRight")
    arrive(desk, path(first))
    desk.keyboard.press("ArrowRight")  # the end
    desk.keyboard.press("ArrowLeft")
    arrive(desk, path(second))
    desk.get_by_label("URL", exact=True).focus()
    desk.keyboard.press("ArrowLeft")
    desk.get_by_role("heading", level=1).click()
    expect(desk).to_have_url(path(second))
    desk.get_by_role("link", name="Previous: three.png").click()
    expect(desk).to_have_url(path(third))


def test_from_a_list_one_goes_on_through_that_list(desk, hang):
    small, middle, large = hang(20, 20), hang(60, 60), hang(400, 400)
    desk.goto("/tuchuang/images?sort=largest")
    desk.locator(".tile-link").first.click()
    arrive(desk, f"{path(large)}?sort=largest")
    desk.keyboard.press("ArrowRight")
    arrive(desk, f"{path(middle)}?sort=largest")
    desk.keyboard.press("ArrowRight")
    expect(desk).to_have_url(f"{path(small)}?sort=largest")
    desk.get_by_role("link", name="To the list").click()
    expect(desk).to_have_url("/tuchuang/images?sort=largest")


def test_a_swipe_leads_to_the_next_and_back(member, new_context, hang):
    first, second = hang(400, 300), hang(400, 300)
    phone = member.enter(new_context(viewport=PHONE, has_touch=True, is_mobile=True))
    open_page(phone, second)
    swipe(phone, -150)
    arrive(phone, path(first))
    swipe(phone, -150)  # nothing further
    swipe(phone, 20, 5)  # not far enough
    expect(phone.get_by_role("dialog")).to_be_hidden()
    swipe(phone, 150)
    expect(phone).to_have_url(path(second))


def test_the_neighbours_are_fetched_ahead(desk, hang):
    image, last = hang(900, 600), hang(900, 600)
    with desk.expect_request(lambda asked: f"/{image.key}.webp" in asked.url):
        open_page(desk, last)


def test_the_qr_code_is_that_of_the_link(desk, hang):
    open_page(desk, hang())
    desk.get_by_text("QR code", exact=True).click()
    code = desk.get_by_role("img", name="QR code of the link")
    expect(code).to_be_visible()
    expect(code).to_have_js_property("complete", value=True)
    link = desk.get_by_label("URL", exact=True).input_value()
    modules = [list(row) for row in segno.make_qr(link, error="m").matrix]
    across = len(modules) + 8  # its margins
    code.evaluate("(code, across) => { code.width = code.height = across * 6 }", across)
    code.evaluate(
        "(c, n) => { c.style.cssText = `width:${n}px;height:${n}px;border:0` }", across * 6
    )
    with Pillow.open(BytesIO(code.screenshot())) as shown:
        grey = shown.convert("L")
    width, dots = grey.width, grey.tobytes()
    middles = [(at + 4) * 6 + 3 for at in range(len(modules))]
    drawn = [[int(dots[y * width + x] < 128) for x in middles] for y in middles]
    assert drawn == modules
    with desk.expect_download() as downloading:
        desk.get_by_role("link", name="Save as SVG").click()
    assert downloading.value.suggested_filename.endswith(".svg")


# ---- what is said of it ---------------------------------------------------------------------


def test_what_is_said_shows_at_once(desk, hang):
    tagged = hang()
    open_page(desk, tagged, "/edit")
    desk.get_by_label("Tags", exact=True).fill("landscapes")
    desk.get_by_role("button", name="Save").click()
    expect(desk.get_by_text("Saved.")).to_be_visible()

    image = hang(name="dusk.png")
    open_page(desk, image)
    desk.get_by_role("link", name="Edit").click()
    desk.get_by_label("Title").fill("West Lake")
    desk.get_by_label("Description").fill("A boat")
    tags = desk.get_by_label("Tags", exact=True)
    tags.press_sequentially("2026, lan")
    expect(desk.get_by_role("option", name="landscapes")).to_be_visible()
    tags.press("ArrowDown")
    tags.press("Enter")
    expect(tags).to_have_value("2026, landscapes, ")
    desk.get_by_label("Only you").check()
    desk.get_by_role("button", name="Save").click()
    expect(desk).to_have_url(path(image))
    expect(desk.get_by_role("heading", level=1)).to_have_text("West Lake")
    expect(desk.get_by_role("link", name="landscapes")).to_be_visible()
    assert desk.get_by_label("Markdown", exact=True).input_value().startswith("![A boat](")


def test_a_moment_is_in_ones_own_zone(member, new_context, hang):
    image = hang()
    desk = member.enter(new_context(timezone_id="Asia/Shanghai"))
    open_page(desk, image, "/edit")
    field = desk.get_by_label("Expires and moves to the trash")
    field.fill("2090-05-01T08:30")
    desk.get_by_role("button", name="Save").click()
    time = desk.locator(".image-state time")
    assert (time.get_attribute("datetime") or "").startswith("2090-05-01T00:30")
    open_page(desk, image, "/edit")
    expect(field).to_have_value("2090-05-01T08:30")
    desk.get_by_role("button", name="Save").click()
    assert (time.get_attribute("datetime") or "").startswith("2090-05-01T00:30")


def test_two_who_edit_at_once_lose_nothing(desk, hang, witness):
    image = hang()
    second = desk.context.new_page()
    for page in (desk, second):
        open_page(page, image, "/edit")
    desk.get_by_label("Title").fill("Theirs")
    desk.get_by_label("Tags", exact=True).fill("theirs")
    desk.get_by_role("button", name="Save").click()
    expect(desk).to_have_url(path(image))

    witness.expect(409)
    second.get_by_label("Title").fill("Mine")
    second.get_by_role("button", name="Save").click()
    expect(second.get_by_role("alert")).to_contain_text("changed this meanwhile")
    expect(second.get_by_label("Title")).to_have_value("Mine")
    expect(second.locator("#title-now")).to_contain_text("Theirs")
    expect(second.get_by_label("Tags", exact=True)).to_have_value("theirs")
    assert violations(second) == []
    second.get_by_role("button", name="Save").click()
    expect(second.get_by_role("heading", level=1)).to_have_text("Mine")
    expect(second.get_by_role("link", name="theirs")).to_be_visible()


# ---- another content ------------------------------------------------------------------------


def test_a_picture_is_turned_and_taken_back(desk, hang, site):
    image = hang(120, 80)
    open_page(desk, image)
    desk.get_by_role("button", name="Turn left").click()
    expect(desk.get_by_text("Saved.")).to_be_visible()
    expect(desk.locator("[data-zoom] img")).to_have_attribute("width", "80")
    assert size(site, image) == (80, 120)
    desk.get_by_role("link", name="Version 2", exact=True).click()
    desk.get_by_role("link", name="Compare: Version 1").click()
    expect(desk.locator(".compare img")).to_have_count(2)
    desk.get_by_role("button", name="Bring back: Version 1").click()
    expect(desk.get_by_text("Version 1 is shown again.")).to_be_visible()
    assert size(site, image) == (120, 80)


def test_a_frame_is_drawn_moved_and_cut_out(desk, hang, site):
    image = hang(400, 300)
    open_page(desk, image, "/crop")
    expect(desk.locator("form[data-ready]")).to_be_visible()
    stage = desk.locator("[data-stage]").bounding_box()
    assert stage is not None
    scale = stage["width"] / 400

    def at(x: int, y: int) -> tuple[float, float]:
        return stage["x"] + x * scale, stage["y"] + y * scale

    def draw(start: tuple[int, int], end: tuple[int, int]) -> None:
        desk.mouse.move(*at(*start))
        desk.mouse.down()
        desk.mouse.move(*at(*end), steps=5)
        desk.mouse.up()

    def box() -> list[int]:
        names = ("From the left", "From the top", "Width", "Height")
        return [int(desk.get_by_label(name).input_value()) for name in names]

    draw((100, 50), (300, 250))
    assert box() == pytest.approx([100, 50, 200, 200], abs=2)
    draw((200, 150), (380, 150))  # as far as the edge
    assert box() == pytest.approx([200, 50, 200, 200], abs=2)
    draw((200, 150), (300, 150))  # its left side
    assert box() == pytest.approx([300, 50, 100, 200], abs=2)
    desk.get_by_label("Shape").select_option("1:1")
    assert box() == pytest.approx([300, 100, 100, 100], abs=2)
    desk.get_by_label("Width").fill("60")
    desk.get_by_label("Height").fill("40")
    desk.get_by_role("button", name="Crop").click()
    expect(desk).to_have_url(path(image))
    assert size(site, image) == (60, 40)


def test_a_dropped_file_replaces_the_picture(desk, hang, site, write):
    image = hang(97, 61)
    (file,) = write({"better.png": png(200, 100, number=987_654)})
    open_page(desk, image, "/versions")
    drop(desk, desk.locator("[data-replace]"), file)
    expect(desk.get_by_text("Every link shows the new picture.")).to_be_visible()
    assert size(site, image) == (200, 100)
    expect(desk.locator(".version")).to_have_count(2)


def test_without_a_script_all_of_it_works(member, new_context, hang, site, write):
    image = hang(120, 80)
    (file,) = write({"plain.png": png(50, 40, number=987_655)})
    desk = member.enter(new_context(java_script_enabled=False))
    desk.goto(path(image))
    desk.get_by_role("button", name="Mirror left to right").click()
    desk.get_by_role("link", name="Crop").click()
    desk.get_by_label("Width").fill("30")
    desk.get_by_role("button", name="Crop").click()
    assert size(site, image) == (30, 80)
    desk.get_by_role("link", name="Version 3", exact=True).click()
    desk.get_by_label("New content").set_input_files(file)
    desk.get_by_role("button", name="Replace").click()
    assert size(site, image) == (50, 40)
    desk.goto(path(image))
    desk.locator("[data-zoom]").click()
    expect(desk).to_have_url(f"/tuchuang/download/{image.key}.png?v=4")


def test_a_deleted_picture_is_back_with_a_click(desk, hang):
    image = hang()
    open_page(desk, image)
    desk.get_by_role("button", name="Delete").click()
    expect(desk).to_have_url("/tuchuang/images")
    expect(desk.get_by_text("is deleted")).to_be_visible()
    desk.get_by_role("button", name="Undo").click()
    expect(desk.locator(f".tile[data-key='{image.key}']")).to_be_visible()


# ---- everybody ------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nobody_stumbles(member, new_context, hang, theme):
    image = hang(640, 480)
    desk = member.enter(new_context(viewport=PHONE, color_scheme=theme, reduced_motion="reduce"))
    for what in ("", "/edit", "/crop", "/versions"):
        open_page(desk, image, what)
        assert violations(desk) == [], what
        assert desk.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"]
    open_page(desk, image)
    desk.get_by_text("QR code", exact=True).click()
    desk.locator("[data-zoom]").click()
    expect(desk.get_by_role("dialog")).to_be_visible()
    assert violations(desk) == []
