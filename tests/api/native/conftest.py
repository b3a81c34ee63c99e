"""Programs that use the native API."""

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.browsing import Browser
from tests.factories import make_token

Call = Callable[..., TestResponse]


def caller(client: Browser, token: str) -> Call:
    """Return a function that asks with this token."""

    def call(method: str, path: str, **options: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
        return client.open(f"/api{path}", method=method, headers=headers, **options)

    return call


@pytest.fixture
def call(client, session, ada) -> Call:
    """A program with ada's token for everything."""
    return caller(client, make_token(session, ada, "admin"))


@pytest.fixture
def call_as_bob(guest, session, bob) -> Call:
    """A program with bob's token for everything."""
    return caller(guest, make_token(session, bob, "admin"))


@pytest.fixture
def upload(call):
    """Upload a picture as ada; return what is told of it."""

    def send(content: bytes, name: str = "photo.png", **fields: str) -> dict[str, Any]:
        from tests.browsing import form

        answer = call("POST", "/images", **form(fields, (name, content)))
        assert answer.status_code in {200, 201}
        told: dict[str, Any] = answer.json
        return told

    return send


def code(answer: TestResponse) -> str:
    """The code of an error, which has to be in the one shape."""
    assert answer.json is not None
    assert set(answer.json) == {"error"}
    assert set(answer.json["error"]) == {"code", "message"}
    assert answer.json["error"]["message"]
    return str(answer.json["error"]["code"])
