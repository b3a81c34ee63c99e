"""POST /api/wechat/login, against a server that speaks jscode2session as WeChat publishes it."""

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from flaskr.api import wechat
from flaskr.models import Token, User
from tests.browsing import Browser
from tests.factories import count_rows, png

LOGIN = "/api/wechat/login"
SESSION_KEY = "HyVFkGl5F5OQWJZZaNzBBg=="


class WeChat(ThreadingHTTPServer):
    """The published protocol: one GET, JSON in every answer, HTTP 200 also for errors."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[dict[str, str]] = []
        self.release = threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/sns/jscode2session"


class Handler(BaseHTTPRequestHandler):
    server: WeChat

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.server.asked.append(asked)
        code = asked["js_code"]
        if code == "slow":
            self.server.release.wait(20)
        if code == "redirect":
            self.send_response(302)
            self.send_header("Location", f"{self.server.address}?js_code=good-1")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.answer(asked, code)

    def answer(self, asked: dict[str, str], code: str) -> None:
        told: Any
        if (asked["appid"], asked["secret"]) != ("wxapp", "wxsecret"):
            told = {"errcode": 40013, "errmsg": "invalid appid, rid: 1"}
        elif asked["grant_type"] != "authorization_code":
            told = {"errcode": 40002, "errmsg": "invalid grant_type"}
        elif code.startswith("good-"):
            told = {"openid": f"oXyz-{code[5:]}", "session_key": SESSION_KEY, "unionid": "u1"}
        elif code.isdecimal() or code == "-1":
            told = {"errcode": int(code), "errmsg": "what it means"}
        else:
            told = {
                "html": "<html>", "list": [], "nothing": {}, "number": {"openid": 5},
                "strange": {"openid": "a/b"}, "huge": "x" * 100_000,
            }.get(code)  # fmt: skip
        body = b"<html>" if told == "<html>" else json.dumps(told).encode()
        self.send_response(500 if code == "broken" else 200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def service() -> Iterator[WeChat]:
    server = WeChat()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.release.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def settings(service) -> dict[str, str]:
    names = {"WECHAT_APPID": "wxapp", "WECHAT_SECRET": "wxsecret"}
    return names | {"WECHAT_API_URL": service.address}


@pytest.fixture
def browser(make_app, settings) -> Browser:
    return Browser(make_app(**settings))


def login(browser: Browser, code: Any = "good-1", **options: Any):
    return browser.post(LOGIN, json={"code": code}, **options)


def assert_refused(answer, session, status: int, code: str) -> None:
    assert (answer.status_code, answer.json["error"]["code"]) == (status, code)
    assert set(answer.json) == {"error"}
    assert count_rows(session, User) == count_rows(session, Token) == 0


def test_a_new_user_gets_an_account_and_a_token_that_ends(browser, service, session):
    answer = login(browser)
    assert answer.status_code == 200
    assert service.asked == [
        {
            "appid": "wxapp",
            "secret": "wxsecret",
            "js_code": "good-1",
            "grant_type": "authorization_code",
        }
    ]
    user = session.query(User).one()
    assert (user.external_id, user.password_hash, user.is_admin) == ("wechat:oXyz-1", "", False)
    token = session.query(Token).one()
    assert (token.user_id, token.scope) == (user.id, "library")
    days = (datetime.fromisoformat(answer.json["expires"]) - datetime.now(UTC)).days
    assert days in {29, 30}
    assert answer.json["scope"] == "library"
    assert answer.json["username"] == user.username


def test_the_session_key_and_the_openid_go_nowhere(browser, instance):
    answer = login(browser)
    assert SESSION_KEY not in answer.text
    assert "oXyz" not in answer.text
    assert SESSION_KEY.encode() not in (instance / "tuchuang.sqlite3").read_bytes()


def test_the_token_opens_the_mini_programs_addresses(browser):
    headers = {"Authorization": f"Bearer {login(browser).json['token']}"}
    data = {"test": (png_file(), "wx_1.jpg")}
    sent = browser.post("/api/v1.0/service/image", data=data, headers=headers)
    assert sent.json["result_code"] == 0
    md5 = sent.json["data"][0]["md5"]
    assert browser.get(f"/service/image?md5={md5}", headers=headers).data == png()
    other = {"Authorization": f"Bearer {login(browser, 'good-2').json['token']}"}
    assert browser.get(f"/service/image?md5={md5}", headers=other).status_code == 404


def png_file():
    from io import BytesIO

    return BytesIO(png())


def test_the_same_user_has_the_same_account(browser, session):
    names = {login(browser).json["username"] for _ in range(2)}
    assert len(names) == 1
    assert count_rows(session, User) == 1
    login(browser, "good-2")
    assert count_rows(session, User) == 2


def test_old_tokens_do_not_pile_up(browser, session):
    secrets = [login(browser).json["token"] for _ in range(12)]
    assert count_rows(session, Token) == wechat.TOKENS
    for secret, status in ((secrets[0], 401), (secrets[-1], 200)):
        headers = {"Authorization": f"Bearer {secret}"}
        assert browser.get("/service/image", headers=headers).status_code == status


def test_nobody_logs_in_to_such_an_account_by_the_form(browser):
    name = login(browser).json["username"]
    for password in ("", "12345678"):
        answer = browser.submit("/auth/login", {"username": name, "password": password})
        assert answer.status_code != 303


def test_the_first_account_is_still_to_be_registered(browser, session):
    login(browser)
    data = {"username": "ada", "password": "correct horse battery"}
    assert browser.submit("/auth/register", data).status_code == 303
    assert session.query(User).filter_by(username="ada").one().is_admin


@pytest.mark.parametrize(
    ("code", "status", "told"),
    [
        ("40029", 401, "invalid_code"),
        ("40163", 401, "invalid_code"),
        ("45011", 429, "too_many_attempts"),
        ("40226", 403, "wechat_refused"),
        ("-1", 503, "wechat_unavailable"),
        ("40125", 503, "wechat_unavailable"),
        ("html", 503, "wechat_unavailable"),
        ("list", 503, "wechat_unavailable"),
        ("null", 503, "wechat_unavailable"),
        ("nothing", 503, "wechat_unavailable"),
        ("number", 503, "wechat_unavailable"),
        ("strange", 503, "wechat_unavailable"),
        ("huge", 503, "wechat_unavailable"),
        ("broken", 503, "wechat_unavailable"),
        ("redirect", 503, "wechat_unavailable"),
    ],
)
def test_what_wechat_says_is_told_in_our_words(browser, session, code, status, told):
    answer = login(browser, code)
    assert_refused(answer, session, status, told)
    assert ("Retry-After" in answer.headers) == (status in {429, 503})


def test_one_minute_is_told_in_words_that_are_right_for_one_and_for_many(browser):
    told = login(browser, "45011").json["error"]["message"]
    assert told == "Too many attempts. Try again in 1 min."


def test_a_redirect_is_not_followed(browser, service):
    login(browser, "redirect")
    assert [asked["js_code"] for asked in service.asked] == ["redirect"]


def test_a_wrong_secret_is_the_operators_business(make_app, settings, session, caplog):
    answer = login(Browser(make_app(**settings | {"WECHAT_SECRET": "hidden-one"})))
    assert_refused(answer, session, 503, "wechat_unavailable")
    assert "40013" in caplog.text
    assert "hidden-one" not in caplog.text


def test_an_answer_that_does_not_come_is_not_waited_for(browser, session, monkeypatch):
    monkeypatch.setattr(wechat, "TIMEOUT", 0.3)
    start = time.monotonic()
    assert_refused(login(browser, "slow"), session, 503, "wechat_unavailable")
    assert time.monotonic() - start < 5


def test_a_server_that_is_not_there_is_told_alike(make_app, settings, session):
    gone = settings | {"WECHAT_API_URL": "http://127.0.0.1:1/"}
    assert_refused(login(Browser(make_app(**gone))), session, 503, "wechat_unavailable")


@pytest.mark.parametrize("code", ["", " ", None, 5, [], "a b", "x" * 129, "码", "a\nb"])
def test_what_is_no_code_is_not_asked_about(browser, service, session, code):
    assert_refused(login(browser, code), session, 401, "invalid_code")
    assert service.asked == []


@pytest.mark.parametrize("options", [{}, {"data": b"junk"}, {"json": ["code"]}])
def test_a_request_without_a_code_is_refused(browser, session, options):
    assert_refused(browser.post(LOGIN, **options), session, 401, "invalid_code")


def test_a_form_will_do(browser):
    assert browser.post(LOGIN, data={"code": "good-1"}).status_code == 200


def test_without_settings_nobody_logs_in(make_app, settings, service, session):
    answer = login(Browser(make_app(**settings | {"WECHAT_APPID": "", "WECHAT_SECRET": ""})))
    assert_refused(answer, session, 404, "wechat_off")
    assert service.asked == []


def test_logins_are_limited_by_address(make_app, settings):
    browser = Browser(make_app(**settings, RATE_LIMITS=True))
    for _ in range(30):
        assert login(browser, "").status_code == 401
    assert login(browser).status_code == 429
    assert login(browser, environ_base={"REMOTE_ADDR": "192.0.2.9"}).status_code == 200


def test_brackets_without_end_are_no_code(browser):
    answer = browser.post(LOGIN, data="[" * 60_000, content_type="application/json")
    assert answer.status_code == 401
    assert answer.json["error"]["code"] == "invalid_code"
