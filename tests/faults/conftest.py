"""Fixtures: a server of one's own, somebody who uploads to it."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from flaskr.db import db
from tests.calling import Caller
from tests.conftest import dispose
from tests.factories import make_token, make_user
from tests.serving import Site

MakeSite = Callable[..., Site]

_numbers = count(1)


def enter(site: Site) -> Caller:
    """Make an account on the site, with a token."""
    app = site.make_app()
    with app.app_context(), db.sessionmaker() as session:
        token = make_token(session, make_user(session, f"ada-{next(_numbers)}"))
    dispose(app)
    return Caller(site, token)


@pytest.fixture
def make_site(tmp_path: Path, migrated_database: Path) -> Iterator[MakeSite]:
    """Make servers, with settings as keywords; they are not started yet."""
    made: list[Site] = []

    def make(folder: Path = tmp_path, **settings: Any) -> Site:
        site = Site(folder, migrated_database, **settings)
        made.append(site)
        return site

    yield make
    for site in made:
        site.kill()


@pytest.fixture
def site(make_site: MakeSite) -> Site:
    served = make_site()
    served.start()
    return served


@pytest.fixture
def caller(site: Site) -> Caller:
    return enter(site)
