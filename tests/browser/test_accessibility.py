"""Pages for everybody: what axe-core finds, the keyboard alone, large type, little motion."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import violations
from tests.browser.gestures import Gate, clipboard, pick
from tests.browser.test_pages import FILES, LOCALES, PAGES, TEXT, WIDTHS
from tests.browser.uploading import LINKS, SCREENSHOT, THREE, UPLOAD, picker, region, rows
from tests.factories import make_post, make_posts
from tests.web.routes import BATCH, ROUTES

pytestmark = pytest.mark.browser

DRESSES = {
    "desk, light, English": (1280, "light", "en"),
    "phone, dark, Chinese": (390, "dark", "zh-Hans"),
}
OUTSIDE = ["/", "/auth/login", "/auth/register", "/nothing/here"]
GONE = "2222222222gz"
SETTINGS = "/settings/uploads"

MOVES = """
    () => document.getAnimations().map((animation) => animation.effect?.target?.outerHTML ?? "?")
"""
TIMES = """
    () => [...document.querySelectorAll("*")].flatMap((element) => {
      const { transitionDuration, animationDuration } = getComputedStyle(element);
      const all = `${transitionDuration}, ${animationDuration}`.split(", ");
      return all.some((time) => parseFloat(time) > 0) ? [element.outerHTML.slice(0, 120)] : [];
    })
"""
HIDDEN = """
    () => {
      const focused = document.activeElement;
      const { left, top, right, bottom } = focused.getBoundingClientRect();
      const at = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
      const seen = at && (focused.contains(at) || at.contains(focused)
        || [...(focused.labels ?? [])].some((label) => label.contains(at)));
      return seen || focused.labels?.length ? "" : focused.outerHTML.slice(0, 160);
    }
"""


@pytest.fixture
def full(session, ada, hang, things, app):
    """Ada's pages with something on each: she is the admin, and has more than one page of posts."""
    ada.is_admin = True
    ada.link_form, ada.link_template = "markdown", "{alt}: {url}"
    make_posts(session, ada, 30)
    make_post(session, ada, title="A text with everything", body=TEXT)
    hang(1600, 900, name="城市夜景.png", batch=BATCH)
    hang(60, 900, name="tall.png")
    hang(name="gone.png", batch=GONE, deleted=True)
    session.commit()
    paths = [
        ROUTES[endpoint, "GET"].path(app, endpoint, things)
        for endpoint in PAGES
        if endpoint not in FILES
    ]
    return [*paths, "/nothing/here", f"/tuchuang/uploads/{GONE}", "/tuchuang/images?q=nothing"]


@pytest.fixture(params=list(DRESSES))
def dress(request, new_context, member) -> Page:
    """A page in which ada is logged in, in one of the looks a page can have."""
    width, theme, locale = DRESSES[request.param]
    context = new_context(
        viewport={"width": width, "height": 844},
        color_scheme=theme,
        locale=LOCALES[locale],
        has_touch=width < 640,
    )
    page: Page = member.enter(context)
    return page


def assert_clean(page: Page) -> None:
    assert violations(page) == [], page.url


# ---- axe ------------------------------------------------------------------------------------


def test_axe_finds_nothing_on_any_page(dress, full, witness):
    witness.expect(403, 404)
    found = {}
    for path in full:
        dress.goto(path)
        if bad := violations(dress):
            found[path] = bad
    dress.context.clear_cookies()
    for path in OUTSIDE:
        dress.goto(path)
        if bad := violations(dress):
            found[f"outside {path}"] = bad
    assert found == {}


def test_axe_finds_nothing_in_open_menus(dress, things):
    dress.goto("/tuchuang/images")
    dress.keyboard.press("ControlOrMeta+a")
    for menu in dress.locator("details.menu > summary:visible").all():
        menu.click()
        expect(dress.locator("details.menu[open]")).to_have_count(1)
        assert violations(dress, within="details.menu[open]") == []
        menu.click()  # on a phone it covers others


def test_axe_finds_nothing_in_what_forms_say(dress, things, witness):
    witness.expect(422, 413)
    dress.goto(SETTINGS)
    dress.locator("form button").last.click()
    expect(dress.locator(".notice")).to_be_visible()
    assert_clean(dress)

    dress.locator("#link_template").fill("nothing to fill")
    expect(dress.locator("[data-example]")).to_be_visible()
    dress.locator("form button").last.click()
    expect(dress.locator(".field-error")).to_be_visible()
    assert_clean(dress)

    dress.goto("/auth/password")
    for field in dress.locator("input[type=password]").all():
        field.fill("short")
    dress.get_by_role("main").locator("button").click()
    expect(dress.locator(".field-error").first).to_be_visible()
    assert_clean(dress)


def test_axe_finds_nothing_while_files_are_on_their_way(dress, write, hang):
    hang()
    files = write({**THREE, "notes.txt": b"words", "four.png": SCREENSHOT})
    dress.goto(UPLOAD)
    dress.locator("[data-options] > summary").click()
    with Gate(dress) as gate:
        dress.locator("#file").set_input_files(files)
        gate.wait_for(3)
        expect(rows(dress, "failed")).to_have_count(1)
        assert_clean(dress)
        gate.let_one_in()
        expect(rows(dress, "done").locator("[data-copy]")).to_be_visible()
        assert_clean(dress)
        gate.wait_for(3)
        gate.let_all_in()
        expect(rows(dress, "done")).to_have_count(3)
        expect(rows(dress, "known")).to_have_count(1)
    assert_clean(dress)


def test_axe_finds_nothing_without_script(new_context, member, full):
    """What the script hides or replaces is looked at too. (axe is one: it cannot be turned off.)"""
    page = member.enter(new_context())
    page.route("**/*.js", lambda route: route.fulfill(content_type="text/javascript", body=""))
    for path in (UPLOAD, "/create", SETTINGS, f"/tuchuang/uploads/{BATCH}"):
        page.goto(path)
        assert_clean(page)


# ---- the keyboard ---------------------------------------------------------------------------


def tab_to(page: Page, target: Locator, key: str = "Tab") -> None:
    """Press the key until the focus is there; on the way it has to be seen."""
    for _ in range(80):
        page.keyboard.press(key)
        assert page.evaluate(HIDDEN) == ""
        if target.evaluate("(element) => element === document.activeElement"):
            return
    raise AssertionError(f"the keyboard does not get to {target}")


@pytest.fixture
def keys(new_context, member) -> Page:
    """A page that is used without a mouse."""
    page: Page = member.enter(new_context(permissions=["clipboard-read", "clipboard-write"]))
    return page


def test_from_files_to_their_links_by_keyboard_alone(keys, write):
    keys.goto(UPLOAD)
    tab_to(keys, picker(keys))
    pick(keys, lambda: keys.keyboard.press("Enter"), *write(THREE))
    keys.wait_for_url(LINKS)

    tab_to(keys, keys.get_by_role("button", name="Markdown"))
    keys.keyboard.press("Enter")
    expect(keys.get_by_label("Link to party.gif")).to_have_value(re.compile(r"^!\[party\]\(http"))
    expect(keys.get_by_role("button", name="Markdown")).to_be_focused()

    copy_all = keys.locator("[data-copy-all]")  # for a moment it is called “Copied”
    tab_to(keys, copy_all)
    keys.keyboard.press("Space")
    expect(copy_all.locator(".copy-said")).to_have_text("Copied")
    assert clipboard(keys).count("![") == len(THREE)
    expect(copy_all).to_be_focused()

    one = keys.get_by_role("button", name="Copy: party.gif")
    tab_to(keys, one)
    keys.keyboard.press("Enter")
    expect(one.locator(".copy-said")).to_have_text("Copied")
    assert clipboard(keys).startswith("![party](")


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_both_keys_open_the_file_picker(keys, write, key):
    keys.goto(UPLOAD)
    tab_to(keys, picker(keys))
    pick(keys, lambda: keys.keyboard.press(key), *write({"one.png": SCREENSHOT}))
    expect(rows(keys)).to_have_count(1)


def test_settings_by_keyboard_alone(keys):
    keys.goto("/")
    account = keys.locator("summary", has_text="Account")
    tab_to(keys, account)
    keys.keyboard.press("Enter")
    tab_to(keys, keys.get_by_role("link", name="Settings"))
    keys.keyboard.press("Enter")
    keys.wait_for_url(f"**{SETTINGS}")
    tab_to(keys, keys.get_by_label("URL"))
    for _ in range(5):
        keys.keyboard.press("ArrowDown")
    expect(keys.get_by_label("Own form")).to_be_checked()
    tab_to(keys, keys.get_by_label("Your own template"))
    keys.keyboard.type("{alt} → {url}")
    expect(keys.locator("[data-example-text]")).to_contain_text("West Lake → http")
    tab_to(keys, keys.get_by_label("Copy links automatically"))
    keys.keyboard.press("Space")
    keys.keyboard.press("Enter")
    expect(keys.get_by_role("status").filter(has_text="saved")).to_be_visible()
    expect(keys.get_by_label("Own form")).to_be_checked()
    expect(keys.get_by_label("Copy links automatically")).to_be_checked()


@pytest.mark.parametrize("path", [UPLOAD, "/tuchuang/images", SETTINGS, "/create"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_focus_goes_around_and_is_never_covered(new_context, member, full, path, width):
    page = member.enter(new_context(viewport={"width": width, "height": 700}))
    page.goto(path)
    visited = 0
    for key in ("Tab", "Shift+Tab"):
        for _ in range(90):
            page.keyboard.press(key)
            if page.evaluate("() => document.activeElement === document.body"):
                break
            assert page.evaluate(HIDDEN) == ""
            visited += 1
        else:
            raise AssertionError("the focus does not get out")
    assert visited > 10


# ---- large type, little motion --------------------------------------------------------------


def test_nothing_has_to_be_scrolled_sideways(desk, full, witness):
    """WCAG 1.4.10: content reflows down to 320 CSS pixels, 1280 at 400 %."""
    witness.expect(404)
    wide = []
    for path in full:
        desk.set_viewport_size({"width": 640, "height": 400})
        desk.goto(path)
        for width in (640, 320):
            desk.set_viewport_size({"width": width, "height": 400})
            needed, there = desk.evaluate(WIDTHS)
            if needed > there:
                wide.append((path, width, needed))
    assert wide == []


def test_nothing_moves_for_those_who_asked_for_little_motion(new_context, member, full, write):
    page = member.enter(new_context(reduced_motion="reduce"))
    for path in (UPLOAD, "/tuchuang/images", SETTINGS, f"/tuchuang/uploads/{BATCH}"):
        page.goto(path)
        assert page.evaluate(TIMES) == []
    page.goto(UPLOAD)
    with Gate(page) as gate:
        page.locator("#file").set_input_files(write({"one.png": SCREENSHOT}))
        gate.wait_for(1)
        region(page).hover()
        assert page.evaluate(TIMES) == []
        assert page.evaluate(MOVES) == []
        gate.let_all_in()
