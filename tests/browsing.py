"""A test client that gets its CSRF token where a browser does: from the page."""

from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from justhtml import JustHTML
from werkzeug.test import TestResponse

from tests.factories import PASSWORD

JSON = {"Accept": "application/json"}
UPLOAD = "/tuchuang/"

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

    def token(self, page: str = "/") -> str:
        """The CSRF token that `page` carries for scripts."""
        (meta,) = query(self.get(page), "meta[name=csrf-token]")
        return str(meta.attrs["content"])

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
        data = {"batch": batch, "file": as_parts(files)}
        return self.submit(UPLOAD, data, headers=headers or {})

    def upload_json(self, *files: NamedFile, batch: str = "") -> TestResponse:
        """Send files as the upload page's script does."""
        headers = {**JSON, "X-CSRFToken": self.token()}
        data = {"batch": batch, "file": as_parts(files)}
        return self.post(UPLOAD, data=data, headers=headers)


def as_parts(files: Iterable[NamedFile]) -> list[tuple[BytesIO, str]]:
    return [(BytesIO(content), name) for name, content in files]


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
