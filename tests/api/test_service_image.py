"""/service/image: backups by MD5, as the mini program of old asks for them."""

import hashlib
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from PIL import Image as Pillow

from flaskr.models import Blob, Image, User
from tests import collisions, factories
from tests.api.conftest import bearer, read_with_node, wx_upload
from tests.browsing import Browser
from tests.factories import count_rows, jpeg, make_image, make_token, png

PATHS = [
    "/service/image",
    "/service/image/",
    "/api/v1.0/service/image",
    "/api/v1.0/service/image/",
]
PATH = PATHS[0]
UNKNOWN = "041ed8828b50f618eda06f880c4817c3"


def md5_of(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


class Account:
    """A mini program's user with a token."""

    def __init__(self, client: Browser, token: str) -> None:
        self.client = client
        self.headers = bearer(token)

    def send(self, *files, path: str = PATH, **fields: str):
        sent = wx_upload(fields, *files)
        return self.client.post(path, **(sent | {"headers": sent["headers"] | self.headers}))

    def get(self, md5: str | None = None, path: str = PATH, **query: str):
        asked = query | ({} if md5 is None else {"md5": md5})
        return self.client.get(path, query_string=asked, headers=self.headers)

    def delete(self, md5: str | None = None, path: str = PATH, **query: str):
        asked = query | ({} if md5 is None else {"md5": md5})
        return self.client.delete(path, query_string=asked, headers=self.headers)


@pytest.fixture
def user(client, session, ada) -> Account:
    return Account(client, make_token(session, ada, "library"))


@pytest.fixture
def stranger(client, session, bob) -> Account:
    return Account(client, make_token(session, bob, "library"))


def assert_refused(answer, status: int, code: int) -> None:
    assert "'" not in answer.text
    assert answer.mimetype == "application/json"
    assert (answer.status_code, answer.json["result_code"]) == (status, code)
    assert answer.json["message"]


# ---- as the seed's front end sends it ---------------------------------------------------------


@pytest.mark.parametrize("path", PATHS)
def test_the_seed_client_uploads_downloads_and_deletes(guests, path):
    content = jpeg(80, 40, orientation=6)
    answer = guests.post(path, **wx_upload({}, ("test", "wx_1234.jpg", content)))
    md5 = md5_of(content)
    expected = {"data": [{"name": "test", "md5": md5}], "result_code": 0}
    assert answer.json == expected | {"message": "post success."}
    fetched = guests.get(f"{path}?md5={md5}")
    assert (fetched.status_code, fetched.mimetype) == (200, "image/jpeg")
    assert fetched.data == content
    removed = guests.delete(f"{path}?md5={md5}")
    assert (removed.status_code, removed.json["result_code"]) == (200, 0)
    assert "删除" in removed.json["message"]
    assert "remove" in removed.json["message"]
    assert guests.get(f"{path}?md5={md5}").status_code == 404
    assert_refused(guests.delete(f"{path}?md5={md5}"), 404, -1)


def test_any_field_names_and_any_number_of_files(user):
    contents = [png(number=n) for n in range(3)]
    names = ["test", "第二张", "it's"]
    files = [(n, f"{i}.jpg", c) for i, (n, c) in enumerate(zip(names, contents, strict=True))]
    answer = user.send(*files)
    assert "'" not in answer.text
    told = answer.json["data"]
    assert told == [
        {"name": name, "md5": md5_of(content)}
        for name, content in zip(names, contents, strict=True)
    ]
    assert read_with_node(answer.text) == answer.json
    for content in contents:
        assert user.get(md5_of(content)).data == content


def test_two_files_in_one_field_are_both_kept(user):
    answer = user.send(("a", "1.png", png(number=1)), ("a", "2.png", png(number=2)))
    assert [entry["name"] for entry in answer.json["data"]] == ["a", "a"]


# ---- bytes and types --------------------------------------------------------------------------


@pytest.mark.parametrize("kind", factories.KINDS)
def test_every_byte_comes_back_under_its_true_type(user, kind):
    make, type_, _, _ = factories.KINDS[kind]
    content = make()
    user.send(("test", "tmp_1.jpg", content))
    fetched = user.get(md5_of(content))
    assert (fetched.data, fetched.content_type) == (content, type_)
    assert fetched.headers["Cache-Control"] == "private, no-store"


def test_a_part_can_be_asked_for_and_what_is_known_is_not_sent_again(user):
    content = png()
    user.send(("test", "a.png", content))
    whole = user.get(md5_of(content))
    headers = user.headers | {"Range": "bytes=2-5"}
    part = user.client.get(f"{PATH}?md5={md5_of(content)}", headers=headers)
    assert (part.status_code, part.data) == (206, content[2:6])
    headers = user.headers | {"If-None-Match": whole.headers["ETag"]}
    assert user.client.get(f"{PATH}?md5={md5_of(content)}", headers=headers).status_code == 304


def test_the_original_name_may_come_as_a_field(user, session):
    user.send(("test", "http://tmp/wx_1.jpg", png()), filename="假期 'A'.png")
    assert session.query(Image).one().name == "假期 'A'.png"
    assert user.get().json["data"][0]["name"] == "假期 'A'.png"
    assert "'" not in user.get().text


def test_the_same_file_again_is_one_backup(user, session):
    for _ in range(2):
        assert user.send(("test", "a.png", png())).json["data"][0]["md5"] == md5_of(png())
    assert count_rows(session, Image) == 1


def test_the_same_file_under_another_name_is_renamed(user, session):
    user.send(("test", "wx_1.png", png(number=1)), filename="one.png")
    user.send(("test", "wx_2.png", png(number=2)), filename="two.png")
    user.send(("test", "wx_3.png", png(number=1)), filename="uno.png")
    user.send(("test", "wx_4.png", png(number=2)))  # a temporary file's name is none
    assert [entry["name"] for entry in user.get().json["data"]] == ["two.png", "uno.png"]
    assert count_rows(session, Image) == 2


def test_upper_case_is_read_too(user):
    user.send(("test", "a.png", png()))
    assert user.get(md5_of(png()).upper()).status_code == 200


# ---- the list ---------------------------------------------------------------------------------


def test_the_list_names_ones_own_backups_newest_first(user, stranger, session, ada):
    stranger.send(("test", "b.png", png(number=9)))
    make_image(session, ada)  # shared, so it is none
    contents = [png(number=n) for n in range(3)]
    for content in contents:
        user.send(("test", "a.png", content))
    told = user.get().json
    assert (told["result_code"], told["next"]) == (0, None)
    assert [entry["md5"] for entry in told["data"]] == [md5_of(c) for c in reversed(contents)]
    entry = told["data"][0]
    assert (entry["type"], entry["bytes"]) == ("image/png", len(contents[2]))
    assert user.client.get(entry["url"], headers=user.headers).data == contents[2]


def test_the_list_goes_on_page_by_page(user, session, ada):
    images = [make_image(session, ada) for _ in range(103)]
    for image in images:
        image.visibility = "private"
    session.commit()
    first = user.get().json
    assert len(first["data"]) == 100
    second = user.get(before=first["next"]).json
    assert (len(second["data"]), second["next"]) == (3, None)


def test_an_empty_list_is_no_error(user):
    assert user.get().json == {"data": [], "next": None, "result_code": 0, "message": "success"}


@pytest.mark.parametrize("before", ["", "x", "1" * 12, "0OIl"])
def test_a_place_in_the_list_that_is_none_is_an_error(user, stranger, session, bob, before):
    user.send(("test", "a.png", png()))
    stranger.send(("test", "b.png", png(number=1)))
    theirs = session.query(Image).filter_by(owner_id=bob.id).one().key
    for key in (before, theirs):
        assert_refused(user.get(before=key), 400, -101)


def test_a_place_in_the_list_that_was_deleted_meanwhile_goes_on(user, session, ada):
    images = [make_image(session, ada) for _ in range(3)]
    for image in images:
        image.visibility = "private"
    images[1].deleted = datetime.now(UTC)
    session.commit()
    (entry,) = user.get(before=images[1].key).json["data"]
    assert entry["sha256"] == images[0].blob.sha256


# ---- small pictures for the list --------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "type_", "size"),
    [
        (lambda: jpeg(1200, 600), "image/jpeg", (320, 160)),
        (lambda: jpeg(1200, 600, orientation=6), "image/jpeg", (320, 640)),
        (lambda: png(1200, 600), "image/png", (320, 160)),
        (lambda: png(40, 20), "image/png", (40, 20)),
        (factories.heic, "image/jpeg", (48, 32)),
        (factories.gif, "image/png", (48, 32)),
    ],
)
def test_a_backup_can_be_had_small(user, make, type_, size):
    content = make()
    user.send(("test", "a.jpg", content))
    small = user.get(md5_of(content), w="320")
    assert (small.status_code, small.mimetype) == (200, type_)
    assert small.headers["Cache-Control"] == "private, no-store"
    with Pillow.open(BytesIO(small.data)) as picture:
        assert (picture.size, getattr(picture, "n_frames", 1)) == (size, 1)
    assert factories.CANARY.encode() not in small.data
    assert user.get(md5_of(content)).data == content


def test_a_small_picture_is_as_private_as_its_backup(user, stranger, guests):
    md5 = md5_of(png())
    user.send(("test", "a.png", png()))
    assert_refused(stranger.get(md5, w="320"), 404, -1)
    assert_refused(guests.get(f"{PATH}?md5={md5}&w=320"), 404, -1)


@pytest.mark.parametrize("query", [{"w": "321"}, {"w": "0"}, {"w": "x"}, {"w": ""}, {"h": "9999"},
                                   {"w": "320", "h": "64"}, {"w": "320", "fit": "x"}])  # fmt: skip
def test_a_size_that_is_none_is_wrong_params(user, query):
    user.send(("test", "a.png", png()))
    assert_refused(user.get(md5_of(png()), **query), 400, -101)


# ---- bad input --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "status"),
    [
        ([], 400),
        ([("test", "", b"")], 400),
        ([("test", "a.png", b"")], 422),
        ([("test", "a.jpg", b"not a picture")], 415),
        ([("test", "a.html", b"<script>alert(1)</script>")], 415),
        ([("test", "a.jpg", factories.truncated(jpeg()))], 422),
        ([("test", "a.png", factories.pixel_bomb())], 422),
    ],
)
def test_bad_files_are_wrong_params(user, session, media, files, status):
    assert_refused(user.send(*files), status, -101)
    assert count_rows(session, Image) == 0
    assert list(media.store.list()) == []


def test_good_files_beside_a_bad_one_are_kept_and_the_code_says_so(user):
    answer = user.send(("one", "a.png", png()), ("two", "b.jpg", b"junk"))
    assert_refused(answer, 415, -101)
    assert answer.json["data"] == [{"name": "one", "md5": md5_of(png())}]
    assert [error["name"] for error in answer.json["errors"]] == ["two"]


def test_a_file_over_the_limit_is_refused(make_app, session, ada):
    browser = Browser(make_app(MAX_FILE_BYTES=1000))
    user = Account(browser, make_token(session, ada, "library"))
    assert_refused(user.send(("test", "a.png", png() + bytes(1000))), 413, -101)


def test_text_without_end_is_told_as_such(user):
    answer = user.send(("test", "a.png", png()), filename="x" * 2_000_000)
    assert_refused(answer, 413, -101)
    assert answer.json["message"].startswith("The text is too long: at most 500,000 B in all.")


@pytest.mark.parametrize(
    "md5", ["", "x", "0" * 31, "0" * 33, "g" * 32, "../../etc/passwd", "０" * 32]
)
@pytest.mark.parametrize("ask", ["get", "delete"])
def test_what_is_no_md5_is_wrong_params(user, ask, md5):
    assert_refused(getattr(user, ask)(md5), 400, -101)


@pytest.mark.parametrize("ask", ["get", "delete"])
def test_an_unknown_md5_is_not_there(user, ask):
    assert_refused(getattr(user, ask)(UNKNOWN), 404, -1)
    assert_refused(getattr(user, ask)(UNKNOWN, sha256="x"), 404, -1)


def test_deleting_without_an_md5_deletes_nothing(user):
    user.send(("test", "a.png", png()))
    assert_refused(user.delete(), 400, -101)
    assert len(user.get().json["data"]) == 1


# ---- whose ------------------------------------------------------------------------------------


def test_another_users_backup_is_not_there_and_stays(user, stranger):
    md5 = md5_of(png())
    user.send(("test", "a.png", png()))
    unknown, theirs = stranger.get(UNKNOWN), stranger.get(md5)
    assert (theirs.status_code, theirs.data) == (unknown.status_code, unknown.data)
    unknown, theirs = stranger.delete(UNKNOWN), stranger.delete(md5)
    assert (theirs.status_code, theirs.data) == (unknown.status_code, unknown.data)
    assert stranger.get().json["data"] == []
    assert user.get(md5).data == png()


def test_two_users_with_the_same_file_have_one_each(user, stranger, session):
    md5 = md5_of(png())
    for who in (user, stranger):
        who.send(("test", "a.png", png()))
    assert (count_rows(session, Image), count_rows(session, Blob)) == (2, 1)
    assert user.delete(md5).status_code == 200
    assert user.get(md5).status_code == 404
    assert stranger.get(md5).data == png()


def test_a_shared_picture_is_no_backup(user, session, ada, media):
    image = make_image(session, ada, store=media.store)
    assert_refused(user.get(image.blob.md5), 404, -1)
    assert_refused(user.delete(image.blob.md5), 404, -1)


def test_a_backup_has_no_public_link(user, guest, session):
    user.send(("test", "a.png", png()))
    key = session.query(Image).one().key
    assert guest.get(f"/i/{key}.png").status_code == 404


@pytest.mark.parametrize(("one", "two"), collisions.pairs())
def test_files_whose_md5_collides_are_both_kept(user, one, two):
    md5 = md5_of(one)
    assert md5 == md5_of(two)
    user.send(("test", "a.bmp", one), ("test", "b.bmp", two))
    told = user.get().json["data"]
    assert [entry["md5"] for entry in told] == [md5, md5]
    assert user.get(md5).data == two
    for entry, content in zip(told, (two, one), strict=True):
        assert user.get(md5, sha256=entry["sha256"]).data == content
    assert user.delete(md5).status_code == 200
    assert user.get(md5).data == one
    assert user.delete(md5).status_code == 200
    assert user.get(md5).status_code == 404


def test_two_users_may_have_one_each_of_two_files_whose_md5_collides(user, stranger):
    one, two = collisions.pairs()[0]
    user.send(("test", "a.bmp", one))
    stranger.send(("test", "a.bmp", two))
    assert (user.get(md5_of(one)).data, stranger.get(md5_of(one)).data) == (one, two)


# ---- what people are told ---------------------------------------------------------------------


def test_the_words_are_for_people_in_wechat(user, client, session, ada):
    words = [
        client.get(PATH).json["message"],
        client.get(PATH, headers=bearer("wrong")).json["message"],
        Account(client, make_token(session, ada, "upload")).get().json["message"],
        user.get(UNKNOWN).json["message"],
        user.get("x").json["message"],
        user.send().json["message"],
        user.get(before="x").json["message"],
    ]
    assert words == [
        "Log in first, then try again.",
        "Your log-in has expired. Log in again.",
        "Your log-in does not allow this. Log in again.",
        "This picture is no longer here. Refresh the list.",
        "Which picture is meant? Refresh the list, then try again.",
        "No picture arrived. Choose one, then send it again.",
        "The list has changed. Refresh it.",
    ]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_wrong_method_is_answered_in_the_envelope(client, path, method):
    answer = client.open(path, method=method)
    assert_refused(answer, 405, -101)
    assert answer.headers["Allow"] == "DELETE, GET, HEAD, POST"


def test_a_slash_too_many_is_answered_in_the_envelope(client):
    answer = client.get("/service//image?md5=1")
    assert_refused(answer, 308, -101)
    assert answer.location == "http://localhost/service/image?md5=1"


# ---- who may ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS)
def test_without_rights_nothing_is_read_told_or_stored(client, session, path):
    class Unread(BytesIO):
        def read(self, *_: object) -> bytes:
            raise AssertionError("the body was read")

        readinto = read  # type: ignore[assignment]

    body = {"input_stream": Unread(bytes(99)), "content_length": 99}
    kind = "multipart/form-data; boundary=x"
    assert_refused(client.post(path, content_type=kind, **body), 401, -500)
    for query in ("", f"?md5={UNKNOWN}"):
        assert_refused(client.get(path + query), 401, -500)
        assert_refused(client.delete(path + query), 401, -500)
    assert count_rows(session, User) == 0


@pytest.mark.parametrize("header", ["Bearer wrong", "Bearer", "Basic dTpw", ""])
def test_a_broken_token_is_told_apart(guests, session, header):
    headers = {"Authorization": header}
    sent = wx_upload({}, ("test", "a.png", png()))
    assert_refused(guests.post(PATH, **(sent | {"headers": headers})), 401, -501)
    assert_refused(guests.get(f"{PATH}?md5={UNKNOWN}", headers=headers), 401, -501)
    assert_refused(guests.delete(f"{PATH}?md5={UNKNOWN}", headers=headers), 401, -501)
    assert count_rows(session, Image) == 0


def test_an_expired_token_is_broken(client, session, ada):
    past = datetime.now(UTC) - timedelta(seconds=1)
    user = Account(client, make_token(session, ada, "library", expires=past))
    assert_refused(user.get(), 401, -501)


def test_a_token_for_uploading_only_may_not_look_or_delete(client, session, ada):
    uploader = Account(client, make_token(session, ada, "upload"))
    assert uploader.send(("test", "a.png", png())).json["result_code"] == 0
    for answer in (uploader.get(), uploader.get(UNKNOWN), uploader.delete(UNKNOWN)):
        assert_refused(answer, 403, -500)


def test_a_cookie_admits_nobody(owner):
    assert_refused(owner.get(PATH), 401, -500)
    assert_refused(owner.delete(f"{PATH}?md5={UNKNOWN}"), 401, -500)


def test_guests_cannot_list_what_other_guests_have(guests):
    guests.post(PATH, **wx_upload({}, ("test", "a.png", png())))
    assert_refused(guests.get(PATH), 401, -500)


def test_a_guest_reaches_nothing_of_an_account(guests, session, ada):
    Account(guests, make_token(session, ada, "library")).send(("test", "a.png", png()))
    assert_refused(guests.get(f"{PATH}?md5={md5_of(png())}"), 404, -1)
    assert_refused(guests.delete(f"{PATH}?md5={md5_of(png())}"), 404, -1)


def test_guests_may_upload_without_being_allowed_to_delete(make_app):
    browser = Browser(make_app(GUEST_UPLOADS=True))
    browser.post(PATH, **wx_upload({}, ("test", "a.png", png())))
    assert_refused(browser.delete(f"{PATH}?md5={md5_of(png())}"), 401, -500)
    assert browser.get(f"{PATH}?md5={md5_of(png())}").status_code == 200


def test_guests_deletions_are_limited_by_address(make_app):
    browser = Browser(make_app(GUEST_DELETES=True, RATE_LIMITS=True))
    for _ in range(60):
        assert_refused(browser.delete(f"{PATH}?md5={UNKNOWN}"), 404, -1)
    assert_refused(browser.delete(f"{PATH}?md5={UNKNOWN}"), 429, -100)


def test_a_fault_is_a_failure_of_ours(user, media, monkeypatch):
    def full(*_: object, **__: object) -> bool:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(media.store), "put", full)
    answer = user.send(("test", "a.png", png()))
    assert_refused(answer, 507, -100)
    assert answer.headers["Retry-After"]


def test_a_guests_limit_is_on_files_not_on_requests(make_app, session):
    guests = Browser(make_app(GUEST_UPLOADS=True, RATE_LIMITS=True))
    files = [(f"f{order}", f"{order}.png", png(number=order)) for order in range(202)]
    answer = guests.post("/service/image", **wx_upload({}, *files))
    told = answer.json
    assert told is not None
    assert told["result_code"] == -100
    assert int(answer.headers["Retry-After"]) > 0
    assert len(told["data"]) == 200
    assert {error["code"] for error in told["errors"]} == {"too_many_attempts"}
