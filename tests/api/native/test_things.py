"""Albums, tags, tokens and the account by the API."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.api.native.conftest import caller, code
from tests.factories import make_token, png


@pytest.fixture
def make_album(call):
    def make(name: str = "May", **said: object) -> str:
        answer = call("POST", "/albums", json={"name": name, **said})
        assert answer.status_code == 201
        return str(answer.json["key"])

    return make


def test_albums_lie_in_each_other_and_hold_pictures(call, make_album, upload):
    outer = make_album("Trips", description="All of them")
    inner = make_album("May", parent=outer)
    one, two = (upload(png(number=number))["key"] for number in range(2))
    added = call("POST", f"/albums/{inner}/images", json={"keys": [one, two, one]})
    assert added.json == {"added": 2}
    assert call("POST", f"/albums/{inner}/images", json={"keys": [one]}).json == {"added": 0}
    (told,) = call("GET", f"/albums?parent={outer}").json["albums"]
    assert told == call("GET", f"/albums/{inner}").json
    assert (told["images"], told["albums"], told["parent"]) == (2, 0, outer)
    assert told["cover"].startswith("http://localhost/tuchuang/download/")
    (top,) = call("GET", "/albums").json["albums"]
    assert (top["key"], top["albums"], top["cover"], top["parent"]) == (outer, 1, None, None)
    assert call("DELETE", f"/albums/{inner}/images/{one}").status_code == 204
    assert call("GET", f"/images/{one}").json["albums"] == []
    assert call("GET", f"/images/{two}").json["albums"] == [inner]


def test_an_album_is_changed_all_or_nothing(call, make_album, upload):
    key, parent, image = make_album(), make_album("Trips"), upload(png())["key"]
    call("POST", f"/albums/{key}/images", json={"keys": [image]})
    said = {"name": "June", "description": "Rain", "parent": parent}
    changed = call("PATCH", f"/albums/{key}", json={**said, "cover": image})
    assert changed.status_code == 200
    assert {name: changed.json[name] for name in said} == said
    revision = changed.json["revision"]
    kept = call("PATCH", f"/albums/{key}", json={"name": "July"})
    assert (kept.json["description"], kept.json["parent"]) == ("Rain", parent)
    late = call("PATCH", f"/albums/{key}", json={"name": "x", "revision": revision})
    assert (late.status_code, code(late)) == (409, "edit_conflict")
    wrong = call("PATCH", f"/albums/{key}", json={"name": "August", "cover": "1" * 12})
    assert wrong.status_code == 404
    assert call("GET", f"/albums/{key}").json["name"] == "July"
    assert call("PATCH", f"/albums/{key}", json={"parent": None}).json["parent"] is None


@pytest.mark.parametrize(
    ("said", "status", "expected"),
    [
        ({}, 422, "invalid_field"),
        ({"name": ""}, 422, "invalid_album_name"),
        ({"name": "x" * 101}, 422, "invalid_album_name"),
        ({"name": "x", "description": "x" * 5001}, 422, "text_too_long"),
        ({"name": "x", "parent": "1" * 12}, 404, "not_found"),
        ({"name": "x", "color": "red"}, 422, "invalid_field"),
    ],
)
def test_an_album_that_will_not_do_is_refused(call, said, status, expected):
    answer = call("POST", "/albums", json=said)
    assert (answer.status_code, code(answer)) == (status, expected)
    assert call("GET", "/albums").json == {"albums": []}


def test_an_album_cannot_lie_in_itself(call, make_album):
    outer = make_album()
    inner = make_album(parent=outer)
    answer = call("PATCH", f"/albums/{outer}", json={"parent": inner})
    assert (answer.status_code, code(answer)) == (422, "album_cycle")


def test_a_deleted_album_leaves_its_pictures(call, make_album, upload):
    key, image = make_album(), upload(png())["key"]
    call("POST", f"/albums/{key}/images", json={"keys": [image]})
    assert call("DELETE", f"/albums/{key}").status_code == 204
    assert call("DELETE", f"/albums/{key}").status_code == 404
    assert call("GET", f"/images/{image}").json["albums"] == []


def test_tags_are_put_on_renamed_merged_and_deleted(call, upload):
    one, two = (upload(png(number=number))["key"] for number in range(2))
    put = call("POST", "/tags", json={"names": ["Lake/海", "may"], "keys": [one, two]})
    assert put.json == {"changed": 2}
    call("PATCH", f"/images/{two}", json={"tags": ["may"]})
    assert call("GET", "/tags").json["tags"] == [
        {"name": "Lake/海", "images": 1},
        {"name": "may", "images": 2},
    ]
    assert call("GET", "/tags?start=LA").json["tags"] == [{"name": "Lake/海", "images": 1}]
    renamed = call("PATCH", "/tags/Lake%2F海", json={"name": "lake"})
    assert renamed.json == {"name": "lake", "images": 1}
    taken = call("PATCH", "/tags/lake", json={"name": "May"})
    assert (taken.status_code, code(taken)) == (409, "tag_taken")
    merged = call("PATCH", "/tags/lake", json={"name": "May", "merge": True})
    assert merged.json["images"] == 2
    assert call("DELETE", "/tags/may").status_code == 204
    assert call("DELETE", "/tags/may").status_code == 404
    assert call("GET", f"/images/{one}").json["tags"] == []


@pytest.mark.parametrize(
    ("said", "status", "expected"),
    [
        ({"names": ["a,b"]}, 422, "invalid_tag"),
        ({"names": []}, 422, "invalid_field"),
        ({"names": ["a"], "keys": []}, 422, "invalid_field"),
        ({"names": ["a"], "keys": ["1" * 12]}, 404, "not_found"),
        ({"names": ["a"], "keys": ["x\x00", 5]}, 422, "invalid_field"),
        ({"names": [f"tag {each}" for each in range(51)]}, 422, "invalid_field"),
    ],
)
def test_tags_that_will_not_do_are_refused(call, upload, said, status, expected):
    key = upload(png())["key"]
    answer = call("POST", "/tags", json={"keys": [key], **said})
    assert (answer.status_code, code(answer)) == (status, expected)
    assert call("GET", "/tags").json == {"tags": []}


def test_a_token_makes_and_revokes_others(call, client):
    expires = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    made = call("POST", "/tokens", json={"name": "ShareX", "scope": "library", "expires": expires})
    assert made.status_code == 201
    assert (made.json["name"], made.json["scope"], made.json["current"]) == (
        "ShareX",
        "library",
        False,
    )
    theirs = caller(client, made.json["token"])
    assert theirs("GET", "/profile").get_json()["scope"] == "library"
    listed = call("GET", "/tokens").json["tokens"]
    assert [each["current"] for each in listed] == [False, True]
    assert not any("token" in each for each in listed)
    assert call("DELETE", f"/tokens/{made.json['id']}").status_code == 204
    assert theirs("GET", "/profile").status_code == 401
    for number in (made.json["id"], 0, 2**63 - 1, 2**63):
        assert call("DELETE", f"/tokens/{number}").status_code == 404


def test_a_token_revokes_itself(client, session, ada):
    call = caller(client, make_token(session, ada))
    assert call("DELETE", "/tokens/current").status_code == 204
    assert call("DELETE", "/tokens/current").status_code == 401


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"scope": "all"}, "invalid_field"),
        ({"expires": "2020-01-01T00:00:00Z"}, "invalid_expiry"),
        ({"expires": "tomorrow"}, "invalid_field"),
        ({"name": "x" * 101}, "text_too_long"),
    ],
)
def test_a_token_that_will_not_do_is_refused(call, said, expected):
    answer = call("POST", "/tokens", json=said)
    assert (answer.status_code, code(answer)) == (422, expected)
    assert len(call("GET", "/tokens").json["tokens"]) == 1


def test_settings_are_changed_and_told(call):
    said = {"keep": "backup", "link_form": "markdown", "copy_links": True}
    changed = call("PATCH", "/profile", json=said)
    assert changed.status_code == 200
    told = call("GET", "/profile").json
    assert told == changed.json
    assert {name: told[name] for name in said} == said
    assert (told["username"], told["is_admin"]) == ("ada", False)
    for wrong in ({"keep": "x"}, {"link_form": "x"}, {"copy_links": 1}, {"link_template": "x"}):
        assert call("PATCH", "/profile", json={"keep": "share", **wrong}).status_code == 422
    assert call("GET", "/profile").json == told


def test_who_sees_uploads_and_the_public_page_are_settings_too(call, guest):
    told = call("GET", "/profile").json
    assert (told["default_visibility"], told["public_page"]) == ("unlisted", False)
    assert told["public_page_url"] is None
    assert guest.get("/u/ada").status_code == 404
    said = {"default_visibility": "private", "public_page": True}
    changed = call("PATCH", "/profile", json=said).json
    assert changed == told | said | {"public_page_url": "http://localhost/u/ada"}
    assert guest.get("/u/ada").status_code == 200
    assert call("POST", "/images", data=png()).json["visibility"] == "private"
    for wrong in ({"default_visibility": None}, {"public_page": 1}, {"public_page_url": "x"}):
        assert call("PATCH", "/profile", json={"keep": "backup", **wrong}).status_code == 422
    assert call("GET", "/profile").json == changed


def test_usage_counts_what_is_kept_and_what_is_in_the_trash(call, upload):
    one, two = upload(png(number=1)), upload(png(number=2))
    call("DELETE", f"/images/{two['key']}")
    told = call("GET", "/usage").json
    assert (told["images"], told["bytes"]) == (2, one["bytes"] + two["bytes"])
    assert told["trash"] == {"images": 1, "bytes": two["bytes"]}
    assert told["types"] == [{"type": "image/png", "images": 1, "bytes": one["bytes"]}]
    assert told["most_bytes"] is None
    assert len(told["months"]) == 12
    assert told["months"][-1]["images"] == 1
