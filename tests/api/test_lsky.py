"""lsky-pro v1 and the old 1.x: the whole of each answer."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest

from flaskr.models import Album, Image, Token
from tests.api.adapters import BY_NAME, multipart
from tests.api.conftest import bearer
from tests.browsing import Browser
from tests.factories import (
    PASSWORD,
    count_rows,
    jpeg,
    make_album,
    make_image,
    make_token,
    png,
)

LSKY, OLD = BY_NAME["lsky"], BY_NAME["lsky 1.x"]


@pytest.fixture
def token(session, ada) -> str:
    return make_token(session, ada, "library")


@pytest.fixture
def ask(client, token):
    def send(method: str, path: str, **options: Any) -> Any:
        answer = client.open(f"/api/v1{path}", method=method, headers=bearer(token), **options)
        assert answer.status_code == 200
        told = answer.json
        assert set(told) == {"status", "message", "data"}
        return told

    return send


def upload(client, token: str, content: bytes = b"", **fields: str) -> Any:
    answer = LSKY.post(client, token, ("file", "狗.png", content or png()), fields=fields)
    assert answer.json["status"] is True, answer.text
    return answer.json["data"]


def test_an_upload_is_answered_with_all_that_clients_read(client, session, token):
    content = png(number=5)
    told = LSKY.send(client, token, content, "狗.png").json
    image = session.query(Image).one()
    url = f"http://localhost/tuchuang/download/{image.key}.png"
    delete_url = told["data"]["links"]["delete_url"]
    assert told == {
        "status": True,
        "message": "success",
        "data": {
            "key": image.key,
            "name": f"{image.key}.png",
            "pathname": f"tuchuang/download/{image.key}.png",
            "origin_name": "狗.png",
            "size": round(len(content) / 1024, 2),
            "mimetype": "image/png",
            "extension": "png",
            "md5": hashlib.md5(content, usedforsecurity=False).hexdigest(),
            "sha1": hashlib.sha1(content, usedforsecurity=False).hexdigest(),
            "links": {
                "url": url,
                "html": f'<img src="{url}" alt="狗">',
                "bbcode": f"[img]{url}[/img]",
                "markdown": f"![狗]({url})",
                "markdown_with_link": f"[![狗]({url})]({url})",
                "thumbnail_url": told["data"]["links"]["thumbnail_url"],
                "delete_url": delete_url,
            },
        },
    }
    assert client.get(told["data"]["links"]["thumbnail_url"]).mimetype == "image/webp"
    assert delete_url.startswith(f"http://localhost/tuchuang/delete/{image.key}/")


def test_the_deletion_link_asks_first(client, token):
    links = upload(client, token)["links"]
    path = links["delete_url"].removeprefix("http://localhost")
    assert client.get(path).status_code == 200
    assert client.get(links["url"]).status_code == 200
    assert client.submit(path, page=path).status_code == 303
    assert client.get(links["url"]).status_code == 404


def test_the_token_may_come_without_its_scheme(client, token):
    form = multipart({}, ("file", "a.png", png()))
    answer = client.post(LSKY.path, **form, headers={"Authorization": token})
    assert answer.json["status"] is True


@pytest.mark.parametrize("text", ["key", "number"])
def test_a_picture_goes_into_the_album_that_is_named(client, session, ada, token, text):
    album = make_album(session, ada)
    named = {"key": album.key, "number": str(album.id)}[text]
    first = upload(client, token, album_id=named)
    other = make_album(session, ada, "Another")
    again = upload(client, token, album_id=str(other.id))
    assert again["key"] == first["key"]
    for each in (album, other):
        headers = bearer(token)
        found = client.get(f"/api/v1/images?album_id={each.id}", headers=headers).json
        assert [item["key"] for item in found["data"]["data"]] == [first["key"]]


@pytest.mark.parametrize("none", ["", "0", "null", "undefined"])
def test_no_album_may_be_said_in_many_ways(client, token, none):
    assert upload(client, token, album_id=none)["key"]


@pytest.mark.parametrize("album", ["1", "99999999999", "bad", "999999999999", "\0"])
def test_an_album_that_is_not_there_is_told(client, session, bob, token, album):
    make_album(session, bob)
    answer = LSKY.post(client, token, ("file", "a.png", png()), fields={"album_id": album})
    assert "no such album" in LSKY.refuses(answer, 404)
    assert count_rows(session, Image) == 0


# ---- guests ---------------------------------------------------------------------------------


def test_guests_upload_where_they_may(make_app, session):
    client = Browser(make_app(GUEST_UPLOADS=True))
    first, again = upload(client, ""), upload(client, "")
    assert client.get(first["links"]["url"]).status_code == 200
    assert first["key"] != again["key"], "a guest was told how to delete another one's picture"
    old = OLD.send(client, "", png()).json
    assert old["code"] == 200
    assert LSKY.refuses(LSKY.send(client, "wrong", png()), 401)


# ---- accounts and tokens --------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["data", "json"])
def test_a_token_is_made_for_a_name_and_a_password(client, session, ada, kind):
    sent: dict[str, Any] = {kind: {"email": "Ada", "password": PASSWORD}}
    answer = client.post("/api/v1/tokens", **sent)
    assert answer.status_code == 200
    token = answer.json["data"]["token"]
    assert upload(client, token)["key"]
    made = session.query(Token).one()
    assert (made.user_id, made.name, made.scope) == (ada.id, "lsky-pro", "library")


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize(
    "sent",
    [
        {"data": {"email": "ada", "password": "wrong password"}},
        {"data": {"email": "nobody", "password": PASSWORD}},
        {"data": {}},
        {"json": {"email": 5, "password": ["x"]}},
        {"json": {"email": "\ud800\0", "password": "\0"}},
        {"data": b"[" * 100_000, "content_type": "application/json"},
    ],
)
def test_no_token_is_made_for_others(client, session, sent):
    answer = client.post("/api/v1/tokens", **sent)
    assert answer.status_code == 200
    assert answer.json == {
        "status": False,
        "message": "User name or password is wrong.",
        "data": {},
    }
    assert count_rows(session, Token) == 0


@pytest.mark.usefixtures("ada")
def test_passwords_cannot_be_tried_out(make_app):
    client = Browser(make_app(RATE_LIMITS=True))
    wrong = {"email": "ada", "password": "wrong password"}
    answers = [client.post("/api/v1/tokens", data=wrong) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert answers[-1].json is not None
    assert answers[-1].json["status"] is False
    assert "Retry-After" in answers[-1].headers


def test_the_oldest_of_many_tokens_goes(client, session, token):
    told = {"email": "ada", "password": PASSWORD}
    made = [client.post("/api/v1/tokens", data=told).json["data"]["token"] for _ in range(11)]
    assert count_rows(session, Token) == 11
    profile = [client.get("/api/v1/profile", headers=bearer(each)).status_code for each in made]
    assert profile == [401] + [200] * 10
    assert client.get("/api/v1/profile", headers=bearer(token)).status_code == 200


def test_all_tokens_of_such_clients_are_revoked_at_once(ask, client, session, ada, bob, token):
    told = {"email": "ada", "password": PASSWORD}
    made = [client.post("/api/v1/tokens", data=told).json["data"]["token"] for _ in range(2)]
    other, theirs = make_token(session, ada, "admin"), make_token(session, bob)
    assert ask("DELETE", "/tokens")["status"] is True
    asked = [client.get("/api/v1/profile", headers=bearer(each)) for each in (token, *made)]
    assert [each.status_code for each in asked] == [401] * 3
    for each in (other, theirs):  # wider ones, too, which it could not even list
        assert client.get("/api/v1/profile", headers=bearer(each)).status_code == 200


def test_the_profile_tells_what_is_kept(ask, session, ada, media):
    make_image(session, ada, png())
    make_album(session, ada)
    told = ask("GET", "/profile")["data"]
    assert (told["name"], told["image_num"], told["album_num"]) == ("ada", 1, 1)
    assert told["url"] == "http://localhost/"
    assert told["used_capacity"] == round(len(png()) / 1024, 2)
    assert told["capacity"] > told["used_capacity"]
    assert {"avatar", "email", "registered_ip"} <= set(told)


def test_there_is_one_strategy(ask, client):
    assert ask("GET", "/strategies")["data"] == {"strategies": [{"id": 1, "name": "Default"}]}
    assert client.get("/api/v1/strategies").status_code == 200
    assert client.get("/api/v1/strategies", headers=bearer("wrong")).status_code == 401


# ---- lists ----------------------------------------------------------------------------------


@pytest.fixture
def three(session, ada, bob) -> list[str]:
    """Keys of ada's pictures, the oldest first; the second is public."""
    sizes = [(40, 40), (90, 90), (60, 60)]
    made = [
        make_image(session, ada, png(*size, number=7), name=f"photo {order}.png")
        for order, size in enumerate(sizes)
    ]
    made[1].visibility = "public"
    make_image(session, bob, png(number=99))
    session.commit()
    return [image.key for image in made]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [2, 1, 0]),
        ("order=newest", [2, 1, 0]),
        ("order=earliest", [0, 1, 2]),
        ("order=utmost", [1, 2, 0]),
        ("order=least", [0, 2, 1]),
        ("order=other", [2, 1, 0]),
        ("permission=public", [1]),
        ("permission=private", [2, 0]),
        ("keyword=photo+2", [2]),
        ("keyword=%00", [2, 1, 0]),
        ("page=2", []),
        ("page=-1", [2, 1, 0]),
        ("page=" + "9" * 5000, []),
        ("page=99999999", []),
    ],
)
def test_pictures_are_listed(ask, three, query, expected):
    page = ask("GET", f"/images?{query}")["data"]
    assert [three.index(item["key"]) for item in page["data"]] == expected
    assert page["per_page"] == 40


def test_a_page_of_the_list_is_laravels(ask, session, ada, three):
    del three
    for number in range(40):
        make_image(session, ada, png(number=1000 + number))
    first, second = ask("GET", "/images")["data"], ask("GET", "/images?page=2")["data"]
    assert {name: first[name] for name in first if name != "data"} == {
        "current_page": 1,
        "last_page": 2,
        "per_page": 40,
        "total": 43,
    }
    assert [len(first["data"]), len(second["data"])] == [40, 3]
    assert {"width", "height", "human_date", "date", "key", "links"} <= set(first["data"][0])


def test_listed_pictures_have_the_date_they_came(ask, session, ada):
    image = make_image(session, ada)
    image.created = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
    session.commit()
    (item,) = ask("GET", "/images")["data"]["data"]
    assert item["date"] == "2026-02-03 04:05:06"
    assert item["human_date"].endswith("ago")


def test_albums_are_listed_and_deleted(ask, session, ada, bob):
    image = make_image(session, ada)
    make_album(session, bob)
    make_album(session, ada, "Empty")
    full = make_album(session, ada, "Full", images=[image])
    told = {
        order: [item["name"] for item in ask("GET", f"/albums?order={order}")["data"]["data"]]
        for order in ("newest", "earliest", "most", "least")
    }
    assert told["newest"] == told["most"] == ["Full", "Empty"]
    assert told["earliest"] == told["least"] == ["Empty", "Full"]
    first = ask("GET", "/albums")["data"]["data"][0]
    assert first == {"id": full.id, "name": "Full", "intro": "", "image_num": 1}
    assert ask("DELETE", f"/albums/{full.id}")["status"] is True
    assert ask("DELETE", f"/albums/{full.id}")["status"] is False
    assert count_rows(session, Image) == 1
    assert {album.name for album in session.query(Album)} == {"Empty", "An album"}


def test_somebody_elses_album_cannot_be_deleted(ask, session, bob):
    album = make_album(session, bob)
    for text in (album.key, album.id):
        assert ask("DELETE", f"/albums/{text}")["status"] is False
    assert count_rows(session, Album) == 1


# ---- deletion -------------------------------------------------------------------------------


@pytest.mark.parametrize("written", ["{}", ":{}"])
def test_a_picture_is_deleted_by_its_key(ask, client, token, written):
    told = upload(client, token)
    key = written.format(told["key"])
    assert ask("DELETE", f"/images/{key}")["status"] is True
    assert client.get(told["links"]["url"]).status_code == 404
    assert ask("DELETE", f"/images/{key}") == {
        "status": False,
        "message": "There is no such picture, or it is deleted already.",
        "data": {},
    }


def test_nobody_deletes_what_is_somebody_elses(ask, client, session, bob):
    theirs = upload(client, make_token(session, bob))
    for key in (theirs["key"], f"{theirs['key']}wrong", "x", "%00"):
        assert ask("DELETE", f"/images/{key}")["status"] is False
    assert client.get(theirs["links"]["url"]).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", "/images/x"), ("GET", "/images"), ("GET", "/albums"), ("DELETE", "/tokens")],
)
def test_a_token_for_uploads_alone_is_told_what_it_lacks(client, session, ada, method, path):
    narrow = make_token(session, ada)
    answer = client.open(f"/api/v1{path}", method=method, headers=bearer(narrow))
    assert "library" in LSKY.refuses(answer, 403)
    assert count_rows(session, Token) == 1


# ---- 1.x ------------------------------------------------------------------------------------


def test_the_old_upload_is_answered_with_all_that_clients_read(client, session, token):
    content = jpeg(number=3)
    told = OLD.send(client, token, content, "a.jpg").json
    image = session.query(Image).one()
    assert isinstance(told.pop("time"), int)
    assert told == {
        "code": 200,
        "msg": "success",
        "message": "success",
        "data": {
            "id": image.key,
            "name": "a.jpg",
            "url": f"http://localhost/tuchuang/download/{image.key}.jpg",
            "size": len(content),
            "mime": "image/jpeg",
            "sha1": hashlib.sha1(content, usedforsecurity=False).hexdigest(),
            "md5": hashlib.md5(content, usedforsecurity=False).hexdigest(),
            "delete": told["data"]["delete"],
        },
    }


def test_the_old_token_may_be_a_field(client, session, token):
    answer = OLD.post(client, "", ("image", "a.png", png()), fields={"token": token})
    assert answer.json["code"] == 200
    bad = OLD.post(client, "", ("image", "a.png", png(number=2)), fields={"token": "wrong"})
    assert (bad.status_code, bad.json["code"]) == (200, 401)
    assert bad.json["msg"] == bad.json["message"]
    assert count_rows(session, Image) == 1
