"""Shares in the browser: made from a selection, opened by others, taken back; public pages."""

import pytest
from playwright.sync_api import expect

from flaskr.library.aliases import alias_of
from flaskr.models import Image
from tests.browser.axe import violations
from tests.factories import make_album, make_share, png, publish

pytestmark = pytest.mark.browser


@pytest.fixture
def pictures(session, hang):
    """Three pictures, the first of them private."""
    made = [hang(300, 200, name=f"{letter}.png") for letter in "abc"]
    made[0].visibility = "private"
    session.commit()
    return made


def test_a_selection_is_shared_opened_by_a_stranger_and_taken_back(
    desk, new_context, pictures, witness
):
    desk.goto("/tuchuang/images")
    for image in pictures[:2]:
        desk.locator(f'.tile[data-key="{image.key}"] .tile-check').check(force=True)
    desk.get_by_role("button", name="Share", exact=True).click()
    expect(desk.get_by_role("main")).to_contain_text("2 pictures")
    assert violations(desk) == []
    desk.get_by_label("Title").fill("From the lake")
    desk.get_by_label("Password").fill("heron")
    desk.get_by_role("button", name="Create link").click()
    link = desk.get_by_role("textbox", name="Link", exact=True).input_value()
    assert violations(desk) == []

    witness.expect(403, 410)
    stranger = new_context().new_page()
    stranger.goto(link)
    expect(stranger.get_by_role("heading")).to_have_text("This link has a password")
    stranger.get_by_label("Password").fill("crane")
    stranger.get_by_role("button", name="Open").click()
    expect(stranger.locator(".field-error")).to_contain_text("not the password")
    assert violations(stranger) == []
    stranger.get_by_label("Password").fill("heron")
    stranger.get_by_role("button", name="Open").click()
    expect(stranger.get_by_role("heading", name="From the lake")).to_be_visible()
    shown = stranger.locator(".tile img")
    expect(shown).to_have_count(2)
    for tile in shown.all():
        tile.scroll_into_view_if_needed()
        expect(tile).to_have_js_property("complete", value=True)
        assert tile.evaluate("(image) => image.naturalWidth") > 0
    assert violations(stranger) == []

    stranger.locator(".tile-link").first.click()
    expect(stranger.locator(".shared-frame img")).to_be_visible()
    stranger.wait_for_load_state()  # with what heeds the keys
    first = stranger.url
    stranger.keyboard.press("ArrowRight")
    stranger.wait_for_url(lambda url: url != first)
    stranger.keyboard.press("ArrowLeft")
    stranger.wait_for_url(first)
    with stranger.expect_download() as saved:
        stranger.get_by_role("link", name="Download").click()
    assert saved.value.suggested_filename.endswith(".png")
    assert violations(stranger) == []
    stranger.get_by_role("link", name="From the lake").click()
    with stranger.expect_download() as saved:
        stranger.get_by_role("link", name="Download all").click()
    assert saved.value.suggested_filename == "From the lake.zip"

    desk.reload()
    expect(desk.get_by_role("main")).to_contain_text("opened 1 time")
    desk.get_by_role("button", name="Revoke").click()
    expect(desk.get_by_role("status").first).to_contain_text("is revoked")
    stranger.goto(link)
    expect(stranger.get_by_role("heading")).to_contain_text("No longer here")
    assert violations(stranger) == []


def test_an_album_is_shared_for_one_view(desk, new_context, session, ada, pictures, witness):
    album = make_album(session, ada, "Walks", images=pictures)
    desk.goto(f"/tuchuang/albums/{album.key}")
    desk.get_by_role("link", name="Share", exact=True).click()
    desk.get_by_label("View limit").fill("0")
    witness.expect(422)
    desk.get_by_role("button", name="Create link").click()
    expect(desk.locator(".field-error")).to_contain_text("Write a number")
    desk.get_by_label("View limit").fill("1")
    desk.get_by_role("button", name="Create link").click()
    link = desk.get_by_role("textbox", name="Link", exact=True).input_value()
    first, second = new_context().new_page(), new_context().new_page()
    first.goto(link)
    expect(first.locator(".tile img")).to_have_count(3)
    witness.expect(410)
    second.goto(link)
    expect(second.get_by_role("main")).to_contain_text("as often as it may be")
    first.reload()
    expect(first.locator(".tile img")).to_have_count(3)


def test_a_private_picture_is_shown_elsewhere_by_a_signed_link(
    desk, new_context, pictures, witness
):
    desk.goto(f"/tuchuang/images/{pictures[0].key}")
    desk.get_by_role("link", name="Temporary link").click()
    desk.get_by_role("link", name="30 days").click()
    link = desk.get_by_label("URL", exact=True).input_value()
    assert violations(desk) == []
    stranger = new_context().new_page()
    answer = stranger.goto(link)
    assert answer is not None
    assert answer.status == 200
    witness.expect(403, 404)
    assert stranger.goto(link[:-1]).status == 403
    assert stranger.goto(link.partition("?")[0]).status == 404


def test_a_public_page_is_switched_on_and_shows_what_is_public(
    desk, new_context, session, ada, pictures
):
    desk.goto("/settings/uploads")
    desk.get_by_label("Show a public page").check()
    desk.locator("#profile button").click()
    address = desk.locator("#profile a").get_attribute("href")
    assert address is not None
    album = make_album(session, ada, "Open", images=pictures)
    session.refresh(ada)
    publish(session, ada, pictures[1], album)
    stranger = new_context().new_page()
    stranger.goto(address)
    expect(stranger.locator(".tile img")).to_have_count(1)
    assert violations(stranger) == []
    stranger.get_by_role("link", name="Open").click()
    expect(stranger.locator(".tile img")).to_have_count(1)
    stranger.locator(".tile-link").click()
    expect(stranger.locator(".shared-frame img")).to_be_visible()
    assert violations(stranger) == []


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_who_sees_an_upload_is_chosen_on_its_page(member, new_context, session, write, size):
    page = member.enter(new_context(viewport={"width": size[0], "height": size[1]}))
    page.goto("/tuchuang/")
    page.get_by_label("Who can see what is shared").select_option("private")
    (file,) = write({"mine.png": png(64, 48, number=size[0])})
    page.locator("#file").set_input_files(file)
    page.wait_for_url("**/tuchuang/download/*")
    session.rollback()
    image = session.query(Image).filter_by(name="mine.png", owner_id=member.user.id).one()
    assert image.visibility == "private"


def test_shares_on_a_phone_need_no_sideways_scrolling(
    member, new_context, session, media, ada, pictures
):
    name = "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft"
    share, token = make_share(session, media, ada, pictures, name=name, note=name)
    page = member.enter(new_context(viewport={"width": 320, "height": 600}, color_scheme="dark"))
    for path in (
        "/tuchuang/shares",
        f"/tuchuang/shares/{share.key}",
        f"/tuchuang/shares/new?image={pictures[0].key}",
        f"/tuchuang/images/{pictures[0].key}/signed",
        f"/s/{token}",
        f"/s/{token}/{alias_of(share, pictures[0])}",
    ):
        page.goto(path)
        wide = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not page.evaluate(wide), path
        assert violations(page) == [], path
