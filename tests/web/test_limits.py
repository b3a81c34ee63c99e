"""How often somebody may try to log in."""

import time

import pytest

from flaskr.web import limits, limits_store
from tests.browsing import AuthActions, Browser, text
from tests.factories import PASSWORD, make_token, make_user

WRONG = "not the password"


@pytest.fixture
def limited(make_app, ada):
    return make_app(RATE_LIMITS=True)


def log_in(app, username: str = "ada", password: str = WRONG, address: str = "192.0.2.1"):
    environ = {"REMOTE_ADDR": address}
    return AuthActions(Browser(app)).login(username, password, environ_base=environ)


def statuses(app, number: int, **options: str) -> set[int]:
    return {log_in(app, **options).status_code for _ in range(number)}


def assert_limited(answer) -> None:
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 15 * 60
    assert "Too many attempts" in text(answer)


def test_the_eleventh_attempt_on_an_account_is_refused(limited):
    for number in range(10):
        assert log_in(limited, address=f"192.0.2.{number}").status_code == 401
    assert_limited(log_in(limited, address="192.0.2.99"))


def test_then_the_right_password_is_refused_too(limited):
    statuses(limited, 10)
    assert_limited(log_in(limited, password=PASSWORD))


def test_other_spellings_of_the_name_count_as_the_same_account(limited):
    for name in ("ada", "ADA", " ada ", "Ａda", "aDa"):
        assert statuses(limited, 2, username=name) == {401}
    assert_limited(log_in(limited, username="Ada"))


def test_an_account_that_does_not_exist_is_limited_alike(limited):
    assert statuses(limited, 10, username="eve") == {401}
    assert_limited(log_in(limited, username="eve"))


def test_another_account_is_not_affected(limited, session):
    make_user(session, "bob")
    statuses(limited, 11)
    answer = log_in(limited, username="bob", password=PASSWORD, address="192.0.2.2")
    assert answer.status_code == 303


def test_the_twenty_sixth_attempt_of_an_address_is_refused(limited):
    for number in range(25):
        assert log_in(limited, username=f"name{number}").status_code == 401
    assert_limited(log_in(limited, username="name26"))
    assert log_in(limited, username="name26", address="192.0.2.2").status_code == 401


def test_addresses_of_one_ipv6_network_count_together(limited):
    for number in range(25):
        address = f"2001:db8:0:1::{number:x}"
        assert log_in(limited, username=f"name{number}", address=address).status_code == 401
    address = "2001:db8:0:1:ffff::1"
    assert_limited(log_in(limited, username="name26", address=address))
    assert log_in(limited, username="name26", address="2001:db8:0:2::1").status_code == 401


def test_logging_in_uses_nothing_up(limited):
    assert statuses(limited, 30, password=PASSWORD) == {303}
    assert log_in(limited, password=PASSWORD).status_code == 303


def test_all_processes_count_together(limited, make_app):
    statuses(limited, 5)
    second = make_app(RATE_LIMITS=True)
    statuses(second, 5)
    assert_limited(log_in(second))


def test_the_current_password_cannot_be_tried_out_either(limited):
    browser = Browser(limited)
    AuthActions(browser).login()
    data = {"current_password": WRONG, "new_password": "another password"}
    answers = [browser.submit("/auth/password", data) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [422] * 10 + [429]
    assert_limited(answers[-1])


def test_without_limits_nobody_is_held_up(app, ada):
    assert statuses(app, 30) == {401}


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("", "unknown"),
        ("nonsense", "unknown"),
    ],
)
def test_who_is_counted(app, address, counted):
    with app.test_request_context(environ_base={"REMOTE_ADDR": address}):
        assert limits.client_address() == counted


# ---- the counters ---------------------------------------------------------------------------


@pytest.fixture
def counters(tmp_path):
    store = limits_store.SQLiteStorage(limits_store.address(str(tmp_path)))
    yield store
    store._connection().close()


@pytest.fixture
def clock(monkeypatch):
    """Set the time by hand."""
    moment = [1000.0]
    monkeypatch.setattr("flaskr.web.limits_store.time.time", lambda: moment[0])

    def set_clock(to: float) -> None:
        moment[0] = to

    return set_clock


def test_a_window_starts_with_the_first_attempt_and_ends_after_its_time(counters, clock):
    assert counters.incr("a", 60) == 1
    clock(1059)
    assert counters.incr("a", 60) == 2
    assert counters.get_expiry("a") == 1060
    clock(1060)
    assert counters.get("a") == 0
    assert counters.incr("a", 60) == 1


def test_keys_are_counted_apart_and_can_be_forgotten(counters, clock):
    counters.incr("a", 60, amount=3)
    counters.incr("b", 60)
    assert (counters.get("a"), counters.get("b"), counters.get("c")) == (3, 1, 0)
    counters.clear("a")
    assert counters.get("a") == 0
    assert counters.reset() == 1
    assert counters.check() is True


def test_nobody_logs_in_while_the_store_does_not_answer(make_app, ada):
    """Nothing listens on port 1."""
    answer = log_in(make_app(RATE_LIMITS=True, RATE_LIMIT_STORE="redis://127.0.0.1:1/0"))
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers


# ---- requests with a token ------------------------------------------------------------------


def ask_with(app, token: str):
    headers = {"Authorization": f"Bearer {token}"}
    return Browser(app).get("/service/image?md5=" + "0" * 32, headers=headers)


def test_a_token_is_good_for_so_many_requests_a_minute(make_app, session, ada):
    app = make_app(RATE_LIMITS=True, TOKEN_REQUESTS=3)
    token, second = make_token(session, ada, "library"), make_token(session, ada, "library")
    answers = [ask_with(app, token) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [404, 404, 404, 429]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert {answer.headers["X-RateLimit-Limit"] for answer in answers} == {"3"}
    assert 0 < int(answers[0].headers["X-RateLimit-Reset"]) - time.time() <= 61
    assert 1 <= int(answers[3].headers["Retry-After"]) <= 60
    assert ask_with(app, second).status_code == 404


def test_no_token_is_counted_where_there_is_no_limit(make_app, session, ada):
    token = make_token(session, ada, "library")
    for settings in ({"RATE_LIMITS": False}, {"RATE_LIMITS": True, "TOKEN_REQUESTS": 0}):
        assert "X-RateLimit-Limit" not in ask_with(make_app(**settings), token).headers
