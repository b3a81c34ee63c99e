"""PicGo's server: many files at once, deletion by what was answered."""

from io import BytesIO
from typing import Any

import pytest

from flaskr.models import Image
from tests.api.adapters import BY_NAME
from tests.api.conftest import bearer
from tests.factories import count_rows, jpeg, make_token, png

PICGO = BY_NAME["picgo"]


@pytest.fixture
def token(session, ada) -> str:
    return make_token(session, ada)


def upload(client, token: str, *contents: bytes) -> Any:
    files = [("list", f"{order}.png", content) for order, content in enumerate(contents)]
    answer = PICGO.post(client, token, *files)
    assert answer.json["success"] is True, answer.text
    return answer.json


def test_links_come_in_the_order_of_the_files(client, session, token):
    contents = [png(number=order) for order in range(5)]
    files = [
        (f"file{order % 2}", f"{order}.png", content) for order, content in enumerate(contents)
    ]
    files.sort(key=lambda file: file[0])
    told: Any = PICGO.post(client, token, *files).json
    assert set(told) == {"success", "result", "fullResult"}
    assert [client.get(url).data for url in told["result"]] == [file[2] for file in files]
    assert [each["imgUrl"] for each in told["fullResult"]] == told["result"]
    assert [each["fileName"] for each in told["fullResult"]] == [file[1] for file in files]
    assert count_rows(session, Image) == 5


@pytest.mark.parametrize("where", ["key", "secret", "header", "bearer", "bare"])
def test_the_token_may_come_in_many_ways(client, token, where):
    headers = {
        "header": {"X-PicGo-Secret": token},
        "bearer": bearer(token),
        "bare": {"Authorization": token},
    }.get(where, {})
    query = {where: token} if where in {"key", "secret"} else {}
    form = {"list": (BytesIO(jpeg()), "a.jpg")}
    answer = client.post("/upload", query_string=query, headers=headers, data=form)
    assert answer.json["success"] is True


def test_one_bad_file_of_several_is_named(client, token):
    files = [("list", "good.png", png()), ("list", "bad.png", b"words")]
    answer = PICGO.post(client, token, *files)
    assert PICGO.refuses(answer, 415).startswith("bad.png: ")
    assert upload(client, token, png())["success"] is True


def test_a_list_of_paths_is_no_upload(client, token):
    answer = client.post("/upload", json={"list": ["C:/a.png"]}, headers=bearer(token))
    assert "No picture arrived" in PICGO.refuses(answer, 400)


def test_what_was_uploaded_is_deleted_by_what_was_answered(client, token):
    told = upload(client, token, png(number=1), png(number=2))
    answer = client.post("/delete", json={"list": told["fullResult"]})
    assert answer.json["success"] is True
    assert [client.get(url).status_code for url in told["result"]] == [404, 404]


def test_by_the_address_alone_only_the_owner_deletes(client, session, ada, bob, token):
    url = upload(client, token, png())["result"][0]
    body: dict[str, Any] = {"list": [{"imgUrl": url}]}
    tokens = [make_token(session, bob, "library"), token, ""]
    statuses = [client.post(f"/delete?key={each}", json=body).status_code for each in tokens]
    assert statuses == [400, 401, 401]
    assert client.get(url).status_code == 200
    mine = make_token(session, ada, "library")
    assert client.post(f"/delete?key={mine}", json={"list": [url]}).json["success"] is True
    assert client.get(url).status_code == 404


def test_one_that_is_gone_does_not_keep_the_others(client, token):
    told = upload(client, token, png(number=1), png(number=2))
    first, second = told["fullResult"]
    wrong = {**first, "hash": first["hash"][:-1] + "?"}
    answer = client.post("/delete", json={"list": [wrong, second]})
    assert "no such picture" in PICGO.refuses(answer, 404)
    assert [client.get(url).status_code for url in told["result"]] == [200, 404]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"list": 5}',
        b'{"list": []}',
        b'{"list": [5, null, {}, {"hash": 5}, {"hash": "\\u0000"}, {"imgUrl": []}]}',
        b"[" * 100_000,
        b"\xff",
        b'{"list": [' + b'"x",' * 600 + b'"x"]}',
    ],
)
def test_what_names_nothing_deletes_nothing(client, session, ada, body):
    admin = make_token(session, ada, "library")
    answer = client.post(f"/delete?key={admin}", data=body, content_type="application/json")
    PICGO.refuses(answer, 400)


def test_it_is_alive(client):
    assert client.post("/heartbeat").json == {"success": True, "result": "alive"}
