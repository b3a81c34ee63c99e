"""Write a post with pictures in it."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.gestures import Gate, drop, paste_picture, pick
from tests.factories import NOT_PICTURES, make_post, png

pytestmark = pytest.mark.browser

PLACEHOLDER = "![Uploading {}…]()"
PICTURE = r"!\[{}\]\(/tuchuang/download/\w{{12}}\.png\)"


def text(page: Page) -> Locator:
    return page.get_by_label("Text", exact=True)


def set_cursor(field: Locator, at: int) -> None:
    field.focus()
    field.evaluate("(field, at) => field.setSelectionRange(at, at)", at)


@pytest.fixture
def editor(desk) -> Page:
    """A new post, with the cursor in the middle of its text."""
    desk.goto("/create")
    desk.get_by_label("Title").fill("A walk")
    text(desk).fill("Before.\n\nAfter.")
    set_cursor(text(desk), len("Before.\n"))
    page: Page = desk
    return page


def do_drop(page: Page, files: list) -> None:
    drop(page, text(page), *files)


def do_pick(page: Page, files: list) -> None:
    pick(page, page.get_by_text("Add pictures").click, *files)


def do_paste(page: Page, files: list) -> None:
    paste_picture(page, files[0].read_bytes())


@pytest.mark.parametrize("bring", [do_drop, do_paste, do_pick])
def test_a_picture_comes_into_the_text_at_the_cursor(editor, write, bring):
    with Gate(editor) as gate:
        # As a browser names what is pasted.
        bring(editor, write({"image.png": png(300, 200)}))
        gate.wait_for(1)
        expect(text(editor)).to_have_value(f"Before.\n{PLACEHOLDER.format('image')}\nAfter.")
        gate.let_all_in()
        expect(text(editor)).to_have_value(
            re.compile(rf"^Before\.\n{PICTURE.format('image')}\nAfter\.$")
        )
    text(editor).press("ControlOrMeta+End")
    editor.keyboard.type(" The end.")

    editor.get_by_role("button", name="Publish").click()
    expect(editor).to_have_url(re.compile(r"/\d+$"))
    expect(editor.get_by_role("heading", name="A walk")).to_be_visible()
    expect(editor.locator(".prose")).to_contain_text("After. The end.")
    picture = editor.locator(".prose img")
    expect(picture).to_have_js_property("complete", value=True)
    assert picture.evaluate("(picture) => picture.naturalWidth") == 300


def test_what_is_typed_meanwhile_stays_and_so_does_the_cursor(editor, write):
    with Gate(editor) as gate:
        do_drop(editor, write({"cat.png": png(), "dog.png": png(number=5)}))
        gate.wait_for(2)
        placeholders = "\n".join(PLACEHOLDER.format(name) for name in ("cat", "dog"))
        expect(text(editor)).to_have_value(f"Before.\n{placeholders}\nAfter.")
        editor.keyboard.type("Look")
        gate.let_all_in()
        pictures = "\n".join(PICTURE.format(name) for name in ("cat", "dog"))
        arrived = re.compile(rf"^Before\.\n{pictures}Look\nAfter\.$")
        expect(text(editor)).to_have_value(arrived)
    editor.keyboard.type("!")
    expect(text(editor)).to_have_value(re.compile(r"Look!\nAfter\.$"))


def test_a_post_is_saved_once_its_pictures_are_there(editor, write):
    with Gate(editor) as gate:
        do_drop(editor, write({"cat.png": png()}))
        gate.wait_for(1)
        editor.get_by_role("button", name="Publish").click()
        expect(editor.locator("[data-editor-status]")).to_have_text(
            "The post is saved as soon as its pictures are uploaded."
        )
        expect(editor).to_have_url(re.compile(r"/create$"))
        gate.let_all_in()
        expect(editor).to_have_url(re.compile(r"/\d+$"))
    expect(editor.locator(".prose img")).to_have_count(1)


def test_a_refused_file_leaves_the_text_as_it_was(editor, write, witness):
    witness.expect(415, 422)
    do_drop(editor, write({"fake.png": NOT_PICTURES["page"], "notes.txt": NOT_PICTURES["text"]}))
    alerts = editor.locator("[data-editor-errors]")
    expect(alerts).to_contain_text("notes.txt is not a kind of picture")
    expect(alerts).to_contain_text("fake.png: This is not a picture we can take.")
    expect(text(editor)).to_have_value("Before.\n\nAfter.")


def test_pasted_text_is_pasted_as_ever(editor):
    editor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    editor.evaluate("() => navigator.clipboard.writeText('**bold**')")
    editor.keyboard.press("ControlOrMeta+v")
    expect(text(editor)).to_have_value("Before.\n**bold**\nAfter.")


def test_a_post_is_edited_and_deleted(desk, session, ada):
    made = make_post(session, ada, title="Old title", body="Old text")
    desk.goto(f"/{made.id}")
    desk.get_by_role("link", name="Edit").click()
    desk.get_by_label("Title").fill("New title")
    text(desk).fill("New *text*")
    desk.get_by_role("button", name="Save").click()
    expect(desk.get_by_role("heading", name="New title")).to_be_visible()
    expect(desk.locator(".prose em")).to_have_text("text")

    desk.get_by_role("link", name="Delete").click()
    desk.get_by_role("link", name="Keep it").click()
    expect(desk.get_by_role("heading", name="New title")).to_be_visible()
    desk.get_by_role("link", name="Delete").click()
    desk.get_by_role("button", name="Delete").click()
    expect(desk.get_by_role("heading", name="Blog")).to_be_visible()
    expect(desk.get_by_role("link", name="New title")).to_have_count(0)


def test_a_guest_reads_and_changes_nothing(page, session, ada):
    made = make_post(session, ada, title="For all", body="to read")
    page.goto("/")
    page.get_by_role("link", name="For all").first.click()
    expect(page).to_have_url(re.compile(f"/{made.id}$"))
    expect(page.locator(".prose")).to_have_text("to read")
    expect(page.get_by_role("link", name="Edit")).to_have_count(0)


def test_without_script_a_post_is_written_too(member, new_context):
    page = member.enter(new_context(java_script_enabled=False))
    page.goto("/create")
    page.get_by_label("Title").fill("Plain")
    text(page).fill("Words.")
    page.get_by_role("button", name="Publish").click()
    expect(page.locator(".prose")).to_have_text("Words.")


def test_a_post_is_kept_as_a_draft_and_published_later(editor, new_context, witness):
    witness.expect(404)
    editor.get_by_role("button", name="Keep as a draft").click()
    expect(editor.get_by_text("This is a draft: only you see it.")).to_be_visible()
    path = editor.url
    stranger = new_context().new_page()
    stranger.goto(path)
    expect(stranger.get_by_role("heading", name="Nothing here")).to_be_visible()
    editor.goto("/")
    editor.get_by_role("link", name="1 draft").click()
    editor.get_by_role("link", name="A walk").click()
    editor.get_by_role("link", name="Edit").click()
    editor.get_by_role("button", name="Publish").click()
    expect(editor).to_have_url(path)
    stranger.goto(path)
    expect(stranger.get_by_role("heading", name="A walk")).to_be_visible()


def test_a_picture_of_the_text_becomes_the_cover(editor, write):
    do_drop(editor, write({"cat.png": png(300, 200)}))
    cover = editor.get_by_role("radio", name="cat.png")
    expect(cover).to_have_count(1)
    cover.check()
    editor.get_by_label("Tags").fill("cats, 猫")
    editor.get_by_role("button", name="Publish").click()
    shown = editor.locator(".post-cover")
    expect(shown).to_have_js_property("complete", value=True)
    assert shown.evaluate("(picture) => picture.naturalWidth") == 300
    editor.get_by_role("link", name="猫").click()
    expect(editor.get_by_role("heading", name="Posts about “猫”")).to_be_visible()
    expect(editor.locator(".entry-cover img")).to_have_count(1)


def test_a_cover_is_uploaded_beside_the_text(editor, write):
    (file,) = write({"sea.png": png(400, 200)})
    editor.locator("[data-cover-add] input").set_input_files(file)
    expect(editor.get_by_role("radio", name="sea.png")).to_be_checked()
    expect(text(editor)).to_have_value("Before.\n\nAfter.")
    editor.get_by_role("button", name="Publish").click()
    expect(editor.locator(".post-cover")).to_have_js_property("complete", value=True)
    expect(editor.locator(".prose img")).to_have_count(0)


def test_a_page_loads_the_size_of_a_picture_that_it_needs(page, session, ada, hang):
    image = hang(2000, 1500)
    made = make_post(session, ada, body=f"![a](/i/{image.key}.png)")
    page.goto(f"/{made.id}")
    picture = page.locator(".prose img")
    expect(picture).to_have_js_property("complete", value=True)
    assert "w=1280" in picture.evaluate("(picture) => picture.currentSrc")
    assert picture.evaluate("(picture) => picture.loading") == "lazy"
