"""How each kind of client sends a picture, and how it reads the answer."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.test import TestResponse

from tests.browsing import Browser

BOUNDARY = "----------------------------739412803642"


def multipart(fields: Mapping[str, str], *files: tuple[str, str, bytes]) -> dict[str, Any]:
    """A form as Node's clients write it: names of files in raw UTF-8, texts before files."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    for name, file_name, content in files:
        head = f'form-data; name="{name}"; filename="{file_name}"\r\nContent-Type: image/png'
        parts.append(
            f"--{BOUNDARY}\r\nContent-Disposition: {head}\r\n\r\n".encode() + content + b"\r\n"
        )
    return {
        "data": b"".join(parts) + f"--{BOUNDARY}--\r\n".encode(),
        "content_type": f"multipart/form-data; boundary={BOUNDARY}",
    }


@dataclass(frozen=True)
class Adapter:
    """A shape. `statuses` are the HTTP statuses of failures that differ from ours.

    `link` and `message` read the answer's JSON as the client does.
    """

    name: str
    path: str
    field: str
    link: Callable[[Any], str]
    message: Callable[[Any], str]
    header: str = "Authorization"
    scheme: str = ""
    always: Mapping[str, str] = dataclasses.field(default_factory=dict)
    status: Callable[[int], int] = lambda own: own

    def credentials(self, token: str) -> dict[str, str]:
        return {self.header: f"{self.scheme}{token}"} if token else {}

    def send(
        self, client: Browser, token: str, content: bytes, name: str = "a.png", **options: Any
    ) -> Any:
        """Send a picture; the answer is a TestResponse, whose JSON is read without more ado."""
        return self.post(client, token, (self.field, name, content), **options)

    def post(
        self,
        client: Browser,
        token: str,
        *files: tuple[str, str, bytes],
        fields: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        told = {**self.credentials(token), **(headers or {})}
        form = multipart({**self.always, **(fields or {})}, *files)
        return client.post(self.path, **form, headers=told)

    def refuses(self, answer: TestResponse, own_status: int) -> str:
        """The words that the client shows, once it is sure that this is a failure."""
        assert answer.status_code == self.status(own_status), answer.text
        assert answer.mimetype == "application/json"
        message = self.message(answer.json)
        assert message
        return message


def real_if(*real: int) -> Callable[[int], int]:
    """Failures that are HTTP 200, but for these statuses and faults of the server."""
    return lambda own: own if own in real or own >= 500 else 200


def failed(key: str, value: object, *path: str) -> Callable[[Any], str]:
    """Read a failure that says so under `key`, and why under `path`."""

    def read(told: Any) -> str:
        assert told[key] == value
        for name in path:
            told = told[name]
        return str(told)

    return read


ADAPTERS = [
    Adapter(
        "lsky",
        "/api/v1/upload",
        "file",
        lambda told: told["data"]["links"]["url"] if told["status"] is True else "",
        failed("status", False, "message"),
        scheme="Bearer ",
        always={"strategy_id": "1", "permission": "0"},
        status=real_if(401, 405, 429),
    ),
    Adapter(
        "lsky 1.x",
        "/api/upload",
        "image",
        lambda told: told["data"]["url"] if told["code"] == 200 else "",
        lambda told: told["msg"] if told["code"] in {401, 500} else "",
        header="token",
        always={"ssl": "true"},
        status=lambda _: 200,
    ),
    Adapter(
        "smms",
        "/api/v2/upload",
        "smfile",
        lambda told: told["data"]["url"] if told["code"] == "success" else "",
        failed("success", False, "message"),
        status=real_if(405, 429),
    ),
    Adapter(
        "smms successor",
        "/api/v1/file/upload",
        "smfile",
        lambda told: told["data"]["url"] if told["message"] == "success" else "",
        failed("success", False, "message"),
        status=real_if(405, 429),
    ),
    Adapter(
        "imgur",
        "/3/image",
        "image",
        lambda told: told["data"]["link"] if told["success"] is True else "",
        failed("success", False, "data", "error"),
        scheme="Client-ID ",
    ),
    Adapter(
        "chevereto",
        "/api/1/upload",
        "source",
        lambda told: told["image"]["url"] if told["status_code"] == 200 else "",
        lambda told: told["error"]["message"] if told["status_code"] >= 400 else "",
        header="X-API-Key",
        status=lambda own: own if own in {405, 429} or own >= 500 else 400,
    ),
    Adapter(
        "picgo",
        "/upload",
        "list",
        lambda told: told["result"][0] if told["success"] is True else "",
        failed("success", False, "message"),
        scheme="Bearer ",
        status=lambda own: own if own in {401, 405, 429} or own >= 500 else 400,
    ),
]

BY_NAME = {adapter.name: adapter for adapter in ADAPTERS}
