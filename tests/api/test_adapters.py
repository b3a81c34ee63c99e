"""What every shape has to get right, whichever client sends."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from limits import parse

from flaskr.library import accounts, usage
from flaskr.library.uploads import deletion_secret
from flaskr.models import Image, Token
from flaskr.web import limits
from tests import factories
from tests.api.adapters import ADAPTERS, BY_NAME, Adapter, multipart
from tests.browsing import Browser
from tests.factories import count_rows, jpeg, make_token, png


@pytest.fixture(params=ADAPTERS, ids=lambda adapter: adapter.name)
def adapter(request) -> Adapter:
    chosen: Adapter = request.param
    return chosen


@pytest.fixture
def token(session, ada) -> str:
    return make_token(session, ada)


@pytest.fixture
def nothing_is_stored(session, media):
    yield
    assert count_rows(session, Image) == 0
    assert list(media.store.list()) == []
    assert list(media.spool.folder.glob("*")) == []


def test_the_link_that_is_answered_leads_to_the_picture(adapter, client, guest, token):
    content = jpeg()
    answer = adapter.send(client, token, content, "图 片 1.jpg")
    assert answer.status_code == 200
    url = adapter.link(answer.json)
    assert url.startswith("http://localhost/tuchuang/download/")
    loaded = guest.get(url)
    assert (loaded.data, loaded.mimetype) == (content, "image/jpeg")


def test_the_name_is_read_as_utf_8(adapter, client, session, token):
    adapter.send(client, token, png(), "图 片 1.png")
    assert session.query(Image).one().name == "图 片 1.png"


def test_a_picture_that_is_sent_again_is_answered_with_the_link_it_has(
    adapter, client, session, token
):
    first, again = (adapter.send(client, token, png(), name) for name in ("a.png", "b.png"))
    assert again.status_code == 200
    assert adapter.link(again.json) == adapter.link(first.json)
    assert count_rows(session, Image) == 1


def test_who_may_only_upload_learns_to_delete_nothing_that_was_there(
    adapter, client, session, ada, media, token
):
    first = adapter.send(client, token, png())
    secret = deletion_secret(media, session.query(Image).one())
    assert secret is not None
    again = adapter.send(client, token, png())
    wide = adapter.send(client, make_token(session, ada, "library"), png())
    assert adapter.link(again.json) == adapter.link(wide.json)
    assert [secret in answer.text for answer in (first, again, wide)] == [True, False, True]


def test_the_link_works_whatever_the_account_keeps(adapter, client, guest, session, ada, token):
    accounts.set_keep(session, ada, "backup")
    session.commit()
    url = adapter.link(adapter.send(client, token, png()).json)
    assert guest.get(url).status_code == 200


def test_the_connection_ends_after_an_upload(adapter, client, token):
    assert adapter.send(client, token, png()).headers["Connection"] == "close"
    assert adapter.send(client, "wrong", png()).headers["Connection"] == "close"


def test_a_body_without_a_stated_length_is_read_to_its_end(adapter, client, token):
    form = multipart(adapter.always, (adapter.field, "a.png", png()))
    answer = client.post(
        adapter.path,
        input_stream=BytesIO(form["data"]),
        content_type=form["content_type"],
        content_length=None,
        headers=adapter.credentials(token),
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    )
    assert adapter.link(answer.json)


@pytest.mark.usefixtures("nothing_is_stored")
def test_without_a_good_token_nothing_is_taken(adapter, client, session, ada):
    expired = make_token(session, ada, expires=datetime.now(UTC) + timedelta(seconds=60))
    session.query(Token).one().expires = datetime.now(UTC) - timedelta(seconds=1)
    session.commit()
    for token in ("", "wrong", "狗".encode().decode("latin-1"), expired):
        assert "token" in adapter.refuses(adapter.send(client, token, png()), 401)


def test_with_a_wrong_token_the_body_is_not_read(adapter, client):
    class Unread(BytesIO):
        def read(self, *_: object) -> bytes:
            raise AssertionError("the body was read")

        readinto = read  # type: ignore[assignment]

    answer = client.post(
        adapter.path,
        input_stream=Unread(bytes(1000)),
        content_type="multipart/form-data; boundary=x",
        content_length=1000,
        headers=adapter.credentials("wrong"),
    )
    adapter.refuses(answer, 401)


@pytest.mark.parametrize("name", ["chevereto", "lsky 1.x"])
def test_forms_without_a_good_token_are_not_read_for_ever(make_app, name, token):
    client, adapter = Browser(make_app(RATE_LIMITS=True)), BY_NAME[name]
    file = (adapter.field, "a.png", png())
    wrong = {"key": "wrong", "token": "wrong"}
    for _ in range(30):
        adapter.refuses(adapter.post(client, "", file, fields=wrong), 401)
    good = {"key": token, "token": token}
    assert "Too many attempts" in adapter.refuses(adapter.post(client, "", file, fields=good), 429)
    assert adapter.link(adapter.post(client, token, file).json)


@pytest.fixture
def few_forms(make_app, monkeypatch):
    """A client at an app that reads two forms without a good token."""
    monkeypatch.setattr(limits, "BAD_FORMS_PER_ADDRESS", parse("2 per 5 minutes"))
    return Browser(make_app(RATE_LIMITS=True, MAX_FILE_BYTES=1000))


TOKEN_IN_FORM = pytest.mark.parametrize("name", ["chevereto", "lsky 1.x"])


@TOKEN_IN_FORM
@pytest.mark.parametrize("fault", ["cut off", "too large", "no form"])
def test_forms_that_cannot_be_read_count_as_well(few_forms, name, fault):
    adapter = BY_NAME[name]
    content = png() + bytes(200_000 if fault == "too large" else 0)
    form = multipart({}, (adapter.field, "a.png", content))
    if fault == "cut off":
        form["data"] = form["data"][:-40]
    elif fault == "no form":
        form["data"] = b"words" * 100
    for _ in range(2):
        assert "Too many attempts" not in few_forms.post(adapter.path, **form).text
    adapter.refuses(few_forms.post(adapter.path, **form), 429)


@TOKEN_IN_FORM
def test_good_forms_do_not_count(few_forms, name, token):
    adapter = BY_NAME[name]
    good = {"key": token, "token": token}
    for _ in range(4):
        answer = adapter.post(few_forms, "", (adapter.field, "a.png", png()), fields=good)
        assert adapter.link(answer.json)


@TOKEN_IN_FORM
def test_forms_count_while_they_are_read(few_forms, name):
    adapter = BY_NAME[name]
    answers: list[Any] = []

    class Slow(BytesIO):
        """A body during which others come, up to four of them."""

        def readinto(self, _buffer: object) -> int:
            if len(answers) < 4:
                answers.append(None)
                answers.append(send())
            return 0

    def send() -> Any:
        return Browser(few_forms.application).post(
            adapter.path,
            input_stream=Slow(bytes(1000)),
            content_type="multipart/form-data; boundary=x",
        )

    send()
    third = next(answer for answer in answers if answer is not None)
    assert answers.index(third) == 2
    adapter.refuses(third, 429)


@pytest.mark.usefixtures("nothing_is_stored")
def test_a_cookie_alone_is_not_enough(adapter, owner):
    adapter.refuses(adapter.send(owner, "", png()), 401)


@pytest.mark.usefixtures("nothing_is_stored")
@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"words", 415),
        (b"", 422),
        (factories.truncated(jpeg()), 422),
        (factories.pixel_bomb(), 422),
    ],
)
def test_a_bad_file_is_refused_with_words(adapter, client, token, content, status):
    adapter.refuses(adapter.send(client, token, content), status)


@pytest.mark.usefixtures("nothing_is_stored")
def test_without_a_file_in_its_field_nothing_is_taken(adapter, client, token):
    wrong = [("other", "a.png", png())] if adapter.name != "picgo" else []
    for files in ([], wrong, [(adapter.field, "", png())]):
        answer = adapter.post(client, token, *files)
        assert "No picture arrived" in adapter.refuses(answer, 400)


@pytest.mark.usefixtures("nothing_is_stored")
def test_a_file_over_the_limit_is_refused(adapter, make_app, token):
    client = Browser(make_app(MAX_FILE_BYTES=1000))
    for size in (1001, 200_000):
        answer = adapter.send(client, token, png() + bytes(size))
        assert "larger than 1,000 B" in adapter.refuses(answer, 413)


@pytest.mark.usefixtures("nothing_is_stored")
def test_a_body_that_is_cut_off_is_refused(adapter, client, token):
    form = multipart(adapter.always, (adapter.field, "a.png", png()))
    form["data"] = form["data"][:-40]
    answer = client.post(adapter.path, **form, headers=adapter.credentials(token))
    adapter.refuses(answer, 400)


@pytest.mark.usefixtures("nothing_is_stored")
def test_an_account_without_room_is_told(adapter, client, session, ada, token):
    usage.set_quota(session, ada, images=0, bytes=10)
    session.commit()
    assert "no room left" in adapter.refuses(adapter.send(client, token, png()), 413)


def test_a_token_that_is_used_too_often_is_told_when_to_come_back(adapter, make_app, token):
    client = Browser(make_app(RATE_LIMITS=True, TOKEN_REQUESTS=1))
    assert adapter.link(adapter.send(client, token, png()).json)
    answer = adapter.send(client, token, png())
    adapter.refuses(answer, 429)
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["X-RateLimit-Limit"] == "1"
    assert answer.headers["X-RateLimit-Remaining"] == "0"


def test_the_wrong_method_is_answered_in_the_clients_shape(adapter, client):
    answer = client.put(adapter.path)
    adapter.refuses(answer, 405)
    assert "POST" in answer.headers["Allow"]


def test_a_volume_that_is_full_is_told(adapter, client, token, monkeypatch, media):
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(media.store), "put", fail)
    answer = adapter.send(client, token, png())
    assert "no room left" in adapter.refuses(answer, 507)
