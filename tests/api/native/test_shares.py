"""Shares by the API."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from flaskr.library import shares
from flaskr.library.aliases import alias_of
from flaskr.models import Image
from tests.api.native.conftest import code
from tests.factories import make_image, make_share, png

PASSWORD = "four words of mine"


@pytest.fixture
def share(call, upload):
    """Share a new picture; return what is told of the share."""

    def make(**said: object) -> dict[str, object]:
        key = upload(png(number=len(call("GET", "/images").json["images"])))["key"]
        answer = call("POST", "/shares", json={"keys": [key], **said})
        assert answer.status_code == 201
        told: dict[str, object] = answer.json
        return told

    return make


def path(told: dict[str, Any]) -> str:
    """The path of a share's link."""
    return str(urlsplit(told["url"]).path)


def test_pictures_are_shared_in_their_order(call, guest, session, upload):
    keys = [upload(png(number=number), f"{number}.png")["key"] for number in range(3)]
    keys.reverse()
    told = call("POST", "/shares", json={"keys": keys, "name": "Lake", "note": "For Bob"})
    assert told.status_code == 201
    assert (told.json["images"], told.json["album"]) == (3, None)
    assert (told.json["name"], told.json["note"]) == ("Lake", "For Bob")
    page = guest.get(path(told.json)).text
    share = shares.find(session, path(told.json).rpartition("/")[2])
    shown = [session.scalars(select(Image).where(Image.key == key)).one() for key in keys]
    places = [page.index(alias_of(share, image)) for image in shown]
    assert places == sorted(places)
    assert call("GET", f"/shares/{told.json['key']}").json["views"] == 1


def test_an_album_is_shared_as_it_is_at_any_time(call, guest, upload):
    album = call("POST", "/albums", json={"name": "May"}).json["key"]
    told = call("POST", "/shares", json={"album": album}).json
    assert (told["images"], told["album"]) == (0, album)
    key = upload(png())["key"]
    call("POST", f"/albums/{album}/images", json={"keys": [key]})
    assert call("GET", f"/shares/{told['key']}").json["images"] == 1
    assert guest.get(path(told)).status_code == 200


def test_shares_are_listed_page_by_page_the_newest_first(call, share):
    keys = [share()["key"] for _ in range(3)]
    first = call("GET", "/shares?limit=2").json
    assert [each["key"] for each in first["shares"]] == [keys[2], keys[1]]
    assert first["shares"][0] == call("GET", f"/shares/{keys[2]}").json
    second = call("GET", f"/shares?limit=2&cursor={first['next']}").json
    assert ([each["key"] for each in second["shares"]], second["next"]) == ([keys[0]], None)


@pytest.mark.parametrize("cursor", ["", "words", "1" * 12])
def test_a_cursor_that_leads_nowhere_is_an_error(call, share, cursor):
    share()
    answer = call("GET", f"/shares?cursor={cursor}")
    assert (answer.status_code, code(answer)) == (400, "invalid_place")


def test_a_cursor_of_anothers_leads_nowhere(call, call_as_bob, share):
    answer = call_as_bob("GET", f"/shares?cursor={share()['key']}")
    assert (answer.status_code, code(answer)) == (400, "invalid_place")


def test_what_is_left_out_of_a_change_stays(call, guest, share):
    told = share(name="Lake", password=PASSWORD, most_views=3)
    assert told["locked"] is True
    assert PASSWORD not in str(told)
    later = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0).isoformat()
    changed = call("PATCH", f"/shares/{told['key']}", json={"note": "For Bob", "expires": later})
    assert changed.status_code == 200
    assert changed.json == told | {"note": "For Bob", "expires": later}
    opened = guest.submit(path(told), {"password": PASSWORD}, page=path(told))
    assert opened.status_code == 303
    free = {"password": None, "expires": None, "most_views": None, "name": "Open"}
    changed = call("PATCH", f"/shares/{told['key']}", json=free).json
    assert (changed["locked"], changed["expires"], changed["most_views"]) == (False, None, None)
    assert (changed["name"], changed["note"], changed["views"]) == ("Open", "For Bob", 1)


def test_a_revoked_share_opens_nothing_and_stays_in_the_list(call, guest, share):
    told = share()
    ended = [call("POST", f"/shares/{told['key']}/revoke") for _ in range(2)]
    for each in ended:
        assert (each.status_code, each.json) == (200, told | {"ended": "revoked"})
    assert guest.get(path(told)).status_code == 410
    assert call("GET", "/shares").json["shares"] == [ended[0].json]


def test_how_a_share_has_ended_is_told(call, session, media, ada, share):
    told = share(most_views=1)
    own, _ = make_share(session, media, ada, [make_image(session, ada)])
    own.expires = datetime.now(UTC) - timedelta(hours=1)
    session.commit()
    assert call("GET", f"/shares/{own.key}").json["ended"] == "expired"
    assert call("GET", f"/shares/{told['key']}").json["ended"] is None
    named = call("PATCH", f"/shares/{own.key}", json={"name": "Late"})
    assert (named.status_code, named.json["ended"]) == (200, "expired")


def test_views_that_are_used_up_are_told(call, guest, share):
    told = share(most_views=1)
    guest.submit(path(told), {}, page=path(told))
    ended = call("GET", f"/shares/{told['key']}").json
    assert (ended["views"], ended["ended"]) == (1, "used_up")


@pytest.mark.parametrize(
    ("said", "status", "expected"),
    [
        ({"keys": None}, 422, "invalid_field"),
        ({"keys": []}, 422, "invalid_field"),
        ({"album": "1" * 12}, 422, "invalid_field"),
        ({"keys": ["1" * 12]}, 404, "not_found"),
        ({"keys": ["words"]}, 404, "not_found"),
        ({"password": "abc"}, 422, "link_password"),
        ({"expires": "2001-01-01T00:00:00Z"}, 422, "expiry_passed"),
        ({"expires": "tomorrow"}, 422, "invalid_field"),
        ({"most_views": 0}, 422, "invalid_field"),
        ({"most_views": 1_000_001}, 422, "invalid_field"),
        ({"name": "x" * 201}, 422, "text_too_long"),
        ({"color": "red"}, 422, "invalid_field"),
    ],
)
def test_a_share_that_will_not_do_is_refused(call, upload, said, status, expected):
    answer = call("POST", "/shares", json={"keys": [upload(png())["key"]], **said})
    assert (answer.status_code, code(answer)) == (status, expected)
    assert call("GET", "/shares").json == {"shares": [], "next": None}


def test_either_pictures_or_an_album_are_shared(call):
    answer = call("POST", "/shares", json={"name": "Nothing"})
    assert (answer.status_code, code(answer)) == (422, "invalid_field")
    assert "`keys` or `album`" in answer.json["error"]["message"]


def test_a_change_that_is_refused_changes_nothing(call, share):
    told = share(name="Lake")
    said = {"name": "Sea", "expires": "2001-01-01T00:00:00Z"}
    assert call("PATCH", f"/shares/{told['key']}", json=said).status_code == 422
    assert call("GET", f"/shares/{told['key']}").json == told
