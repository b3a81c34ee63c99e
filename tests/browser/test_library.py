"""The library: find a picture again, go back in time, delete."""

import pytest
from playwright.sync_api import expect

from tests.browser.pictures import fetch

pytestmark = pytest.mark.browser

SHIFTS = """
    window.shifted = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) window.shifted += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
"""
ALL_SHOWN = """
    () => [...document.querySelectorAll("main img")].every((picture) => picture.naturalWidth > 0)
"""


@pytest.fixture
def hang_many(hang):
    """Put pictures of many shapes into ada's library."""

    def make(number: int):
        return [
            hang(40 + 90 * (order % 4), 40 + 60 * (order % 3), name=f"picture {order}.png")
            for order in range(number)
        ]

    return make


def test_nothing_there_says_what_to_do(desk):
    desk.goto("/tuchuang/images")
    expect(desk.get_by_role("heading", name="No pictures yet")).to_be_visible()
    desk.get_by_role("link", name="Upload your first picture").click()
    expect(desk).to_have_url("/tuchuang/")


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_moves_while_pictures_come_in(desk, hang_many, width):
    hang_many(30)
    desk.add_init_script(SHIFTS)
    desk.set_viewport_size({"width": width, "height": 800})
    desk.goto("/tuchuang/images")
    for picture in desk.locator("main img").all():
        picture.scroll_into_view_if_needed()
    desk.wait_for_function(ALL_SHOWN)
    desk.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    assert desk.evaluate("() => window.shifted") == 0


def test_a_picture_is_deleted_after_a_question_and_comes_back(desk, hang_many, site):
    _kept, image = hang_many(2)
    link = f"{site.url}/tuchuang/download/{image.key}.png"
    desk.goto(f"/tuchuang/images/{image.key}/delete")
    expect(desk.get_by_role("heading", name="Delete this picture?")).to_be_visible()
    desk.get_by_role("link", name="Keep it").click()
    expect(desk.get_by_role("heading", name=image.name)).to_be_visible()
    assert desk.request.get(link).status == 200

    desk.go_back()
    desk.get_by_role("button", name="Delete").click()
    expect(desk).to_have_url("/tuchuang/images")
    expect(desk.get_by_role("status").first).to_contain_text(f"“{image.name}” is deleted")
    expect(desk.locator(".tile-name")).to_have_text(["picture 0.png"])

    assert desk.request.get(link).status == 404
    desk.get_by_role("button", name="Undo").click()
    expect(desk.locator(".tile-name")).to_have_text(["picture 1.png", "picture 0.png"])
    assert desk.request.get(link).status == 200


def test_a_picture_is_saved_under_its_own_name(desk, hang, site):
    image = hang(name="西湖 sunset.png")
    desk.goto(f"/tuchuang/images/{image.key}")
    expect(desk.locator(".image-frame img")).to_have_js_property("complete", value=True)
    with desk.expect_download() as downloading:
        desk.get_by_role("link", name="Download").click()
    assert downloading.value.suggested_filename == "西湖 sunset.png"
    assert downloading.value.path().read_bytes() == fetch(f"{site.url}/i/{image.key}.png")
