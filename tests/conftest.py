"""Fixtures: an app in its own instance folder, a browser, a command line, a log-in."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskCliRunner
from hypothesis import settings
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from flaskr import create_app
from flaskr.config import ENVIRONMENT_PREFIX
from flaskr.db import db, upgrade
from flaskr.imaging import DecodePool
from flaskr.library import accounts
from flaskr.library.media import Media
from flaskr.models import Base, User
from tests.browsing import AuthActions, Browser
from tests.factories import make_user

# No time limits: a test proves what a program does, and the machine may be busy.
settings.register_profile("tuchuang", deadline=None, max_examples=60)
settings.load_profile("tuchuang")

MakeApp = Callable[..., Flask]
OpenApp = Callable[..., Flask]


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    """Settings of whoever runs the tests do not reach them."""
    for name in [name for name in os.environ if name.startswith(ENVIRONMENT_PREFIX)]:
        monkeypatch.delenv(name)


@pytest.fixture
def real_hasher() -> PasswordHasher:
    """The hasher as it is in production."""
    return accounts._hasher


@pytest.fixture(autouse=True)
def cheap_hashing(real_hasher, monkeypatch):
    """Hash passwords with the least that Argon2 allows: a test makes many accounts."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(accounts, "_hasher", cheap)
    accounts._decoy_hash.cache_clear()
    yield
    accounts._decoy_hash.cache_clear()


def dispose(app: Flask) -> None:
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="session")
def migrated_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database at the newest revision, to be copied."""
    folder = tmp_path_factory.mktemp("migrated")
    app = create_app({"INSTANCE_PATH": folder, "SECRET_KEY": "migrating"})
    with app.app_context():
        upgrade(Base.metadata)
    dispose(app)
    return folder / "tuchuang.sqlite3"


@pytest.fixture
def instance(tmp_path: Path, migrated_database: Path) -> Path:
    """An instance folder with a database in it."""
    folder = tmp_path / "instance"
    folder.mkdir()
    shutil.copy(migrated_database, folder)
    return folder


@pytest.fixture(scope="session")
def decoders() -> Iterator[DecodePool]:
    """The processes that open pictures, shared by all tests: starting one takes a while."""
    pool = DecodePool(2)
    yield pool
    pool.close()


@pytest.fixture(scope="session", autouse=True)
def compiled_routes() -> Iterator[None]:
    """Let Werkzeug compile each route once for all apps of a run: each test has one of its own.

    That is most of what making an app costs. What is compiled takes the rule as an argument, and
    depends on nothing else than what it is kept by.
    """
    compile_builder = Rule._compile_builder
    kept: dict[tuple[object, ...], Callable[..., tuple[str, str]]] = {}

    def compile_once(rule: Rule, *options: bool) -> Callable[..., tuple[str, str]]:
        key = (rule.rule, tuple(rule._trace), repr(rule.defaults), options)
        if key not in kept:
            kept[key] = compile_builder(rule, *options)
        return kept[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", compile_once)
        yield


class SharedTemplates(BytecodeCache):
    """What Jinja made of templates, for all apps of a run."""

    def __init__(self) -> None:
        self._codes: dict[str, tuple[str, CodeType]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        checksum, code = self._codes.get(bucket.key, (None, None))
        if checksum == bucket.checksum:
            bucket.code = code

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self._codes[bucket.key] = (bucket.checksum, bucket.code)


@pytest.fixture(scope="session")
def templates() -> SharedTemplates:
    return SharedTemplates()


@pytest.fixture(scope="session")
def open_app(decoders: DecodePool, templates: SharedTemplates) -> OpenApp:
    """Make an app on an instance folder, with settings as keywords."""

    def make(instance: Path, **given: Any) -> Flask:
        defaults = {
            "INSTANCE_PATH": instance,
            "SECRET_KEY": "a key for tests",
            "TESTING": True,
            "RATE_LIMITS": False,
        }
        app = create_app(defaults | given)
        own = app.extensions["tuchuang.media"]
        app.extensions["tuchuang.media"] = replace(own, decoders=decoders)
        app.jinja_env.bytecode_cache = templates
        return app

    return make


@pytest.fixture
def make_app(instance: Path, open_app: OpenApp) -> Iterator[MakeApp]:
    """Make apps on the test's own instance folder, with settings as keywords."""
    made: list[Flask] = []

    def make(**given: Any) -> Flask:
        made.append(open_app(instance, **given))
        return made[-1]

    yield make
    for app in made:
        dispose(app)


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    return make_app()


@pytest.fixture
def client(app: Flask) -> Browser:
    return Browser(app)


@pytest.fixture
def guest(app: Flask) -> Browser:
    """A second browser, with its own cookies."""
    return Browser(app)


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    return app.test_cli_runner()


@pytest.fixture
def auth(client: Browser) -> AuthActions:
    return AuthActions(client)


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A session of the test's own, apart from those of requests."""
    with app.app_context():
        made = db.sessionmaker()
    with made:
        yield made


@pytest.fixture
def media(app: Flask) -> Media:
    """Where the app keeps its files."""
    held: Media = app.extensions["tuchuang.media"]
    return held


@pytest.fixture
def ada(session: Session) -> User:
    """An account."""
    return make_user(session, "ada")


@pytest.fixture
def bob(session: Session) -> User:
    """Another account."""
    return make_user(session, "bob")


@pytest.fixture
def owner(client: Browser, ada: User) -> Browser:
    """A browser in which ada is logged in."""
    AuthActions(client).login("ada")
    return client


@pytest.fixture
def other(guest: Browser, bob: User) -> Browser:
    """A browser in which bob is logged in."""
    AuthActions(guest).login("bob")
    return guest
