"""Moving Markdown on its page, and what is said before a used picture goes."""

import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.axe import violations
from tests.factories import make_post, png

pytestmark = pytest.mark.browser

MOVE = "/tuchuang/move"
NOTES = {
    "notes/one.md": b"# One\r\n\r\n![a](pics/a.png 'title') ![gone](gone.png)\r\n",
    "notes/two.md": b"`![code](pics/a.png)`\n\n![a][a]\n\n[a]: <pics/a.png>\n",
    "notes/pics/a.png": png(number=4711),
}
NO_SCRIPT = {"java_script_enabled": False}


def notes_zip() -> dict[str, object]:
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in NOTES.items():
            archive.writestr(name, data)
    return {"name": "notes.zip", "mimeType": "application/zip", "buffer": content.getvalue()}


@pytest.mark.parametrize("options", [{}, NO_SCRIPT], ids=["script", "plain"])
def test_a_zip_is_moved_and_comes_back(member, new_context, options):
    page = member.enter(new_context(**options))
    page.goto(MOVE)
    page.locator("#file").set_input_files(notes_zip())
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.get_by_role("heading", name="Markdown moved")).to_be_visible()
    expect(page.get_by_text("2 addresses rewritten").first).to_be_visible()
    expect(page.locator(".text-problems li")).to_have_text(
        ["gone.png No such picture came along. Give the folder that it is in, too."]
    )
    with page.expect_download() as fetched:
        page.get_by_role("link", name="Fetch the texts").click()
    with zipfile.ZipFile(Path(fetched.value.path())) as archive:
        one, two = archive.read("notes/one.md").decode(), archive.read("notes/two.md").decode()
    address = one.split("](", 1)[1].split(" ", 1)[0]
    assert one == f"# One\r\n\r\n![a]({address} 'title') ![gone](gone.png)\r\n"
    assert two == f"`![code](pics/a.png)`\n\n![a][a]\n\n[a]: <{address}>\n"
    assert page.request.get(address).ok
    page.goto(MOVE)
    expect(page.locator(".text-name")).to_have_text(["notes/two.md", "notes/one.md"])


@pytest.mark.parametrize("options", [{}, NO_SCRIPT], ids=["script", "plain"])
def test_a_folder_is_moved_with_its_pictures(member, new_context, tmp_path, options):
    for name, data in {**NOTES, "notes/words.txt": b"words"}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    page = member.enter(new_context(**options))
    page.goto(MOVE)
    page.get_by_label("Or a whole folder").set_input_files(tmp_path / "notes")
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.get_by_role("heading", name="Markdown moved")).to_be_visible()
    expect(page.locator(".text-name")).to_have_text(["notes/one.md"])
    expect(page.locator(".text-problems code")).to_have_text(["gone.png"])
    page.get_by_role("link", name="All texts").click()
    expect(page.locator(".text-name")).to_have_text(["notes/one.md", "notes/two.md"])


def test_pictures_chosen_beside_a_text_are_found(desk):
    desk.goto(MOVE)
    note = {"name": "note.md", "mimeType": "text/markdown", "buffer": NOTES["notes/one.md"]}
    picture = {"name": "a.png", "mimeType": "image/png", "buffer": NOTES["notes/pics/a.png"]}
    desk.locator("#file").set_input_files([note, picture])
    desk.get_by_role("button", name="Move", exact=True).click()
    expect(desk.locator(".text-problems code")).to_have_text(["gone.png"])


def test_what_is_refused_is_said_on_the_page(desk, witness):
    witness.expect(422)
    desk.goto(MOVE)
    bad = {"name": "bad.zip", "mimeType": "application/zip", "buffer": b"nothing"}
    desk.locator("#file").set_input_files(bad)
    desk.get_by_role("button", name="Move", exact=True).click()
    expect(desk.get_by_role("alert")).to_contain_text("The ZIP cannot be read")
    desk.locator("#file").set_input_files(notes_zip())
    desk.get_by_role("button", name="Move", exact=True).click()
    expect(desk.get_by_role("heading", name="Markdown moved")).to_be_visible()


def test_the_gallery_asks_before_a_used_picture_goes(desk, session, ada, hang, witness):
    witness.expect(409)
    free, used = hang(name="free.png"), hang(name="used.png")
    post = make_post(session, ada, title="A journey", body=f"![a](/i/{used.key}.png)")
    desk.goto("/tuchuang/images?used=no")
    expect(desk.locator(".tile")).to_have_count(1)
    expect(desk.locator(".tile")).to_contain_text(free.name)
    desk.goto("/tuchuang/images")
    for box in desk.locator(".tile-check").all():
        box.check(force=True)
    desk.locator("[name=action][value=delete]").click()
    expect(desk.get_by_role("heading", name="1 picture is used")).to_be_visible()
    expect(desk.locator(".uses a")).to_have_text(post.title)
    desk.get_by_role("button", name="Delete 2 pictures").click()
    expect(desk.get_by_text("2 pictures are in the trash.")).to_be_visible()
    expect(desk.locator(".tile")).to_have_count(0)


@pytest.mark.parametrize("look", [(1280, "light"), (390, "dark")])
def test_axe_finds_nothing_on_what_is_asked_and_said(
    member, new_context, session, ada, hang, things, witness, look
):
    witness.expect(409)
    used = hang(name="used.png")
    make_post(session, ada, title="A journey", body=f"![a](/i/{used.key}.png)")
    viewport = {"width": look[0], "height": 844}
    page = member.enter(new_context(viewport=viewport, color_scheme=look[1]))
    own = f"/tuchuang/images/{used.key}"
    for path in (MOVE, f"/tuchuang/moves/{things.batch}", own, f"{own}/delete"):
        page.goto(path)
        assert violations(page) == [], path
    page.goto(f"{own}/edit")
    page.locator("[name=visibility][value=private]").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".uses a")).to_be_visible()
    assert violations(page) == []
    page.goto("/tuchuang/images?used=yes")
    page.locator(".tile-check").last.check(force=True)
    page.locator("[name=action][value=delete]").click()
    expect(page.locator(".used-pictures")).to_be_visible()
    assert violations(page) == []
