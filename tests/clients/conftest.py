"""Fixtures: a server, somebody who has set a program up for it, pictures to send."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from flaskr.db import db
from flaskr.library.client_files import Host
from tests.calling import Answer, Caller
from tests.conftest import dispose
from tests.factories import make_token, make_user, png
from tests.serving import Site

_numbers = count(1)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, migrated_database: Path) -> Iterator[Site]:
    """The server that the tests of one file share."""
    served = Site(tmp_path_factory.mktemp("site"), migrated_database)
    try:
        served.start()
        yield served
        served.stop()
    finally:
        served.kill()


@dataclass(frozen=True)
class Member:
    """Somebody with an account, and a token that may do with pictures whatever can be done."""

    name: str
    caller: Caller

    @property
    def host(self) -> Host:
        """What the account's programs are set up with."""
        return Host(self.caller.site.url, "Tuchuang", self.caller.token, self.name)

    def fetch(self, link: str) -> Answer:
        """Load a link that a program has printed."""
        parts = urlsplit(link)
        assert parts.scheme in {"http", "https"}, link
        return self.caller.get(parts.path)

    def loads(self, link: str, picture: bytes) -> bool:
        """Whether the link loads, and is the picture."""
        got = self.fetch(link)
        return got.status == 200 and got.content == picture


@pytest.fixture
def member(site: Site) -> Member:
    return enrol(site)


@pytest.fixture
def recluse(site: Site) -> Member:
    """A member whose uploads are backups, and what is shared private, unless they say otherwise."""
    return enrol(site, keep="backup", default_visibility="private")


def enrol(site: Site, **settings: str) -> Member:
    """Make an account with these settings, and a token for it."""
    app = site.make_app()
    with app.app_context(), db.sessionmaker() as session:
        name = f"ada-{next(_numbers)}"
        user = make_user(session, name)
        for setting, value in settings.items():
            setattr(user, setting, value)
        session.commit()
        token = make_token(session, user, "library")
    dispose(app)
    return Member(name, Caller(site, token))


@dataclass(frozen=True)
class Picture:
    """A picture in a file."""

    path: Path
    content: bytes


@pytest.fixture
def picture(tmp_path: Path) -> Picture:
    """A picture that nobody has, under a name that has to be carried with care."""
    content = png(61, 43, number=next(_numbers))
    path = tmp_path / "图 片 'a;b\".png"
    path.write_bytes(content)
    return Picture(path, content)
