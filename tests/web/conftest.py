"""Fixtures for tests that go over every route."""

import pytest
from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from flaskr.db import db
from flaskr.library import tokens
from flaskr.library.media import Media
from flaskr.models import Base, User
from tests.conftest import MakeApp
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
    publish,
)
from tests.web.routes import BATCH, IMAGE_KEY, POST_TAG, SECRET, TAG, WAITING_KEY, Things


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    """An app with every upload set that has a name of its own."""
    return make_app(UPLOADED_FILES_DEST="documents")


@pytest.fixture
def things(app: Flask, session: Session, ada: User, media: Media) -> Things:
    """A post, a document, an unfinished upload, an image in the trash, a public one in an album.

    It is shared, too; another one waits in a drop box; a text was moved; a program has a token.
    """
    image = make_image(session, ada, store=media.store, deletion_secret=SECRET, batch=BATCH)
    image.key = IMAGE_KEY
    trashed = make_image(session, ada, store=media.store, deleted=True)
    document = make_document(session, ada, app.extensions["tuchuang.media"].sets["files"])
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
