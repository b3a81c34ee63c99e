"""Headers, hosts, proxies."""

import pytest

from flaskr.web.security import FILE_POLICY, PAGE_POLICY, POST_POLICY
from tests.browsing import AuthActions, Browser, query
from tests.factories import png
from tests.web.routes import ROUTES

PAGES = [endpoint for endpoint, method in ROUTES if method == "GET"]
FILES = {
    "short_links.download",
    "short_links.set_file",
    "short_links.share_file",
    "tuchuang.download",
    "tuchuang.drop_box_qr_code",
    "tuchuang.qr_code",
    "tuchuang.share_qr_code",
    "tuchuang.trashed",
    "tuchuang.version",
}


@pytest.mark.parametrize("endpoint", PAGES)
def test_every_get_carries_the_headers_that_keep_it_to_itself(app, owner, things, endpoint):
    answer = owner.get(ROUTES[endpoint, "GET"].path(app, endpoint, things))
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    expected = FILE_POLICY if endpoint in FILES else PAGE_POLICY
    expected = POST_POLICY if endpoint == "blog.post" else expected
    assert answer.headers["Content-Security-Policy"] == expected


@pytest.mark.parametrize("endpoint", PAGES)
def test_no_page_has_anything_inline_that_its_policy_forbids(app, owner, things, endpoint):
    answer = owner.get(ROUTES[endpoint, "GET"].path(app, endpoint, things))
    if answer.mimetype != "text/html":
        return
    assert not query(answer, "[style]")
    assert not query(answer, "style")
    assert all("src" in script.attrs for script in query(answer, "script"))
    for element in query(answer, "*"):
        assert not [name for name in element.attrs or {} if name.startswith("on")]


@pytest.mark.parametrize("endpoint", PAGES)
def test_what_only_the_logged_in_see_is_kept_by_no_cache(app, owner, things, endpoint):
    answer = owner.get(ROUTES[endpoint, "GET"].path(app, endpoint, things))
    if answer.mimetype == "text/html":
        assert answer.cache_control.no_store
        assert answer.cache_control.private


def test_pages_allow_no_inline_script_and_no_framing():
    for policy in (PAGE_POLICY, POST_POLICY):
        assert "unsafe" not in policy
        for part in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"):
            assert part in policy


@pytest.mark.parametrize("path", ["/no/such/page", "/auth/logout", "/tuchuang/uploads/x"])
def test_error_pages_carry_the_headers_too(owner, path):
    answer = owner.get(path)
    assert answer.status_code in {404, 405}
    assert answer.headers["Content-Security-Policy"] == PAGE_POLICY
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(("scheme", "policy"), [("https", "same-origin"), ("http", None)])
def test_a_window_that_opened_the_site_is_cut_off_where_browsers_heed_it(client, scheme, policy):
    answer = client.get("/", base_url=f"{scheme}://localhost")
    assert answer.headers.get("Cross-Origin-Opener-Policy") == policy


# ---- hosts ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:5000", "localhost.evil.example", "127.0.0.1.evil.example"],
)
@pytest.mark.parametrize("path", ["/", "/auth/login", "/tuchuang/", "/no/such/page", "/api/images"])
def test_a_made_up_host_is_refused_and_never_repeated(client, host, path):
    answer = client.get(path, headers={"Host": host})
    assert answer.status_code == 400
    assert host not in answer.text
    assert host not in str(answer.headers)


@pytest.mark.parametrize("host", ["localhost", "localhost:5000", "127.0.0.1:8080", "[::1]:5000"])
def test_this_machine_is_known_by_its_own_names(client, host):
    assert client.get("/", headers={"Host": host}).status_code == 200


def test_a_host_that_is_named_in_the_settings_is_known(make_app):
    browser = Browser(make_app(TRUSTED_HOSTS=["img.example"]))
    assert browser.get("/", headers={"Host": "img.example"}).status_code == 200
    assert browser.get("/", headers={"Host": "127.0.0.1"}).status_code == 200
    assert browser.get("/", headers={"Host": "other.example"}).status_code == 400


def test_links_are_made_from_the_public_url_whatever_the_host_says(make_app, ada):
    browser = Browser(make_app(PUBLIC_URL="https://img.example/"))
    secure = {"base_url": "https://img.example"}
    token = browser.get("/auth/login", **secure)
    assert token.status_code == 200
    answer = browser.get("/", headers={"Host": "evil.example"})
    assert answer.status_code == 200
    assert "evil.example" not in answer.text


def told_url(app, headers: dict[str, str] | None = None) -> str:
    browser = Browser(app)
    AuthActions(browser).login()
    browser.environ_base.update({f"HTTP_{k}": v for k, v in (headers or {}).items()})
    answer = browser.upload_json(("a.png", png()))
    assert answer.json is not None
    (told,) = answer.json["files"]
    return str(told["url"])


def test_the_public_url_is_what_links_start_with(make_app, ada):
    app = make_app(PUBLIC_URL="http://img.example/")
    assert told_url(app).startswith("http://img.example/tuchuang/download/")


FORWARDED = {"X_FORWARDED_HOST": "127.0.0.9", "X_FORWARDED_FOR": "192.0.2.7"}


def test_forwarded_headers_are_ignored_without_a_trusted_proxy(make_app, ada):
    assert told_url(make_app(), FORWARDED).startswith("http://localhost/")


def test_forwarded_headers_count_behind_a_trusted_proxy(make_app, ada):
    app = make_app(TRUSTED_PROXIES=1)
    assert told_url(app, FORWARDED).startswith("http://127.0.0.9/")


def test_a_forged_forwarded_host_is_refused_like_any_other(make_app):
    browser = Browser(make_app(TRUSTED_PROXIES=1))
    answer = browser.get("/", headers={"X-Forwarded-Host": "evil.example"})
    assert answer.status_code == 400
    assert "evil.example" not in answer.text


# ---- static files ---------------------------------------------------------------------------


def test_a_versioned_static_file_may_be_kept_for_ever(client):
    (icon,) = [e.attrs["href"] for e in query(client.get("/"), "link[type='image/svg+xml']")]
    assert icon.startswith("/static/")
    assert icon.endswith("/favicon.svg")
    answer = client.get(icon)
    assert answer.cache_control.max_age == 365 * 24 * 3600
    assert answer.cache_control.immutable
    assert answer.cache_control.public


def test_a_static_file_of_another_version_is_asked_for_again(client):
    answer = client.get("/static/000000000000/favicon.svg")
    assert answer.status_code == 200
    assert not answer.cache_control.immutable
    assert answer.cache_control.max_age == 0


@pytest.mark.parametrize("name", ["../config.py", "%2e%2e/config.py", "no-such-file", ""])
def test_only_static_files_are_served_as_such(client, name):
    assert client.get(f"/static/000000000000/{name}").status_code in {404, 308}


@pytest.mark.parametrize("endpoint", PAGES)
def test_every_address_on_a_page_leads_somewhere(app, owner, things, endpoint):
    page = owner.get(ROUTES[endpoint, "GET"].path(app, endpoint, things))
    if page.mimetype != "text/html":
        return
    found = {
        element.attrs[name]
        for name in ("href", "src")
        for element in query(page, f"[{name}]")
        if str(element.attrs[name]).startswith("/") and "hidden" not in element.attrs
    }
    assert found
    for address in found:
        assert owner.get(str(address)).status_code in {200, 303}, address
