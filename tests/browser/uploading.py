"""The upload page in tests: its parts, what is sent there, what comes of it."""

import re

from playwright.sync_api import Locator, Page, Request

from tests.browser.pictures import is_same
from tests.factories import avif, gif, jpeg, png, webp

UPLOAD = "/tuchuang/"
ASKS = "() => !window.dispatchEvent(new Event('beforeunload', { cancelable: true }))"
"""Whether the page asks before it is left."""

LINKS = "**/tuchuang/uploads/*"
FILE = re.compile(r"/tuchuang/download/\w{12}\.\w+$")

PHOTO = jpeg(640, 480, orientation=6)
SCREENSHOT = png(800, 500)
KINDS = {
    "IMG_2041 西湖落日.jpg": PHOTO,
    "screenshot (2).png": SCREENSHOT,
    "party.gif": gif(),
    "sticker.webp": webp(),
    "phone.avif": avif(),
}
THREE = dict(list(KINDS.items())[:3])


def region(page: Page) -> Locator:
    return page.locator("[data-drop]")


def rows(page: Page, state: str = "") -> Locator:
    which = f'[data-state="{state}"]' if state else ""
    return page.locator(f".queue-item{which}")


def arrived(page: Page) -> Locator:
    """What is there: sent now, or known from before."""
    return page.locator('.queue-item:is([data-state="done"], [data-state="known"])')


def picker(page: Page) -> Locator:
    return page.get_by_label("Select some files")


def listed(page: Page) -> dict[str, str]:
    """The direct links on the page, by file name."""
    items = page.locator(".batch-item").all()
    return {
        item.locator(".card-name").inner_text(): item.locator("[data-select]").first.input_value()
        for item in items
    }


def assert_links(page: Page, sent: dict[str, bytes]) -> None:
    """The page lists exactly what was sent, and a stranger gets it by its links."""
    found = listed(page)
    assert set(found) == set(sent)
    for name, url in found.items():
        assert is_same(url, sent[name]), name


def stay(page: Page) -> None:
    """Go to the upload page, and let it stay there when everything has arrived."""
    page.goto(UPLOAD)
    page.evaluate("() => localStorage.setItem('tuchuang-upload', JSON.stringify({ stay: true }))")
    page.goto(UPLOAD)


def posts_of(page: Page) -> list[str]:
    """The addresses that the page posts to, from now on."""
    posts: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST":
            posts.append(request.url)

    page.on("request", note)
    return posts


def links(page: Page) -> dict[str, str]:
    """The direct links in the list of files on their way, by file name."""
    arrived = page.locator(".queue-item").filter(has=page.locator("[data-select]")).all()
    return {
        row.locator("[data-name]").inner_text(): row.locator("[data-select]").input_value()
        for row in arrived
    }
