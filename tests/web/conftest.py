"""Fixtures for tests that go over every route."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from flaskr.library.media import Media
from flaskr.models import Base, User
from tests.factories import make_image, make_post
from tests.web.routes import SECRET, Things


@pytest.fixture
def things(session: Session, ada: User, media: Media) -> Things:
    """A post and an image of ada's."""
    image = make_image(session, ada, store=media.store, deletion_secret=SECRET)
    return Things(make_post(session, ada), image)


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
