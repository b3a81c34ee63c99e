"""The engine, the session's lifetime, and the version of the schema."""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from inspect import iscoroutinefunction
from pathlib import Path
from sqlite3 import Error as SQLiteError
from sqlite3 import connect as sqlite_connect
from typing import TYPE_CHECKING, Any

from flask import Flask, current_app
from flask_sqlalchemy_lite import SQLAlchemy
from sqlalchemy import Engine, MetaData, create_engine, inspect, make_url, text
from sqlalchemy.exc import (
    DatabaseError,
    DataError,
    IntegrityError,
    NotSupportedError,
    ProgrammingError,
    SQLAlchemyError,
)

from flaskr.config import ConfigurationError, database_url
from flaskr.errors import DomainError, StorageFullError, UnavailableError
from flaskr.transactions import (
    BUSY_SECONDS,
    POOL_SECONDS,
    identity,
    prepare_sessions,
    prepare_sqlite,
)

if TYPE_CHECKING:
    from flask_alembic import Alembic

MIGRATIONS = Path(__file__).parent / "migrations"

db = SQLAlchemy(session_options={"expire_on_commit": False})


OUR_FAULT = (DataError, IntegrityError, NotSupportedError, ProgrammingError)
"""Errors that a statement has, whatever state the database is in."""

SEARCH = "image_search"
"""What the names start with of the index for searches and its tables, which each database has in a
way of its own."""

FULL = {"SQLITE_FULL", "53100"}
"""What SQLite and PostgreSQL call a full disk."""


class OutdatedSchemaError(ConfigurationError):
    """The database's schema is not the one this program was written for."""


def init_app(app: Flask) -> None:
    """Make the engine from `DATABASE_URL`; connections are opened when first needed.

    Raises ConfigurationError if there is no such database, or no driver for it.
    """
    try:
        url = make_url(database_url(app.instance_path, app.config["DATABASE_URL"]))
        url.get_dialect().import_dbapi()
    except (SQLAlchemyError, ImportError) as error:
        raise ConfigurationError(
            "TUCHUANG_DATABASE_URL names no database that can be used: "
            f"{' '.join(str(error).split())}. PostgreSQL needs the extra `postgres`."
        ) from error
    options: dict[str, Any] = {"url": url}
    if url.get_backend_name() == "postgresql":
        options["pool_pre_ping"] = True
        options["connect_args"] = {
            "connect_timeout": BUSY_SECONDS,
            "options": f"-c lock_timeout={BUSY_SECONDS}s",
        }
    # Web threads wait for a slow body without a connection, so a few dozen are plenty for a server
    # that counts them. A file's connections cost little: as many as there are threads.
    overflow = 246 if url.get_backend_name() == "sqlite" else 50
    options |= {"pool_size": 10, "max_overflow": overflow, "pool_timeout": POOL_SECONDS}
    app.config["SQLALCHEMY_ENGINES"] = {"default": options}
    db.init_app(app)
    # There are no async engines. To close their sessions, an event loop would be started and ended
    # after every request, which takes a millisecond and fails in a thread that runs a loop already.
    app.teardown_appcontext_funcs = [
        close for close in app.teardown_appcontext_funcs if not iscoroutinefunction(close)
    ]
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            prepare_sqlite(db.engine, create=False)
        prepare_sessions(db.sessionmaker)


@contextmanager
def committed() -> Iterator[None]:
    """Commit what is done within; give it up if that fails, whatever it is that fails."""
    try:
        yield
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise


def from_database_error(error: SQLAlchemyError | SQLiteError) -> DomainError | None:
    """Return what to tell people of a database that is locked, gone, damaged or full.

    None if the error is no such fault but ours.
    """
    if isinstance(error, OUR_FAULT):
        return None
    cause = error.orig if isinstance(error, DatabaseError) else error
    named = {getattr(cause, "sqlite_errorname", None), getattr(cause, "sqlstate", None)}
    return StorageFullError() if named & FULL else UnavailableError()


def expected_revision() -> str:
    """Return the revision the newest migration leads to; its file's name starts with it.

    Read from the names, because importing Alembic would cost every start its time and memory; a
    test holds this against Alembic's own answer.
    """
    return max(path.name.split("_")[0] for path in MIGRATIONS.glob("[0-9]*.py"))


def current_revision() -> str | None:
    """Return the revision the database is at, or None where there is no schema yet."""
    if db.engine.dialect.name == "sqlite" and identity(db.engine.url.database or "") is None:
        return None
    with db.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return revision


def require_current_schema() -> None:
    """Raise OutdatedSchemaError, saying what to run, unless the schema is this program's."""
    current, expected = current_revision(), expected_revision()
    if current == expected:
        return
    if current is not None and current > expected:
        raise OutdatedSchemaError(
            f"The database is at revision {current}, newer than this program ({expected}). "
            "Install the newer program again, or restore the copy made before the upgrade."
        )
    state = "has no tables yet" if current is None else f"is at revision {current}"
    raise OutdatedSchemaError(
        f"The database {state}; this program needs {expected}. Run: tuchuang db upgrade"
    )


def upgrade(metadata: MetaData) -> Path | None:
    """Bring the schema to the newest revision; return the copy set aside first, if one was made.

    An SQLite database that holds data is copied beside itself before it is changed.
    """
    revision = current_revision()
    if revision == expected_revision():
        return None
    copy = _set_aside(revision) if revision is not None else None
    _migrate(metadata, "heads")
    return copy


def downgrade(metadata: MetaData, target: str) -> Path | None:
    """Bring the schema back to `target` ("base" for none); return the copy set aside first."""
    copy = _set_aside(current_revision() or "none")
    _migrate(metadata, target, down=True)
    return copy


def _set_aside(revision: str) -> Path | None:
    if db.engine.dialect.name != "sqlite" or db.engine.url.database is None:
        return None
    source = Path(db.engine.url.database)
    copy = source.with_name(f"{source.name}.before-upgrade-from-{revision}")
    draft = copy.with_name(copy.name + ".part")
    with closing(sqlite_connect(source)) as original, closing(sqlite_connect(draft)) as target:
        original.backup(target)
    shutil.copymode(source, draft)
    draft.replace(copy)
    return copy


def _migrate(metadata: MetaData, target: str, *, down: bool = False) -> None:
    """Run migrations with foreign keys off, and check them afterwards.

    A batch migration drops and renames tables: with foreign keys on it would delete the rows that
    refer to them.
    """
    engine = _migration_engine()
    alembic = migrations(metadata, engine)
    try:
        alembic.downgrade(target) if down else alembic.upgrade(target)
        if engine.dialect.name == "sqlite":
            with engine.connect() as connection:
                if broken := connection.execute(text("PRAGMA foreign_key_check")).all():
                    raise ConfigurationError(
                        f"After the migration {len(broken)} rows refer to rows that are gone. "
                        "Restore the copy that was set aside, and report this."
                    )
    finally:
        engine.dispose()


def _migration_engine() -> Engine:
    engine = create_engine(db.engine.url)
    if engine.dialect.name == "sqlite":
        prepare_sqlite(engine, foreign_keys=False)
    return engine


def _is_modelled(_object: object, name: str | None, *_: object) -> bool:
    """Tell whether the models know a table or an index; what searches need, only migrations do."""
    return name is None or not name.startswith(SEARCH)


def migrations(metadata: MetaData, engine: Engine | None = None) -> "Alembic":
    """Return the migration environment of the current app.

    Imported here, so that serving pages needs neither the time nor the memory of Alembic.
    """
    from flask_alembic import Alembic  # noqa: PLC0415 - see above

    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - Flask's own way to the app behind the proxy
    app.config["ALEMBIC"] = {"script_location": str(MIGRATIONS)}
    app.config["ALEMBIC_CONTEXT"] = {
        "render_as_batch": True,
        "include_object": _is_modelled,
        "compare_server_default": True,
        "transactional_ddl": True,  # SQLite can; Alembic does not expect it to
        "transaction_per_migration": True,
    }
    return Alembic(
        app,
        run_mkdir=False,
        command_name="",
        metadatas=metadata,
        engines=engine or db.engine,
    )
