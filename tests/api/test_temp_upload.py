"""POST /temp/upload/<openid> and POST /tasks/create/, as the mini programs of old send them."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from PIL import Image as Pillow
from sqlalchemy import select

from flaskr.models import Image, Post, SetFile, User
from tests import factories
from tests.api.conftest import bearer, read_as_seed, read_with_node, wx_upload
from tests.browsing import Browser, form
from tests.factories import CANARY, count_rows, jpeg, make_image, make_token, png

OPENID = "oGZUI0egBJY1zhBYw2KhdUfwVJJE"
TEMP = f"/temp/upload/{OPENID}"
TASKS = "/tasks/create/"
TASK = {
    "openid": OPENID,
    "limit_time": "2019-06-30 12:00:00",
    "limit_num": "3",
    "title": "找回丢失的书",
    "content": "在图书馆\n# 三楼 <b>*左边*</b>",
    "tag": "学习",
    "reward": "5",
    "problem_content": '[{"q":"it\'s?"}]',
}


class SomeText:
    """Equals every text that says something."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and bool(other.strip())

    __hash__ = None  # type: ignore[assignment]


def failed(message: str) -> dict[str, object]:
    return {"error": 1, "data": {"msg": message, "url": ""}, "message": SomeText()}


def assert_nothing_stored(session, app) -> None:
    for table in (Image, SetFile, Post):
        assert count_rows(session, table) == 0
    assert list(app.extensions["tuchuang.media"].store.list()) == []


# ---- the photo of a user ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["wx_1234.jpg", "tmp_a1b2c3.jpg", "http://tmp/wx0123.o6zAJs.q4x7.jpg", "图 片.jpg", "x"]
)
def test_a_photo_gets_a_link_that_can_be_fetched_as_it_stands(guests, name):
    content = jpeg()
    answer = guests.post(TEMP, **wx_upload({}, ("photo", name, content)))
    told = read_as_seed(answer)
    assert (answer.status_code, told["error"], told["data"]["msg"]) == (200, 0, "创建成功")
    assert set(told) == {"error", "data"}
    assert set(told["data"]) == {"msg", "url"}
    assert told["data"]["url"].startswith("http://localhost/_uploads/photos/")
    fetched = guests.get(told["data"]["url"])
    assert (fetched.status_code, fetched.mimetype) == (200, "image/jpeg")
    assert fetched.data == content


def test_the_clients_own_script_reads_the_answer(guests):
    answer = guests.post(TEMP, **wx_upload({}, ("photo", "wx_1.jpg", jpeg())))
    assert read_with_node(answer.text) == answer.json


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WebP", "JPEG"])
def test_the_type_is_that_of_the_content_whatever_the_name_says(guests, kind):
    make, type_, extension, _ = factories.KINDS[kind]
    url = guests.post(TEMP, **wx_upload({}, ("photo", "wx_1.jpg", make()))).json["data"]["url"]
    assert url.endswith(f".{extension}")
    assert guests.get(url).content_type == type_


def test_names_cannot_be_guessed_and_do_not_name_the_user(guests):
    urls = [
        guests.post(TEMP, **wx_upload({}, ("photo", "a.png", png(number=n)))).json["data"]["url"]
        for n in range(3)
    ]
    assert len(set(urls)) == 3
    for url in urls:
        assert OPENID not in url
        name = url.rpartition("/")[2].partition(".")[0]
        assert len(bytes.fromhex(name)) * 8 >= 70


def test_a_second_photo_replaces_the_first(guests, session):
    one, two = (
        guests.post(TEMP, **wx_upload({}, ("photo", "a.png", png(number=n)))).json["data"]["url"]
        for n in range(2)
    )
    assert guests.get(one).status_code == 404
    assert guests.get(two).status_code == 200
    deleted = [image.deleted is not None for image in session.query(Image).order_by(Image.id)]
    assert deleted == [True, False]


def test_guests_who_may_not_delete_replace_nothing(make_app, session):
    """Whoever knows an openid could delete somebody else's photo otherwise."""
    guests = Browser(make_app(GUEST_UPLOADS=True))
    told = [
        read_as_seed(guests.post(TEMP, **wx_upload({}, ("photo", "a.png", png(number=n)))))
        for n in range(2)
    ]
    assert [answer["error"] for answer in told] == [0, 0]
    urls = [answer["data"]["url"] for answer in told]
    assert len(set(urls)) == 2
    assert [guests.get(url).status_code for url in urls] == [200, 200]
    assert [image.deleted for image in session.query(Image)] == [None, None]


def test_what_guests_sent_before_they_might_delete_stays(make_app):
    before, after = (
        Browser(make_app(GUEST_UPLOADS=True, GUEST_DELETES=allowed)) for allowed in (False, True)
    )
    told = [
        read_as_seed(browser.post(TEMP, **wx_upload({}, ("photo", "a.png", png(number=n)))))
        for n, browser in enumerate((before, after, after))
    ]
    urls = [answer["data"]["url"] for answer in told]
    assert [after.get(url).status_code for url in urls] == [200, 404, 200]


def test_a_token_replaces_without_guests_being_allowed_anything(client, session, ada):
    headers = bearer(make_token(session, ada))
    urls = []
    for number in range(2):
        sent = wx_upload({}, ("photo", "a.png", png(number=number)))
        sent["headers"] |= headers
        urls.append(client.post(TEMP, **sent).json["data"]["url"])
    assert [client.get(url).status_code for url in urls] == [404, 200]


def test_photos_of_guests_are_replaced_as_often_as_guests_may_delete(make_app):
    app = make_app(GUEST_UPLOADS=True, GUEST_DELETES=True, RATE_LIMITS=True)
    browser = Browser(app)
    sent = wx_upload({}, ("photo", "a.png", png()))
    assert browser.post(TEMP, **sent).status_code == 200
    for _ in range(60):
        browser.delete(f"/service/image?md5={'0' * 32}")
    answer = browser.post(TEMP, **sent)
    assert (answer.status_code, read_as_seed(answer)) == (429, failed("图片上传失败"))
    assert browser.post("/temp/upload/1", **sent).status_code == 200


def test_a_picture_uploaded_elsewhere_stays_when_the_photo_is_replaced(client, session, ada):
    """The photo's image goes with it, so it is never what another upload is answered with."""
    headers = bearer(make_token(session, ada))

    def replace(number: int) -> None:
        sent = wx_upload({}, ("photo", "a.png", png(number=number)))
        sent["headers"] |= headers
        assert client.post(TEMP, **sent).json["error"] == 0

    replace(1)
    sent = client.post("/api/images", **form({}, ("a.png", png(number=1))), headers=headers)
    assert (sent.status_code, sent.json["known"]) == (201, False)
    replace(1)
    replace(2)
    assert client.get(sent.json["url"]).status_code == 200


def test_another_users_photo_stays(guests):
    urls = [
        guests.post(f"/temp/upload/{openid}", **wx_upload({}, ("photo", "a.png", png()))).json
        for openid in ("1", "2", "123456")
    ]
    for told in urls:
        assert guests.get(told["data"]["url"]).status_code == 200


def test_the_same_openid_with_another_account_replaces_nothing(client, session, ada, bob):
    urls = []
    for user in (ada, bob):
        sent = wx_upload({}, ("photo", "a.png", png()))
        sent["headers"] |= bearer(make_token(session, user))
        urls.append(client.post(TEMP, **sent).json["data"]["url"])
    assert [client.get(url).status_code for url in urls] == [200, 200]


def test_a_photo_lies_the_right_way_and_says_nothing_of_where_it_was_taken(guests):
    sent = wx_upload({}, ("photo", "a.jpg", jpeg(80, 40, orientation=6)))
    url = guests.post(TEMP, **sent).json["data"]["url"]
    content = guests.get(url).data
    assert CANARY.encode() not in content
    with Pillow.open(BytesIO(content)) as picture:
        assert picture.getexif().get(0x0112) == 6  # shown upright, as every viewer does


def test_the_hosts_own_address_is_in_the_link(make_app):
    browser = Browser(make_app(GUEST_UPLOADS=True, PUBLIC_URL="https://img.example.org"))
    told = read_as_seed(browser.post(TEMP, **wx_upload({}, ("photo", "a.png", png()))))
    assert told["data"]["url"].startswith("https://img.example.org/_uploads/photos/")


@pytest.mark.parametrize(
    ("files", "message", "status"),
    [
        ([], "没有图片上传", 400),
        ([("photo", "", b"")], "没有图片上传", 400),
        ([("other", "a.png", png())], "没有图片上传", 400),
        ([("photo", "a.png", b"")], "图片上传失败", 422),
        ([("photo", "a.jpg", b"not a picture")], "图片上传失败", 415),
        ([("photo", "a.jpg", factories.truncated(jpeg()))], "图片上传失败", 422),
        ([("photo", "a.png", factories.pixel_bomb())], "图片上传失败", 422),
        ([("photo", "a.png", png()), ("photo", "b.png", png(number=1))], "图片上传失败", 400),
        ([("photo", "a.png", png()), ("more", "b.png", png(number=1))], "图片上传失败", 400),
    ],
)
@pytest.mark.parametrize("path", [TEMP, TASKS])
def test_bad_files_are_refused_in_the_clients_envelope(
    guests, session, path, files, message, status
):
    answer = guests.post(path, **wx_upload({"title": "a"}, *files))
    assert (answer.status_code, read_as_seed(answer)) == (status, failed(message))
    assert_nothing_stored(session, guests.application)


@pytest.mark.parametrize(
    "openid",
    [
        "",
        "1/2",
        "1%2F2",
        "1%002",
        "1" * 65,
        "%0a",
        "123%0a",
        "1%0a2",
        "../1",
        "undefined",
        "-1",
        "１",
    ],
)
def test_an_openid_that_is_none_is_refused(guests, session, openid):
    path = f"/temp/upload/{openid}"
    answer = guests.post(path, **wx_upload({}, ("photo", "a.png", png())))
    assert (answer.status_code, read_as_seed(answer)) == (400, failed("图片上传失败"))
    assert_nothing_stored(session, guests.application)


@pytest.mark.parametrize("openid", ["1", "007", "9" * 64])
def test_any_number_will_do(guests, openid):
    answer = guests.post(f"/temp/upload/{openid}", **wx_upload({}, ("photo", "a.png", png())))
    assert read_as_seed(answer)["error"] == 0


def test_a_photo_over_the_limit_of_the_set_is_refused(make_app, session):
    app = make_app(GUEST_UPLOADS=True, UPLOADED_PHOTOS_MAX_BYTES=1000)
    for size in (1000, 300_000):
        sent = wx_upload({}, ("photo", "a.png", png() + bytes(size)))
        answer = Browser(app).post(TEMP, **sent)
        assert (answer.status_code, read_as_seed(answer)) == (413, failed("图片上传失败"))
    assert_nothing_stored(session, app)


@pytest.mark.parametrize(("limit", "shown"), [(1000, "1,000 B"), (32 * 1024**2, "32 MB")])
def test_what_is_too_much_is_told_by_its_own_limit(make_app, session, limit, shown):
    """Never by a sum that is ours: neither the text's nor the photo's."""
    app = make_app(GUEST_UPLOADS=True, UPLOADED_PHOTOS_MAX_BYTES=limit)
    long = {"filename": "x" * 2_000_000, "title": "a"}
    for path in (TEMP, TASKS):
        told = read_as_seed(Browser(app).post(path, **wx_upload(long, ("photo", "a.png", png()))))
        assert told["message"].startswith("The text is too long: at most 500,000 B in all.")
    large = wx_upload({"title": "a"}, ("photo", "a.png", png()))
    for path in (TEMP, TASKS):
        overlong = {"CONTENT_LENGTH": str(10**9)}
        answer = Browser(app).post(path, **large, environ_overrides=overlong)
        assert answer.status_code == 413
        assert read_as_seed(answer)["message"].startswith(f"The file is larger than {shown}.")
    assert_nothing_stored(session, app)


def test_text_that_pretends_to_be_no_form_of_files_is_not_read_without_end(guests, session):
    kind = "application/x-www-form-urlencoded"
    answer = guests.post(TEMP, data=b"filename=" + b"x" * 5 * 1024**2, content_type=kind)
    assert (answer.status_code, read_as_seed(answer)) == (413, failed("图片上传失败"))
    assert "too long: at most 4 MB" in read_as_seed(answer)["message"]


def test_what_is_no_picture_is_told_apart_from_a_picture_that_is_not_taken(make_app, session):
    app = make_app(GUEST_UPLOADS=True, UPLOADED_PHOTOS_DENY="png")
    for content, told in (
        (b"words", "This is not a picture we can take. Use JPEG, GIF, "),
        (png(), "This file is PNG by its content, which is not taken here. Use avif, "),
    ):
        answer = Browser(app).post(TEMP, **wx_upload({}, ("photo", "fake.jpg", content)))
        assert (answer.status_code, read_as_seed(answer)) == (415, failed("图片上传失败"))
        message = read_as_seed(answer)["message"]
        assert message.startswith(told)
        assert "PNG, " not in message.partition("Use")[2]
    assert_nothing_stored(session, app)


def test_a_kind_that_the_set_denies_is_refused(make_app, session):
    app = make_app(GUEST_UPLOADS=True, UPLOADED_PHOTOS_DENY="gif")
    answer = Browser(app).post(TEMP, **wx_upload({}, ("photo", "wx_1.jpg", factories.gif())))
    assert (answer.status_code, read_as_seed(answer)) == (415, failed("图片上传失败"))
    assert_nothing_stored(session, app)


def test_a_body_that_is_no_form_is_refused(guests, session):
    for body, kind in ((b"{}", "application/json"), (b"junk", "multipart/form-data; boundary=x")):
        answer = guests.post(TEMP, data=body, content_type=kind)
        assert answer.status_code == 400
        assert read_as_seed(answer)["error"] == 1


# ---- who may ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [TEMP, TASKS])
def test_without_a_token_nothing_is_read_or_stored(client, session, path):
    class Unread(BytesIO):
        def read(self, *_: object) -> bytes:
            raise AssertionError("the body was read")

        readinto = read  # type: ignore[assignment]

    answer = client.post(
        path,
        input_stream=Unread(bytes(1000)),
        content_type="multipart/form-data; boundary=x",
        content_length=1000,
    )
    assert (answer.status_code, read_as_seed(answer)) == (401, failed("图片上传失败"))
    assert_nothing_stored(session, client.application)
    assert count_rows(session, User) == 0


@pytest.mark.parametrize("path", [TEMP, TASKS])
@pytest.mark.parametrize("header", ["Bearer wrong", "Bearer ", "Basic dTpw", "junk", ""])
def test_a_broken_token_does_not_make_a_guest(guests, session, path, header):
    sent = wx_upload({"title": "a"}, ("photo", "a.png", png()))
    sent["headers"] |= {"Authorization": header}
    answer = guests.post(path, **sent)
    assert (answer.status_code, read_as_seed(answer)) == (401, failed("图片上传失败"))
    assert_nothing_stored(session, guests.application)


def test_an_expired_token_admits_nobody(client, session, ada):
    past = datetime.now(UTC) - timedelta(seconds=1)
    sent = wx_upload({}, ("photo", "a.png", png()))
    sent["headers"] |= bearer(make_token(session, ada, expires=past))
    assert client.post(TEMP, **sent).status_code == 401


def test_a_token_admits_its_account(client, session, ada):
    sent = wx_upload({}, ("photo", "a.png", png()))
    sent["headers"] |= bearer(make_token(session, ada))
    assert client.post(TEMP, **sent).status_code == 200
    assert session.query(Image).one().owner_id == ada.id


def test_a_cookie_admits_nobody(owner, session):
    answer = owner.post(TEMP, **wx_upload({}, ("photo", "a.png", png())))
    assert answer.status_code == 401
    assert count_rows(session, Image) == 0


def test_what_guests_send_belongs_to_one_account_that_nobody_logs_in_to(guests, session):
    for number in range(2):
        sent = wx_upload({}, ("photo", "a.png", png(number=number)))
        guests.post(f"/temp/upload/{number}", **sent)
    guest = session.scalars(select(User)).one()
    assert (guest.username, guest.external_id, guest.password_hash) == ("guest", "guest", "")
    assert {image.owner_id for image in session.query(Image)} == {guest.id}
    answer = guests.submit("/auth/login", {"username": "guest", "password": ""})
    assert answer.status_code != 303


def test_the_first_account_is_still_to_be_registered_after_a_guest(guests, session):
    guests.post(TEMP, **wx_upload({}, ("photo", "a.png", png())))
    data = {"username": "ada", "password": factories.PASSWORD}
    assert guests.submit("/auth/register", data).status_code == 303
    assert session.query(User).filter_by(username="ada").one().is_admin


def test_the_guests_account_gets_out_of_the_way_of_somebody_of_that_name(make_app, session):
    factories.make_user(session, "Guest")
    browser = Browser(make_app(GUEST_UPLOADS=True))
    assert browser.post(TEMP, **wx_upload({}, ("photo", "a.png", png()))).status_code == 200
    names = {user.username for user in session.query(User)}
    assert len(names) == 2
    assert names > {"Guest"}


def test_guests_are_limited_by_address(make_app, session):
    app = make_app(GUEST_UPLOADS=True, RATE_LIMITS=True)
    browser = Browser(app)
    for _ in range(200):
        browser.post(TEMP, environ_base={"REMOTE_ADDR": "192.0.2.1"})
    answer = browser.post(TEMP, environ_base={"REMOTE_ADDR": "192.0.2.1"})
    assert (answer.status_code, read_as_seed(answer)) == (429, failed("图片上传失败"))
    assert int(answer.headers["Retry-After"]) > 0
    other = browser.post(TEMP, environ_base={"REMOTE_ADDR": "192.0.2.2"})
    assert other.status_code == 400


# ---- a post with its picture ------------------------------------------------------------------


def test_a_task_becomes_a_post_with_its_picture_and_every_field(guests, session):
    answer = guests.post(TASKS, **wx_upload(TASK, ("photo", "wx_1.jpg", jpeg())))
    told = read_as_seed(answer)
    assert (told["error"], told["data"]["msg"]) == (0, "创建成功")
    post = session.query(Post).one()
    assert post.title == TASK["title"]
    page = guests.get(f"/{post.id}").text
    path = told["data"]["url"].removeprefix("http://localhost")
    assert f'src="{path}"' in page
    for shown in ("2019-06-30 12:00:00", "学习", "在图书馆", "&lt;b&gt;*左边*&lt;/b&gt;", "it"):
        assert shown in page
    for heading in ("<h1># ", "<em>左边</em>", "<b>"):
        assert heading not in page
    assert OPENID not in page
    assert "http://localhost" not in post.body


def test_a_task_in_chinese_has_chinese_labels(guests):
    sent = wx_upload(TASK, ("photo", "wx_1.jpg", jpeg()))
    sent["headers"] |= {"Accept-Language": "zh-CN"}
    guests.post(TASKS, **sent)
    page = guests.get("/1").text
    assert all(label in page for label in ("标签", "截止时间", "报酬"))


@pytest.mark.parametrize(
    "fields", [{}, {"title": " "}, {"title": "x" * 201}, {"title": "a", "content": "x" * 100_001}]
)
def test_a_task_without_a_proper_title_stores_nothing(guests, session, fields):
    answer = guests.post(TASKS, **wx_upload(fields, ("photo", "a.png", png())))
    assert (answer.status_code, read_as_seed(answer)) == (422, failed("图片上传失败"))
    assert_nothing_stored(session, guests.application)


def test_text_without_end_is_refused_in_the_envelope(guests, session):
    fields = {"title": "a", "content": "x" * 2_000_000}
    answer = guests.post(TASKS, **wx_upload(fields, ("photo", "a.png", png())))
    assert (answer.status_code, read_as_seed(answer)) == (413, failed("图片上传失败"))
    assert_nothing_stored(session, guests.application)


def test_a_broken_database_is_told_in_the_envelope(guests, instance):
    (instance / "tuchuang.sqlite3").unlink()
    answer = guests.post(TEMP, **wx_upload({}, ("photo", "a.png", png())))
    assert (answer.status_code, read_as_seed(answer)) == (503, failed("图片上传失败"))


def test_a_private_picture_of_a_set_is_its_owners(owner, guest, session, ada, media):
    image = make_image(session, ada, store=media.store)
    image.visibility = "private"
    session.add(
        SetFile(set_name="photos", name="ab.png", owner_id=ada.id, image=image, original="a.png")
    )
    session.commit()
    assert owner.get("/_uploads/photos/ab.png").status_code == 200
    assert guest.get("/_uploads/photos/ab.png").status_code == 404


def test_a_title_is_one_line(guests, session):
    sent = wx_upload({"title": "one\n\n# two"}, ("photo", "a.png", png()))
    assert read_as_seed(guests.post(TASKS, **sent))["error"] == 0
    assert session.query(Post).one().title == "one # two"


# ---- names, reasons, other ways to ask ---------------------------------------------------------


@pytest.mark.parametrize("path", [TEMP, TASKS])
def test_the_original_name_may_come_as_a_field(guests, session, path):
    fields = {"title": "a", "filename": " 日落 'A'.jpg "}
    guests.post(path, **wx_upload(fields, ("photo", "wx_1.jpg", jpeg())))
    assert session.query(SetFile).one().original == "日落 'A'.jpg"
    assert session.query(Image).one().name == "日落 'A'.jpg"


@pytest.mark.parametrize("path", [TEMP, TASKS])
def test_a_failure_says_why_beside_the_clients_own_words(guests, path):
    answer = guests.post(path, **wx_upload({"title": "a"}, ("photo", "a.jpg", b"junk")))
    assert "not a picture we can take" in read_as_seed(answer)["message"]
    good = guests.post(path, **wx_upload({"title": "a"}, ("photo", "a.jpg", jpeg())))
    assert "message" not in read_as_seed(good)


@pytest.mark.parametrize("path", [TEMP, TASKS])
def test_the_reason_is_one_for_people_in_wechat(client, path):
    words = {}
    for header in (None, "Bearer wrong"):
        sent = wx_upload({"title": "a"}, ("photo", "a.jpg", jpeg()))
        sent["headers"] |= {} if header is None else {"Authorization": header}
        words[header] = read_as_seed(client.post(path, **sent))["message"]
    assert words == {
        None: "Log in first, then try again.",
        "Bearer wrong": "Your log-in has expired. Log in again.",
    }


@pytest.mark.parametrize("path", ["/temp/upload", "/tasks/create"])
def test_a_slash_less_is_no_other_address(guests, path):
    answer = guests.post(path, **wx_upload({"title": "a"}, ("photo", "a.jpg", jpeg())))
    status = 200 if path == "/tasks/create" else 400  # there is no openid
    assert answer.status_code == status
    assert read_as_seed(answer)["error"] == (0 if status == 200 else 1)


@pytest.mark.parametrize("path", ["/temp//upload/1", "/tasks//create/"])
def test_a_slash_too_many_is_answered_in_the_envelope(guests, path):
    sent = wx_upload({"title": "a"}, ("photo", "a.jpg", jpeg()))
    answer = guests.post(path, **sent)
    assert answer.status_code == 308
    assert answer.location == f"http://localhost{path.replace('//', '/')}"
    assert read_as_seed(answer) == failed("图片上传失败")


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", [TEMP, TASKS])
def test_a_wrong_method_is_answered_in_the_envelope(guests, path, method):
    answer = guests.open(path, method=method)
    assert (answer.status_code, read_as_seed(answer)) == (405, failed("图片上传失败"))
    assert answer.headers["Allow"] == "POST"


def test_other_addresses_have_their_own_answers(guests):
    for path, status in (("/auth/logout", 405), ("/tuchuang", 308), ("/temp/other", 404)):
        answer = guests.get(path)
        assert (answer.status_code, answer.mimetype) == (status, "text/html")
