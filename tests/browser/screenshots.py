"""Take the README's pictures, or every page in every dress for people to look at.

`make screenshots` writes docs/images; `make screenshots ARGS=/tmp/pages` writes every page, at two
widths, light and dark, in English and Chinese, into that folder.
"""

import re
import sys
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, FilePayload, Page, sync_playwright

from tests.browser.gestures import slow_network
from tests.browser.scenery import SCENES
from tests.chromium import launch_arguments
from tests.factories import PASSWORD
from tests.serving import Site

PUBLIC_URL = "https://img.example.org"
SHOWN = Path(__file__).parents[2] / "docs" / "images"
SHOWN_BYTES = 300_000
COLOURS = 256

DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
LOCALES = {"en": "en-US", "zh": "zh-CN"}

STORY = """\
We left before sunrise, when the tea fields were still under the mist, and had the path to \
ourselves until noon.

{pictures}

## What to bring

- **Water**, more than you think
- a hat, and shoes that may get wet
- `gpx` track: ask me

> The best light is in the first hour.

| stop | from | to |
|---|---|---|
| Lake | 6:10 | 7:30 |
| Fields | 8:00 | 11:45 |
"""


class Photographer:
    """Goes through a site that somebody lives in, and takes pictures."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self.browser = browser
        self.site = site
        self.paths: dict[str, str] = {}
        self._state: Path | None = None

    def look(self, size: dict[str, int], theme: str, locale: str, *, guest: bool = False) -> Page:
        context: BrowserContext = self.browser.new_context(
            base_url=self.site.url,
            viewport={"width": size["width"], "height": size["height"]},
            color_scheme="dark" if theme == "dark" else "light",
            locale=LOCALES[locale],
            has_touch=size is PHONE,
            is_mobile=size is PHONE,
            storage_state=None if guest else self._state,
        )
        return context.new_page()

    def move_in(self, folder: Path) -> None:
        """Make an account, upload every scene, write posts; note where the pages are."""
        page = self.look(DESK, "light", "en")
        page.goto("/auth/register")
        page.get_by_label("User name").fill("晓明")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("main").get_by_role("button").click()
        page.wait_for_url("**/tuchuang/")
        self._state = folder / "state.json"
        page.context.storage_state(path=self._state)

        files = draw(folder)
        upload(page, files[:-3])
        upload(page, files[-3:])
        self.paths["uploads"] = page.url
        links = [
            field.input_value().replace(PUBLIC_URL, "")
            for field in page.get_by_label("Markdown", exact=True).all()
        ]
        page.goto("/tuchuang/images")
        tiles = page.locator(".tile-link")
        address = tiles.filter(has_text="West Lake").get_attribute("href") or ""
        self.paths |= {"image": address, "image-delete": f"{address}/delete"}

        for title, text in (
            ("搬家：十年的图片放进一个文件夹", "从今天起，所有图片都在自己的服务器上。\n\n" * 3),
            ("One link for every picture", "Drop it, copy the link, done.\n\n" * 4),
            ("A morning in the tea fields", STORY.format(pictures="\n\n".join(links[:2]))),
        ):
            page.goto("/create")
            page.get_by_label("Title").fill(title)
            page.get_by_label("Text", exact=True).fill(text)
            page.get_by_role("main").get_by_role("button").last.click()
            page.wait_for_url(re.compile(r"/\d+$"))
        self.paths |= {
            "post": page.url,
            "post-update": f"{page.url}/update",
            "post-delete": f"{page.url}/delete",
            "blog": "/",
            "create": "/create",
            "upload": "/tuchuang/",
            "library": "/tuchuang/images",
            "library-search": "/tuchuang/images?q=lake&type=jpg",
            "library-by-name": "/tuchuang/images?sort=name",
            "library-nothing": "/tuchuang/images?q=nothing",
            "albums": "/tuchuang/albums",
            "copies": "/tuchuang/duplicates",
            "trash": "/tuchuang/trash",
            "usage": "/settings/usage",
            "password": "/auth/password",
            "not-found": "/nothing/here",
        }
        page.context.close()

    def take_for_readme(self) -> None:
        SHOWN.mkdir(parents=True, exist_ok=True)
        for name, path, size, theme, locale in (
            ("upload", "upload", DESK, "light", "en"),
            ("links", "uploads", DESK, "light", "en"),
            ("library", "library", DESK, "light", "en"),
            ("upload-zh-dark-phone", "upload", PHONE, "dark", "zh"),
        ):
            page = self.look(size, theme, locale)
            page.goto(self.paths[path], wait_until="networkidle")
            target = SHOWN / f"{name}.png"
            page.screenshot(path=target)
            make_small(target)
            page.context.close()

    def take_all(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        outside = {"guest": "/", "login": "/auth/login", "register": "/auth/register"}
        for size, theme, locale in product((DESK, PHONE), ("light", "dark"), LOCALES):
            dress = f"{size['width']}-{theme}-{locale}"
            for guest, paths in ((False, self.paths), (True, outside)):
                page = self.look(size, theme, locale, guest=guest)
                for name, path in paths.items():
                    page.goto(path, wait_until="networkidle")
                    page.screenshot(path=folder / f"{name}-{dress}.png", full_page=True)
                page.context.close()
            self.take_sending(size, theme, locale, folder / f"sending-{dress}.png")
            self.take_choosing(size, theme, locale, folder / f"choosing-{dress}.png")

    def take_sending(self, size: dict[str, int], theme: str, locale: str, target: Path) -> None:
        """Files on their way, one of them refused."""
        page = self.look(size, theme, locale)
        page.goto("/tuchuang/")
        names = ("one.png", "two.png", "notes.txt", "three.png", "four.png")
        files = [FilePayload(name=name, mimeType="", buffer=bytes(200_000)) for name in names]
        with slow_network(page, upload=60_000):
            page.locator("#file").set_input_files(files)
            page.locator("progress[value]:not([value='0'])").nth(1).wait_for()
            page.screenshot(path=target)
        page.context.close()

    def take_choosing(self, size: dict[str, int], theme: str, locale: str, target: Path) -> None:
        """Some pictures of the library, chosen."""
        page = self.look(size, theme, locale)
        page.goto("/tuchuang/images", wait_until="networkidle")
        page.keyboard.press("ControlOrMeta+a")
        page.locator(".tile-link").nth(1).click()
        page.screenshot(path=target)
        page.context.close()


def draw(folder: Path) -> list[Path]:
    """Draw every scene into a file."""
    files = []
    for name, scene in SCENES.items():
        files.append(folder / name)
        scene().save(files[-1], quality=88)
    return files


def upload(page: Page, files: list[Path]) -> None:
    page.goto("/tuchuang/")
    page.locator("#file").set_input_files(files)
    page.wait_for_url("**/uploads/*")


def make_small(picture: Path) -> None:
    """Save space; give up shades only if need be. Raises ValueError if it is still too big."""
    with Image.open(picture) as opened:
        whole = opened.convert("RGB")
    whole.save(picture, optimize=True)
    if picture.stat().st_size > SHOWN_BYTES:
        palette = whole.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=2)
        whole.quantize(palette=palette).save(picture, optimize=True)
    if picture.stat().st_size > SHOWN_BYTES:
        raise ValueError(f"{picture} has {picture.stat().st_size} bytes")


def main() -> None:
    with TemporaryDirectory() as made, sync_playwright() as playwright:
        folder = Path(made)
        site = Site(folder, PUBLIC_URL=PUBLIC_URL)
        try:
            site.run("db", "upgrade")
            site.start()
            browser = playwright.chromium.launch(**launch_arguments())
            photographer = Photographer(browser, site)
            photographer.move_in(folder)
            if len(sys.argv) > 1:
                photographer.take_all(Path(sys.argv[1]))
            else:
                photographer.take_for_readme()
            browser.close()
        finally:
            site.kill()


if __name__ == "__main__":
    main()
