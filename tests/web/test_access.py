"""Who gets what: every route, as a guest, as another user, as the owner."""

import re
from datetime import timedelta

import pytest

from flaskr.library import gallery, trash
from flaskr.library.gallery import Sort
from flaskr.models import now
from tests.factories import make_image
from tests.web.routes import LOGIN, ROUTES, routes_of

WHO = ("guest", "other", "owner")
OWNED = [key for key, route in ROUTES.items() if route.other == 404]


def outcome(answer) -> int | str:
    if answer.status_code == 303 and answer.location.startswith("/auth/login?next="):
        return LOGIN
    return int(answer.status_code)


@pytest.fixture
def ask(app, things, request):
    """Ask for a route as one of WHO."""

    def ask_as(who: str, endpoint: str, method: str, **values: object):
        browser = request.getfixturevalue(who)
        route = ROUTES[endpoint, method]
        path = route.path(app, endpoint, things)
        for old, new in values.items():
            path = path.replace(str(getattr(things.image, old, old)), str(new))
        return route.send(browser, path, method, token=browser.token())

    return ask_as


def test_every_route_is_in_the_table_and_nothing_else(app):
    assert routes_of(app) == set(ROUTES)


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize(("endpoint", "method"), ROUTES)
def test_everybody_gets_what_is_theirs(ask, who, endpoint, method):
    assert outcome(ask(who, endpoint, method)) == getattr(ROUTES[endpoint, method], who)


@pytest.mark.parametrize("who", ["guest", "other"])
@pytest.mark.parametrize(("endpoint", "method"), OWNED)
def test_nobody_changes_what_is_somebody_elses(ask, contents, other, who, endpoint, method):
    before = contents()
    ask(who, endpoint, method)
    assert contents() == before


@pytest.mark.parametrize(("endpoint", "method"), OWNED)
def test_somebody_elses_thing_looks_like_one_that_is_not_there(
    app, other, things, session, endpoint, method
):
    route = ROUTES[endpoint, method]
    path = route.path(app, endpoint, things)

    def ask():
        return route.send(other, path, method, token=other.token())

    theirs = ask()
    session.delete(things.share)
    session.delete(things.album)
    session.delete(things.post)
    session.delete(things.image)
    session.delete(things.document)
    session.delete(things.upload)
    session.delete(things.api_token)
    session.commit()
    missing = ask()
    assert theirs.status_code == missing.status_code == 404
    assert without_token(theirs.text) == without_token(missing.text)


def without_token(page: str) -> str:
    """The page without its CSRF token, which has the second in it."""
    return re.sub(r'(name="csrf[-_]token"[^>]*(?:value|content)=)"[^"]*"', r'\1""', page)


@pytest.mark.parametrize(("endpoint", "method"), [k for k, r in ROUTES.items() if r.guest == LOGIN])
def test_a_program_that_is_not_logged_in_is_told_so(app, guest, things, endpoint, method):
    path = ROUTES[endpoint, method].path(app, endpoint, things)
    answer = guest.open(path, method=method, headers={"Accept": "application/json"})
    assert answer.status_code == 401
    assert answer.json is not None
    assert answer.json["error"]["code"] == "login_required"


def test_a_list_of_other_peoples_images_cannot_be_reached_by_a_cursor(
    session, ada, owner, other, things
):
    shown = things.image
    for sort, backwards in ((Sort.OLDEST, True), (Sort.NEWEST, False)):
        older = make_image(session, ada)
        anchor = older if backwards else make_image(session, ada)
        cursor = gallery.write_cursor(
            session, gallery.EVERYTHING, sort, anchor, backwards=backwards
        )
        path = f"/tuchuang/images?sort={sort}&cursor={cursor}"
        assert shown.key in owner.get(path).text
        assert shown.key not in other.get(path).text
    path = f"/tuchuang/trash?after={trash.Place(now() + timedelta(days=1), things.trashed.id)}"
    assert things.trashed.key in owner.get(path).text
    assert things.trashed.key not in other.get(path).text
