"""The same request twice: an Idempotency-Key makes one image of it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from flaskr.models import BatchEntry, IdempotencyKey, Image
from tests.browsing import JSON, UPLOAD, Browser, form, query
from tests.factories import count_rows, jpeg, make_token, png, truncated

KEY = "6f6c3d0e-0b0f-4f7e-8d8e-3f9d2b1c7a55"
BATCH = "abcdefghijkm"


@pytest.fixture
def send(owner):
    """Send files as the page's script does, with a key."""

    def post(*files, key: str = KEY, browser: Browser = owner, **fields):
        headers = {**JSON, "X-CSRFToken": browser.token(), "Idempotency-Key": key}
        return browser.post(UPLOAD, **form(fields, *files), headers=headers)

    return post


def told(answer) -> tuple[int, str, bool]:
    (file,) = answer.json["files"]
    return answer.status_code, file["key"], file["known"]


def refused(answer) -> tuple[int, str]:
    return answer.status_code, answer.json["error"]["code"]


def test_a_retry_is_answered_with_the_same_image(send, owner, session):
    first = told(send(("a.png", png()), batch=BATCH))
    again = told(send(("a.png", png()), batch=BATCH))
    assert first == (201, again[1], False)
    assert again == (200, first[1], False)  # what it told before
    assert count_rows(session, Image) == count_rows(session, BatchEntry) == 1
    page = owner.get(f"/tuchuang/uploads/{BATCH}")
    assert len(query(page, ".card-name")) == 1


def test_a_retry_of_what_was_here_before_says_so_again(send):
    _, first, _ = told(send(("a.png", png())))
    for _ in range(2):
        assert told(send(("b.png", png()), key="another")) == (200, first, True)


def test_a_retry_opens_no_picture(send, media, monkeypatch):
    send(("a.png", png()))

    def run(*_: object, **__: object) -> None:
        raise AssertionError("the picture was opened")

    monkeypatch.setattr(type(media.decoders), "run", run)
    assert send(("a.png", png())).status_code == 200


def test_a_retry_joins_the_batch_that_it_names(send, owner):
    send(("a.png", png()), batch=BATCH)
    send(("a.png", png()), batch="nopqrstuvwxy")
    assert owner.get("/tuchuang/uploads/nopqrstuvwxy").status_code == 200


def test_the_key_of_another_file_is_refused(send, session):
    send(("a.png", png(number=1)))
    assert refused(send(("b.png", png(number=2)))) == (422, "idempotency_mismatch")
    assert count_rows(session, Image) == 1


def test_the_file_as_it_was_sent_counts_not_what_is_kept_of_it(send):
    send(("a.jpg", jpeg(80, 40)))
    answer = send(("a.jpg", jpeg(80, 40, orientation=1)))
    assert refused(answer) == (422, "idempotency_mismatch")


@pytest.mark.parametrize("other", [{"keep": "backup"}, {"visibility": "private"}])
def test_a_retry_that_would_hide_the_picture_is_not_answered_with_the_shared_one(
    send, session, other
):
    send(("a.png", png()), keep="share")
    answer = send(("a.png", png()), **{"keep": "share"} | other)
    assert refused(answer) == (422, "idempotency_mismatch")
    assert count_rows(session, Image) == 1


def test_a_retry_may_say_what_goes_without_saying(send):
    assert send(("a.png", png())).status_code == 201
    answer = send(("a.png", png()), keep="share", visibility="unlisted")
    assert answer.status_code == 200


def test_a_refused_file_uses_no_key_up(send):
    assert send(("a.jpg", truncated(jpeg()))).status_code == 422
    assert send(("a.png", png())).status_code == 201


def test_another_user_may_use_the_same_key(send, other):
    assert send(("a.png", png(number=1))).status_code == 201
    assert send(("b.png", png(number=2)), browser=other).status_code == 201


def test_after_the_image_was_deleted_the_key_makes_a_new_one(send, owner, session):
    _, first, _ = told(send(("a.png", png())))
    owner.submit(f"/tuchuang/images/{first}/delete")
    status, second, known = told(send(("a.png", png())))
    assert (status, known) == (201, False)
    assert second != first
    assert told(send(("a.png", png()))) == (200, second, False)
    assert count_rows(session, IdempotencyKey) == 1


@pytest.mark.parametrize("key", ["", "a" * 201, "two words", "é", "\t"])
def test_what_is_no_key_is_refused(send, session, key):
    assert refused(send(("a.png", png()), key=key)) == (400, "invalid_idempotency_key")
    assert count_rows(session, Image) == 0


@pytest.mark.parametrize("key", ["!", "~" * 200, "'; DROP TABLE image; --".replace(" ", "")])
def test_any_visible_characters_are_a_key(send, key):
    assert send(("a.png", png()), key=key).status_code == 201
    assert send(("a.png", png()), key=key).status_code == 200


def test_several_files_cannot_share_a_key(send, session):
    answer = send(("a.png", png(number=1)), ("b.png", png(number=2)))
    assert refused(answer) == (400, "several_files")
    assert count_rows(session, Image) == 0


def test_several_at_once_make_one_image(app, owner, session):
    token, cookie = owner.token(), owner.get_cookie("session")
    together = Barrier(8)

    def post(number: int):
        browser = Browser(app)
        browser.set_cookie("session", cookie.value)
        together.wait()
        headers = {**JSON, "X-CSRFToken": token, "Idempotency-Key": KEY}
        body = form({"keep": "share"}, (f"{number}.png", png()))
        return told(browser.post(UPLOAD, **body, headers=headers))

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(post, range(8)))
    assert sorted(status for status, _, _ in answers) == [200] * 7 + [201]
    assert len({key for _, key, _ in answers}) == 1
    assert count_rows(session, Image) == count_rows(session, IdempotencyKey) == 1


def test_the_api_knows_keys_too(client, session, ada):
    headers = {"Authorization": f"Bearer {make_token(session, ada)}", "Idempotency-Key": KEY}
    first, again = (
        client.post("/api/images", **form({}, ("a.png", png())), headers=headers) for _ in range(2)
    )
    assert (first.status_code, again.status_code) == (201, 200)
    assert (first.json["known"], again.json["known"]) == (False, False)
    assert again.json["delete_url"] == first.json["delete_url"]
    headers["Idempotency-Key"] = "two words"
    answer = client.post("/api/images", **form({}, ("a.png", png())), headers=headers)
    assert refused(answer) == (400, "invalid_idempotency_key")
