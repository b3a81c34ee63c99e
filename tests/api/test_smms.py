"""sm.ms v2: the whole of each answer."""

from typing import Any

import pytest

from flaskr.library import usage
from flaskr.models import Image, Token
from tests.api.adapters import BY_NAME
from tests.factories import PASSWORD, count_rows, make_image, make_token, png

SMMS = BY_NAME["smms"]


@pytest.fixture
def token(session, ada) -> str:
    return make_token(session, ada)


@pytest.fixture
def wide(session, ada) -> dict[str, str]:
    """The header with a token of scope `library`, as sm.ms wants it."""
    return {"Authorization": make_token(session, ada, "library")}


def test_an_upload_is_answered_with_all_that_clients_read(client, session, token):
    content = png(number=5)
    told: Any = SMMS.send(client, token, content, "狗.png").json
    image = session.query(Image).one()
    assert told.pop("RequestId")
    data = told["data"]
    assert told == {
        "success": True,
        "code": "success",
        "message": "success",
        "data": {
            "file_id": image.key,
            "width": 48,
            "height": 32,
            "filename": "狗.png",
            "storename": f"{image.key}.png",
            "size": len(content),
            "path": f"/tuchuang/download/{image.key}.png",
            "hash": data["hash"],
            "url": f"http://localhost/tuchuang/download/{image.key}.png",
            "delete": data["delete"],
            "page": f"http://localhost/tuchuang/download/{image.key}.png",
        },
    }
    path = data["delete"].removeprefix("http://localhost")
    assert client.get(path).status_code == 200
    assert client.get(data["url"]).status_code == 200
    assert client.submit(path, page=path).status_code == 303
    assert client.get(data["url"]).status_code == 404


@pytest.mark.parametrize("scheme", ["", "Basic ", "Bearer "])
def test_the_token_may_follow_a_scheme(client, token, scheme):
    assert SMMS.link(SMMS.send(client, f"{scheme}{token}", png()).json)


def test_errors_have_the_clients_codes(client, token):
    for given, files, code in [
        ("wrong", [("smfile", "a.png", png())], "unauthorized"),
        ("", [("smfile", "a.png", png())], "unauthorized"),
        (token, [], "no_file_uploaded"),
        (token, [("smfile", "a.png", b"words")], "unsupported_type"),
    ]:
        told: Any = SMMS.post(client, given, *files).json
        assert (told["success"], told["code"]) == (False, code)
        assert told["message"]
        assert told["RequestId"]


@pytest.mark.usefixtures("ada")
def test_a_token_is_made_for_a_name_and_a_password(client, session):
    good = client.post("/api/v2/token", data={"username": "ada", "password": PASSWORD}).json
    assert SMMS.link(SMMS.send(client, good["data"]["token"], png()).json)
    bad = client.post("/api/v2/token", data={"username": "ada", "password": "wrong password"})
    assert SMMS.refuses(bad, 401) == "User name or password is wrong."
    assert count_rows(session, Token) == 1


def test_the_profile_tells_what_is_kept(client, session, ada, wide):
    make_image(session, ada, png())
    data = client.post("/api/v2/profile", headers=wide).json["data"]
    assert (data["username"], data["role"], data["disk_usage_raw"]) == ("ada", "user", len(png()))
    assert data["disk_limit_raw"] > data["disk_usage_raw"]
    usage.set_quota(session, ada, images=0, bytes=5 * 1024 * 1024)
    session.commit()
    data = client.post("/api/v2/profile", headers=wide).json["data"]
    assert (data["disk_limit"], data["disk_limit_raw"]) == ("5 MB", 5 * 1024 * 1024)


def test_the_history_lists_the_accounts_pictures(client, session, ada, bob, wide):
    keys = [make_image(session, ada).key for _ in range(101)]
    make_image(session, bob)
    first = client.get("/api/v2/upload_history", headers=wide).json["data"]
    second = client.get("/api/v2/upload_history?page=2", headers=wide).json["data"]
    assert [each["file_id"] for each in first + second] == keys[::-1]


def test_a_hash_deletes_for_whoever_has_a_token(client, session, bob, token):
    data: Any = SMMS.send(client, token, png()).json["data"]
    path = f"/api/v2/delete/{data['hash']}"
    theirs = {"Authorization": make_token(session, bob)}
    SMMS.refuses(client.get(path), 401)
    SMMS.refuses(client.get(f"/api/v2/delete/{data['file_id']}", headers=theirs), 403)
    assert client.get(data["url"]).status_code == 200, "a link preview could have deleted it"
    answer = client.get(path, headers={"Authorization": token})
    assert answer.json["success"] is True
    assert client.get(data["url"]).status_code == 404
    assert "no such picture" in SMMS.refuses(
        client.get(path, headers={"Authorization": token}), 404
    )


def test_a_wide_token_deletes_by_the_key(client, token, wide):
    data: Any = SMMS.send(client, token, png()).json["data"]
    path = f"/api/v2/delete/{data['file_id']}"
    assert client.head(path, headers=wide).status_code == 405
    assert client.get(path, headers=wide).json["success"] is True
    assert client.get(data["url"]).status_code == 404
