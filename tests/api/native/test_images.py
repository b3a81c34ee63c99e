"""One's pictures by the API: listed, searched, changed, replaced, deleted, restored."""

from datetime import UTC, datetime, timedelta

import pytest

from flaskr.api.native.document import places
from tests.api.native.conftest import code
from tests.browsing import form
from tests.factories import jpeg, png

SOON = (datetime.now(UTC) + timedelta(days=1)).isoformat()


def keys(answer) -> list[str]:
    assert answer.status_code == 200
    return [image["key"] for image in answer.json["images"]]


def test_a_list_is_read_to_its_end_by_cursors(call, upload):
    made = [upload(png(number=number))["key"] for number in range(5)]
    read: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = call("GET", "/images", query_string={"limit": 2, "cursor": cursor})
        assert len(answer.json["images"]) <= 2
        read += keys(answer)
        cursor = answer.json["next"]
    assert read == made[::-1]


@pytest.mark.parametrize("cursor", ["words", "W10", "WyJvbGRlc3QiLDAsMV0", "0" * 3000])
def test_a_cursor_of_no_page_is_refused_rather_than_read_as_the_first(call, cursor):
    answer = call("GET", "/images", query_string={"cursor": cursor})
    assert (answer.status_code, code(answer)) == (400, "invalid_place")
    assert "cursor" in answer.json["error"]["message"]


def test_a_list_is_narrowed_and_sorted(call, upload):
    small, large = upload(png(), "lake.png"), upload(jpeg(400, 400), "hill.jpg", keep="backup")
    call("PATCH", f"/images/{small['key']}", json={"tags": ["water"]})
    album = call("POST", "/albums", json={"name": "May"}).json["key"]
    call("POST", f"/albums/{album}/images", json={"keys": [large["key"]]})
    expected = {
        "q=LAKE": [small["key"]],
        f"q={small['sha256']}": [small["key"]],
        f"q={small['url']}": [small["key"]],
        "tag=Water": [small["key"]],
        "type=image/jpeg": [large["key"]],
        "visibility=private": [large["key"]],
        f"album={album}&sort=position": [large["key"]],
        "sort=largest": [large["key"], small["key"]],
        "sort=position": [large["key"], small["key"]],
        "until=2020-01-01T00:00:00Z": [],
        "since=2020-01-01T00:00:00Z&sort=oldest": [small["key"], large["key"]],
    }
    for query, found in expected.items():
        assert keys(call("GET", f"/images?{query}")) == found, query


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=201", "limit=x", "sort=random", "type=image/x", "since=2020-01-01"],
)
def test_a_parameter_that_will_not_do_is_named(call, query):
    answer = call("GET", f"/images?{query}")
    assert (answer.status_code, code(answer)) == (422, "invalid_field")
    assert query.partition("=")[0] in answer.json["error"]["message"]


def test_a_parameter_that_nobody_knows_is_refused_wherever_it_stands(app, call, upload):
    told = upload(png())
    with app.test_request_context():
        listed = places()
    stand_ins = {"key": told["key"], "image_key": told["key"], "number": 1, "token_id": 1}
    for place in listed:
        path = place.path.format(**stand_ins, name="lake").removeprefix("/api")
        answer = call(place.method, f"{path}?albm=zzz")
        assert (answer.status_code, code(answer)) == (422, "invalid_field"), place
        assert "albm" in answer.json["error"]["message"]
    assert call("GET", f"/images/{told['key']}").json == told_later(told)


def told_later(told: dict[str, object]) -> dict[str, object]:
    """What is told of an upload, less what is told of it but once."""
    return {name: told[name] for name in told.keys() - {"known", "delete_url"}}


@pytest.mark.parametrize("query", ["album=111111111111", "album=x", "tag=unknown"])
def test_what_a_list_is_narrowed_by_has_to_be_there(call, query):
    answer = call("GET", f"/images?{query}")
    assert (answer.status_code, code(answer)) == (404, "not_found")
    assert "page" not in answer.json["error"]["message"]


def test_what_is_said_of_a_picture_is_changed_all_or_nothing(call, upload):
    key = upload(png())["key"]
    album = call("POST", "/albums", json={"name": "May"}).json["key"]
    said = {
        "title": "West Lake",
        "alt": "Two boats",
        "visibility": "public",
        "expires": SOON,
        "tags": ["boat", "lake"],
        "albums": [album],
    }
    changed = call("PATCH", f"/images/{key}", json=said)
    assert changed.status_code == 200
    assert {name: changed.json[name] for name in said} == said
    wrong = call("PATCH", f"/images/{key}", json={"title": "Other", "tags": ["a,b"]})
    assert (wrong.status_code, code(wrong)) == (422, "invalid_tag")
    never = call("PATCH", f"/images/{key}", json={"expires": None, "albums": []})
    assert (never.json["expires"], never.json["albums"]) == (None, [])
    assert never.json["title"] == "West Lake"


def test_whoever_has_read_an_older_revision_changes_nothing(call, upload):
    told = upload(png())
    path, read = f"/images/{told['key']}", told["revision"]
    assert call("PATCH", path, json={"title": "One", "revision": read}).status_code == 200
    late = call("PATCH", path, json={"title": "Two", "revision": read})
    assert (late.status_code, code(late)) == (409, "edit_conflict")
    assert call("GET", path).json["title"] == "One"


def test_a_change_of_nothing_changes_nothing(call, upload):
    told = upload(png())
    answer = call("PATCH", f"/images/{told['key']}", json={})
    assert (answer.status_code, answer.json["revision"]) == (200, told["revision"])


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        (b"", 400, "invalid_json"),
        (b"{", 400, "invalid_json"),
        (b"[]", 400, "invalid_json"),
        (b"\xff", 400, "invalid_json"),
        (b"[" * 100_000, 400, "invalid_json"),
        (b'{"revision": 1' + b"0" * 5000 + b"}", 400, "invalid_json"),
        (b'{"titel": "x"}', 422, "invalid_field"),
        (b'{"title": 5}', 422, "invalid_field"),
        (b'{"title": null}', 422, "invalid_field"),
        (b'{"tags": "lake"}', 422, "invalid_field"),
        (b'{"tags": [["lake"]]}', 422, "invalid_field"),
        (b'{"visibility": "hidden"}', 422, "invalid_field"),
        (b'{"revision": true}', 422, "invalid_field"),
        (b'{"revision": 1e400}', 422, "invalid_field"),
        (b'{"revision": 99999999999999999999}', 422, "invalid_field"),
        (b'{"expires": "2030-01-01T00:00:00"}', 422, "invalid_field"),
        (b'{"expires": "0001-01-01T00:00:00+23:00"}', 422, "invalid_field"),
        (b'{"expires": "2020-01-01T00:00:00Z"}', 422, "expiry_passed"),
        (b'{"title": "' + b"x" * 201 + b'"}', 422, "text_too_long"),
        (b'{"albums": ["111111111111"]}', 404, "album_gone"),
        (b'{"title": "' + b"x" * 5_000_000 + b'"}', 413, "too_large"),
    ],
)
def test_a_body_that_will_not_do_is_refused(call, upload, body, status, expected):
    told = upload(png())
    answer = call("PATCH", f"/images/{told['key']}", data=body)
    assert (answer.status_code, code(answer)) == (status, expected)
    assert call("GET", f"/images/{told['key']}").json["revision"] == told["revision"]


def test_texts_that_no_database_holds_are_made_ones_that_it_does(call, upload):
    key = upload(png())["key"]
    said = b'{"title": "a\\u0000b\\ud800c", "alt": "\\udfff", "tags": ["x\\u0000"]}'
    answer = call("PATCH", f"/images/{key}", data=said)
    assert answer.status_code == 200
    assert answer.json["title"] == "a\ufffdb\ufffdc"


def test_a_picture_is_deleted_and_restored_with_all_that_it_had(call, upload, client):
    told = upload(png())
    key = told["key"]
    call("PATCH", f"/images/{key}", json={"tags": ["lake"]})
    for _ in range(2):  # to delete again is no error
        answer = call("DELETE", f"/images/{key}")
        assert (answer.status_code, answer.data) == (204, b"")
    assert client.get(told["path"]).status_code == 404
    assert call("GET", f"/images/{key}").status_code == 404
    (gone,) = call("GET", "/trash").json["images"]
    assert (gone["key"], gone["tags"], gone["deleted"] is None) == (key, ["lake"], False)
    back = call("POST", f"/trash/{key}/restore")
    assert (back.status_code, back.json["tags"], back.json["deleted"]) == (200, ["lake"], None)
    assert client.get(told["path"]).data == png()
    assert call("POST", f"/trash/{key}/restore").status_code == 200


def test_the_trash_is_read_page_by_page_and_emptied(call, upload):
    made = [upload(png(number=number))["key"] for number in range(3)]
    for key in made:
        call("DELETE", f"/images/{key}")
    first = call("GET", "/trash?limit=2")
    assert keys(first) == made[:0:-1]
    rest = call("GET", f"/trash?limit=2&cursor={first.json['next']}")
    assert (keys(rest), rest.json["next"]) == (made[:1], None)
    assert call("DELETE", f"/trash/{made[0]}").status_code == 204
    assert call("DELETE", f"/trash/{made[0]}").status_code == 404
    lost = call("GET", f"/trash?cursor={made[0]}")
    assert (lost.status_code, code(lost)) == (400, "invalid_place")
    assert call("DELETE", "/trash").status_code == 204
    assert keys(call("GET", "/trash")) == []


def test_a_living_picture_is_not_deleted_for_good(call, upload):
    key = upload(png())["key"]
    assert call("DELETE", f"/trash/{key}").status_code == 404
    assert call("GET", f"/images/{key}").status_code == 200


@pytest.mark.parametrize("how", ["form", "body"])
def test_a_picture_is_replaced_under_its_link_and_taken_back(call, upload, client, how):
    told = upload(png())
    path, new = f"/images/{told['key']}/versions", png(60, 60)
    options = form({}, ("new.png", new)) if how == "form" else {"data": new}
    headers = {} if how == "form" else {"Content-Type": "image/png"}
    answer = call("POST", path, headers=headers, **options)
    assert (answer.status_code, answer.json["version"], answer.json["width"]) == (201, 2, 60)
    assert call("POST", path, headers=headers, **options).status_code == 200
    assert client.get(told["path"]).data == new
    numbers = [each["number"] for each in call("GET", path).json["versions"]]
    assert numbers == [2, 1]
    assert call("GET", f"{path}/1/file").data == png()
    back = call("POST", f"{path}/1/restore")
    assert (back.status_code, back.json["version"], back.json["width"]) == (200, 3, told["width"])
    assert call("POST", f"{path}/9/restore").status_code == 404


def test_what_cannot_replace_a_picture_is_refused(call, upload):
    path = f"/images/{upload(png())['key']}/versions"
    for options, status, expected in [
        (form({}, ("a.txt", b"words")), 415, "unsupported_type"),
        (form({}, ("a.png", png()), ("b.png", png())), 400, "several_files"),
        ({}, 400, "no_file"),
    ]:
        answer = call("POST", path, **options)
        assert (answer.status_code, code(answer)) == (status, expected)


def test_a_picture_is_turned_and_cropped(call, upload):
    key = upload(png(40, 20))["key"]
    crop = {"left": 0, "top": 0, "width": 10, "height": 30}
    said = {"turn": "right", "crop": crop, "version": 1}
    answer = call("POST", f"/images/{key}/edits", json=said)
    assert answer.status_code == 200
    assert (answer.json["width"], answer.json["height"], answer.json["version"]) == (10, 30, 2)
    late = call("POST", f"/images/{key}/edits", json=said)
    assert (late.status_code, code(late)) == (409, "edit_conflict")
    for nothing in ({}, {"crop": {**crop, "width": 1000}}, {"turn": None}):
        refused = call("POST", f"/images/{key}/edits", json=nothing)
        assert (refused.status_code, code(refused)) == (422, "no_such_edit")


def test_the_file_of_a_private_picture_comes_to_its_owner_alone(call, call_as_bob, upload, client):
    told = upload(jpeg(orientation=6), "a.jpg", keep="backup")
    path = f"/images/{told['key']}/file"
    answer = call("GET", path)
    assert answer.data == jpeg(orientation=6)
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert call("GET", path, headers={"Range": "bytes=0-1"}).data == b"\xff\xd8"
    assert client.get(told["path"]).status_code == call_as_bob("GET", path).status_code == 404
