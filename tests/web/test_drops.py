"""Drop boxes: what guests see and send, what the owner sees and decides."""

import re

import pytest
from limits import parse

from flaskr.library import usage
from flaskr.library.keys import digest
from flaskr.models import Album, AlbumImage, DropBox, Image
from flaskr.web import limits
from tests.browsing import JSON, Browser, form, links, query, text
from tests.factories import (
    NOT_PICTURES,
    count_rows,
    gif,
    jpeg,
    make_album,
    make_drop,
    make_drop_box,
    make_image,
    png,
)

BOXES = "/tuchuang/drop-boxes"


@pytest.fixture
def album(session, ada):
    return make_album(session, ada, "Wedding")


@pytest.fixture
def make_box(session, media, ada, album):
    """Make a drop box; give it and the address of its page."""

    def make(**terms) -> tuple[DropBox, str]:
        box, token = make_drop_box(session, media, ada, album, **terms)
        return box, f"/d/{token}"

    return make


@pytest.fixture
def eve(app) -> Browser:
    """Somebody who is not logged in and never comes to any page but that of the link."""
    return Browser(app)


def send(browser: Browser, path: str, *files, sender="Eve", json=False, **headers):
    """Send files as the page's form does, or its script."""
    token = browser.token(path)
    fields = {"csrf_token": token, "sender": sender}
    return browser.post(path, **form(fields, *files), headers={**(JSON if json else {}), **headers})


# ---- what guests see ------------------------------------------------------------------------


def test_the_page_is_all_that_a_guest_sees(eve, session, ada, album, make_box):
    _, path = make_box(name="Ada & Bob", note="The <big> ones, please")
    inside = make_image(session, ada)
    page = eve.get(path)
    assert page.status_code == 200
    assert "Ada & Bob" in text(page)
    assert "The <big> ones, please" in text(page)
    assert "They go to ada" in " ".join(text(page).split())
    for secret in (album.name, album.key, inside.key):
        assert secret not in page.text
    assert not [link for link in links(page) if link.startswith("/tuchuang")]
    assert query(page, "meta[name=robots][content=noindex]")
    assert page.headers["Referrer-Policy"] == "same-origin"


def test_pictures_are_sent_by_the_plain_form(eve, session, album, make_box):
    box, path = make_box()
    answer = send(eve, path, ("a.png", png(number=1)), ("b.jpg", jpeg(orientation=6)))
    assert (answer.status_code, answer.location) == (303, path)
    page = eve.get(path)
    assert "2 pictures are sent. Thank you!" in text(page)
    assert query(page, "#sender")[0].attrs["value"] == "Eve"
    images = session.query(Image).order_by(Image.id).all()
    assert [image.name for image in images] == ["a.png", "b.jpg"]
    assert {image.visibility for image in images} == {"unlisted"}
    assert count_rows(session, AlbumImage) == 2
    session.refresh(box)
    assert box.images == 2


def test_where_a_photo_was_taken_is_removed(eve, session, media, make_box):
    _, path = make_box()
    photo = jpeg(orientation=6)
    assert b"Exif" in photo
    send(eve, path, ("photo.jpg", photo))
    (image,) = session.query(Image)
    stored = media.store.open(
        f"blobs/{image.blob.sha256[:2]}/{image.blob.sha256[2:4]}/{image.blob.sha256}"
    )
    with stored as file:
        assert b"Phone" not in file.read()


def test_a_script_is_told_names_but_no_links(eve, session, make_box):
    _, path = make_box()
    answer = send(eve, path, ("a.png", png()), ("x.png", NOT_PICTURES["text"]), json=True)
    assert answer.status_code == 201
    (image,) = session.query(Image)
    assert answer.json == {
        "files": [{"name": "a.png", "bytes": image.bytes}],
        "errors": [
            {
                "name": "x.png",
                "code": "unsupported_type",
                "message": answer.json["errors"][0]["message"],
            }
        ],
        "left": None,
        "room": "",
    }
    assert image.key not in answer.text


def test_what_is_no_picture_is_told_what_the_box_takes(eve, make_box):
    _, path = make_box(types=["jpg", "png"])
    answer = send(eve, path, ("fake.png", NOT_PICTURES["text"]), json=True)
    assert answer.status_code == 415
    assert answer.json["errors"][0]["message"].endswith("Use JPEG, PNG.")


def test_a_repeated_request_makes_one_picture(eve, session, make_box):
    _, path = make_box()
    key = {"Idempotency-Key": "same"}
    for _ in range(2):
        answer = send(eve, path, ("a.png", png()), json=True, **key)
        assert answer.status_code == 201
    assert count_rows(session, Image) == 1


@pytest.mark.parametrize("json", [False, True])
def test_a_sender_without_a_name_is_asked_for_it(eve, session, make_box, json):
    _, path = make_box()
    answer = send(eve, path, ("a.png", png()), sender=" ", json=json)
    assert answer.status_code == 422
    assert "Write your name" in answer.text
    assert count_rows(session, Image) == 0


def test_a_form_without_a_file_says_so(eve, make_box):
    _, path = make_box()
    page = send(eve, path)
    assert page.status_code == 400
    assert query(page, ".notice--error")


def test_what_is_too_large_or_of_another_kind_is_refused(eve, session, make_box):
    _, path = make_box(most_bytes=2000, types=["png", "jpg"])
    page = eve.get(path)
    assert "JPEG, PNG, up to 2,000 B each" in text(page)
    assert query(page, "#file")[0].attrs["accept"] == "image/jpeg,image/png,.jpg,.png,.jpeg"
    files = [("big.png", png() + bytes(4000)), ("anim.png", gif()), ("ok.png", png())]
    page = send(eve, path, *files)
    assert page.status_code == 413
    shown = text(page)
    assert "big.png" in shown
    assert "This file is GIF by its content, which is not taken here. Use JPEG, PNG." in shown
    assert "1 picture is sent. Thank you!" in shown
    assert [image.name for image in session.query(Image)] == ["ok.png"]


def test_what_a_guest_sent_is_told_to_no_guest(eve, session, make_box):
    _, path = make_box(needs_approval=True)
    assert "They go to ada, who looks at them first." in " ".join(text(eve.get(path)).split())
    send(eve, path, ("a.png", png()))
    (image,) = session.query(Image)
    assert image.visibility == "private"
    for address in (f"/i/{image.key}.png", f"/i/{image.key}.webp?w=320&h=320&still=1"):
        assert eve.get(address).status_code == 404
    assert image.key not in eve.get(path).text


def test_a_full_account_tells_guests_nothing_of_itself(eve, session, ada, make_box):
    _, path = make_box()
    usage.set_quota(session, ada, images=None, bytes=1)
    session.commit()
    answer = send(eve, path, ("a.png", png()), json=True)
    assert answer.status_code == 413
    assert answer.json["error"]["code"] == "no_room"
    assert "There is no room for this picture here." in answer.text


def test_a_guest_may_not_send_without_end(make_app, session, make_box, monkeypatch):

    monkeypatch.setattr(limits, "DROPS_PER_ADDRESS", parse("2 per hour"))
    box, path = make_box()
    browser = Browser(make_app(RATE_LIMITS=True))
    files = [(f"{number}.png", png(number=number)) for number in range(3)]
    assert send(browser, path, *files).status_code == 429
    session.refresh(box)
    assert box.images == 2


# ---- ended ----------------------------------------------------------------------------------


@pytest.mark.parametrize("json", [False, True])
@pytest.mark.parametrize("end", ["closed", "expired", "full"])
def test_a_box_that_has_ended_says_so(eve, session, make_box, end, json):
    box, path = make_box(most_images=1)
    token = eve.token(path)
    if end == "closed":
        box.closed = box.created
    elif end == "expired":
        box.expires = box.created
    else:
        box.images = 1
    session.commit()
    headers = JSON if json else {}
    page = eve.get(path, headers=headers)
    assert page.status_code == 410
    words = {"closed": "has closed", "expired": "is over", "full": "all the pictures"}
    assert words[end] in page.text
    fields = {"csrf_token": token, "sender": "Eve"}
    answer = eve.post(path, **form(fields, ("a.png", png())), headers=headers)
    assert answer.status_code == 410
    assert words[end] in answer.text
    assert count_rows(session, Image) == 0


@pytest.mark.parametrize("path", ["/d/x", "/d/1111111111111111111111", f"/d/{'x' * 5000}"])
def test_a_link_that_never_was_leads_nowhere(eve, path):
    assert eve.get(path).status_code == 404
    assert eve.post(path, **form({"sender": "Eve"}, ("a.png", png()))).status_code == 404


# ---- passwords ------------------------------------------------------------------------------


def test_a_password_is_asked_for_once(eve, session, make_box):
    box, path = make_box(password="sesame", name="Ada & Bob")
    page = eve.get(path)
    assert page.status_code == 200
    assert "This link has a password" in text(page)
    assert "Ada" not in text(page)
    wrong = eve.submit(f"{path}/visit", {"password": "Sesame"}, page=path)
    assert wrong.status_code == 403
    assert "This is not the password" in text(wrong)
    right = eve.submit(f"{path}/visit", {"password": "sesame"}, page=path)
    assert (right.status_code, right.location) == (303, path)
    cookie = next(c for c in right.headers.getlist("Set-Cookie") if c.startswith("drop="))
    for part in (f"Path={path}", "HttpOnly", "SameSite=Lax"):
        assert part in cookie
    assert "Ada & Bob" in text(eve.get(path))
    assert send(eve, path, ("a.png", png())).status_code == 303
    session.refresh(box)
    assert box.images == 1


@pytest.mark.parametrize("json", [False, True])
def test_nothing_is_taken_before_the_password_is_named(eve, session, media, make_box, json):
    _, path = make_box(password="sesame")
    before = list(media.spool.folder.iterdir()) if media.spool.folder.exists() else []
    answer = send(eve, path, ("a.png", png()), json=json)
    assert answer.status_code == 403
    if json:
        assert answer.json["error"]["code"] == "link_password_wanted"
    else:
        assert query(answer, f'form[action="{path}/visit"] #password')
    assert "has to be named again" in text(answer)
    assert "This is not the password" not in text(answer)
    assert count_rows(session, Image) == 0
    assert list(media.spool.folder.iterdir() if media.spool.folder.exists() else []) == before


def test_passwords_cannot_be_tried_without_end(make_app, make_box):
    _, path = make_box(password="sesame")
    browser = Browser(make_app(RATE_LIMITS=True))
    token = browser.token(path)
    tries = [
        browser.post(f"{path}/visit", data={"password": f"wrong{n}", "csrf_token": token})
        for n in range(11)
    ]
    assert [answer.status_code for answer in tries] == [403] * 10 + [429]
    assert int(tries[-1].headers["Retry-After"]) > 0
    last = browser.post(f"{path}/visit", data={"password": "sesame", "csrf_token": token})
    assert last.status_code == 429


# ---- what the owner sees --------------------------------------------------------------------


def test_a_box_is_made_for_a_new_album(owner, session, ada):
    data = {
        "name": "Wedding",
        "note": "All of them!",
        "needs_approval": "y",
        "password": "sesame",
        "expires": "2999-01-01T00:00",
        "most_images": "500",
        "most_megabytes": "12,5",
        "types": ["jpg", "heic"],
    }
    answer = owner.submit(f"{BOXES}/new", data, page=f"{BOXES}/new")
    box = session.query(DropBox).one()
    assert answer.location == f"{BOXES}/{box.key}"
    assert session.get_one(Album, box.album_id).name == "Wedding"
    assert (box.most_images, box.most_bytes, box.types) == (500, 13107200, "jpg heic")
    assert box.needs_approval
    assert box.password
    page = owner.get(answer.location)
    (link,) = [e.attrs["value"] for e in query(page, "[data-select]")]
    assert re.fullmatch(r"http://localhost/d/[1-9A-Za-z]{22}", link)
    assert query(page, "img.qr")
    qr = owner.get(f"{answer.location}/qr.svg?download")
    assert qr.mimetype == "image/svg+xml"
    assert "Wedding.qr.svg" in qr.headers["Content-Disposition"]
    assert "Wedding" in text(owner.get(BOXES))


def test_an_album_leads_to_a_box_of_its_own(owner, session, album):
    ways = links(owner.get(f"/tuchuang/albums/{album.key}"))
    (way,) = [link for link in ways if "drop-boxes/new" in link]
    (chosen,) = query(owner.get(way), "#album option[selected]")
    assert chosen.attrs["value"] == album.key
    owner.submit(way, {"album": album.key})
    assert session.query(DropBox).one().album_id == album.id


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("most_images", "0", "Write a number from 1 to"),
        ("most_images", "many", "Write a number from 1 to"),
        ("most_megabytes", "-1", "Write a size above 0"),
        ("most_megabytes", "0", "Write a size above 0"),
        ("most_megabytes", "1e9", "Write a size above 0"),
        ("most_megabytes", "99999", "takes files up to 32 MB"),
        ("expires", "2001-01-01T00:00", "This moment has passed"),
        ("expires", "soon", "Write a day and a time"),
        ("password", "abc", "4 to 200 characters"),
        ("name", "x" * 201, "200"),
        ("note", "x" * 201, "200"),
    ],
)
def test_what_will_not_do_is_told_beside_its_field(owner, session, make_box, field, value, message):
    box, _ = make_box()
    for path in (f"{BOXES}/new", f"{BOXES}/{box.key}/edit"):
        page = owner.submit(path, {"name": "kept", field: value})
        assert page.status_code == 422
        (beside,) = query(page, f"#{field}-error")
        assert message in beside.to_text()
    assert count_rows(session, DropBox) == 1


def test_a_box_is_changed_closed_and_opened_again(owner, eve, session, make_box):
    box, path = make_box(password="sesame", most_bytes=1_500_000, types=["png"])
    page = owner.get(f"{BOXES}/{box.key}/edit")
    assert query(page, "#most_megabytes")[0].attrs["value"] == "1.430511"
    assert [e.attrs["value"] for e in query(page, "input[name=types][checked]")] == ["png"]
    before = box.password
    owner.submit(f"{BOXES}/{box.key}/edit", {"name": "New", "album": ""})
    session.refresh(box)
    assert (box.name, box.password, box.types, box.most_bytes) == ("New", before, "", None)
    owner.submit(f"{BOXES}/{box.key}/edit", {"no_password": "y"})
    assert eve.get(path).status_code == 200
    owner.submit(f"{BOXES}/{box.key}/closed", {"closed": "1"})
    assert eve.get(path).status_code == 410
    assert "Closed" in text(owner.get(BOXES))
    owner.submit(f"{BOXES}/{box.key}/closed", {"closed": "0"})
    assert eve.get(path).status_code == 200


def test_the_owner_sees_who_has_sent_what(owner, session, ada, make_box):
    box, _ = make_box()
    for number, name in enumerate(("Eve", "<Bob>", "Eve")):
        make_drop(session, box, make_image(session, ada, png(number=number)), name)
    page = owner.get(f"{BOXES}/{box.key}")
    senders = [element.to_text().strip() for element in query(page, ".arrival-sender")]
    assert senders == ["Eve", "<Bob>", "Eve"]
    (one,) = [link for link in links(page, ".sender") if "Bob" in link]
    assert len(query(owner.get(one), ".arrival")) == 1


def test_many_pictures_are_shown_page_by_page(owner, session, ada, make_box):
    box, _ = make_box()
    for _ in range(61):
        make_drop(session, box, make_image(session, ada))
    first = owner.get(f"{BOXES}/{box.key}")
    second = owner.get(next(link for link in links(first) if "before=" in link))
    assert [len(query(page, ".arrival")) for page in (first, second)] == [60, 1]


@pytest.mark.parametrize("before", ["x", "-1", "9" * 30, ""])
def test_a_cursor_that_makes_no_sense_does_no_harm(owner, make_box, before):
    box, _ = make_box()
    assert owner.get(f"{BOXES}/{box.key}?before={before}").status_code == 200
    assert owner.get(f"{BOXES}?before={before}").status_code == 200


def test_what_waits_is_accepted_or_refused(owner, eve, session, album, make_box):
    box, path = make_box(needs_approval=True)
    send(eve, path, ("a.png", png(number=1)), ("b.png", png(number=2)))
    first, second = session.query(Image).order_by(Image.id)
    page = owner.get(f"{BOXES}/{box.key}")
    assert "2 pictures wait for you" in text(page)
    assert "2 wait" in text(owner.get(BOXES))
    answer = owner.submit(f"{BOXES}/{box.key}/accepted", {"key": first.key})
    assert answer.location == f"{BOXES}/{box.key}"
    owner.submit(f"{BOXES}/{box.key}/refused", {"key": second.key})
    session.expire_all()
    session.rollback()
    assert (first.visibility, first.deleted) == ("unlisted", None)
    assert second.deleted is not None
    assert [row.image_id for row in session.query(AlbumImage)] == [first.id]
    assert eve.get(f"/i/{first.key}.png").status_code == 200
    assert owner.submit(f"{BOXES}/{box.key}/accepted").status_code == 400
    assert owner.submit(f"{BOXES}/{box.key}/refused", {"key": first.key}).status_code == 404


def test_a_link_made_with_another_secret_key_goes_on_but_is_not_shown(
    owner, make_app, session, make_box
):
    box, path = make_box()
    box.token_sha256 = digest("another")
    session.commit()
    page = owner.get(f"{BOXES}/{box.key}")
    assert "cannot be shown again" in text(page)
    assert not query(page, "img.qr")
    assert owner.get(f"{BOXES}/{box.key}/qr.svg").status_code == 404
    assert owner.get("/d/another").status_code == 200
    assert owner.get(path).status_code == 404


def test_deleting_a_box_asks_first(owner, session, make_box):
    box, _ = make_box()
    page = f"{BOXES}/{box.key}/delete"
    assert "Delete this drop box?" in text(owner.get(page))
    assert owner.submit(page).location == BOXES
    assert count_rows(session, DropBox) == 0


def test_deleting_an_album_tells_of_its_boxes(owner, make_box, album):
    make_box()
    page = owner.get(f"/tuchuang/albums/{album.key}/delete")
    assert "A drop box leads to it and ends, too." in " ".join(text(page).split())
