"""A program that talks to a running server: uploads with a token, and asks for links."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.browsing import form
from tests.serving import HOST, PATIENCE, Site

UPLOAD = "/api/images"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)


class Caller:
    """One account's token on a site. Each call has a connection of its own."""

    def __init__(self, site: Site, token: str) -> None:
        self.site = site
        self.token = token

    def call(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Ask, and read the answer. Raises OSError or HTTPException when none comes."""
        connection = http.client.HTTPConnection(HOST, self.site.port, timeout=2 * PATIENCE)
        try:
            connection.request(method, path, body, dict(headers or {}))
            got = connection.getresponse()
            return Answer(got.status, {k.title(): v for k, v in got.getheaders()}, got.read())
        finally:
            connection.close()

    def get(self, path: str) -> Answer:
        return self.call("GET", path)

    def upload(self, content: bytes, name: str = "picture.png", keep: str = "share") -> Answer:
        filled = form({"keep": keep}, (name, content))
        return self.call("POST", UPLOAD, filled["data"], self.headers(filled["content_type"]))

    def headers(self, content_type: str) -> dict[str, str]:
        return {"Content-Type": content_type, "Authorization": f"Bearer {self.token}"}
