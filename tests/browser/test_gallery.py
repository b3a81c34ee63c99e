"""The gallery: on and on, choosing, doing things with many, searching; by mouse, key and finger."""

import re
from datetime import UTC, datetime
from zipfile import ZipFile

import pytest
from playwright.sync_api import Locator, Page, expect

from flaskr.tuchuang.gallery import PAGE_SIZE
from tests.browser.gestures import clipboard, until

pytestmark = pytest.mark.browser

LIBRARY = "/tuchuang/images"
NO_SCRIPT = {"java_script_enabled": False}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}

SHIFTS = """
    window.shifted = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        if (!entry.hadRecentInput) window.shifted += entry.value;
      }
    }).observe({ type: "layout-shift", buffered: true });
"""
FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
TOP = "(tile) => Math.round(tile.getBoundingClientRect().top)"
ROWS = """
    () => {
      const tops = [...document.querySelectorAll(".tile")].map((tile) => tile.offsetTop);
      return [...new Set(tops)].map((top) => tops.filter((each) => each === top).length);
    }
"""


@pytest.fixture
def hang_many(hang):
    """Put pictures of many shapes into ada's library; the last one is shown first."""

    def make(number: int):
        return [
            hang(60 + 90 * (order % 4), 60 + 60 * (order % 3), name=f"picture {order}.png")
            for order in range(number)
        ]

    return make


def tile(page: Page, name: str) -> Locator:
    return page.locator(".tile", has=page.get_by_text(name, exact=True))


def link(page: Page, name: str) -> Locator:
    return tile(page, name).locator(".tile-link")


def chosen(page: Page) -> list[str]:
    return names_of(page, ".tile:has(:checked)")


def names_of(page: Page, tiles: str = ".tile") -> list[str]:
    """What is far out of sight has a name, too, but no text that is shown."""
    return [name.strip() for name in page.locator(f"{tiles} .tile-name").all_text_contents()]


def focused(page: Page) -> str:
    name: str = page.evaluate("() => document.activeElement.closest('.tile')?.textContent.trim()")
    return name


def toast(page: Page) -> Locator:
    return page.locator(".toast")


def open_gallery(page: Page, query: str = "") -> None:
    page.goto(f"{LIBRARY}{query}")
    expect(page.locator("form[data-gallery]")).to_have_attribute("data-ready", "")


def scroll_to_the_end(page: Page, number: int) -> None:
    tiles = page.locator(".tile")

    def all_there() -> bool:
        page.mouse.wheel(0, 3000)
        return tiles.count() >= number

    until(page, all_there)


# ---- pages ----------------------------------------------------------------------------------


def test_without_a_script_pages_are_links(member, new_context, hang_many):
    hang_many(PAGE_SIZE + 2)
    page = member.enter(new_context(**NO_SCRIPT))
    page.goto(LIBRARY)
    names = page.locator(".tile-name")
    expect(names).to_have_count(PAGE_SIZE)
    page.get_by_role("link", name="Older").click()
    expect(names).to_have_text(["picture 1.png", "picture 0.png"])
    expect(page.get_by_role("link", name="Older")).to_have_count(0)
    page.get_by_role("link", name="Newer").click()
    expect(names.first).to_have_text(f"picture {PAGE_SIZE + 1}.png")


def test_with_a_script_the_list_goes_on(desk, hang_many):
    hang_many(2 * PAGE_SIZE + 5)
    open_gallery(desk)
    scroll_to_the_end(desk, 2 * PAGE_SIZE + 5)
    everything = [f"picture {order}.png" for order in reversed(range(2 * PAGE_SIZE + 5))]
    assert names_of(desk) == everything
    expect(desk.locator(".month-head")).to_have_count(1)
    expect(desk.get_by_role("link", name="Older")).to_have_count(0)


def test_nothing_in_sight_moves_while_the_list_goes_on(desk, hang_many):
    hang_many(2 * PAGE_SIZE)
    desk.add_init_script(SHIFTS)
    open_gallery(desk)
    scroll_to_the_end(desk, 2 * PAGE_SIZE)
    desk.evaluate(FRAMES)
    assert desk.evaluate("() => window.shifted") < 0.001


def test_coming_back_leads_to_the_place(desk, hang_many):
    hang_many(3 * PAGE_SIZE)
    open_gallery(desk)
    scroll_to_the_end(desk, 2 * PAGE_SIZE)
    there = link(desk, f"picture {2 * PAGE_SIZE - 10}.png")
    there.scroll_into_view_if_needed()
    before = there.evaluate(TOP)
    there.click()
    expect(desk).to_have_url(re.compile(r"/images/\w{12}$"))
    desk.go_back()
    expect(there).to_be_in_viewport()
    until(desk, lambda: abs(there.evaluate(TOP) - before) <= 2)


def test_from_the_middle_of_a_list_one_gets_to_its_start(desk, hang_many):
    hang_many(2 * PAGE_SIZE)
    open_gallery(desk)

    def is_in_the_middle() -> bool:
        desk.mouse.wheel(0, 3000)
        return "cursor=" in desk.url

    until(desk, is_in_the_middle)
    desk.reload()
    desk.get_by_role("link", name="Newer").click()
    expect(desk.locator(".tile")).to_have_count(2 * PAGE_SIZE)
    assert names_of(desk) == [f"picture {order}.png" for order in reversed(range(2 * PAGE_SIZE))]


def test_rows_hold_several_and_are_of_one_height(desk, hang_many):
    hang_many(30)
    desk.set_viewport_size({"width": 1280, "height": 800})
    open_gallery(desk)
    heights = desk.evaluate(
        "() => [...document.querySelectorAll('.tile')].map((each) => "
        "[each.offsetTop, each.offsetHeight])"
    )
    rows: dict[int, set[int]] = {}
    for top, height in heights:
        rows.setdefault(top, set()).add(height)
    assert all(max(row) - min(row) <= 2 for row in rows.values())
    assert max(height for _, height in heights) < 420
    assert max(desk.evaluate(ROWS)) > 2


def test_the_day_is_told_while_one_scrolls(desk, hang_many):
    hang_many(PAGE_SIZE)
    open_gallery(desk)
    day = desk.locator(".month-day")
    expect(day).to_have_count(0)
    desk.mouse.wheel(0, 900)
    expect(day).to_have_text(re.compile(r"\d"))
    expect(day).to_be_in_viewport()


def test_the_day_is_of_the_clock_that_months_and_filters_have(
    member, new_context, hang_many, session
):
    for image in hang_many(PAGE_SIZE):
        image.created = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)
    session.commit()
    page = member.enter(new_context(timezone_id="Pacific/Kiritimati"))
    open_gallery(page, "?since=2026-10-31&until=2026-10-31")
    page.mouse.wheel(0, 900)
    expect(page.locator(".month-head")).to_contain_text("October 2026")
    expect(page.locator(".month-day")).to_contain_text("Oct 31")


# ---- choosing -------------------------------------------------------------------------------


def test_choosing_with_the_mouse(desk, hang_many):
    hang_many(8)
    open_gallery(desk)
    bar = desk.get_by_role("toolbar", name="Selected pictures")
    expect(bar).to_be_hidden()
    tile(desk, "picture 6.png").hover()
    desk.get_by_role("checkbox", name="Select picture 6.png").click()
    expect(bar).to_contain_text("1 selected")
    expect(desk.locator("#announcer")).to_have_text("1 selected")

    link(desk, "picture 3.png").click(modifiers=["Shift"])
    assert chosen(desk) == [f"picture {n}.png" for n in (6, 5, 4, 3)]
    link(desk, "picture 5.png").click(modifiers=["Shift"])
    assert chosen(desk) == ["picture 6.png", "picture 5.png"]
    link(desk, "picture 0.png").click()
    link(desk, "picture 6.png").click()
    assert chosen(desk) == ["picture 5.png", "picture 0.png"]

    desk.get_by_role("button", name="Clear the selection").click()
    expect(bar).to_be_hidden()
    link(desk, "picture 2.png").click(modifiers=["ControlOrMeta"])
    assert chosen(desk) == ["picture 2.png"]
    desk.keyboard.press("Escape")
    assert chosen(desk) == []
    link(desk, "picture 2.png").click()
    expect(desk.get_by_role("heading", name="picture 2.png")).to_be_visible()


def test_a_button_begins_choosing(desk, hang_many):
    hang_many(2)
    open_gallery(desk)
    button = desk.get_by_role("button", name="Select", exact=True)
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(desk.get_by_text("Choose pictures, then what to do with them.")).to_be_visible()
    link(desk, "picture 1.png").click()
    assert chosen(desk) == ["picture 1.png"]
    button.click()
    assert chosen(desk) == []
    expect(button).to_have_attribute("aria-pressed", "false")


def test_choosing_with_the_keyboard(desk, hang_many):
    hang_many(12)
    open_gallery(desk)
    link(desk, "picture 11.png").focus()
    desk.keyboard.press("ArrowRight")
    assert focused(desk) == "picture 10.png"
    desk.keyboard.press("Space")
    assert chosen(desk) == ["picture 10.png"]
    desk.keyboard.press("Shift+ArrowRight")
    desk.keyboard.press("Shift+ArrowRight")
    assert chosen(desk) == [f"picture {n}.png" for n in (10, 9, 8)]
    desk.keyboard.press("Shift+ArrowLeft")
    assert chosen(desk) == ["picture 10.png", "picture 9.png"]

    desk.keyboard.press("Control+Home")
    first_row = desk.evaluate(ROWS)[0]
    desk.keyboard.press("ArrowDown")
    below = int(focused(desk).split()[1].removesuffix(".png"))
    assert below <= 11 - first_row
    desk.keyboard.press("ArrowUp")
    assert focused(desk) == "picture 11.png"
    desk.keyboard.press("End")
    assert focused(desk) == f"picture {12 - first_row}.png"
    desk.keyboard.press("Control+End")
    assert focused(desk) == "picture 0.png"

    desk.keyboard.press("ControlOrMeta+a")
    assert len(chosen(desk)) == 12
    desk.keyboard.press("Escape")
    assert chosen(desk) == []
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name="picture 0.png")).to_be_visible()


def test_the_grid_is_one_stop_on_the_way_of_the_tab_key(desk, hang_many):
    hang_many(9)
    open_gallery(desk)
    link(desk, "picture 8.png").focus()
    for _ in range(3):
        desk.keyboard.press("Tab")
    assert desk.evaluate("() => document.activeElement.closest('.tile')") is None
    desk.keyboard.press("Shift+Tab")
    assert focused(desk) == "picture 8.png"


def test_choosing_with_a_finger(member, new_context, hang_many):
    hang_many(6)
    page = member.enter(new_context(**PHONE))
    open_gallery(page)
    box = link(page, "picture 5.png").bounding_box()
    assert box is not None
    touch = page.context.new_cdp_session(page)
    point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    until(page, lambda: chosen(page) == ["picture 5.png"])
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    link(page, "picture 3.png").tap()
    assert chosen(page) == ["picture 5.png", "picture 3.png"]
    link(page, "picture 5.png").tap()
    assert chosen(page) == ["picture 3.png"]
    bar = page.get_by_role("toolbar", name="Selected pictures")
    expect(bar).to_be_in_viewport(ratio=1)
    for name in ("Add to album", "Delete", "Copy links", "Download"):
        assert bar.get_by_text(name).count() == 1
    away, album = (bar.get_by_title(name).bounding_box() for name in ("Delete", "Album"))
    assert away is not None
    assert album is not None
    assert away["y"] + away["height"] <= album["y"]
    assert away["x"] > album["x"] + album["width"]
    for name in ("Album", "Tags", "Visibility", "Copy links", "Share", "Download", "Delete"):
        word = bar.get_by_title(name).locator("span").first
        assert word.evaluate(
            "(word) => word.clientWidth > 20 && word.scrollWidth <= word.clientWidth"
        )
    bar.get_by_role("button", name="Clear the selection").tap()
    link(page, "picture 1.png").tap()
    expect(page.get_by_role("heading", name="picture 1.png")).to_be_visible()


# ---- doing ----------------------------------------------------------------------------------


def choose(page: Page, *names: str) -> None:
    for name in names:
        link(page, name).click(modifiers=["ControlOrMeta"])


def test_deleting_is_taken_back_at_once(desk, hang_many, site):
    images = hang_many(5)
    direct = f"{site.url}/i/{images[2].key}.png"
    open_gallery(desk)
    choose(desk, "picture 2.png", "picture 3.png")
    desk.get_by_role("button", name="Delete").click()
    expect(toast(desk)).to_contain_text("2 pictures are in the trash.")
    expect(desk.locator(".tile-name")).to_have_text(
        ["picture 4.png", "picture 1.png", "picture 0.png"]
    )
    assert focused(desk) == "picture 1.png"
    assert desk.request.get(direct).status == 404
    desk.get_by_role("button", name="Undo").click()
    expect(desk.locator(".tile-name")).to_have_text([f"picture {n}.png" for n in (4, 3, 2, 1, 0)])
    expect(toast(desk)).to_contain_text("2 pictures are back.")
    assert desk.request.get(direct).status == 200

    choose(desk, "picture 0.png")
    desk.get_by_role("button", name="Delete").click()
    expect(desk.locator(".tile")).to_have_count(4)
    desk.keyboard.press("ControlOrMeta+z")
    expect(desk.locator(".tile")).to_have_count(5)


def test_a_double_click_does_a_thing_once_and_leaves_the_way_back(desk, hang_many):
    hang_many(3)
    open_gallery(desk)
    sent = []
    desk.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    choose(desk, "picture 1.png")
    delete = desk.get_by_role("button", name="Delete")
    delete.dblclick()
    expect(toast(desk)).to_contain_text("1 picture is in the trash.")
    hidden = desk.locator("button[value=delete]")
    hidden.evaluate("(button) => button.form.requestSubmit(button)")  # late, on a slow machine
    assert len(sent) == 1
    desk.get_by_role("button", name="Undo").click()
    expect(desk.locator(".tile")).to_have_count(3)

    choose(desk, "picture 1.png")
    desk.locator("summary", has_text="Album").click()
    desk.get_by_label("Name of the new album").fill("Twice")
    desk.get_by_role("button", name="Add", exact=True).first.dblclick()
    expect(toast(desk)).to_contain_text("1 picture added to “Twice”.")
    assert len(sent) == 3


@pytest.mark.parametrize(
    ("menu", "label"), [("Album", "Name of the new album"), ("Tags", "Tags, separated by commas")]
)
def test_in_a_menu_that_opens_one_types_at_once(desk, hang_many, menu, label):
    hang_many(1)
    open_gallery(desk)
    choose(desk, "picture 0.png")
    desk.locator("summary", has_text=menu).click()
    expect(desk.get_by_label(label)).to_be_focused()


def test_when_all_is_deleted_it_says_so_and_comes_back(desk, hang_many):
    hang_many(2)
    open_gallery(desk)
    desk.keyboard.press("ControlOrMeta+a")
    desk.get_by_role("button", name="Delete").click()
    expect(desk.get_by_text("Nothing is left here.")).to_be_visible()
    desk.get_by_role("button", name="Undo").click()
    expect(desk.get_by_text("Nothing is left here.")).to_be_hidden()
    expect(desk.locator(".tile")).to_have_count(2)


def test_pictures_go_into_a_new_album_and_are_found_there(desk, hang_many):
    hang_many(3)
    open_gallery(desk)
    choose(desk, "picture 0.png", "picture 2.png")
    desk.locator("summary", has_text="Album").click()
    name = desk.get_by_label("Name of the new album")
    name.fill("旅行 2026")
    name.press("Enter")
    expect(toast(desk)).to_contain_text("2 pictures added to “旅行 2026”.")
    desk.get_by_role("link", name="Albums").click()
    desk.get_by_role("link", name="旅行 2026").click()
    expect(desk.locator(".tile-name")).to_have_text(["picture 2.png", "picture 0.png"])
    expect(desk.get_by_role("heading", level=1)).to_have_text("旅行 2026")


def test_tags_visibility_and_what_is_wrong_with_them(desk, hang_many, witness):
    hang_many(2)
    open_gallery(desk)
    choose(desk, "picture 1.png")
    desk.locator("summary", has_text="Tags").click()
    field = desk.get_by_label("Tags, separated by commas")
    witness.expect(422)
    field.fill("x" * 70)
    field.press("Enter")
    expect(toast(desk)).to_contain_text("A tag has 1 to 64 characters")
    assert chosen(desk) == ["picture 1.png"]
    desk.locator("summary", has_text="Tags").click()
    field.fill("北京, 夏天")
    field.press("Enter")
    expect(toast(desk)).to_contain_text("1 picture tagged.")

    lock = tile(desk, "picture 1.png").get_by_role("img", name="Only you")
    expect(lock).to_be_hidden()
    desk.locator("summary", has_text="Visibility").click()
    desk.get_by_role("button", name="Only you").click()
    expect(lock).to_be_visible()

    open_gallery(desk, "?tag=夏天")
    expect(desk.locator(".tile-name")).to_have_text(["picture 1.png"])


def test_links_of_many_are_copied_one_a_line(desk, hang_many, site):
    images = hang_many(3)
    open_gallery(desk)
    choose(desk, "picture 0.png", "picture 2.png")
    desk.context.grant_permissions(["clipboard-read", "clipboard-write"])
    desk.get_by_role("button", name="Copy links").click()
    expect(toast(desk)).to_contain_text("Links copied")
    links = [f"{site.url}/tuchuang/download/{images[n].key}.png" for n in (2, 0)]
    assert clipboard(desk) == "\n".join(links)


def test_a_link_is_copied_from_its_picture(desk, hang_many, site):
    (image,) = hang_many(1)
    open_gallery(desk)
    desk.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tile(desk, image.name).hover()
    desk.get_by_role("button", name=f"Copy URL: {image.name}").click()
    assert clipboard(desk) == f"{site.url}/tuchuang/download/{image.key}.png"


def test_many_are_downloaded_as_a_zip(desk, hang_many):
    hang_many(4)
    open_gallery(desk)
    choose(desk, "picture 0.png", "picture 3.png")
    with desk.expect_download() as downloading:
        desk.get_by_role("button", name="Download").click()
    with ZipFile(downloading.value.path()) as archive:
        assert sorted(archive.namelist()) == ["picture 0.png", "picture 3.png"]
    assert chosen(desk) == ["picture 3.png", "picture 0.png"]


def test_all_pictures_are_more_than_those_shown(desk, hang_many):
    hang_many(PAGE_SIZE + 20)
    open_gallery(desk)
    choose(desk, f"picture {PAGE_SIZE}.png")
    everything = desk.get_by_role("checkbox", name="All pictures")
    everything.check()
    expect(desk.locator("[data-count]")).to_have_text("All pictures")
    link(desk, f"picture {PAGE_SIZE}.png").click()
    expect(everything).not_to_be_checked()
    everything.check()
    desk.get_by_role("button", name="Delete").click()
    expect(toast(desk)).to_contain_text(f"{PAGE_SIZE + 20} pictures are in the trash.")
    expect(desk.get_by_text("Nothing is left here.")).to_be_visible()
    toast(desk).get_by_role("button", name="Undo").click()
    expect(link(desk, f"picture {PAGE_SIZE + 19}.png")).to_be_visible()
    desk.goto("/tuchuang/trash")
    expect(desk.get_by_role("heading", name="The trash is empty")).to_be_visible()


def test_a_connection_that_breaks_is_told_and_nothing_is_lost(desk, hang_many, witness):
    hang_many(2)
    open_gallery(desk)
    choose(desk, "picture 0.png")
    witness.expect("net::ERR_FAILED")
    desk.route("**/bulk", lambda route: route.abort())
    desk.get_by_role("button", name="Delete").click()
    expect(toast(desk)).to_contain_text("The connection broke off.")
    assert chosen(desk) == ["picture 0.png"]


def test_without_a_script_many_are_dealt_with_by_a_form(member, new_context, hang_many):
    hang_many(3)
    page = member.enter(new_context(**NO_SCRIPT))
    page.goto(LIBRARY)
    page.get_by_role("checkbox", name="Select picture 1.png").check()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("1 picture is in the trash.")).to_be_visible()
    expect(page.locator(".tile-name")).to_have_text(["picture 2.png", "picture 0.png"])
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".tile")).to_have_count(3)


# ---- searching and filtering ----------------------------------------------------------------


def test_a_slash_leads_to_the_search(desk, hang):
    hang(name="西湖 sunset.png")
    hang(name="notes.png")
    open_gallery(desk)
    desk.keyboard.press("/")
    field = desk.get_by_role("searchbox")
    expect(field).to_be_focused()
    expect(field).to_have_value("")
    field.fill("西湖")
    field.press("Enter")
    expect(desk.get_by_role("heading", name="Search: 西湖")).to_be_visible()
    expect(desk.locator(".tile-name")).to_have_text(["西湖 sunset.png"])
    desk.get_by_role("link", name="Without ““西湖””").click()
    expect(desk.locator(".tile")).to_have_count(2)


def test_a_pasted_link_leads_to_its_picture(desk, hang, site):
    image = hang(name="there.png")
    desk.goto("/")
    desk.keyboard.press("/")
    desk.get_by_role("searchbox").fill(f"{site.url}/i/{image.key}.png")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name="there.png")).to_be_visible()


def test_on_a_phone_the_search_opens_over_the_bar(member, new_context, hang):
    hang(name="needle.png")
    hang(name="hay.png")
    page = member.enter(new_context(**PHONE))
    open_gallery(page)
    page.locator(".search-label").tap()
    field = page.get_by_role("searchbox")
    expect(field).to_be_focused()
    box = field.bounding_box()
    assert box is not None
    assert box["width"] > 380
    field.fill("needle")
    field.press("Enter")
    expect(page.locator(".tile-name")).to_have_text(["needle.png"])


def test_filters_and_orders_are_forms_and_links(desk, hang_many):
    hang_many(4)
    open_gallery(desk)
    desk.locator("summary", has_text="Newest first").click()
    desk.get_by_role("link", name="Name, A to Z").click()
    names = desk.locator(".tile-name")
    expect(names).to_have_text([f"picture {n}.png" for n in range(4)])
    desk.locator("summary", has_text="Filter").click()
    desk.get_by_label("Kind").select_option("GIF")
    desk.get_by_role("button", name="Show these").click()
    expect(desk.get_by_role("heading", name="No picture matches")).to_be_visible()
    desk.get_by_role("link", name="Without “GIF”").click()
    expect(names).to_have_text([f"picture {n}.png" for n in range(4)])


# ---- the trash ------------------------------------------------------------------------------


def test_the_trash_gives_back_and_deletes_for_good(desk, hang_many, hang):
    hang_many(3)
    open_gallery(desk)
    desk.keyboard.press("ControlOrMeta+a")
    desk.get_by_role("button", name="Delete").click()
    expect(toast(desk)).to_be_visible()

    desk.goto("/tuchuang/trash")
    expect(desk.locator("form[data-gallery]")).to_have_attribute("data-ready", "")
    pictures = desk.locator(".tile img")
    until(
        desk,
        lambda: pictures.evaluate_all("(all) => all.every((each) => each.naturalWidth > 0)"),
    )
    choose(desk, "picture 1.png")
    desk.get_by_role("button", name="Restore").click()
    expect(toast(desk)).to_contain_text("1 picture is back.")
    expect(desk.locator(".tile")).to_have_count(2)

    choose(desk, "picture 0.png")
    desk.get_by_role("button", name="Delete for good").click()
    expect(desk.get_by_role("heading", name="Delete 1 picture for good?")).to_be_visible()
    desk.get_by_role("button", name="Delete for good").click()
    expect(desk.get_by_text("1 picture is gone for good.")).to_be_visible()
    expect(desk.locator(".tile")).to_have_count(1)

    desk.get_by_role("link", name="Empty the trash").click()
    desk.get_by_role("button", name="Delete for good").click()
    expect(desk.get_by_role("heading", name="The trash is empty")).to_be_visible()
    open_gallery(desk)
    expect(desk.locator(".tile-name")).to_have_text(["picture 1.png"])
