"""The `tuchuang` command."""

import os
import runpy
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from flaskr import db
from flaskr.config import settings_page
from flaskr.db import expected_revision
from flaskr.library import accounts, tokens
from flaskr.models import Token, User, now
from tests.factories import PASSWORD, count_rows, make_image

TUCHUANG = Path(sys.executable).with_name("tuchuang")


def run(runner, *arguments: str, text: str = ""):
    return runner.invoke(args=list(arguments), input=text)


def command(instance: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """Run the installed command, as people do."""
    return subprocess.run(
        [TUCHUANG, *arguments],
        env={**os.environ, "TUCHUANG_INSTANCE_PATH": str(instance), **environment},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def assert_one_line(result: subprocess.CompletedProcess, message: str) -> None:
    assert result.returncode != 0
    assert message in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert result.stdout == ""


# ---- accounts and tokens --------------------------------------------------------------------


def test_user_create_makes_an_account_whose_password_came_from_standard_input(runner, session):
    result = run(runner, "user", "create", "ada", "--password-stdin", text=PASSWORD + "\n")
    assert (result.exit_code, result.stdout) == (0, "")
    user = accounts.authenticate(session, "ada", PASSWORD)
    assert not user.is_admin


def test_user_create_makes_an_admin(runner, session):
    run(runner, "user", "create", "ada", "--admin", "--password-stdin", text=PASSWORD)
    assert session.query(User).one().is_admin


def test_user_create_asks_twice_for_a_password(runner, session):
    text = f"{PASSWORD}\n{PASSWORD}\n"
    result = run(runner, "user", "create", "ada", text=text)
    assert result.exit_code == 0
    assert PASSWORD not in result.output
    assert accounts.authenticate(session, "ada", PASSWORD).username == "ada"


def test_token_create_prints_the_token_alone(runner, session, ada):
    result = run(runner, "token", "create", "ada", "--name", "laptop", "--scope", "library")
    assert result.exit_code == 0
    secret = result.stdout.removesuffix("\n")
    assert tokens.redeem(session, secret, "library").user_id == ada.id
    session.commit()
    assert [(token.name, token.scope) for token in session.query(Token)] == [("laptop", "library")]


@pytest.mark.parametrize("scope", ["everything", ""])
def test_token_create_refuses_an_unknown_scope(runner, session, ada, scope):
    assert run(runner, "token", "create", "ada", "--scope", scope).exit_code == 2
    assert count_rows(session, Token) == 0


# ---- the schema -----------------------------------------------------------------------------


def test_db_current_tells_both_revisions(runner):
    revision = expected_revision()
    result = run(runner, "db", "current")
    assert result.stdout == f"database {revision}, program {revision}\n"


def test_db_downgrade_and_upgrade_go_there_and_back(runner, instance):
    result = run(runner, "db", "downgrade", "base")
    assert result.exit_code == 0
    (copy,) = instance.glob("*.before-upgrade-from-*")
    assert str(copy) in result.stdout
    assert run(runner, "db", "current").stdout.startswith("database none")
    assert run(runner, "db", "upgrade").exit_code == 0
    assert run(runner, "db", "current").stdout.startswith(f"database {expected_revision()}")


@pytest.fixture
def copied_migrations(tmp_path, monkeypatch) -> Path:
    """The folder of migrations, in a copy that may be written to."""
    copy: Path = tmp_path / "migrations"
    shutil.copytree(db.MIGRATIONS, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(db, "MIGRATIONS", copy)
    return copy


def test_db_revision_goes_on_from_the_newest(runner, copied_migrations):
    before, newest = set(copied_migrations.glob("*.py")), expected_revision()
    result = run(runner, "db", "revision", "albums")
    assert (result.exit_code, result.exception) == (0, None)
    (made,) = set(copied_migrations.glob("*.py")) - before
    assert made.name == f"{int(newest) + 1:04d}_albums.py"
    assert str(made) in result.stdout
    revision = runpy.run_path(str(made))
    assert (revision["revision"], revision["down_revision"]) == (made.name[:4], newest)
    assert not revision.get("branch_labels")
    assert run(runner, "db", "upgrade").exit_code == 0
    assert run(runner, "db", "current").stdout.startswith(f"database {made.name[:4]}, ")


def test_db_revision_asks_for_a_database_that_is_up_to_date(runner, copied_migrations):
    run(runner, "db", "downgrade", "base")
    before = set(copied_migrations.iterdir())
    result = run(runner, "db", "revision", "albums")
    assert result.exit_code == 1
    assert "tuchuang db upgrade" in str(result.exception or result.output)
    assert set(copied_migrations.glob("*.py")) <= before


# ---- what is collected and checked -----------------------------------------------------------


@pytest.fixture
def deleted(session, ada, media):
    """A picture that was deleted long ago, with its file."""
    image = make_image(session, ada, store=media.store, deleted=True)
    image.deleted = now() - timedelta(days=31)
    session.commit()
    return image.blob


def test_gc_tells_what_it_removed(runner, deleted, media):
    planned = run(runner, "gc", "--dry-run")
    assert planned.stdout.startswith("Nothing is removed")
    assert len(list(media.store.list())) == 1
    result = run(runner, "gc")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "pictures out of the trash: 1",
        "files that no picture needs: 0 (0 bytes)",
        "variants made from them: 0",
        "files of upload sets: 0",
        "uploads that came in pieces and expired: 0",
        "leftovers of uploads that were broken off: 0",
        "Idempotency-Keys that nobody will use again: 0",
        "pictures looked at for what they are like: 1",
    ]


def test_gc_keeps_to_the_settings(make_app, deleted, media):
    runner = make_app(TRASH_DAYS=32).test_cli_runner()
    assert "pictures out of the trash: 0" in run(runner, "gc").stdout
    runner = make_app(TRASH_DAYS=31, GC_GRACE_SECONDS=0).test_cli_runner()
    result = run(runner, "gc")
    assert "pictures out of the trash: 1" in result.stdout
    assert "files that no picture needs: 1 " in result.stdout
    assert list(media.store.list()) == []


def test_fsck_has_nothing_to_say_of_a_house_in_order(runner, session, ada, media):
    image = make_image(session, ada, store=media.store)
    result = run(runner, "fsck")
    assert (result.exit_code, result.stdout) == (
        0,
        f"1 pictures of {image.blob.bytes} bytes and 1 files checked: 0 faults, 0 mended\n",
    )


def test_fsck_tells_faults_and_fails(runner, session, ada):
    image = make_image(session, ada)
    for arguments in (("fsck",), ("fsck", "--repair")):
        result = run(runner, *arguments)
        assert result.exit_code == 1
        assert result.stdout.startswith("missing: blobs/")
        assert f"pictures: {image.key}" in result.stdout
        assert "come back from a backup" in result.stdout


def test_fsck_succeeds_once_everything_is_mended(runner, media):
    path = media.spool.new_path()
    path.touch()
    os.utime(path, (0, 0))
    assert run(runner, "fsck").exit_code == 1
    result = run(runner, "fsck", "--repair")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"mended leftover: incoming/{path.name} ")
    assert not path.exists()


@pytest.mark.parametrize("name", ["gc", "fsck"])
def test_a_new_instance_is_told_to_make_its_tables(tmp_path, name):
    assert_one_line(command(tmp_path / "new", name), "Run: tuchuang db upgrade")


# ---- the installed command ------------------------------------------------------------------


def test_a_new_instance_is_made_by_db_upgrade(tmp_path):
    result = command(tmp_path / "new", "db", "upgrade")
    assert (result.returncode, result.stdout) == (0, "")
    assert (tmp_path / "new" / "tuchuang.sqlite3").exists()


def test_settings_prints_the_page_of_the_documentation(tmp_path):
    result = command(tmp_path, "settings")
    assert result.stdout == settings_page()


def test_a_domain_error_is_one_line(instance):
    assert_one_line(command(instance, "token", "create", "eve"), "no account named “eve”")


def test_a_setting_that_cannot_be_read_is_one_line(instance):
    result = command(instance, "db", "current", TUCHUANG_MAX_SIDE="wide")
    assert_one_line(result, "TUCHUANG_MAX_SIDE")


NOWHERE = "127.0.0.1:1"


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("DATABASE_URL", "nonsense", "TUCHUANG_DATABASE_URL names no database that can be used"),
        ("DATABASE_URL", "oddsql://h/d", "TUCHUANG_DATABASE_URL names no database that can be"),
        ("DATABASE_URL", "postgresql+pg8000://h/d", "TUCHUANG_DATABASE_URL names no database that"),
        ("DATABASE_URL", f"postgresql+psycopg://u:pass@{NOWHERE}/d", "cannot store anything"),
        ("RATE_LIMIT_STORE", "odd://u:pass@h", "TUCHUANG_RATE_LIMIT_STORE names no store that can"),
        ("RATE_LIMIT_STORE", "memcached://h", "TUCHUANG_RATE_LIMIT_STORE names no store that can"),
        ("RATE_LIMIT_STORE", "redis://h:port", "TUCHUANG_RATE_LIMIT_STORE names no store that can"),
    ],
)
def test_an_address_that_cannot_be_used_is_one_line(instance, variable, value, message):
    result = command(instance, "db", "current", **{f"TUCHUANG_{variable}": value})
    assert_one_line(result, message)
    assert "pass" not in result.stderr


def test_a_disk_that_fails_is_one_line(instance):
    (instance / "tuchuang.sqlite3").write_bytes(b"no database" * 1000)
    assert_one_line(command(instance, "db", "current"), "file is not a database")
    occupied = instance / "occupied"
    occupied.touch()
    assert_one_line(command(occupied / "instance", "db", "current"), "Not a directory")


def test_serve_refuses_an_outdated_schema_with_the_command_to_run(tmp_path):
    result = command(tmp_path / "new", "serve", "--port", "0")
    assert_one_line(result, "Run: tuchuang db upgrade")


def test_the_debug_server_cannot_be_started(instance):
    result = command(instance, "run", "--debug")
    assert result.returncode == 2
    assert "No such command" in result.stderr


def test_help_is_there_whatever_the_settings_are(tmp_path):
    result = command(tmp_path, "--help", TUCHUANG_MAX_SIDE="wide")
    assert (result.returncode, result.stderr) == (0, "")
    assert "serve" in result.stdout


def test_version_and_help_need_no_instance(tmp_path):
    assert command(tmp_path / "none", "--version").stdout.startswith("tuchuang, version ")
    assert "serve" in command(tmp_path / "none", "--help").stdout
    assert not (tmp_path / "none").exists()


def test_a_variant_of_any_size_can_be_signed(app, runner, client, session, ada, media):
    image = make_image(session, ada, store=media.store)
    address = f"/i/{image.key}.webp?w=13"
    assert client.get(address).status_code == 404
    signed = runner.invoke(args=["sign", address]).output.strip()
    assert signed.startswith(address)
    assert client.get(signed).status_code == 200


@pytest.mark.parametrize("address", ["/", "/i/short.webp", "/i/111111111111", "nonsense"])
def test_what_is_no_variant_is_not_signed(runner, address):
    assert runner.invoke(args=["sign", address]).exit_code == 1
