"""What hands do in a browser that Playwright has no word for."""

import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from playwright.sync_api import Locator, Page, Route

PATIENCE = 30  # seconds

PUT_ON_CLIPBOARD = """
    async (content) => {
      const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
      const blob = new Blob([bytes], { type: "image/png" });
      await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
    }
"""


def until(page: Page, condition: Callable[[], bool]) -> None:
    """Let the browser go on, frame by frame, until `condition` holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited for too long"
        page.evaluate("() => new Promise(requestAnimationFrame)")


class Drag:
    """Files held over a page with the mouse, as from a file manager."""

    def __init__(self, page: Page, files: Sequence[Path]) -> None:
        self._browser = page.context.new_cdp_session(page)
        self._data = {
            "items": [],
            "files": [str(file) for file in files],
            "dragOperationsMask": 1,  # copy
        }
        self._at = {"x": 0.0, "y": 0.0}

    def over(self, target: Locator) -> None:
        target.scroll_into_view_if_needed()
        box = target.bounding_box()
        assert box is not None
        self._at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        self._send("dragEnter")
        self._send("dragOver")

    def away(self) -> None:
        """Leave the window."""
        self._at = {"x": -1.0, "y": -1.0}
        self._send("dragOver")

    def drop(self) -> None:
        self._send("drop")

    def _send(self, kind: str) -> None:
        event = {"type": kind, **self._at, "data": self._data}
        self._browser.send("Input.dispatchDragEvent", event)


def drop(page: Page, target: Locator, *files: Path) -> None:
    drag = Drag(page, files)
    drag.over(target)
    drag.drop()


def pick(page: Page, opener: Callable[[], None], *files: Path) -> None:
    """Choose files in the dialog that `opener` opens."""
    with page.expect_file_chooser() as opened:
        page.evaluate("() => {}")  # once this is answered, the browser hands dialogs over to us
        opener()
    opened.value.set_files(list(files))


def paste_picture(page: Page, png: bytes) -> None:
    """Paste a picture where the cursor is; a browser calls it image.png."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate(PUT_ON_CLIPBOARD, b64encode(png).decode())
    page.keyboard.press("ControlOrMeta+v")


def clipboard(page: Page) -> str:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    text: str = page.evaluate("() => navigator.clipboard.readText()")
    return text


@contextmanager
def slow_network(page: Page, upload: int) -> Iterator[None]:
    """Send at most `upload` bytes a second."""
    browser = page.context.new_cdp_session(page)
    browser.send("Network.enable")
    conditions = {"offline": False, "latency": 0, "downloadThroughput": -1}
    browser.send("Network.emulateNetworkConditions", conditions | {"uploadThroughput": upload})
    yield
    browser.send("Network.emulateNetworkConditions", conditions | {"uploadThroughput": -1})


class Gate:
    """Stands in the way of uploads: they have begun, and arrive when the test lets them."""

    def __init__(self, page: Page, address: str = "**/tuchuang/") -> None:
        self.held: list[Route] = []
        self.most = 0
        self._page = page
        self._address = address

    def __enter__(self) -> Self:
        self._page.route(self._address, self._hold)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._page.unroute(self._address, self._hold)

    def _hold(self, route: Route) -> None:
        if route.request.method != "POST":
            route.continue_()
            return
        self.held.append(route)
        self.most = max(self.most, len(self.held))

    def wait_for(self, number: int) -> None:
        """Wait until that many uploads are held."""
        until(self._page, lambda: len(self.held) >= number)

    def let_one_in(self) -> None:
        self.held.pop(0).continue_()

    def let_all_in(self) -> None:
        """Let in all that are held now; those that begin meanwhile are held again."""
        for _ in range(len(self.held)):
            self.let_one_in()
