"""Are these two the same picture? And: what a link shows to whoever is not logged in."""

from io import BytesIO
from urllib.request import urlopen

from PIL import Image, ImageOps
from playwright.sync_api import Page


def fetch(url: str) -> bytes:
    """The bytes behind a link, for a stranger."""
    with urlopen(url, timeout=30) as answer:
        content: bytes = answer.read()
        return content


def frames(content: bytes) -> list[bytes]:
    """The pixels of every frame, the right way up."""
    shown = []
    with Image.open(BytesIO(content)) as picture:
        for order in range(getattr(picture, "n_frames", 1)):
            picture.seek(order)
            shown.append(ImageOps.exif_transpose(picture).convert("RGBA").tobytes())
    return shown


def is_same(url: str, sent: bytes) -> bool:
    """Tell whether the link loads, and is the picture that was sent."""
    return frames(fetch(url)) == frames(sent)


def shown_width(page: Page) -> int:
    """How many pixels wide the picture is that the page is nothing but; 0 if it is broken."""
    width: int = page.locator("img").evaluate("(picture) => picture.naturalWidth")
    return width
