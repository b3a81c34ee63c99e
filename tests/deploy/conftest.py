"""Fixtures: nginx in front of a site, and clients that speak to either."""

import http.client
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from flaskr.library.media import Media
from flaskr.models import Image, User
from tests.browsing import AuthActions, Browser
from tests.conftest import dispose
from tests.deploy.front import BEHIND_NGINX, Front
from tests.factories import make_image, make_user, png
from tests.nginx import find
from tests.serving import HOST, Site

_numbers = count(1)

Hang = Callable[..., Image]


@dataclass(frozen=True)
class Reply:
    """An answer as it came over the wire."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def every(self, name: str) -> list[str]:
        return self.headers.get_all(name) or []


class Wire:
    """Sends requests as they are given to one port."""

    def __init__(self, port: int) -> None:
        self.port = port

    def ask(
        self, path: str, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> Reply:
        """Ask once, on a connection of its own; `_` in the names of headers stands for `-`."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=30)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, named)
            answer = connection.getresponse()
            return Reply(answer.status, answer.headers, answer.read())
        finally:
            connection.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory, migrated_database) -> Iterator[Site]:
    """The app as it runs behind nginx. What it fetches lies on this machine."""
    settings = {"FETCH_NETWORKS": "127.0.0.0/8", **BEHIND_NGINX}
    served = Site(tmp_path_factory.mktemp("behind"), migrated_database, **settings)
    try:
        served.start()
        yield served
        served.stop()
    finally:
        served.kill()


@pytest.fixture(scope="session")
def front(tmp_path_factory, site) -> Iterator[Front]:
    if not (find() or os.environ.get("CI")):
        pytest.skip("no nginx: see tests/nginx.py")
    made = Front(tmp_path_factory.mktemp("nginx"), site)
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture
def wire(front) -> Wire:
    """A client of nginx."""
    return Wire(front.port)


@pytest.fixture(scope="session")
def app_behind(site) -> Iterator[Flask]:
    made = site.make_app()
    yield made
    dispose(made)


@pytest.fixture
def app(app_behind: Flask) -> Flask:
    """The app behind nginx, in this process: rows made here appear there."""
    return app_behind


@pytest.fixture
def alone(app: Flask, monkeypatch) -> Browser:
    """A client of the same app where it sends the files itself."""
    monkeypatch.setitem(app.config, "ACCEL_PREFIX", "")
    return Browser(app)


@pytest.fixture
def ada(session: Session) -> User:
    """An account that nothing else uses."""
    return make_user(session, f"ada-{next(_numbers)}")


@pytest.fixture
def cookie(app: Flask, ada: User) -> str:
    """The cookie of a browser in which ada is logged in."""
    return logged_in(app, ada)


@pytest.fixture
def other_cookie(app: Flask, session: Session) -> str:
    """The cookie of somebody else."""
    return logged_in(app, make_user(session, f"bob-{next(_numbers)}"))


def logged_in(app: Flask, user: User) -> str:
    browser = Browser(app)
    AuthActions(browser).login(user.username)
    cookie = browser.get_cookie("session")
    assert cookie is not None
    return f"session={cookie.value}"


@pytest.fixture
def hang(session: Session, ada: User, media: Media) -> Hang:
    """Put a picture that nobody else has into ada's library."""

    def make(content: bytes | None = None, visibility: str = "unlisted", **options) -> Image:
        content = content or png(97, 61, number=next(_numbers))
        image = make_image(session, ada, content, store=media.store, **options)
        image.visibility = visibility
        session.commit()
        return image

    return make
