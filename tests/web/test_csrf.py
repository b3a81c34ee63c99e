"""No form is taken without the token of its page."""

from typing import Any

import pytest

from flaskr.web.security import csrf
from tests.browsing import JSON
from tests.web.routes import LOGIN, METHODS, ROUTES, routes_of

WRITING = [key for key, route in ROUTES.items() if key[1] != "GET" and route.needs_session]


@pytest.fixture
def post_without(app, things):
    """Post a complete form, less its token."""

    def post(browser, endpoint: str, method: str = "POST", **options: Any):
        route = ROUTES[endpoint, method]
        return route.send(browser, route.path(app, endpoint, things), method, **options)

    return post


def test_every_route_that_writes_is_in_the_matrix(app):
    exempt = {key for key, route in ROUTES.items() if key[1] != "GET" and not route.needs_session}
    assert {key for key in routes_of(app) if key[1] in METHODS - {"GET"}} == {*WRITING} | exempt


def test_only_the_api_and_links_with_a_secret_are_exempt(app):
    exempt = {"api", "miniprogram_photos", "oembed", "service_image", "tus"}
    exempt |= {"lsky", "smms", "chevereto", "imgur", "picgo", "metaweblog"}  # tus asks by itself
    assert {blueprint.name for blueprint in csrf._exempt_blueprints} == exempt
    by_secret = {endpoint for (endpoint, _), route in ROUTES.items() if route.by_secret}
    views = {app.view_functions[endpoint] for endpoint in by_secret}
    assert csrf._exempt_views == {f"{view.__module__}.{view.__name__}" for view in views}


@pytest.mark.parametrize(("endpoint", "method"), WRITING)
def test_a_form_without_a_token_changes_nothing(post_without, owner, contents, endpoint, method):
    before = contents()
    answer = post_without(owner, endpoint, method)
    assert answer.status_code == 400
    assert "Reload it and try again" in answer.text
    assert contents() == before
    assert owner.get("/auth/password").status_code == 200
    assert owner.get_cookie("theme") is None


@pytest.mark.parametrize(("endpoint", "method"), WRITING)
def test_a_token_of_another_session_is_no_token(
    post_without, owner, guest, contents, endpoint, method
):
    stolen = guest.token()
    before = contents()
    answer = post_without(owner, endpoint, method, more={"csrf_token": stolen})
    assert answer.status_code == 400
    assert contents() == before


@pytest.mark.parametrize(
    ("endpoint", "method"), [key for key in WRITING if ROUTES[key].guest not in {LOGIN, 401}]
)
def test_a_guests_form_needs_a_token_too(post_without, guest, contents, endpoint, method):
    before = contents()
    assert post_without(guest, endpoint, method).status_code == 400
    assert contents() == before


def test_a_token_may_come_as_a_header(owner, post_without):
    headers = {"X-CSRFToken": owner.token()}
    assert post_without(owner, "blog.create", headers=headers).status_code == 303


def test_a_program_is_told_what_is_wrong_with_its_form(owner, post_without):
    answer = post_without(owner, "tuchuang.upload", headers=JSON)
    assert answer.status_code == 400
    assert answer.json["error"]["code"] == "stale_form"


@pytest.mark.parametrize(
    ("endpoint", "method"), [key for key, route in ROUTES.items() if route.open_to_programs]
)
def test_a_secret_in_a_cookie_alone_opens_nothing_of_the_api(
    app, things, owner, contents, endpoint, method
):
    route = ROUTES[endpoint, method]
    before = contents()
    path = route.path(app, endpoint, things)
    assert route.send(owner, path, method).status_code == route.owner
    assert contents() == before
