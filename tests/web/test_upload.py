"""The upload page: plain form and script, one file and many, good and bad."""

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from threading import Barrier

import pytest
from PIL import Image as Pillow

from flaskr.library.media import Media, blob_name
from flaskr.models import BatchEntry, Blob, Image
from tests import factories
from tests.browsing import JSON, UPLOAD, AuthActions, Browser, form, links, query, text
from tests.factories import count_rows, gif, jpeg, png, truncated


def incoming(media: Media) -> list[str]:
    """What still lies in the spool."""
    folder = media.spool.folder
    return [path.name for path in folder.iterdir()] if folder.exists() else []


def stored(media: Media) -> int:
    return sum(entry.name.startswith("blobs/") for entry in media.store.list())


def notices(answer) -> str:
    return " ".join(element.to_text() for element in query(answer, ".notice--error"))


@pytest.fixture(autouse=True)
def nothing_left_behind(media):
    """Whatever a test does, no file stays in the spool."""
    yield
    assert incoming(media) == []


# ---- what arrives ---------------------------------------------------------------------------


def test_one_file_leads_to_its_download_url(owner, session):
    answer = owner.upload(("dog.jpg", jpeg()))
    image = session.query(Image).one()
    assert answer.status_code == 303
    assert answer.location == f"/tuchuang/download/{image.key}.jpg"
    assert owner.get(answer.location).data == jpeg()


def test_several_files_lead_to_the_page_of_their_links(owner):
    answer = owner.upload(("a.png", png()), ("b.gif", gif()), batch="abcdefghijkm")
    assert (answer.status_code, answer.location) == (303, "/tuchuang/uploads/abcdefghijkm")
    page = owner.get(answer.location)
    assert "a.png" in text(page)
    assert "b.gif" in text(page)
    values = [field.attrs["value"] for field in query(page, "input[readonly]")]
    assert len(values) == 2
    for value in values:
        assert "http://localhost/tuchuang/download/" in value


@pytest.mark.parametrize("batch", ["", "short", "0" * 12, "../../../etc", "a\0b"])
def test_a_batch_that_is_no_key_is_replaced(owner, session, batch):
    owner.upload(("a.png", png()), batch=batch)
    made = session.query(BatchEntry).one().batch
    assert made != batch
    assert len(made) == 12


def test_a_script_gets_json(owner):
    answer = owner.upload_json(("dog.jpg", jpeg()), batch="abcdefghijkm")
    assert answer.status_code == 201
    (told,) = answer.json["files"]
    assert answer.json["errors"] == []
    assert answer.json["redirect"] == told["path"] == f"/tuchuang/download/{told['key']}.jpg"
    assert told["url"] == "http://localhost" + told["path"]
    assert told["links"]["url"] == told["url"]
    assert told["links"]["markdown"] == f"![dog]({told['url']})"
    facts = {name: told[name] for name in ("name", "type", "bytes", "width", "height", "frames")}
    assert facts == {
        "name": "dog.jpg",
        "type": "image/jpeg",
        "bytes": len(jpeg()),
        "width": 48,
        "height": 32,
        "frames": 1,
    }


def test_what_a_script_sent_one_by_one_is_on_one_page(owner):
    for number in range(3):
        owner.upload_json((f"{number}.png", png(number=number)), batch="abcdefghijkm")
    page = owner.get("/tuchuang/uploads/abcdefghijkm")
    names = [element.to_text() for element in query(page, ".card-name")]
    assert names == ["0.png", "1.png", "2.png"]


@pytest.mark.parametrize("kind", sorted(set(factories.KINDS) - {"HEIC"}))  # shown as a variant only
def test_every_kind_arrives_and_is_shown(owner, kind):
    make, media_type, extension, _ = factories.KINDS[kind]
    (told,) = owner.upload_json(("picture", make())).json["files"]
    assert told["type"] == media_type
    assert told["path"].endswith(f".{extension}")
    answer = owner.get(told["path"])
    assert (answer.status_code, answer.mimetype) == (200, media_type)
    with Pillow.open(BytesIO(answer.data)) as sent, Pillow.open(BytesIO(make())) as drawn:
        assert sent.convert("RGB").tobytes() == drawn.convert("RGB").tobytes()
    thumbnail = owner.get(told["thumbnail"])
    assert (thumbnail.status_code, thumbnail.mimetype) == (200, "image/webp")


def test_the_type_comes_from_the_content_not_from_the_name(owner):
    (told,) = owner.upload_json(("photo.jpg", png())).json["files"]
    assert told["type"] == "image/png"
    assert told["path"].endswith(".png")
    assert told["name"] == "photo.jpg"


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_photo_of_a_phone_is_measured_upright(owner, orientation):
    (told,) = owner.upload_json(("p.jpg", jpeg(80, 40, orientation))).json["files"]
    upright = (40, 80) if orientation in {6, 8} else (80, 40)
    assert (told["width"], told["height"]) == upright


def test_the_upload_page_shows_what_came_last(owner):
    owner.upload(("first.png", png(number=1)))
    owner.upload(("second.png", png(number=2)))
    page = owner.get(UPLOAD)
    names = [element.to_text() for element in query(page, ".card-name")]
    assert names == ["second.png", "first.png"]


def test_the_upload_page_works_without_script(owner):
    page = owner.get(UPLOAD)
    (form,) = query(page, "form[enctype='multipart/form-data']")
    assert (form.attrs["method"], form.attrs["action"]) == ("post", UPLOAD)
    (picker,) = query(page, "input[type=file][name=file]")
    assert "multiple" in picker.attrs
    assert "image/avif" in picker.attrs["accept"]


# ---- what is refused ------------------------------------------------------------------------

BAD = {
    "text": ("notes.txt", b"just some words", 415, "unsupported_type"),
    "page named as a picture": ("x.png", b"<!doctype html>", 415, "unsupported_type"),
    "drawing": ("x.svg", factories.NOT_PICTURES["drawing"], 415, "unsupported_type"),
    "cut off": ("cut.jpg", truncated(jpeg()), 422, "incomplete_image"),
    "empty": ("empty.png", b"", 422, "empty_file"),
    "pixels": ("bomb.png", factories.pixel_bomb(), 422, "too_many_pixels"),
    "frames": ("long.gif", factories.many_frames(), 422, "too_many_frames"),
    "too large": ("large.png", png() + bytes(100_000), 413, "too_large"),
}


@pytest.fixture
def strict(make_app, ada):
    """A browser on an app that takes files of 50 kB at most."""
    browser = Browser(make_app(MAX_FILE_BYTES=50_000))
    AuthActions(browser).login()
    return browser


@pytest.mark.parametrize(("name", "content", "status", "code"), BAD.values(), ids=BAD)
def test_a_bad_file_is_refused_by_name_and_nothing_is_kept(
    strict, session, media, name, content, status, code
):
    page = strict.upload((name, content))
    assert page.status_code == status
    assert name in notices(page)
    answer = strict.upload_json((name, content))
    assert answer.status_code == status
    assert answer.json["error"]["code"] == code
    assert name in answer.json["error"]["message"]
    assert [error["name"] for error in answer.json["errors"]] == [name]
    assert count_rows(session, Image) == count_rows(session, Blob) == 0
    assert list(media.store.list()) == []


@pytest.mark.parametrize(("name", "content", "status", "code"), BAD.values(), ids=BAD)
def test_good_files_arrive_beside_a_bad_one(strict, session, name, content, status, code):
    answer = strict.upload_json(("a.png", png()), (name, content), ("b.gif", gif()))
    assert answer.status_code == 201
    assert [told["name"] for told in answer.json["files"]] == ["a.png", "b.gif"]
    assert [(e["name"], e["code"]) for e in answer.json["errors"]] == [(name, code)]
    assert "/tuchuang/uploads/" in answer.json["redirect"]
    page = strict.upload(("a.png", png()), (name, content), ("b.gif", gif()))
    assert page.status_code == status
    assert name in notices(page)
    arrived = [element.to_text() for element in query(page, ".batch .card-name")]
    assert arrived == ["a.png", "b.gif"]
    assert count_rows(session, Image) == 2


def test_a_form_without_a_file_part_says_what_to_do(owner):
    page = owner.submit(UPLOAD, {"batch": ""})
    assert page.status_code == 400
    assert "No picture was chosen" in notices(page)


def test_a_form_in_which_nothing_was_chosen_says_what_to_do(owner, session):
    page = owner.upload(("", b""))
    assert page.status_code == 400
    assert "No picture was chosen" in notices(page)
    assert count_rows(session, Image) == 0


def test_a_script_without_a_file_gets_a_code(owner):
    headers = {**JSON, "X-CSRFToken": owner.token()}
    answer = owner.post(UPLOAD, data={"batch": ""}, headers=headers)
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "no_file")


def test_a_request_larger_than_the_limit_is_refused(make_app, ada, session):
    browser = Browser(make_app(MAX_BATCH_BYTES=20_000))
    AuthActions(browser).login()
    answer = browser.upload_json(("a.png", png() + bytes(50_000)))
    assert answer.status_code == 413
    assert '"code":"too_large"' in answer.text
    assert count_rows(session, Image) == 0


def test_a_body_that_is_cut_off_is_refused(owner, session):
    headers = {**JSON, "X-CSRFToken": owner.token()}
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n' + png()
    kind = "multipart/form-data; boundary=x"
    answer = owner.post(UPLOAD, data=body, content_type=kind, headers=headers)
    assert answer.status_code == 400
    assert count_rows(session, Image) == 0


def test_a_disk_without_room_is_said_to_be_full(owner, media, session, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(media.store), "put", full)
    answer = owner.upload_json(("a.png", png()))
    assert (answer.status_code, answer.json["error"]["code"]) == (507, "storage_full")
    monkeypatch.undo()
    assert incoming(media) == []
    assert count_rows(session, Image) == 0


# ---- names ----------------------------------------------------------------------------------

NAMES = {
    "图片.png": "图片.png",
    "CON.png": "CON.png",
    "🌻.png": "🌻.png",
    "a;b=\"c'.png": "a;b=\"c'.png",
    "../../etc/passwd": "passwd",
    "C:\\photos\\dog.png": "dog.png",
    "a" * 300 + ".png": "a" * 251 + ".png",
    "   ": "image.png",
    "..": "image.png",
    "<b>x</b>.png": "b>.png",
    "100%.png": "100%.png",
}


@pytest.mark.parametrize(("name", "kept"), NAMES.items())
def test_a_name_is_kept_as_data_and_never_becomes_a_path(owner, session, media, name, kept):
    answer = owner.upload_json((name, png()))
    assert answer.status_code == 201
    image = session.query(Image).one()
    assert image.name == kept
    assert stored(media) == 1
    assert media.store.read(blob_name(image.blob.sha256)) == png()
    assert owner.get(answer.json["files"][0]["page"]).status_code == 200


@pytest.mark.parametrize("name", [b"a\0b.png", b"a%0D%0Ab.png", b"a\x1b[31m.png", b"\xff\xfe.png"])
def test_bytes_that_no_name_has_do_no_harm(owner, name):
    headers = {**JSON, "X-CSRFToken": owner.token()}
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="' + name + b'"\r\n'
    body = head + b"Content-Type: image/png\r\n\r\n" + png() + b"\r\n--x--\r\n"
    kind = "multipart/form-data; boundary=x"
    answer = owner.post(UPLOAD, data=body, content_type=kind, headers=headers)
    assert answer.status_code in {201, 400}
    if answer.status_code == 201:
        assert answer.json["files"][0]["name"].isprintable()


# ---- the same content -----------------------------------------------------------------------


def test_the_same_picture_again_is_answered_with_the_link_it_has(owner, session, media):
    first, second = (owner.upload(("a.png", png())).location for _ in range(2))
    assert first == second
    assert (count_rows(session, Image), count_rows(session, Blob), stored(media)) == (1, 1, 1)


def test_two_people_with_the_same_picture_have_a_link_each(owner, other, session, media):
    first, second = (browser.upload(("a.png", png())).location for browser in (owner, other))
    assert first != second
    assert (count_rows(session, Image), count_rows(session, Blob), stored(media)) == (2, 1, 1)


def test_a_script_is_told_which_pictures_were_here_before(owner):
    new = owner.upload_json(("a.png", png(number=1)))
    assert (new.status_code, [told["known"] for told in new.json["files"]]) == (201, [False])
    mixed = owner.upload_json(("again.png", png(number=1)), ("b.png", png(number=2)))
    assert mixed.status_code == 201
    assert [(told["name"], told["known"]) for told in mixed.json["files"]] == [
        ("a.png", True),
        ("b.png", False),
    ]
    again = owner.upload_json(("b.png", png(number=2)))
    assert (again.status_code, [told["known"] for told in again.json["files"]]) == (200, [True])
    assert again.json["files"][0]["url"] == mixed.json["files"][1]["url"]


def test_what_was_here_before_is_on_the_page_of_its_new_batch_too(owner):
    owner.upload_json(("a.png", png(number=1)), batch="abcdefghijkm")
    for number, position in ((2, 0), (1, 1)):
        file = (f"{number}.png", png(number=number))
        owner.upload_json(file, batch="nopqrstuvwxy", position=str(position))
    page = owner.get("/tuchuang/uploads/nopqrstuvwxy")
    assert [element.to_text() for element in query(page, ".card-name")] == ["2.png", "a.png"]
    page = owner.get("/tuchuang/uploads/abcdefghijkm")
    assert [element.to_text() for element in query(page, ".card-name")] == ["a.png"]


def test_what_differs_in_its_metadata_alone_is_the_same_picture_when_shared(owner):
    plain, with_place = jpeg(80, 40), jpeg(80, 40, orientation=1)
    assert plain != with_place
    shared = [owner.upload_json(("a.jpg", photo)) for photo in (plain, with_place)]
    kept = [owner.upload_json(("a.jpg", photo), keep="backup") for photo in (plain, with_place)]
    assert [answer.status_code for answer in (*shared, *kept)] == [201, 200, 201, 201]


def test_a_backup_and_a_shared_picture_are_two(owner):
    answers = [owner.upload_json(("a.png", png()), keep=keep) for keep in ("share", "backup")]
    assert [answer.status_code for answer in answers] == [201, 201]
    again = owner.upload_json(("a.png", png()), keep="backup")
    assert again.json["files"][0]["url"] == answers[1].json["files"][0]["url"]


def test_a_picture_that_was_deleted_is_not_known_any_more(owner):
    first = owner.upload_json(("a.png", png())).json["files"][0]
    owner.submit(f"/tuchuang/images/{first['key']}/delete")
    again = owner.upload_json(("a.png", png()))
    assert (again.status_code, again.json["files"][0]["known"]) == (201, False)
    assert again.json["files"][0]["key"] != first["key"]
    assert owner.get(again.json["files"][0]["url"]).status_code == 200


@pytest.mark.parametrize("position", ["", "-1", "x", "٣", "1.5", "9" * 40])
def test_a_position_that_is_none_does_no_harm(owner, session, position):
    assert owner.upload_json(("a.png", png()), position=position).status_code == 201
    assert session.query(BatchEntry).one().position in {0, 1_000_000}


def test_sixteen_times_the_same_picture_at_once_is_one_link(app, owner, session, media):
    token = owner.token()
    cookie = owner.get_cookie("session")
    assert cookie is not None
    together = Barrier(16)

    def send(_: int) -> tuple[int, str]:
        browser = Browser(app)
        browser.set_cookie("session", cookie.value)
        together.wait()
        headers = {**JSON, "X-CSRFToken": token}
        answer = browser.post(UPLOAD, **form({}, ("a.png", png())), headers=headers)
        assert answer.json is not None
        return int(answer.status_code), str(answer.json["files"][0]["url"])

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(send, range(16)))
    assert sorted(status for status, _ in answers) == [200] * 15 + [201]
    assert len({url for _, url in answers}) == 1
    assert (count_rows(session, Image), count_rows(session, Blob), stored(media)) == (1, 1, 1)


def test_links_on_the_page_of_a_batch_lead_to_the_pictures(owner, guest):
    batch = owner.upload(("a.png", png()), ("b.gif", gif())).location
    direct = {link for link in links(owner.get(batch)) if "/download/" in link}
    assert len(direct) == 2
    assert all(guest.get(link).status_code == 200 for link in direct)
