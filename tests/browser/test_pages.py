"""Every page: without complaints, in both languages, on a phone, with the keyboard."""

import pytest
from playwright.sync_api import Page, expect

from flaskr import api
from tests.factories import make_post
from tests.web.routes import ROUTES

pytestmark = pytest.mark.browser

LOCALES = {"en": "en-US", "zh-Hans": "zh-CN"}
NO_PAGES = {
    "auth.session",
    "blog.feed",
    "favicon",
    "oembed.oembed",
    "short_links.set_file",
    "short_links.share_archive",
    "static",
    "tuchuang.moved_texts",
    "tuchuang.suggest_tags",
}
FILES = {
    "tuchuang.download",
    "short_links.download",
    "short_links.share_file",
    "tuchuang.drop_box_qr_code",
    "tuchuang.qr_code",
    "tuchuang.share_qr_code",
    "tuchuang.trashed",
    "tuchuang.version",
}
PROGRAMS = {blueprint.name for blueprint in api.blueprints}
PAGES = [
    endpoint
    for endpoint, method in ROUTES
    if method == "GET"
    and endpoint not in NO_PAGES
    and (endpoint == "api.docs" or endpoint.partition(".")[0] not in PROGRAMS)
]
WORD = "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft"
TEXT = f"""
# {WORD}

{WORD} and `{WORD.lower() * 3}`

```
{WORD * 3}
```

| {WORD} | b |
|---|---|
| {WORD} | {WORD} |

![a](/static/x/missing.png) https://example.org/{WORD * 2}
"""
WIDTHS = "() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]"

FOCUS_SHOWN = """
    () => {
      const focused = document.activeElement;
      const shown = [focused, ...(focused.labels ?? [])].some((element) => {
        const { outlineStyle, outlineWidth } = getComputedStyle(element);
        const { width, height } = element.getBoundingClientRect();
        return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && width * height > 16;
      });
      return [focused.outerHTML.slice(0, 120), shown];
    }
"""


def theme_of(page: Page) -> list:
    shown: list = page.evaluate(
        "() => [document.documentElement.dataset.theme,"
        " getComputedStyle(document.documentElement).colorScheme]"
    )
    return shown


# ---- every page -----------------------------------------------------------------------------


@pytest.mark.parametrize("endpoint", PAGES)
def test_no_page_complains(desk, app, things, witness, endpoint):
    route = ROUTES[endpoint, "GET"]
    if isinstance(route.owner, int) and route.owner >= 400:
        witness.expect(route.owner)
    answer = desk.goto(route.path(app, endpoint, things))
    assert answer is not None
    assert answer.status < 500
    if endpoint not in FILES:
        expect(desk.get_by_role("main").get_by_role("heading").first).to_be_visible()


@pytest.fixture
def awkward(session, ada, hang, things):
    """Names and texts that no line holds; the addresses of all of ada's pages."""
    things.post.title = WORD
    things.post.body = TEXT
    image = hang(3000, 20, name=f"{WORD}.png", batch=things.batch)
    things.image.name = f"{WORD * 2}.png"
    session.merge(things.post)
    session.merge(things.image)
    make_post(session, ada, title=f"{WORD} {WORD}", body=TEXT)
    session.commit()
    return things, image


@pytest.mark.parametrize("locale", LOCALES)
def test_no_page_is_wider_than_a_phone(member, new_context, app, awkward, witness, locale):
    witness.expect(403, 404)
    context = new_context(
        locale=LOCALES[locale],
        viewport={"width": 390, "height": 844},
        has_touch=True,
    )
    page = member.enter(context)
    things, image = awkward
    paths = [
        ROUTES[endpoint, "GET"].path(app, endpoint, things)
        for endpoint in PAGES
        if endpoint not in FILES
    ]
    paths += [f"/tuchuang/images/{image.key}", "/nothing/here", "/?before=1"]
    wide = []
    for path in paths:
        page.goto(path)
        needed, there = page.evaluate(WIDTHS)
        if needed > there:
            wide.append((path, needed))
    context.clear_cookies()
    for path in ("/", "/auth/login", "/auth/register"):
        page.goto(path)
        needed, there = page.evaluate(WIDTHS)
        if needed > there:
            wide.append((path, needed))
    assert wide == []


# ---- keyboard -------------------------------------------------------------------------------


def test_the_first_key_offers_to_skip_to_the_content(desk):
    desk.goto("/tuchuang/images")
    desk.keyboard.press("Tab")
    skip = desk.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport(ratio=1)
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("main")).to_be_focused()


@pytest.mark.parametrize("path", ["/tuchuang/", "/tuchuang/images", "/create", "/auth/password"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_where_the_keyboard_is_can_be_seen(member, new_context, things, path, theme):
    page = member.enter(new_context(color_scheme=theme))
    page.goto(path)
    page.get_by_role("main").focus()
    visited = []
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement === document.body"):
            break
        visited.append(page.evaluate(FOCUS_SHOWN))
    assert visited
    assert [element for element, shown in visited if not shown] == []


def test_escape_closes_a_menu_and_gives_the_focus_back(desk):
    desk.goto("/")
    account = desk.locator("summary", has_text="Account")
    account.press("Enter")
    expect(desk.get_by_role("button", name="Log out")).to_be_visible()
    desk.keyboard.press("Tab")
    desk.keyboard.press("Escape")
    expect(desk.get_by_role("button", name="Log out")).to_be_hidden()
    expect(account).to_be_focused()


# ---- language and theme ---------------------------------------------------------------------


def test_the_language_can_be_switched_and_stays(page):
    page.goto("/auth/login?next=/tuchuang/images")
    heading = page.get_by_role("main").get_by_role("heading")
    expect(heading).to_have_text("Log in")
    page.locator("summary[aria-label=Language]").click()
    page.get_by_role("button", name="简体中文").click()
    expect(page).to_have_url("/auth/login?next=/tuchuang/images")
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(heading).to_have_text("登录")

    page.goto("/auth/register")
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    page.locator("summary[aria-label=语言]").click()
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_a_chinese_browser_gets_chinese(new_context):
    page = new_context(locale="zh-CN").new_page()
    page.goto("/auth/login")
    expect(page.get_by_role("main").get_by_role("heading")).to_have_text("登录")


def test_the_theme_can_be_switched_and_stays(new_context):
    page = new_context(color_scheme="light").new_page()
    page.goto("/auth/login")
    light = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    page.locator("summary[aria-label=Theme]").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("body")).not_to_have_css("background-color", light)

    page.locator("summary[aria-label=Theme]").click()
    page.get_by_role("button", name="As the system").click()
    expect(page.locator("body")).to_have_css("background-color", light)
    page.emulate_media(color_scheme="dark")
    expect(page.locator("body")).not_to_have_css("background-color", light)
