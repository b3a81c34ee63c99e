"""Fixtures: a site that is served, a browser that complains, pages in which somebody is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy.orm import Session

from flaskr.library import tokens
from flaskr.library.media import Media
from flaskr.models import Image, User
from tests.browser.witness import Witness
from tests.browsing import AuthActions, Browser
from tests.chromium import launch_arguments
from tests.conftest import dispose
from tests.factories import (
    make_album,
    make_document,
    make_drop,
    make_drop_box,
    make_image,
    make_moved,
    make_post,
    make_share,
    make_tag,
    make_unfinished,
    make_user,
    png,
    publish,
)
from tests.serving import Site
from tests.web.routes import BATCH, POST_TAG, SECRET, TAG, Things

INSECURE_HOST = "192.0.2.7"
"""An address that leads to this machine too, in this browser only. Over plain http it is not a
secure context, as 127.0.0.1 is."""

NewContext = Callable[..., BrowserContext]
Hang = Callable[..., Image]
WriteFiles = Callable[..., list[Path]]

expect.set_options(timeout=20_000)  # the machine may be busy

_numbers = count(1)


# ---- the site -------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, migrated_database: Path) -> Iterator[Site]:
    """The site that tests share; each has an account of its own."""
    served = Site(
        tmp_path_factory.mktemp("site"), migrated_database, UPLOADED_FILES_DEST="documents"
    )
    try:
        served.start()
        yield served
        served.stop()
    finally:
        served.kill()


@pytest.fixture
def own_site(tmp_path: Path, migrated_database: Path) -> Iterator[Site]:
    """A site for one test: not started, with nobody in it, as it is by default."""
    served = Site(tmp_path, migrated_database, REGISTRATION="first")
    try:
        yield served
    finally:
        served.kill()


@pytest.fixture(scope="session")
def app_behind(site: Site) -> Iterator[Flask]:
    made = site.make_app()
    yield made
    dispose(made)


@pytest.fixture
def app(app_behind: Flask) -> Flask:
    """The app that is served, in this process: rows made here appear there."""
    return app_behind


@pytest.fixture
def ada(session: Session) -> User:
    """An account that nothing else uses."""
    return make_user(session, f"ada-{next(_numbers)}")


@pytest.fixture
def hang(session: Session, ada: User, media: Media) -> Hang:
    """Put a picture that nobody else has into ada's library."""

    def make(width: int = 97, height: int = 61, **options: Any) -> Image:
        content = png(width, height, number=next(_numbers))
        return make_image(session, ada, content, store=media.store, **options)

    return make


@pytest.fixture
def things(session: Session, ada: User, media: Media, hang: Hang) -> Things:
    """A post, a document, an unfinished upload, an image in the trash, a public one in an album.

    It is shared, too; another one waits in a drop box; a text was moved; a program has a token.
    """
    image = hang(deletion_secret=SECRET, batch=BATCH)
    document = make_document(session, ada, media.sets["files"])
    upload = make_unfinished(session, ada, media)
    album = make_album(session, ada, images=[image])
    make_tag(session, ada, TAG, [image])
    post = make_post(session, ada, tags=[POST_TAG])
    publish(session, ada, image, album)
    share, token = make_share(session, media, ada, [image])
    box, box_token = make_drop_box(session, media, ada, album)
    make_drop(session, box, hang(), waiting=True)
    trashed = hang(deleted=True)
    make_moved(session, ada, BATCH, trashed)
    api_token = tokens.create(session, ada, name="a program").token
    session.commit()
    return Things(
        *(post, image, trashed, document, upload, album, share, token, ada.username),
        *(box, box_token, api_token),
    )


# ---- the browser ----------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    ours = launch_arguments()
    mapped = [f"--host-resolver-rules=MAP {INSECURE_HOST} 127.0.0.1"]
    return {**browser_type_launch_args, **ours, "args": [*ours["args"], *mapped]}


@pytest.fixture(scope="session")
def base_url(site: Site) -> str:
    """Where the addresses without a host lead that tests go to."""
    return site.url


@pytest.fixture
def witness() -> Iterator[Witness]:
    """Fails the test whose pages complained."""
    standing_by = Witness()
    yield standing_by
    assert standing_by.complaints == []


@pytest.fixture
def new_context(witness: Witness, new_context: NewContext) -> NewContext:
    """Make a browser without cookies, watched by the witness."""

    def make(**options: Any) -> BrowserContext:
        made = new_context(**options)
        witness.watch(made)
        return made

    return make


@dataclass(frozen=True)
class Member:
    """Somebody with an account, to be logged in where a test needs it."""

    user: User
    cookie: str
    site: Site

    def enter(self, context: BrowserContext) -> Page:
        """Log in there, and open a page."""
        context.add_cookies([{"name": "session", "value": self.cookie, "url": self.site.url}])
        return context.new_page()


@pytest.fixture
def member(app: Flask, ada: User, site: Site) -> Member:
    """Ada, who logged in a moment ago."""
    client = Browser(app)
    AuthActions(client).login(ada.username)
    cookie = client.get_cookie("session")
    assert cookie is not None
    return Member(ada, cookie.value, site)


@pytest.fixture
def desk(member: Member, context: BrowserContext) -> Page:
    """A page in which ada is logged in."""
    return member.enter(context)


# ---- files ----------------------------------------------------------------------------------


@pytest.fixture
def write(tmp_path: Path) -> WriteFiles:
    """Write files to pick or drop; content by name."""

    def write_all(contents: dict[str, bytes]) -> list[Path]:
        folder = tmp_path / "pictures"
        folder.mkdir(exist_ok=True)
        for name, content in contents.items():
            (folder / name).write_bytes(content)
        return [folder / name for name in contents]

    return write_all
