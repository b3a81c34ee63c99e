"""Albums and tags in the browser: made, nested, put in order by mouse, finger and keyboard."""

import pytest
from playwright.sync_api import Locator, Page, expect

from flaskr.library import albums, gallery, tags
from flaskr.library.gallery import Filter, Sort
from tests.browser.axe import violations
from tests.browser.gestures import until
from tests.factories import make_album, make_tag

pytestmark = pytest.mark.browser

ALBUMS = "/tuchuang/albums"
NAMES = ["a.png", "b.png", "c.png", "d.png", "e.png"]


@pytest.fixture
def pictures(hang):
    return [hang(200, 150, name=name) for name in NAMES]


@pytest.fixture
def trips(session, ada, pictures):
    return make_album(session, ada, "Trips", images=pictures)


@pytest.fixture
def kept(session, ada, trips):
    """The order of the album as the database has it."""

    def read() -> list[str]:
        session.rollback()
        wanted = Filter(album=trips.id)
        page = gallery.list_page(session, ada, wanted, Sort.POSITION, size=100)
        return [image.name for image in page.images]

    return read


@pytest.fixture
def arranging(desk, trips):
    """The page on which the album is put in order."""
    desk.goto(f"{ALBUMS}/{trips.key}/arrange")
    expect(desk.locator("[data-arrange][data-ready]")).to_be_visible()
    return desk


def spot(page: Page, name: str) -> Locator:
    return page.locator(f'.spot[data-name="{name}"]')


def grip(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=f"Move {name}")


def middle(target: Locator) -> tuple[float, float]:
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def names(page: Page) -> Locator:
    return page.locator(".spot-name")


# ---- albums ---------------------------------------------------------------------------------


def test_albums_are_made_and_nested(desk):
    desk.goto(ALBUMS)
    desk.get_by_role("link", name="Make the first album").click()
    expect(desk.get_by_label("Name")).to_be_focused()
    desk.keyboard.type("旅行 & more")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name="旅行 & more")).to_be_visible()
    desk.get_by_label("More").click()
    desk.get_by_role("link", name="New album in this one").click()
    expect(desk.get_by_label("Lies in")).to_have_value(desk.url.rpartition("=")[2])
    desk.get_by_label("Name").fill("x" * 100)
    desk.get_by_role("button", name="Make the album").click()
    where = desk.get_by_role("navigation", name="Where this is").get_by_role("link")
    expect(where).to_have_text(["Albums", "旅行 & more"])
    where.last.click()
    expect(desk.locator(".shelf-name")).to_have_text(["x" * 100])


def test_a_name_that_is_too_long_is_told_beside_its_field(desk, witness):
    witness.expect(422)
    desk.goto(f"{ALBUMS}/new")
    desk.get_by_label("Name").fill("图" * 101)
    desk.get_by_role("button", name="Make the album").click()
    expect(desk.get_by_label("Name")).to_have_attribute("aria-invalid", "true")
    expect(desk.get_by_label("Name")).to_have_accessible_description(
        "An album's name has 1 to 100 characters."
    )
    expect(desk.get_by_label("Name")).to_have_value("图" * 101)


def test_a_cover_is_chosen_and_a_picture_taken_out(desk, trips, pictures, kept):
    desk.goto(f"{ALBUMS}/{trips.key}")
    tiles = desk.locator(".tile")
    tiles.nth(1).hover()
    tiles.nth(1).get_by_role("checkbox").check()
    bar = desk.get_by_role("toolbar")
    bar.locator("summary", has_text="Album").click()
    bar.get_by_role("button", name="Use as cover").click()
    expect(desk.get_by_text("“Trips” has a new cover.").first).to_be_visible()
    bar.locator("summary", has_text="Album").click()
    bar.get_by_role("button", name="Take out of this album").click()
    expect(tiles).to_have_count(4)
    assert kept() == ["a.png", "c.png", "d.png", "e.png"]
    desk.goto("/tuchuang/images")
    expect(tiles).to_have_count(5)


def test_who_saves_second_sees_both(desk, new_context, member, trips, witness):
    witness.expect(409)
    edit = f"{ALBUMS}/{trips.key}/edit"
    other = member.enter(new_context())
    for page in (desk, other):
        page.goto(edit)
    other.get_by_label("Name").fill("First")
    other.get_by_role("button", name="Save").click()
    expect(other.get_by_role("heading", name="First")).to_be_visible()
    desk.get_by_label("Name").fill("Second")
    desk.get_by_role("button", name="Save").click()
    expect(desk.get_by_role("alert")).to_contain_text("changed this meanwhile")
    expect(desk.get_by_label("Name")).to_have_value("Second")
    expect(desk.locator(".field-now")).to_contain_text("First")
    desk.get_by_role("button", name="Save").click()
    expect(desk.get_by_role("heading", name="Second")).to_be_visible()


def test_an_album_is_deleted_and_its_pictures_stay(desk, trips):
    desk.goto(f"{ALBUMS}/{trips.key}")
    desk.get_by_label("More").click()
    desk.get_by_role("link", name="Delete the album").click()
    desk.get_by_role("button", name="Delete the album").click()
    expect(desk.get_by_role("heading", name="No albums yet")).to_be_visible()
    desk.goto("/tuchuang/images")
    expect(desk.locator(".tile")).to_have_count(5)


# ---- in order -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moved", "target", "after"),
    [("a", "d", "bcdae"), ("e", "b", "aebcd"), ("c", "d", "abdce")],
)
def test_pictures_are_dragged_with_the_mouse(arranging, kept, moved, target, after):
    wanted = [f"{name}.png" for name in after]
    arranging.mouse.move(*middle(spot(arranging, f"{moved}.png")))
    arranging.mouse.down()
    arranging.mouse.move(*middle(spot(arranging, f"{target}.png")), steps=8)
    expect(names(arranging)).to_have_text(wanted)
    arranging.mouse.up()
    arranging.get_by_role("link", name="Done").click()
    expect(arranging.locator(".tile")).to_have_count(5)
    assert kept() == wanted


def test_escape_puts_back_what_is_being_dragged(arranging, kept):
    arranging.mouse.move(*middle(spot(arranging, "a.png")))
    arranging.mouse.down()
    arranging.mouse.move(*middle(spot(arranging, "c.png")), steps=8)
    expect(names(arranging).first).to_have_text("b.png")
    arranging.keyboard.press("Escape")
    expect(names(arranging)).to_have_text(NAMES)
    arranging.mouse.up()
    expect(arranging.locator("#announcer")).to_have_text("a.png is where it was.")
    assert kept() == NAMES


def test_a_finger_drags_by_the_grip_and_scrolls_elsewhere(member, new_context, trips, kept):
    context = new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = member.enter(context)
    page.goto(f"{ALBUMS}/{trips.key}/arrange")
    expect(page.locator("[data-arrange][data-ready]")).to_be_visible()
    touch = context.new_cdp_session(page)

    def send(kind: str, *points: tuple[float, float]) -> None:
        told = [{"x": x, "y": y} for x, y in points]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": told})

    start = middle(grip(page, "a.png"))
    end = middle(spot(page, "b.png"))
    send("touchStart", start)
    for part in range(1, 9):
        send("touchMove", (start[0] + (end[0] - start[0]) * part / 8, start[1]))
    send("touchEnd")
    expect(names(page).first).to_have_text("b.png")
    until(page, lambda: kept()[:2] == ["b.png", "a.png"])


def test_pictures_are_moved_with_the_keyboard(arranging, kept):
    said = arranging.locator("#announcer")
    grip(arranging, "a.png").focus()
    arranging.keyboard.press("ArrowRight")
    expect(said).to_have_text("a.png now stands before c.png.")
    arranging.keyboard.press("ArrowRight")
    expect(said).to_have_text("a.png now stands before d.png.")
    expect(grip(arranging, "a.png")).to_be_focused()
    arranging.keyboard.press("End")
    expect(said).to_have_text("a.png now stands last.")
    arranging.keyboard.press("ArrowLeft")
    arranging.keyboard.press("Tab")
    expect(grip(arranging, "e.png")).to_be_focused()
    arranging.keyboard.press("Home")
    wanted = ["e.png", "b.png", "c.png", "d.png", "a.png"]
    expect(names(arranging)).to_have_text(wanted)
    arranging.get_by_role("link", name="Done").click()
    expect(arranging.locator(".tile")).to_have_count(5)
    assert kept() == wanted


def test_pictures_are_moved_by_buttons(arranging, kept):
    step = spot(arranging, "c.png").get_by_role("button", name="Earlier: c.png")
    step.click()
    expect(names(arranging)).to_have_text(["a.png", "c.png", "b.png", "d.png", "e.png"])
    spot(arranging, "c.png").get_by_role("button", name="To the end: c.png").click()
    until(arranging, lambda: kept()[-1] == "c.png")


def test_without_a_script_buttons_move_too(member, new_context, trips, kept):
    page = member.enter(new_context(java_script_enabled=False))
    page.goto(f"{ALBUMS}/{trips.key}/arrange")
    expect(grip(page, "c.png")).to_be_hidden()
    page.get_by_role("button", name="Later: c.png").click()
    expect(names(page)).to_have_text(["a.png", "b.png", "d.png", "c.png", "e.png"])
    assert page.url.endswith("#at-" + (spot(page, "c.png").get_attribute("data-key") or ""))
    page.get_by_role("button", name="To the start: c.png").click()
    expect(names(page).first).to_have_text("c.png")
    assert kept()[0] == "c.png"


def test_moves_that_cannot_be_kept_are_undone_and_said(arranging, kept, witness):
    witness.expect("net::ERR_FAILED")
    arranging.route("**/place", lambda route: route.abort())
    grip(arranging, "a.png").focus()
    arranging.keyboard.press("End")
    expect(arranging.locator(".toast")).to_contain_text("could not be saved")
    expect(names(arranging)).to_have_text(NAMES)
    assert kept() == NAMES
    arranging.unroute("**/place")
    grip(arranging, "a.png").focus()
    arranging.keyboard.press("ArrowRight")
    until(arranging, lambda: kept()[:2] == ["b.png", "a.png"])


def test_albums_are_put_in_order(desk, session, ada):
    for name in "xyz":
        make_album(session, ada, name)
    desk.goto(ALBUMS)
    desk.get_by_role("link", name="Arrange").click()
    expect(desk.locator("[data-arrange][data-ready]")).to_be_visible()
    desk.mouse.move(*middle(spot(desk, "z")))
    desk.mouse.down()
    desk.mouse.move(*middle(spot(desk, "x")), steps=8)
    desk.mouse.up()
    grip(desk, "x").focus()
    desk.keyboard.press("End")
    desk.get_by_role("link", name="Done").click()
    expect(desk.locator(".shelf-name")).to_have_text(["z", "y", "x"])
    session.rollback()
    assert [entry.name for entry in albums.outline(session, ada)] == ["z", "y", "x"]


# ---- tags -----------------------------------------------------------------------------------


@pytest.fixture
def tagged(session, ada, pictures):
    for name, number in (("Sea", 4), ("seal", 1), ("海边", 2), ("tea", 3)):
        make_tag(session, ada, name, pictures[:number])
    return pictures


def test_tags_are_renamed_and_merged(desk, tagged):
    desk.goto("/tuchuang/tags")
    desk.get_by_role("link", name="Rename or delete seal").click()
    field = desk.get_by_label("New name for “seal”")
    expect(field).to_be_focused()
    field.fill("seals")
    field.press("Enter")
    expect(desk.get_by_role("status").first).to_contain_text("now called “seals”")
    desk.get_by_role("link", name="Rename or delete seals").click()
    desk.get_by_label("New name for “seals”").fill("sea")
    desk.get_by_role("button", name="Rename").click()
    expect(desk.get_by_role("heading", name="Make one tag of both?")).to_be_visible()
    desk.get_by_role("button", name="Make one of both").click()
    expect(desk.locator(".tag-name")).to_have_text(["Sea", "tea", "海边"])
    desk.get_by_role("link", name="Sea", exact=True).click()
    expect(desk.locator(".tile")).to_have_count(4)


def test_tags_are_suggested_while_one_types(desk, session, tagged):
    desk.goto("/tuchuang/images")
    desk.locator(".tile").last.hover()
    desk.locator(".tile-check").last.check()
    bar = desk.get_by_role("toolbar")
    bar.locator("summary", has_text="Tags").click()
    field = desk.get_by_role("combobox", name="Tags, separated by commas")
    field.press_sequentially("new, SE")
    options = desk.get_by_role("listbox").get_by_role("option")
    expect(options).to_have_text(["Sea4", "seal1"])
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(desk.locator("#announcer")).to_have_text("2 suggestions")

    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("ArrowDown")
    expect(options.last).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute(
        "aria-activedescendant", options.last.get_attribute("id") or "-"
    )
    desk.keyboard.press("Enter")
    expect(field).to_have_value("new, seal, ")
    expect(field).to_be_focused()

    field.press_sequentially("海")
    options.get_by_text("海边").click()
    expect(field).to_have_value("new, seal, 海边, ")
    field.press_sequentially("sea")
    expect(options).to_have_text(["Sea4"])  # what is there already is not offered
    desk.keyboard.press("Escape")
    expect(options).to_have_count(0)
    expect(bar).to_be_visible()

    desk.keyboard.press("Enter")
    expect(desk.locator(".toast")).to_contain_text("1 picture tagged")
    session.rollback()
    names_ = tags.tags_of(session, tagged[0])
    assert set(names_) == {"new", "Sea", "seal", "tea", "海边"}


# ---- for everybody --------------------------------------------------------------------------


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.usefixtures("tagged")
def test_nobody_stumbles_over_albums_and_tags(member, new_context, trips, theme):
    page = member.enter(new_context(color_scheme=theme))
    found = {}
    for path in (
        ALBUMS,
        f"{ALBUMS}/{trips.key}",
        f"{ALBUMS}/{trips.key}/arrange",
        f"{ALBUMS}/{trips.key}/edit",
        f"{ALBUMS}/{trips.key}/delete",
        "/tuchuang/tags",
        "/tuchuang/tags?edit=Sea",
    ):
        page.goto(path)
        if complaints := violations(page):
            found[path] = complaints
    assert found == {}
