"""Fixtures for tests that go over every route."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, inspect, select
from sqlalchemy.orm import Session

from flaskr.db import db
from flaskr.library import tokens
from flaskr.models import Base, User
from tests.conftest import MakeApp, OpenApp, dispose
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
    publish,
)
from tests.web.routes import BATCH, IMAGE_KEY, POST_TAG, SECRET, TAG, WAITING_KEY, Things

SETS = {"UPLOADED_FILES_DEST": "documents"}
"""Every upload set that has a name of its own."""


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    return make_app(**SETS)


@dataclass(frozen=True)
class Furnished:
    """An instance folder that has `Things` in it, and how to find them in the database."""

    folder: Path
    things: Mapping[str, str | tuple[type[Base], Any]]


@pytest.fixture(scope="session")
def furnished(
    tmp_path_factory: pytest.TempPathFactory, migrated_database: Path, open_app: OpenApp
) -> Furnished:
    """Make the things once for all tests that go over every route: they need a copy each."""
    folder = tmp_path_factory.mktemp("furnished") / "instance"
    folder.mkdir()
    shutil.copy(migrated_database, folder)
    app = open_app(folder, **SETS)
    with app.app_context(), db.sessionmaker() as session:
        made = make_things(app, session)
        found = {
            name: thing if isinstance(thing, str) else (type(thing), inspect(thing).identity)
            for name, thing in vars(made).items()
        }
    dispose(app)
    return Furnished(folder, found)


def make_things(app: Flask, session: Session) -> Things:
    """Make what ada owns, and herself."""
    media = app.extensions["tuchuang.media"]
    ada = make_user(session, "ada")
    image = make_image(session, ada, store=media.store, deletion_secret=SECRET, batch=BATCH)
    image.key = IMAGE_KEY
    trashed = make_image(session, ada, store=media.store, deleted=True)
    document = make_document(session, ada, media.sets["files"])
    upload = make_unfinished(session, ada, media)
    album = make_album(session, ada, images=[image])
    make_tag(session, ada, TAG, [image])
    publish(session, ada, image, album)
    share, token = make_share(session, media, ada, [image])
    box, box_token = make_drop_box(session, media, ada, album)
    waiting = make_image(session, ada, store=media.store)
    waiting.key = WAITING_KEY
    make_drop(session, box, waiting, waiting=True)
    make_moved(session, ada, BATCH, trashed)
    post = make_post(session, ada, tags=[POST_TAG])
    api_token = tokens.create(session, ada, name="a program").token
    session.commit()
    return Things(
        *(post, image, trashed, document, upload, album, share, token, ada.username),
        *(box, box_token, api_token),
    )


@pytest.fixture
def instance(request: pytest.FixtureRequest, tmp_path: Path, migrated_database: Path) -> Path:
    """An instance folder with a database in it, and with the things if the test wants them."""
    folder = tmp_path / "instance"
    if "things" in request.fixturenames:
        furnished: Furnished = request.getfixturevalue("furnished")
        shutil.copytree(furnished.folder, folder)
    else:
        folder.mkdir()
        shutil.copy(migrated_database, folder)
    return folder


@pytest.fixture
def ada(request: pytest.FixtureRequest, session: Session) -> User:
    """An account; the one that owns the things if the test wants them."""
    if "things" in request.fixturenames:
        return session.scalars(select(User).where(User.username == "ada")).one()
    return make_user(session, "ada")


@pytest.fixture
def things(session: Session, furnished: Furnished) -> Things:
    """A post, a document, an unfinished upload, an image in the trash, a public one in an album.

    It is shared, too; another one waits in a drop box; a text was moved; a program has a token.
    """
    found: dict[str, Any] = {
        name: thing if isinstance(thing, str) else session.get_one(*thing)
        for name, thing in furnished.things.items()
    }
    return Things(**found)


@pytest.fixture
def contents(session: Session):
    """Return every row of every table, to be compared."""

    def dump() -> dict[str, list[tuple[object, ...]]]:
        session.rollback()
        return {
            table.name: [tuple(row) for row in session.execute(select(table))]
            for table in Base.metadata.sorted_tables
        }

    return dump


@pytest.fixture
def statements(app):
    """Count the statements of a request."""
    with app.app_context():
        engine = db.engine

    def number(ask) -> int:
        run: list[str] = []

        def note(connection, cursor, statement, *rest):
            run.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        try:
            assert ask().status_code == 200
        finally:
            event.remove(engine, "before_cursor_execute", note)
        return len(run)

    return number
