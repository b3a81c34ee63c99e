"""The page of one image, and all that is done there."""

import json
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image as Pillow
from sqlalchemy import select
from sqlalchemy.orm import object_session

from flaskr.library import albums, tags
from flaskr.models import Image
from tests.browsing import JSON, form, query, text
from tests.factories import (
    drawing,
    encode,
    exif,
    gif,
    heic,
    jpeg,
    make_album,
    make_image,
    make_tag,
    png,
    tiff,
)

PAGE = "/tuchuang/images/{}"
ODD = json.dumps(
    dict.fromkeys(("title", "alt", "visibility", "expires", "tags"), "") | {"albums": 5}
)
"""What a form has shown, as none of ours says it."""


@pytest.fixture
def take(owner, session):
    """Upload a picture as ada; return its row."""

    def upload(content: bytes, name: str = "photo.png", **fields: str) -> Image:
        (told,) = owner.upload_json((name, content), **fields).json["files"]
        session.rollback()  # to see what has come since
        found: Image = session.scalars(select(Image).where(Image.key == told["key"])).one()
        return found

    return upload


@pytest.fixture
def image(session, ada, media):
    return make_image(session, ada, png(number=9), store=media.store, name="West Lake.png")


def page_of(image: Image, what: str = "") -> str:
    return PAGE.format(image.key) + what


def shown_form(browser, image: Image) -> dict[str, object]:
    """What a browser sends that has opened the form and touched nothing."""
    page = browser.get(page_of(image, "/edit"))
    filled: dict[str, Any] = {"album": []}
    for field in query(page, "main form input"):
        name, kind = field.attrs.get("name", ""), field.attrs.get("type", "text")
        if kind in {"checkbox", "radio"} and "checked" not in field.attrs:
            continue
        if name == "album":
            filled["album"].append(field.attrs["value"])
        elif name:
            filled[name] = field.attrs.get("value") or ""
    (alt,) = query(page, "textarea[name=alt]")
    return filled | {"alt": alt.to_text()}


def save(browser, image: Image, filled: dict[str, object], **changed: object):
    data = {**filled, **changed}
    answer = browser.submit(page_of(image, "/edit"), data)
    refresh(image)
    return answer


def refresh(image: Image) -> None:
    """See what others have made of it."""
    session = object_session(image)
    assert session is not None
    session.rollback()
    session.refresh(image)


def size_of(content: bytes) -> tuple[int, int]:
    with Pillow.open(BytesIO(content)) as picture:
        return picture.size


# ---- the page -------------------------------------------------------------------------------


def test_the_page_says_all_that_is_known(owner, session, ada, image):
    make_album(session, ada, "Trips", images=[image])
    make_tag(session, ada, "西湖", [image])
    shown = text(owner.get(page_of(image)))
    for known in ("West Lake.png", "48 × 32", "PNG", image.blob.sha256, image.blob.md5):
        assert known in shown
    assert "Trips" in shown
    assert "西湖" in shown
    assert "Unlisted" in shown


def test_the_picture_has_its_place_before_it_comes(owner, image):
    (picture,) = query(owner.get(page_of(image)), "[data-zoom] img")
    assert (picture.attrs["width"], picture.attrs["height"]) == ("48", "32")
    assert picture.attrs["srcset"]
    assert "style" not in picture.attrs


def test_what_the_camera_wrote_is_shown_where_it_was_kept(owner, take):
    photo = encode(drawing(number=3), "JPEG", exif=exif())
    kept = text(owner.get(page_of(take(photo, "kept.jpg", keep="backup"))))
    shared = text(owner.get(page_of(take(photo, "shared.jpg", keep="share"))))
    assert "52.52000, 13.40500" in kept
    assert "From the camera" in kept
    assert "From the camera" not in shared


def test_the_ways_lead_through_the_library_in_its_order(owner, session, ada, media):
    first, second, third = (make_image(session, ada, store=media.store) for _ in range(3))

    def ways(image: Image, words: str = "") -> dict[str, str]:
        found = query(owner.get(page_of(image, words)), "[data-way]")
        return {link.attrs["rel"]: link.attrs["href"] for link in found}

    assert ways(third) == {"next": page_of(second)}
    assert ways(second) == {"prev": page_of(third), "next": page_of(first)}
    assert ways(first) == {"prev": page_of(second)}
    assert ways(second, "?sort=oldest")["next"] == page_of(third, "?sort=oldest")


def test_the_ways_stay_within_the_list_they_came_from(owner, session, ada, media):
    first, second, third = (make_image(session, ada, store=media.store) for _ in range(3))
    album = make_album(session, ada, images=[third, first])
    page = owner.get(page_of(third, f"?album={album.key}"))
    (way,) = query(page, "[data-way]")
    assert way.attrs["href"] == page_of(first, f"?album={album.key}")
    gone = owner.get(page_of(second, "?album=" + "1" * 12))
    assert (gone.status_code, len(query(gone, "[data-way]"))) == (200, 2)


def test_a_private_neighbour_is_not_fetched_ahead(owner, session, ada, media):
    private = make_image(session, ada, store=media.store)
    private.visibility = "private"
    session.commit()
    image = make_image(session, ada, store=media.store)
    (way,) = query(owner.get(page_of(image)), "[data-way]")
    assert "data-ahead" not in way.attrs


def test_the_qr_code_is_its_owners_and_a_plain_drawing(owner, other, image):
    link = page_of(image, "/qr.svg")
    answer = owner.get(link)
    assert answer.mimetype == "image/svg+xml"
    assert "<svg" in answer.text
    assert "script" not in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "Content-Disposition" not in answer.headers
    saved = owner.get(f"{link}?download").headers["Content-Disposition"]
    assert saved.startswith("attachment")
    assert other.get(link).status_code == 404


# ---- what is said of it ---------------------------------------------------------------------


def test_what_is_said_is_kept_and_goes_into_the_links(owner, session, ada, image):
    album = make_album(session, ada)
    answer = save(
        owner,
        image,
        shown_form(owner, image),
        title="Dusk",
        alt='A boat,\r\n"still"',
        tags="lake, 西湖",
        album=[album.key],
        visibility="public",
    )
    assert (answer.status_code, answer.location) == (303, page_of(image))
    refresh(image)
    assert (image.title, image.alt, image.visibility) == ("Dusk", 'A boat,\n"still"', "public")
    assert list(tags.tags_of(session, image)) == ["lake", "西湖"]
    assert [each.key for each in albums.albums_of(session, image)] == [album.key]
    page = owner.get(page_of(image))
    fields = {each.attrs["id"].rpartition("-")[2]: each for each in query(page, ".link input")}
    assert fields["markdown"].attrs["value"].startswith('![A boat, "still"](')
    assert 'alt="A boat, &quot;still&quot;"' in fields["html"].attrs["value"]
    assert "still=1" in fields["thumbnail"].attrs["value"]
    assert query(page, "h1")[0].to_text() == "Dusk"


def test_a_title_stands_for_the_picture_where_nothing_else_is_said(owner, image):
    save(owner, image, shown_form(owner, image), title="Dusk")
    (field,) = query(owner.get(page_of(image)), f"#link-{image.key}-markdown")
    assert field.attrs["value"].startswith("![Dusk](")


def test_what_is_not_touched_is_not_written(owner, session, image):
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3, seconds=7)
    image.expires = at
    session.commit()
    before = image.revision
    assert save(owner, image, shown_form(owner, image)).status_code == 303
    refresh(image)
    assert (image.revision, image.expires) == (before, at)


@pytest.mark.parametrize(("offset", "hours"), [("0", 0), ("-480", -8), ("300", 5)])
def test_a_moment_is_read_in_the_zone_it_was_typed_in(owner, session, image, offset, hours):
    local = (datetime.now(UTC) + timedelta(days=9)).replace(second=0, microsecond=0)
    typed = f"{local:%Y-%m-%dT%H:%M}"
    save(owner, image, shown_form(owner, image), expires=typed, offset=offset)
    refresh(image)
    assert image.expires == local + timedelta(hours=hours)
    save(owner, image, shown_form(owner, image), expires="")
    refresh(image)
    assert image.expires is None


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("title", "x" * 201, "at most 200 characters"),
        ("alt", "x" * 1001, "at most 1,000 characters"),
        ("tags", "x" * 65, "1 to 64 characters"),
        ("expires", "2001-01-01T00:00", "has passed"),
        ("expires", "soon", "Write a day and a time"),
        ("expires", "9999-12-31T23:59:59+99", "Write a day and a time"),
        ("visibility", "everybody", "public, unlisted or private"),
    ],
)
def test_what_cannot_be_said_is_told_beside_its_field(owner, session, image, field, value, told):
    typed = {"title": "kept", "alt": "kept too", field: value}
    answer = save(owner, image, shown_form(owner, image), **typed)
    assert answer.status_code in {400, 422}
    (error,) = query(answer, ".field-error")
    assert told in error.to_text()
    assert error.attrs["id"] == f"{field}-error"
    assert "kept" in answer.text
    refresh(image)
    assert (image.title, image.alt) == ("", "")


def test_an_album_of_somebody_elses_is_not_there(owner, session, bob, image):
    album = make_album(session, bob, name="Secret")
    answer = save(owner, image, shown_form(owner, image), album=[album.key], title="no")
    assert answer.status_code == 404
    assert "This album does not exist any more." in answer.text
    assert "Secret" not in answer.text
    assert 'value="no"' in answer.text
    refresh(image)
    assert image.title == ""


@pytest.mark.parametrize("base", ["", "[]", "{", '{"title": 1}', "[" * 10_000, ODD])
def test_a_form_that_lost_what_it_showed_is_taken_as_it_is(owner, session, image, base):
    answer = save(owner, image, shown_form(owner, image), base=base, title="new")
    assert answer.status_code == 303
    refresh(image)
    assert image.title == "new"


def test_who_comes_second_is_told_and_loses_nothing(owner, session, image):
    mine = theirs = shown_form(owner, image)
    save(owner, image, theirs, title="Theirs", tags="theirs")
    answer = save(owner, image, mine, title="Mine", alt="My words")
    assert answer.status_code == 409
    (title,) = query(answer, "#title")
    assert title.attrs["value"] == "Mine"
    assert query(answer, "#alt")[0].to_text() == "My words"
    assert "Theirs" in query(answer, "#title-now")[0].to_text()
    assert query(answer, "#tags")[0].attrs["value"] == "theirs"
    assert "somebody" in text(answer).lower()
    refresh(image)
    assert (image.title, image.alt) == ("Theirs", "")

    again = {
        name: field.attrs.get("value") or ""
        for name in ("revision", "base", "tags")
        for field in query(answer, f"main form [name={name}]")
    }
    assert save(owner, image, mine | again, title="Mine", alt="My words").status_code == 303
    refresh(image)
    assert (image.title, image.alt) == ("Mine", "My words")
    assert list(tags.tags_of(session, image)) == ["theirs"]


def test_a_program_is_told_of_a_conflict(owner, image):
    filled = shown_form(owner, image)
    save(owner, image, filled, title="Theirs")
    headers = {**JSON, "X-CSRFToken": owner.token()}
    answer = owner.post(page_of(image, "/edit"), data=filled | {"title": "x"}, headers=headers)
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "edit_conflict")


def test_what_the_camera_wrote_is_gone_before_others_can_see_it(owner, guest, session, take):
    photo = encode(drawing(number=4), "JPEG", exif=exif())
    image = take(photo, "kept.jpg", keep="backup")
    assert save(owner, image, shown_form(owner, image), visibility="unlisted").status_code == 303
    refresh(image)
    assert (image.visibility, image.version) == ("unlisted", 2)
    content = guest.get(f"/i/{image.key}.jpg").data
    assert content
    with Pillow.open(BytesIO(content)) as shown:
        assert not shown.getexif()


@pytest.mark.parametrize("next_", ["javascript:alert(1)", "//evil.example", "https://evil.example"])
def test_a_form_leads_back_to_this_site_only(owner, image, next_):
    for page in ("/edit", "/crop"):
        shown = owner.get(page_of(image, page), query_string={"next": next_})
        assert next_ not in [link.attrs.get("href") for link in query(shown, "a")]
    answer = save(owner, image, shown_form(owner, image), title="x", next=next_)
    assert answer.location == page_of(image)


# ---- another content ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "size"),
    [("left", (32, 48)), ("right", (32, 48)), ("across", (48, 32)), ("down", (48, 32))],
)
def test_a_picture_is_turned_and_mirrored(owner, session, image, change, size):
    link = f"/i/{image.key}.png"
    before = owner.get(link)
    answer = owner.submit(page_of(image, "/edits"), {"change": change, "version": "1"})
    assert answer.status_code == 303
    refresh(image)
    assert image.version == 2
    after = owner.get(link)
    assert size_of(after.data) == size
    assert after.headers["ETag"] != before.headers["ETag"]
    assert "v=2" in owner.get(page_of(image)).text


def test_left_and_right_are_what_they_say(owner, take):
    def corner(change: str) -> object:
        image = take(encode(drawing(number=hash(change) % 1000), "PNG"), f"{change}.png")
        owner.submit(page_of(image, "/edits"), {"change": change})
        with Pillow.open(BytesIO(owner.get(f"/i/{image.key}.png").data)) as picture:
            return picture.convert("RGB").getpixel((picture.width - 2, picture.height - 2))

    red, blue = (220, 20, 20), (20, 20, 220)
    assert corner("right") == blue  # what was on the right is below now
    assert corner("left") == red
    assert corner("across") == red
    assert corner("down") == blue


def test_a_part_is_cut_out(owner, session, image):
    box = {"left": "24", "top": "0", "width": "20", "height": "30"}
    answer = owner.submit(page_of(image, "/edits"), {"change": "crop", "version": "1", **box})
    assert answer.status_code == 303
    assert size_of(owner.get(f"/i/{image.key}.png").data) == (20, 30)


@pytest.mark.parametrize(
    "box",
    [("0", "0", "49", "1"), ("0", "0", "0", "1"), ("-1", "0", "1", "1"), ("x", "", "٣", "9" * 99)],
)
def test_a_part_that_is_not_inside_is_refused_with_what_was_typed(owner, session, image, box):
    typed = dict(zip(("left", "top", "width", "height"), box, strict=True))
    answer = owner.submit(page_of(image, "/edits"), {"change": "crop", **typed})
    assert answer.status_code == 422
    assert "inside the picture" in text(answer)
    assert query(answer, "#crop-width")[0].attrs["value"] == typed["width"]
    refresh(image)
    assert image.version == 1


def test_a_frame_for_another_content_is_refused(owner, session, image):
    owner.submit(page_of(image, "/edits"), {"change": "left", "version": "1"})
    box = {"left": "0", "top": "0", "width": "9", "height": "9"}
    answer = owner.submit(page_of(image, "/edits"), {"change": "crop", "version": "1", **box})
    assert answer.status_code == 409
    assert query(answer, "input[name=version]")[0].attrs["value"] == "2"
    refresh(image)
    assert image.version == 2


@pytest.mark.parametrize("change", ["", "explode"])
def test_a_change_that_nobody_knows_is_refused(owner, image, change):
    answer = owner.submit(page_of(image, "/edits"), {"change": change})
    assert answer.status_code == 422


def test_animations_have_no_tools_to_turn_them(owner, take):
    image = take(gif(), "moving.gif")
    page = owner.get(page_of(image))
    assert not query(page, "[name=change]")
    assert owner.get(page_of(image, "/crop")).status_code == 422
    assert owner.submit(page_of(image, "/edits"), {"change": "left"}).status_code == 422


@pytest.mark.parametrize(("content", "name"), [(heic(), "a.heic"), (tiff(), "a.tiff")])
def test_pictures_that_browsers_do_not_show_have_versions_too(owner, take, content, name):
    image = take(content, name)
    owner.submit(page_of(image, "/edits"), {"change": "left"})
    page = owner.get(page_of(image, "/versions?compare=1"))
    pictures = [each.attrs["src"] for each in query(page, "main img")]
    links = [each.attrs["href"] for each in query(page, ".version a, .compare a")]
    assert len(pictures) == 4
    for address in {*pictures, *links}:
        assert owner.get(address).status_code == 200, address


def replacing(
    browser, image: Image, *files: tuple[str, bytes], version: str = "", **options: object
):
    fields = {"csrf_token": browser.token(), "version": version}
    return browser.post(page_of(image, "/versions"), **form(fields, *files), **options)


def test_a_picture_is_replaced_under_its_links(owner, guest, session, image):
    link = f"/i/{image.key}.png"
    before = guest.get(link)
    answer = replacing(owner, image, ("new.png", png(60, 40)))
    assert answer.status_code == 303
    after = guest.get(link)
    assert size_of(after.data) == (60, 40)
    assert after.headers["ETag"] != before.headers["ETag"]
    shown = text(owner.get(page_of(image, "/versions")))
    assert "Version 2" in shown
    assert "Version 1" in shown
    assert "new.png" in shown
    old = owner.get(page_of(image, "/versions/1.png"))
    assert old.data == before.data


def test_the_same_picture_again_is_no_new_version(owner, session, image):
    answer = replacing(owner, image, ("again.png", png(number=9)))
    assert answer.status_code == 303
    assert "nothing has changed" in text(owner.get(page_of(image)))
    refresh(image)
    assert image.version == 1


@pytest.mark.parametrize(
    ("files", "status", "told"),
    [
        ([], 400, "No picture was chosen"),
        ([("", b"")], 400, "No picture was chosen"),
        ([("a.png", png(number=1)), ("b.png", png(number=2))], 400, "Only one file"),
        ([("a.png", b"words")], 415, "not a picture"),
        ([("a.png", png(number=1)[:60])], 422, "cut off"),
    ],
)
def test_what_cannot_replace_it_is_told_beside_the_field(
    owner, session, image, media, files, status, told
):
    answer = replacing(owner, image, *files)
    assert answer.status_code == status
    (error,) = query(answer, "#replace-error")
    assert told in error.to_text()
    refresh(image)
    assert image.version == 1
    program = replacing(owner, image, *files, headers=JSON)
    assert program.status_code == status


def test_an_earlier_content_is_brought_back(owner, guest, session, image):
    first = guest.get(f"/i/{image.key}.png").data
    replacing(owner, image, ("new.png", png(60, 40)))
    restore = page_of(image, "/versions/1/restore")
    assert owner.submit(restore).status_code == 303
    assert guest.get(f"/i/{image.key}.png").data == first
    refresh(image)
    assert (image.version, image.name) == (3, "West Lake.png")
    assert owner.submit(page_of(image, "/versions/9/restore")).status_code == 404
    assert owner.submit(page_of(image, f"/versions/{10**30}/restore")).status_code == 404


def test_who_replaces_or_brings_back_second_is_told(owner, image):
    forms = query(owner.get(page_of(image, "/versions")), "[name=version]")
    assert [each.attrs["value"] for each in forms] == ["1"]
    replacing(owner, image, ("new.png", png(60, 40)), version="1")
    second = replacing(owner, image, ("newer.png", png(50, 40)), version="1")
    assert second.status_code == 409
    assert "changed this meanwhile" in query(second, "#replace-error")[0].to_text()
    forms = query(second, "[name=version]")
    assert [each.attrs["value"] for each in forms] == ["2", "2"]
    back = owner.submit(page_of(image, "/versions/1/restore"), {"version": "1"})
    assert back.status_code == 409
    refresh(image)
    assert image.version == 2
    assert owner.submit(page_of(image, "/versions/1/restore"), {"version": "2"}).status_code == 303


def test_two_versions_stand_side_by_side(owner, image):
    replacing(owner, image, ("new.png", png(60, 40)))
    page = owner.get(page_of(image, "/versions?compare=1"))
    sizes = [(e.attrs["width"], e.attrs["height"]) for e in query(page, ".compare img")]
    assert sizes == [("48", "32"), ("60", "40")]
    for asked in ("2", "7", "x"):
        page = owner.get(page_of(image, f"/versions?compare={asked}"))
        assert (page.status_code, query(page, ".compare")) == (200, [])


def test_links_in_sizes_still_work_once_it_was_replaced(owner, guest, take):
    image = take(jpeg(1000, 600), "wide.jpg")
    owner.submit(page_of(image, "/edits"), {"change": "across"})
    (field,) = query(owner.get(page_of(image)), f"#link-{image.key}-picture")
    addresses = [word.strip('",') for word in field.attrs["value"].replace('"', " ").split()]
    addresses = [each for each in addresses if each.startswith("http")]
    assert any("?w=320" in each for each in addresses)
    for address in addresses:
        assert address.count("?") <= 1
        assert guest.get(address.removeprefix("http://localhost")).status_code == 200


# ---- deleting -------------------------------------------------------------------------------


def test_a_deleted_picture_can_be_taken_back_at_once(owner, session, image):
    answer = owner.submit(page_of(image, "/delete"), {"next": "/tuchuang/images?sort=name"})
    assert (answer.status_code, answer.location) == (303, "/tuchuang/images?sort=name")
    page = owner.get(answer.location)
    (undo,) = query(page, ".notices form")
    fields = {f.attrs["name"]: f.attrs["value"] for f in query(page, ".notices form input")}
    assert owner.post(undo.attrs["action"], data=fields).status_code == 303
    assert owner.get(page_of(image)).status_code == 200


def test_to_delete_what_is_deleted_is_no_error(owner, other, image):
    headers = {**JSON, "X-CSRFToken": owner.token()}
    for _ in range(2):
        answer = owner.post(page_of(image, "/delete"), headers=headers)
        assert (answer.status_code, answer.json) == (200, {"deleted": image.key})
    assert owner.submit(page_of(image, "/delete")).status_code == 303
    headers = {**JSON, "X-CSRFToken": other.token()}
    assert other.post(page_of(image, "/delete"), headers=headers).status_code == 404
