"""A test client that gets its CSRF token where a browser does: from the page."""

import re
from collections.abc import Mapping
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from justhtml import JustHTML
from werkzeug.test import TestResponse

from tests.factories import PASSWORD

JSON = {"Accept": "application/json"}
UPLOAD = "/tuchuang/"

TOKEN = re.compile(r'<meta name="csrf-token" content="([^"]+)">')

NamedFile = tuple[str, bytes]


def parse(response: TestResponse) -> JustHTML:
    """The page as a browser's parser sees it."""
    return JustHTML(response.text, sanitize=False)


def query(response: TestResponse, selector: str) -> list[Any]:
    """The elements of the page that match a CSS selector."""
    return list(parse(response).query(selector))


def links(response: TestResponse, selector: str = "a") -> list[str]:
    return [str(element.attrs["href"]) for element in query(response, selector)]


def text(response: TestResponse) -> str:
    """The words on the page."""
    return parse(response).to_text()


class Browser(FlaskClient):
    """Flask's client, with forms."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app, app.response_class)

    def open(self, *args: Any, **options: Any) -> TestResponse:
        """Ask, and read the answer to its end."""
        options.setdefault("buffered", True)
        return super().open(*args, **options)

    def token(self, page: str = "/") -> str:
        """The CSRF token that `page` carries for scripts."""
        (token,) = TOKEN.findall(self.get(page).text)
        return str(token)

    def submit(
        self, path: str, data: Mapping[str, Any] | None = None, page: str = "/", **options: Any
    ) -> TestResponse:
        """Post a form to `path`, with the token that `page` shows."""
        filled = {**(data or {}), "csrf_token": self.token(page)}
        return self.post(path, data=filled, **options)

    def upload(
        self,
        *files: NamedFile,
        batch: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> TestResponse:
        """Send files as the upload page's form does."""
        fields = {"csrf_token": self.token(), "batch": batch}
        return self.post(UPLOAD, **form(fields, *files), headers=headers or {})

    def upload_json(self, *files: NamedFile, **fields: str) -> TestResponse:
        """Send files as the upload page's script does."""
        headers = {**JSON, "X-CSRFToken": self.token()}
        return self.post(UPLOAD, **form(fields, *files), headers=headers)


def form(fields: Mapping[str, str], *files: NamedFile) -> dict[str, Any]:
    """A multipart form as browsers write it, to be posted (HTML standard, 4.10.21.8).

    Werkzeug's client leaves out the line end before the boundary after an empty part.
    """
    boundary = "----FormBoundary7MA4YWxkTrZu0gW"
    parts = [
        (f'name="{name}"'.encode(), value.encode("utf-8", "surrogatepass"))
        for name, value in fields.items()
    ]
    for name, content in files:
        quoted = name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
        head = f'name="file"; filename="{quoted}"\r\nContent-Type: application/octet-stream'
        parts.append((head.encode(), content))
    body = b"".join(
        b"--%b\r\nContent-Disposition: form-data; %b\r\n\r\n%b\r\n"
        % (boundary.encode(), head, content)
        for head, content in parts
    )
    return {
        "data": body + f"--{boundary}--\r\n".encode(),
        "content_type": f"multipart/form-data; boundary={boundary}",
    }


class AuthActions:
    """Register, log in, log out: by the pages' forms."""

    def __init__(self, client: Browser) -> None:
        self.client = client

    def register(self, username: str = "ada", password: str = PASSWORD) -> TestResponse:
        data = {"username": username, "password": password}
        return self.client.submit("/auth/register", data)

    def login(
        self,
        username: str = "ada",
        password: str = PASSWORD,
        path: str = "/auth/login",
        **options: Any,
    ) -> TestResponse:
        data = {"username": username, "password": password}
        return self.client.submit(path, data, **options)

    def logout(self) -> TestResponse:
        return self.client.submit("/auth/logout")
