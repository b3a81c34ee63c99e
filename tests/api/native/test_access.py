"""Who may do what by the API: every operation, with every scope, with another's token."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from flaskr.api.native import document, manual
from flaskr.api.native.document import places
from flaskr.db import db
from flaskr.library.tokens import SCOPES
from flaskr.models import Token
from tests.api.native.conftest import caller, code
from tests.browsing import Browser, form
from tests.factories import make_album, make_image, make_share, make_tag, make_token, png

ORIGIN = "https://notes.example.org"


@pytest.fixture
def listed(app):
    with app.test_request_context():
        return places()


@pytest.fixture
def values(session, ada, media):
    """What stands in addresses for ada's things."""
    image = make_image(session, ada, store=media.store)
    make_tag(session, ada, "lake", [image])
    album = make_album(session, ada, images=[image])
    share, _ = make_share(session, media, ada, [image])
    trashed = make_image(session, ada, store=media.store, deleted=True)
    make_token(session, ada)
    number = session.scalar(select(Token.id).where(Token.user_id == ada.id))

    def of(place) -> dict[str, object]:
        keys = {"albums": album.key, "shares": share.key, "trash": trashed.key}
        key = keys.get(place.operation.group, image.key)
        return {"key": key, "image_key": image.key, "number": 1, "token_id": number, "name": "lake"}

    return of


def test_every_route_of_the_api_is_documented(app, listed):
    routes = {
        rule.endpoint.removeprefix("api.")
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.")
    }
    undocumented = {"docs", "openapi", "wechat_login"}
    assert routes == {place.name for place in listed} | undocumented


def test_nothing_is_open_without_a_token(client, listed, values):
    for place in listed:
        answer = client.open(place.path.format(**values(place)), method=place.method)
        assert (answer.status_code, code(answer)) == (401, "invalid_token"), place.name
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_people_are_led_to_the_log_in_and_not_asked_for_a_token(client):
    assert "WWW-Authenticate" not in client.get("/settings/tokens").headers
    refused = client.submit("/auth/login", {"username": "ada", "password": "wrong"})
    assert "WWW-Authenticate" not in refused.headers


def test_a_token_reaches_as_far_as_its_scope(client, session, ada, listed, values):
    for at, scope in enumerate(SCOPES[:-1]):
        call = caller(client, make_token(session, ada, scope))
        for place in listed:
            if SCOPES.index(place.operation.scope) <= at:
                continue
            path = place.path.removeprefix("/api").format(**values(place))
            answer = call(place.method, path)
            assert (answer.status_code, code(answer)) == (403, "insufficient_scope"), place.name


BODIES = {
    "change_image": {"title": "theirs"},
    "edit": {"turn": "left"},
    "change_album": {"name": "theirs"},
    "change_share": {"name": "theirs"},
    "rename_tag": {"name": "theirs"},
}


def test_what_is_anothers_looks_like_what_is_not_there(call_as_bob, call, listed, values):
    for place in listed:
        if not place.parameters:
            continue
        mine = call_as_bob("POST", "/images", **form({}, ("a.png", png(number=9)))).json["key"]
        options = {"json": BODIES.get(place.name, {"keys": [mine]})}
        if place.name == "replace":
            options = form({}, ("b.png", png(number=8)))
        path = place.path.removeprefix("/api").format(**values(place))
        answer = call_as_bob(place.method, path, **options)
        assert (answer.status_code, code(answer)) == (404, "not_found"), place.name


def test_a_foreign_picture_comes_into_no_album_or_share_of_mine(call_as_bob, call, upload):
    theirs = upload(png())["key"]
    mine = call_as_bob("POST", "/albums", json={"name": "Mine"}).json["key"]
    for method, path, said in [
        ("POST", f"/albums/{mine}/images", {"keys": [theirs]}),
        ("PATCH", f"/albums/{mine}", {"cover": theirs}),
        ("POST", "/tags", {"names": ["mine"], "keys": [theirs]}),
        ("POST", "/shares", {"keys": [theirs]}),
    ]:
        assert call_as_bob(method, path, json=said).status_code == 404


def test_answers_tell_how_many_requests_are_left(make_app, session, ada):
    call = caller(Browser(make_app(RATE_LIMITS=True, TOKEN_REQUESTS=2)), make_token(session, ada))
    first, second, third = (call("GET", "/profile") for _ in range(3))
    assert (first.status_code, first.headers["X-RateLimit-Limit"]) == (200, "2")
    assert [each.headers["X-RateLimit-Remaining"] for each in (first, second, third)] == [
        "1",
        "0",
        "0",
    ]
    assert (third.status_code, code(third)) == (429, "too_many_requests")
    assert int(third.headers["Retry-After"]) > 0


def test_reading_goes_on_while_nothing_can_be_written(make_app, session, ada, media):
    image = make_image(session, ada, store=media.store)
    app = make_app(RATE_LIMITS=True, TOKEN_REQUESTS=2)
    call = caller(Browser(app), make_token(session, ada, "library"))

    def read_only(connection, *_: object) -> None:
        connection.execute("PRAGMA query_only = ON")

    with app.app_context():
        engine = db.engine
    event.listen(engine, "checkout", read_only)
    with closing(sqlite3.connect(Path(app.instance_path, "limits.sqlite3"))) as counters:
        counters.execute("DROP TABLE IF EXISTS counter")
        counters.execute("CREATE VIEW counter AS SELECT '' AS key, 0 AS number, 0.0 AS expires")
        counters.commit()
    for _ in range(3):
        assert call("GET", f"/images/{image.key}").status_code == 200
    answer = call("PATCH", f"/images/{image.key}", json={"title": "Lake"})
    assert answer.status_code >= 500
    event.remove(engine, "checkout", read_only)
    session.rollback()
    assert session.scalar(select(Token.last_used)) is None
    assert call("GET", f"/images/{image.key}").status_code == 200


def test_errors_of_addresses_and_methods_have_the_same_shape(call):
    assert code(call("GET", "/nothing")) == "not_found"
    wrong = call("PUT", "/images")
    assert (wrong.status_code, code(wrong)) == (405, "method_not_allowed")


# ---- scripts of pages elsewhere -------------------------------------------------------------


def ask(app, origin: str, method: str = "GET"):
    headers = {"Origin": origin, "Access-Control-Request-Method": "PATCH"}
    return Browser(app).open("/api/images", method=method, headers=headers).headers


def test_scripts_elsewhere_are_not_admitted_unless_a_setting_says_so(app):
    for method in ("GET", "OPTIONS"):
        headers = ask(app, ORIGIN, method)
        assert not [name for name, _ in headers if name.startswith("Access-Control")]


def test_the_scripts_of_chosen_origins_are_admitted(make_app):
    app = make_app(API_ORIGINS=[ORIGIN])
    assert ask(app, ORIGIN)["Access-Control-Allow-Origin"] == ORIGIN
    asked = ask(app, ORIGIN, "OPTIONS")
    assert "PATCH" in asked["Access-Control-Allow-Methods"]
    assert "Authorization" in asked["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in asked
    other = ask(app, "https://evil.example")
    assert "Access-Control-Allow-Origin" not in other
    assert "Origin" in other["Vary"]
    page = Browser(app).get("/", headers={"Origin": ORIGIN})
    assert "Access-Control-Allow-Origin" not in page.headers


@pytest.mark.parametrize(
    ("path", "header"),
    [("/api/upload", "token"), ("/api/1/upload", "X-API-Key"), ("/api/v2/upload", "Authorization")],
)
def test_scripts_may_send_the_token_where_the_shape_has_it(make_app, path, header):
    client = Browser(make_app(API_ORIGINS=[ORIGIN]))
    headers = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    asked = client.open(path, method="OPTIONS", headers=headers)
    assert asked.status_code == 200
    allowed = asked.headers["Access-Control-Allow-Headers"].lower().split(", ")
    assert header.lower() in allowed


def test_the_scripts_of_all_may_be_admitted(make_app):
    assert ask(make_app(API_ORIGINS=["*"]), ORIGIN)["Access-Control-Allow-Origin"] == "*"


# ---- what there is --------------------------------------------------------------------------


def test_the_openapi_file_is_sent_once(make_app):
    client = Browser(make_app())
    first = client.get("/api/openapi.json", headers={"Accept-Language": "en"})
    headers = {"If-None-Match": first.headers["ETag"], "Accept-Language": "en"}
    assert client.get("/api/openapi.json", headers=headers).status_code == 304
    other: Any = client.get("/api/openapi.json", headers=headers | {"Accept-Language": "zh"})
    assert (other.status_code, other.json["tags"][1]["description"]) == (200, "回收站")
    named = Browser(make_app(SITE_NAME="湖", PUBLIC_URL="https://img.example.org"))
    told: Any = named.get("/api/openapi.json", headers=headers).json
    assert (told["info"]["title"], told["servers"]) == ("湖", [{"url": "https://img.example.org"}])


def test_what_is_told_of_the_api_is_made_once(app, monkeypatch):
    paths = ("/api/openapi.json", "/api/docs")
    client = Browser(app)
    assert [client.get(path).status_code for path in paths] == [200, 200]

    def places() -> None:
        raise AssertionError("it is made anew")

    for module in (document, manual):
        monkeypatch.setattr(module, "places", places)
    assert [client.get(path).status_code for path in paths] == [200, 200]
