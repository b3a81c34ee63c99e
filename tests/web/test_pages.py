"""Languages, preferences, error pages, templates."""

import re
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from flaskr.errors import DomainError
from tests.browsing import JSON, Browser, query, text

CHINESE = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"}


def language(page) -> str:
    (html,) = query(page, "html")
    return str(html.attrs["lang"])


# ---- language -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("en-GB", "en"),
        ("zh-CN", "zh-Hans"),
        ("zh", "zh-Hans"),
        ("zh-Hant-TW", "zh-Hans"),
        ("fr, zh;q=0.5, en;q=0.2", "zh-Hans"),
        ("fr", "en"),
        ("", "en"),
        ("*", "en"),
        ("x" * 3000, "en"),
    ],
)
def test_a_page_is_in_the_language_the_browser_asks_for(client, asked, given):
    assert language(client.get("/", headers={"Accept-Language": asked})) == given


def test_a_chinese_page_is_in_chinese(client):
    page = client.get("/auth/login", headers=CHINESE)
    assert "登录" in text(page)
    assert "Log in" not in text(page)


def test_a_chosen_language_wins_over_the_browsers(client):
    answer = client.submit("/preferences", {"locale": "zh-Hans", "next": "/auth/login"})
    assert (answer.status_code, answer.location) == (303, "/auth/login")
    assert language(client.get("/", headers={"Accept-Language": "en"})) == "zh-Hans"
    client.submit("/preferences", {"locale": "en"})
    assert language(client.get("/", headers=CHINESE)) == "en"


def test_the_default_language_is_a_setting(make_app):
    browser = Browser(make_app(DEFAULT_LOCALE="zh_Hans"))
    assert language(browser.get("/", headers={"Accept-Language": "fr"})) == "zh-Hans"


def test_errors_are_in_the_language_of_the_page(client):
    page = client.get("/no/such/page", headers=CHINESE)
    assert language(page) == "zh-Hans"
    assert "no longer does" not in text(page)


# ---- preferences ----------------------------------------------------------------------------


@pytest.mark.parametrize(("chosen", "shown"), [("light", "light"), ("dark", "dark")])
def test_a_chosen_theme_is_on_every_page(client, chosen, shown):
    client.submit("/preferences", {"theme": chosen})
    (html,) = query(client.get("/auth/login"), "html")
    assert html.attrs["data-theme"] == shown


def test_the_systems_theme_can_be_chosen_again(client):
    client.submit("/preferences", {"theme": "dark"})
    client.submit("/preferences", {"theme": "system"})
    (html,) = query(client.get("/"), "html")
    assert html.attrs["data-theme"] not in {"light", "dark"}


@pytest.mark.parametrize("data", [{}, {"theme": "pink"}, {"locale": "tlh"}, {"locale": ""}])
def test_what_cannot_be_chosen_is_refused(client, data):
    assert client.submit("/preferences", data).status_code == 400
    assert client.get_cookie("theme") is None
    assert client.get_cookie("locale") is None


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_preferences_lead_back_to_this_site_only(client, target):
    answer = client.submit("/preferences", {"theme": "dark", "next": target})
    assert answer.location == "/"


def test_a_made_up_cookie_does_no_harm(client):
    client.set_cookie("theme", '"><script>')
    client.set_cookie("locale", "../../x")
    page = client.get("/")
    assert (page.status_code, language(page)) == (200, "en")
    assert '"><script>' not in page.text


# ---- errors ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/no/such/page", 404, "not_found"),
        ("GET", "/auth/logout", 405, "method_not_allowed"),
        ("POST", "/auth/login", 400, "stale_form"),
        ("GET", "/tuchuang/images", 401, "login_required"),
    ],
)
def test_an_error_is_a_page_for_people_and_json_for_programs(client, method, path, status, code):
    page = client.open(path, method=method, headers={"Accept": "text/html"})
    assert page.mimetype == "text/html"
    if status != 401:
        assert page.status_code == status
        assert str(status) in text(page)
    answer = client.open(path, method=method, headers=JSON)
    assert answer.status_code == status
    assert answer.json is not None
    assert answer.json["error"]["code"] == code
    assert set(answer.json["error"]) == {"code", "message"}


@pytest.mark.parametrize("path", ["/api/no-such-thing", "/api/images"])
def test_below_api_every_error_is_json(client, path):
    answer = client.get(path, headers={"Accept": "text/html"})
    assert answer.mimetype == "application/json"
    assert answer.json["error"]["message"]


def test_a_405_says_what_is_allowed(client):
    assert "POST" in client.get("/auth/logout").headers["Allow"]


def test_an_error_nobody_expected_is_a_page_without_its_details(make_app):
    app = make_app(TESTING=False, PROPAGATE_EXCEPTIONS=False)

    def explode() -> str:
        raise LookupError("the secret detail")

    app.add_url_rule("/explode", "explode", explode)
    page = Browser(app).get("/explode")
    assert page.status_code == 500
    assert "This is our fault" in text(page)
    assert "secret detail" not in page.text


@pytest.mark.parametrize(("number", "status"), [(28, 507), (5, 503), (30, 503), (24, 503)])
def test_a_failing_disk_is_no_fault_of_the_visitors(make_app, number, status):
    app = make_app()

    def fail() -> str:
        raise OSError(number, "disk")

    app.add_url_rule("/fail", "fail", fail)
    answer = Browser(app).get("/fail")
    assert answer.status_code == status
    assert answer.headers["Retry-After"] == "30"


def test_a_locked_database_asks_to_come_back(make_app):
    app = make_app()

    def fail() -> str:
        raise OperationalError("SELECT", {}, Exception("database is locked"))

    app.add_url_rule("/fail", "fail", fail)
    answer = Browser(app).get("/fail")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")


def every_error(kind: type[DomainError] = DomainError) -> set[type[DomainError]]:
    return {kind}.union(*(every_error(child) for child in kind.__subclasses__()))


def test_a_code_of_an_error_always_comes_with_the_same_status(app):
    errors = every_error()
    told = {(error.code, error.status) for error in errors}
    assert len(told) == len({error.code for error in errors})
    for error in errors:
        assert 400 <= error.status < 600
        assert error.code.islower()


# ---- templates ------------------------------------------------------------------------------


def test_every_template_compiles(app):
    names = [name for name in app.jinja_env.list_templates() if name.endswith(".html")]
    assert "base.html" in names
    for name in names:
        app.jinja_env.get_template(name)


def test_every_icon_that_a_template_names_is_there(app):
    folder = Path(app.root_path)
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (folder / "static/icons.svg").read_text()))
    named = {
        name
        for template in (folder / "templates").rglob("*.html")
        for name in re.findall(r"icon\('([\w-]+)'", template.read_text())
    }
    assert named
    assert named - drawn == set()
