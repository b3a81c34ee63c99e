"""Upload sets: their forms, their files."""

import errno
import os
import sqlite3
from contextlib import closing
from io import BytesIO

import pytest
from justhtml import JustHTML
from PIL import Image as Pillow

from flaskr.library import uploads
from flaskr.library.keys import digest
from flaskr.library.link_forms import document_forms
from flaskr.models import Image, SetFile
from flaskr.web.markdown import to_html
from tests import factories
from tests.browsing import AuthActions, Browser, form, links, query, text
from tests.factories import CANARY, count_rows, jpeg, make_token, png

FILES, PHOTOS = "/tuchuang/sets/files", "/tuchuang/sets/photos"


def send(browser, page: str, name: str, content: bytes):
    return browser.post(page, **form({"csrf_token": browser.token()}, (name, content)))


def link(browser, page: str) -> str:
    """The newest file's link on the page."""
    return str(query(browser.get(page), ".batch-item a")[0].attrs["href"])


def logged_in(app) -> Browser:
    browser = Browser(app)
    AuthActions(browser).login("ada")
    return browser


# ---- pictures ---------------------------------------------------------------------------------


def test_a_picture_goes_through_the_form_and_its_link_is_shown(owner, guest, session):
    answer = send(owner, PHOTOS, "a.jpg", jpeg(80, 40, orientation=6))
    assert (answer.status_code, answer.location) == (303, PHOTOS)
    page = owner.get(PHOTOS)
    assert "“a.jpg” is uploaded" in text(page)
    url = link(owner, PHOTOS)
    assert url.startswith("http://localhost/_uploads/photos/")
    fetched = guest.get(url)
    assert (fetched.status_code, fetched.mimetype) == (200, "image/jpeg")
    assert CANARY.encode() not in fetched.data
    assert f"![a]({url})" in page.text
    assert session.query(Image).one().visibility == "unlisted"


def test_a_picture_is_answered_as_every_direct_link(owner, guest):
    content = png()
    send(owner, PHOTOS, "a.png", content)
    url = link(owner, PHOTOS)
    whole = guest.get(url)
    assert whole.headers["Cache-Control"] == "public, max-age=3600"
    assert whole.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in whole.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in whole.headers
    etag = whole.headers["ETag"]
    assert guest.get(url, headers={"If-None-Match": etag}).status_code == 304
    part = guest.get(url, headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.data) == (206, content[:4])
    assert guest.head(url).data == b""


def test_deleting_the_picture_takes_it_from_the_set_and_leads_back_to_it(owner, other, guest):
    send(owner, PHOTOS, "a.png", png())
    url = link(owner, PHOTOS)
    page = next(path for path in links(owner.get(PHOTOS)) if path.endswith("/delete"))
    assert other.get(page).status_code == 404
    assert PHOTOS in links(owner.get(page))
    answer = owner.submit(page, page=page)
    assert (answer.status_code, answer.location) == (303, PHOTOS)
    assert guest.get(url).status_code == 404
    assert not query(owner.get(PHOTOS), ".batch-item")


@pytest.mark.parametrize(
    ("query", "type_", "size"),
    [("w=64", "image/png", (64, 32)), ("w=64&h=64&fit=cover", "image/png", (64, 64)),
     ("", "image/png", (200, 100))],
)  # fmt: skip
def test_a_picture_can_be_had_in_other_sizes(owner, guest, query, type_, size):
    send(owner, PHOTOS, "a.png", png(200, 100))
    fetched = guest.get(f"{link(owner, PHOTOS)}?{query}")
    assert (fetched.status_code, fetched.mimetype) == (200, type_)
    with Pillow.open(BytesIO(fetched.data)) as picture:
        assert picture.size == size


def test_a_size_off_the_ladder_needs_a_signature_and_a_name_is_kept(owner, guest, runner):
    send(owner, PHOTOS, "日落.png", png(200, 100))
    url = link(owner, PHOTOS)
    assert guest.get(f"{url}?w=65").status_code == 404
    saved = guest.get(f"{url}?download").headers["Content-Disposition"]
    assert "%E6%97%A5%E8%90%BD.png" in saved


# ---- documents --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        ("笔记 1.txt", "text/plain; charset=utf-8"),
        ("a.PDF", "application/pdf"),
        ("a.gnumeric", "application/octet-stream"),
    ],
)
def test_a_document_is_always_an_attachment(owner, guest, name, type_):
    content = b"<script>alert(1)</script>"
    assert send(owner, FILES, name, content).status_code == 303
    url = link(owner, FILES)
    fetched = guest.get(url)
    assert (fetched.status_code, fetched.data, fetched.content_type) == (200, content, type_)
    assert fetched.headers["Content-Disposition"].startswith("attachment; ")
    assert fetched.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in fetched.headers["Content-Security-Policy"]
    assert guest.get(url, headers={"If-None-Match": fetched.headers["ETag"]}).status_code == 304


def test_no_extension_makes_a_page_of_a_document(make_app, ada):
    kinds = "html,htm,svg,xhtml,xml,js,php,shtml"
    app = make_app(UPLOADED_ANY_DEST="any", UPLOADED_ANY_ALLOW=kinds)
    browser = logged_in(app)
    for kind in set(kinds.split(",")) - {"svg"}:
        page = "/tuchuang/sets/any"
        assert send(browser, page, f"a.{kind}", b"<html><script>x</script>").status_code == 303
        fetched = browser.get(link(browser, page))
        assert fetched.content_type == "application/octet-stream"
        assert fetched.headers["Content-Disposition"].startswith("attachment")


def test_a_picture_of_the_set_files_is_an_attachment_too(make_app, ada):
    browser = logged_in(make_app(UPLOADED_FILES_DEST="files-here", UPLOADED_FILES_ALLOW="png"))
    send(browser, FILES, "图.png", png(200, 100))
    url = link(browser, FILES)
    for asked in ("", "?download", "?w=64"):
        fetched = browser.get(url + asked)
        assert fetched.mimetype == "image/png"
        (header,) = fetched.headers.getlist("Content-Disposition")
        assert header.startswith("attachment; ")
        assert "%E5%9B%BE.png" in header


def said_by(anchor) -> tuple[str, str]:
    return anchor.attrs["href"], anchor.to_text(separator="")


@pytest.mark.parametrize(
    ("name", "shown", "bbcode"),
    [
        ("a [1](x).txt", "a [1](x).txt", "a (1)(x).txt"),
        ("a] *b* ~~c~~ &lt; _d_ `e` <i>.txt", None, "a) *b* ~~c~~ &lt; _d_ `e` <i>.txt"),
        ("[/url][b].txt", None, "(/url)(b).txt"),
        ("a\nb\tc.txt", "a b c.txt", "a b c.txt"),
        ("\\].txt", None, "\\).txt"),
    ],
)
def test_links_of_documents_say_the_name_as_it_is(app, name, shown, bbcode):
    with app.test_request_context():
        links = document_forms("http://localhost/x", name)
    said = name if shown is None else shown
    (anchor,) = JustHTML(str(to_html(links["markdown"])), sanitize=False).query("p > a")
    assert said_by(anchor) == ("http://localhost/x", said)
    assert not anchor.query("*")
    (anchor,) = JustHTML(links["html"], sanitize=False).query("a")
    assert said_by(anchor) == ("http://localhost/x", said)
    assert links["bbcode"] == f"[url=http://localhost/x]{bbcode}[/url]"


def test_a_document_is_deleted_by_its_owner(owner, other, guest, app):
    send(owner, FILES, "a.txt", b"words")
    url = link(owner, FILES)
    page = next(path for path in links(owner.get(FILES)) if path.endswith("/delete"))
    assert other.get(page).status_code == 404
    assert "a.txt" in text(owner.get(page))
    assert owner.submit(page, page=page).status_code == 303
    assert guest.get(url).status_code == 404
    assert owner.get(page).status_code == 404


def test_documents_are_listed_for_their_owner_only_page_by_page(owner, other, session, ada, app):
    files = app.extensions["tuchuang.media"].sets["files"]
    for _ in range(31):
        factories.make_document(session, ada, files)
    first = owner.get(FILES)
    assert len(query(first, ".batch-item")) == 30
    (older,) = links(first, "a[rel=next]")
    assert len(query(owner.get(older), ".batch-item")) == 1
    assert not query(other.get(FILES), ".batch-item")
    assert not query(other.get(older), ".batch-item")
    lost = owner.get(f"{FILES}?before=xx")  # no place in the list: its beginning
    assert len(query(lost, ".batch-item")) == 30
    assert links(lost, "a[rel=next]") == [older]


def test_a_picture_in_a_set_of_documents_is_none(owner, session):
    answer = send(owner, FILES, "a.txt", png())
    assert answer.status_code == 303
    assert count_rows(session, Image) == 0


# ---- what is refused --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "name", "content", "status", "told"),
    [
        (PHOTOS, "a.txt", b"words", 422, "does not take such files"),
        (PHOTOS, "a.jpg", b"words", 415, "not a picture we can take. Use JPEG, PNG"),
        (PHOTOS, "a.jpg", b"", 422, "empty"),
        (PHOTOS, "a.jpg", factories.truncated(jpeg()), 422, "cut off"),
        (FILES, "a.html", b"<p>", 422, "does not take such files"),
        (FILES, "a.png", png(), 422, "does not take such files"),
        (FILES, "txt", b"words", 422, "does not take such files"),
        (FILES, "", b"", 422, "Choose a file first"),
    ],
)
def test_what_the_set_does_not_take_is_said_beside_the_field(
    owner, session, app, address, name, content, status, told
):
    answer = send(owner, address, name, content)
    assert answer.status_code == status
    (error,) = query(answer, ".field-error")
    assert told in error.to_text()
    assert count_rows(session, SetFile) == count_rows(session, Image) == 0
    place = app.extensions["tuchuang.media"].sets["files"].place
    assert list(place.store.list()) == []


def test_a_second_file_is_refused_and_not_lost_unsaid(owner, session):
    files = form({"csrf_token": owner.token()}, ("a.png", png()), ("b.png", png(number=1)))
    answer = owner.post(PHOTOS, **files)
    assert answer.status_code == 400
    assert "Only one file" in text(answer)
    assert count_rows(session, SetFile) == 0


def test_a_drawing_is_offered_only_where_drawings_are_taken(make_app, ada):
    for allowed in (False, True):
        browser = logged_in(make_app(ALLOW_SVG=allowed))
        (field,) = query(browser.get(PHOTOS), "input[type=file]")
        assert (".svg" in field.attrs["accept"].split(",")) is allowed


def test_a_limit_is_shown_as_it_was_set(make_app, ada):
    for limit, shown in ((100_000, "Up to 100,000 B"), (3 * 1024**2 // 2, "Up to 1.5 MB")):
        browser = logged_in(make_app(UPLOADED_PHOTOS_MAX_BYTES=limit))
        assert shown in text(browser.get(PHOTOS))
        answer = send(browser, PHOTOS, "a.png", png() + bytes(limit))
        assert shown.removeprefix("Up to ") in text(answer)


def test_a_set_has_a_limit_of_its_own_both_ways(make_app, ada):
    app = make_app(
        MAX_FILE_BYTES=1000,
        UPLOADED_SMALL_DEST="small",
        UPLOADED_SMALL_MAX_BYTES=100,
        UPLOADED_LARGE_DEST="large",
        UPLOADED_LARGE_MAX_BYTES=5000,
    )
    browser = logged_in(app)
    for name, fits in (("small", 100), ("large", 5000)):
        page = f"/tuchuang/sets/{name}"
        assert send(browser, page, "a.txt", bytes(fits)).status_code == 303
        assert send(browser, page, "a.txt", bytes(fits + 1)).status_code == 413


@pytest.mark.parametrize(
    "path", ["/tuchuang/sets/none", "/_uploads/none/a.txt", "/_uploads/files/none.txt",
             "/_uploads/photos/../files/x", "/_uploads/files/%00.txt"],
)  # fmt: skip
def test_what_is_not_there_is_not_found(owner, path):
    assert owner.get(path).status_code == 404
    if path.startswith("/tuchuang"):
        assert owner.submit(path).status_code == 404


# ---- where they lie ---------------------------------------------------------------------------


def test_a_place_of_its_own_gets_a_copy_under_the_public_name(make_app, instance, ada):
    browser = logged_in(
        make_app(
            UPLOADED_PHOTOS_DEST="./images/", UPLOADED_PHOTOS_URL="https://cdn.example.org/photos"
        )
    )
    send(browser, PHOTOS, "a.png", png())
    url = link(browser, PHOTOS)
    assert url.startswith("https://cdn.example.org/photos/")
    name = url.rpartition("/")[2]
    assert (instance / "images" / name).read_bytes() == png()
    assert browser.get(f"/_uploads/photos/{name}").data == png()
    # A server may be publishing the folder: nothing that is on its way has ever lain in it.
    assert [path.name for path in (instance / "images").iterdir()] == [name]


def test_a_place_that_is_slow_keeps_nobody_from_writing(make_app, instance, ada, monkeypatch):
    browser = logged_in(make_app(UPLOADED_PHOTOS_DEST="images"))
    real = os.link
    waited = []

    def slow(source, target):
        if "images" in str(target):
            waited.append(target)
            with closing(sqlite3.connect(instance / "tuchuang.sqlite3", timeout=0)) as other:
                other.execute("BEGIN IMMEDIATE")
        real(source, target)

    monkeypatch.setattr(os, "link", slow)
    assert send(browser, PHOTOS, "a.png", png()).status_code == 303
    assert len(waited) == 1


def test_no_copy_stays_of_a_picture_that_was_not_recorded(make_app, instance, ada, monkeypatch):
    browser = logged_in(make_app(UPLOADED_PHOTOS_DEST="images"))

    def locked(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(uploads, "rely_on_bytes", locked)
    assert send(browser, PHOTOS, "a.png", png()).status_code == 503
    assert list((instance / "images").iterdir()) == []


def test_the_copy_goes_when_a_second_photo_replaces_it(make_app, instance, session, ada):
    browser = Browser(make_app(UPLOADED_PHOTOS_DEST="images"))
    headers = {"Authorization": f"Bearer {make_token(session, ada)}"}
    for number in range(2):
        data = {"photo": (BytesIO(png(number=number)), "a.png")}
        browser.post("/temp/upload/1", data=data, headers=headers)
    (kept,) = (instance / "images").glob("*.png")
    assert kept.read_bytes() == png(number=1)


def by_the_library(browser: Browser, image: Image) -> None:
    browser.submit(f"/tuchuang/images/{image.key}/delete")


def by_the_set(browser: Browser, _: Image) -> None:
    browser.submit(next(path for path in links(browser.get(PHOTOS)) if path.endswith("/delete")))


def by_its_deletion_link(browser: Browser, image: Image) -> None:
    browser.submit(f"/tuchuang/delete/{image.key}/secret")


@pytest.mark.parametrize("delete", [by_the_library, by_the_set, by_its_deletion_link])
def test_a_picture_that_is_deleted_anywhere_is_gone_from_the_sets_folder(
    make_app, instance, session, ada, delete
):
    browser = logged_in(make_app(UPLOADED_PHOTOS_DEST="images"))
    send(browser, PHOTOS, "a.png", png())
    image = session.query(Image).one()
    image.deletion_sha256 = digest("secret")
    session.commit()
    delete(browser, image)
    assert list((instance / "images").iterdir()) == []


def test_a_backup_that_is_in_a_set_goes_from_its_folder_too(make_app, instance, session, ada):
    browser = logged_in(make_app(UPLOADED_PHOTOS_DEST="images"))
    send(browser, PHOTOS, "a.png", png())
    image = session.query(Image).one()
    image.visibility = "private"
    session.commit()
    headers = {"Authorization": f"Bearer {make_token(session, ada, 'library')}"}
    path = f"/service/image?md5={image.blob.md5}"
    assert browser.delete(path, headers=headers).status_code == 200
    assert list((instance / "images").iterdir()) == []


@pytest.mark.parametrize(("page", "name", "content"), [(FILES, "a.txt", b"words"),
                                                       (PHOTOS, "a.png", png())])  # fmt: skip
def test_a_place_on_another_volume_will_do(
    make_app, instance, ada, monkeypatch, page, name, content
):
    dest = (instance / "docs").as_uri()
    browser = logged_in(make_app(**{f"UPLOADED_{page.rpartition('/')[2].upper()}_DEST": dest}))
    real = os.link

    def link_within(source, target):
        if ".incoming" not in str(source) and "docs" in str(target):
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        real(source, target)

    monkeypatch.setattr(os, "link", link_within)
    assert send(browser, page, name, content).status_code == 303
    url = link(browser, page)
    assert browser.get(url).data == content
    assert (instance / "docs" / url.rpartition("/")[2]).read_bytes() == content
    spool = instance / "docs" / ".incoming"
    assert (list(spool.iterdir()), spool.stat().st_mode & 0o077) == ([], 0)


def test_a_place_without_room_keeps_nothing(make_app, instance, session, ada, monkeypatch):
    app = make_app(UPLOADED_PHOTOS_DEST="images")
    browser = logged_in(app)
    real = os.link

    def full(source, target):
        if "images" in str(target):
            raise OSError(errno.ENOSPC, "No space left on device")
        real(source, target)

    monkeypatch.setattr(os, "link", full)
    page = Browser(app)
    headers = {"Authorization": f"Bearer {make_token(session, ada)}"}
    data = {"photo": (BytesIO(png()), "a.png")}
    assert page.post("/temp/upload/1", data=data, headers=headers).status_code == 507
    assert count_rows(session, Image) == count_rows(session, SetFile) == 0
    assert browser.get(PHOTOS).status_code == 200


# ---- the menu, and the admin's page -----------------------------------------------------------


def test_the_menu_leads_to_further_sets(owner, make_app):
    assert FILES in links(owner.get("/"))
    assert PHOTOS not in links(owner.get("/"))
    browser = logged_in(make_app(UPLOADED_PHOTOS_DEST="images"))
    assert PHOTOS in links(browser.get("/"))


@pytest.fixture
def admin(make_app, session):
    factories.make_user(session, "root", is_admin=True)

    def log_in(**settings: object) -> Browser:
        browser = Browser(make_app(**settings))
        AuthActions(browser).login("root")
        return browser

    return log_in


def test_the_admin_sees_figures_and_no_warning(admin, session, ada):
    factories.make_image(session, ada)
    page = admin().get("/admin/")
    assert page.status_code == 200
    assert not query(page, ".notice")
    assert [cell.to_text() for cell in query(page, "dd")][:3] == ["2", "0", "1"]
    assert "/admin/" in links(page)


@pytest.mark.parametrize("setting", ["GUEST_UPLOADS", "GUEST_DELETES"])
def test_the_admin_is_warned_of_what_guests_may(admin, setting):
    (notice,) = query(admin(**{setting: True}).get("/admin/"), ".notice--error")
    assert setting in notice.to_text()


def test_nobody_else_has_an_admins_page(owner):
    assert owner.get("/admin/").status_code == 404
    assert "/admin/" not in links(owner.get("/"))
