"""The `tuchuang` command: what whoever runs the service needs to do."""

import os
import shutil
import sys
import tempfile
from datetime import timedelta
from errno import EPIPE
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask import Flask, current_app
from flask.cli import FlaskGroup, routes_command, shell_command, with_appcontext
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from flaskr.config import ConfigurationError
from flaskr.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flaskr.client import Service
    from flaskr.library.faults import Fault
    from flaskr.library.mover import Moved


LOOKS = 2000
"""How many pictures of earlier programs' one `gc` looks at."""


class Commands(FlaskGroup):
    """The Flask CLI on this app, less the debug server."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(
            create_app=make_app,
            add_default_commands=False,
            load_dotenv=False,
            set_debug_flag=False,
            add_version_option=False,
            **settings,
        )

    # All commands are known here: to list them needs no app, hence no settings that can be read.
    def list_commands(self, ctx: click.Context) -> list[str]:
        return click.Group.list_commands(self, ctx)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        return click.Group.get_command(self, ctx, name)

    def invoke(self, ctx: click.Context) -> Any:
        """Say what is wrong in one line instead of a traceback."""
        try:
            return super().invoke(ctx)
        except (ConfigurationError, DomainError) as error:
            raise click.ClickException(str(error)) from error
        except (OSError, SQLAlchemyError) as error:
            raise click.ClickException(explain(error)) from error


def explain(error: OSError | SQLAlchemyError) -> str:
    """Return a line on a disk or a database that fails; raise the error if it is another one."""
    from flaskr.db import from_database_error
    from flaskr.errors import from_os_error

    if isinstance(error, OSError):
        if error.errno == EPIPE:  # whoever read our output has enough, which Click knows
            raise error
        told: DomainError | None = from_os_error(error)
        cause = str(error)
    else:
        told = from_database_error(error)
        cause = str(error.orig if isinstance(error, DBAPIError) else error)
    if told is None:
        raise error
    return f"{told} ({' '.join(cause.split())})"


def make_app() -> Flask:
    from flaskr import create_app

    return create_app()


@click.group(cls=Commands)
@click.version_option(package_name="tuchuang")
def main() -> None:
    """Tuchuang, the image host: serve it and look after it."""


main.add_command(routes_command)
main.add_command(shell_command)


def init_app(app: Flask) -> None:
    """Let `app.test_cli_runner()` know the commands too."""
    for command in main.commands.values():
        app.cli.add_command(command)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=5000, show_default=True, help="Port to listen on.")
@click.option("--workers", default=1, show_default=True, help="Number of web processes.")
@with_appcontext
def serve(host: str, port: int, workers: int) -> None:
    """Serve the site with the production server."""
    from flaskr import server
    from flaskr.db import db as database
    from flaskr.db import require_current_schema

    require_current_schema()
    database.engine.dispose()  # workers must not share our connections
    server.run(host, port, workers, current_app.instance_path)


@main.group()
def db() -> None:
    """Look after the database's schema."""


@db.command()
@with_appcontext
def upgrade() -> None:
    """Bring the schema up to date; an SQLite database is copied first."""
    from flaskr.db import upgrade as upgrade_schema
    from flaskr.models import Base

    copy = upgrade_schema(Base.metadata)
    if copy is not None:
        click.echo(f"The database as it was is kept in {copy}")


@db.command()
@click.argument("target")
@with_appcontext
def downgrade(target: str) -> None:
    """Bring the schema back to revision TARGET ("base" removes it)."""
    from flaskr.db import downgrade as downgrade_schema
    from flaskr.models import Base

    copy = downgrade_schema(Base.metadata, target)
    if copy is not None:
        click.echo(f"The database as it was is kept in {copy}")


@db.command()
@click.argument("message")
@with_appcontext
def revision(message: str) -> None:
    """Write a migration from the difference between models and database."""
    from flaskr.db import expected_revision, migrations, require_current_schema
    from flaskr.models import Base

    require_current_schema()
    alembic = migrations(Base.metadata)
    number = f"{int(expected_revision()) + 1:04d}"
    alembic.rev_id = lambda: number  # type: ignore[method-assign]
    for script in alembic.revision(message, branch=""):  # one line, no branches
        click.echo(script.path if script else "nothing to do")


@db.command()
@with_appcontext
def current() -> None:
    """Show the revision of the database and the one this program needs."""
    from flaskr.db import current_revision, expected_revision

    click.echo(f"database {current_revision() or 'none'}, program {expected_revision()}")


@main.group()
def user() -> None:
    """Look after accounts."""


@user.command("create")
@click.argument("name")
@click.option("--admin", is_flag=True, help="Make the account an admin's.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@with_appcontext
def create_user(name: str, *, admin: bool, password_stdin: bool) -> None:
    """Make an account, also while registration is closed."""
    from flaskr.db import db as database
    from flaskr.library import accounts

    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    made = accounts.create(database.session, name, password, is_admin=admin)
    database.session.commit()
    click.echo(f"Made the account {made.username}", err=True)


@user.command("quota")
@click.argument("name")
@click.option("--bytes", "most_bytes", help="How many bytes: a number, 0 for any, or `default`.")
@click.option("--images", "most_images", help="How many pictures, in the same way.")
@with_appcontext
def set_quota(name: str, most_bytes: str | None, most_images: str | None) -> None:
    """Set how much the account NAME may keep, and show it.

    `default` is what QUOTA_BYTES and QUOTA_IMAGES say. What is not given stays as it is.
    """
    from flaskr.db import db as database
    from flaskr.library import accounts, usage

    session = database.session
    account = accounts.find(session, name)
    bytes_ = account.quota_bytes if most_bytes is None else read_quota(most_bytes)
    images = account.quota_images if most_images is None else read_quota(most_images)
    usage.set_quota(session, account, images=images, bytes=bytes_)
    session.commit()
    found = usage.of(session, current_app.extensions["tuchuang.media"].quota, account.id)
    click.echo(f"{found.images} of {found.most_images or 'any number of'} pictures")
    click.echo(f"{found.bytes} of {found.most_bytes or 'any number of'} bytes")


def read_quota(text: str) -> int | None:
    """Read a number, or `default` as None. Raises click.BadParameter."""
    from flaskr.config import parse_count
    from flaskr.models import MAX_ID

    if text == "default":
        return None
    try:
        return min(parse_count(text), MAX_ID)
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is neither a number nor `default`") from error


@main.group()
def token() -> None:
    """Look after API tokens."""


@token.command("create")
@click.argument("username")
@click.option("--name", default="", help="What the token is for.")
@click.option(
    "--scope",
    type=click.Choice(["upload", "library", "admin"]),
    default="upload",
    show_default=True,
    help="How far it reaches; a wider scope includes the narrower ones.",
)
@with_appcontext
def create_token(username: str, name: str, scope: str) -> None:
    """Make a token for USERNAME and print it, alone, on standard output."""
    from flaskr.db import db as database
    from flaskr.library import accounts, tokens

    owner = accounts.find(database.session, username)
    made = tokens.create(database.session, owner, name=name, scope=scope)
    database.session.commit()
    click.echo(made.secret)


@main.command(with_appcontext=False)
@click.argument("files", nargs=-1, required=True, type=click.Path(allow_dash=True))
@click.option(
    "--server", envvar="TUCHUANG_SERVER", required=True, help="Address of the service, https://…"
)
@click.option(
    "--token",
    envvar="TUCHUANG_TOKEN",
    help="A token for it, from its settings. Other users of the computer can see it here, and not "
    "in TUCHUANG_TOKEN or a file.",
)
@click.option("--token-file", help="A file with the token; it comes before --token.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["url", "markdown", "html", "bbcode", "picture", "custom"]),
    default="url",
    show_default=True,
    help="How links are written; `custom` is your own form, as set there.",
)
@click.option(
    "--keep",
    type=click.Choice(["share", "backup"]),
    default="share",
    show_default=True,
    help="With a link that works, or as a backup: every byte, for you alone.",
)
@click.option(
    "--visibility",
    type=click.Choice(["public", "unlisted", "private"]),
    default="unlisted",
    show_default=True,
    help="Who can see what is shared: everybody, whoever has the link, only you.",
)
@click.pass_context
def push(
    ctx: click.Context,
    /,
    files: tuple[str, ...],
    server: str,
    token: str | None,
    token_file: str | None,
    form: str,
    **options: str,
) -> None:
    """Send FILES to a service and print one link a line.

    `-` is standard input; what is an address (https://…) the service fetches. Links load for others
    whatever your account is set to, unless --keep or --visibility say otherwise. A file that is
    refused does not stop the others; the exit status is 1 then.
    """
    from flaskr.client import PushError, read_service

    try:
        service = read_service(server, find_token(token, token_file))
    except PushError as error:
        raise click.UsageError(str(error)) from error
    failed = False
    for path in files:
        try:
            links = push_one(service, path, options)["links"]
        except (PushError, OSError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            click.echo(f"{path}: {reason}", err=True)
            failed = True
        else:
            click.echo(links.get(form, links["url"]))
    ctx.exit(1 if failed else 0)


def find_token(token: str | None, file: str | None) -> str:
    """Return the token that is said, or stands in the file. Raises UsageError."""
    if file is None:
        if token:
            return token
        raise click.UsageError("There is no token; say it in TUCHUANG_TOKEN, or with --token-file")
    try:
        return Path(file).expanduser().read_text()
    except (OSError, RuntimeError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise click.UsageError(f"The token cannot be read from {file}: {reason}") from error


def push_one(service: "Service", path: str, options: "Mapping[str, str]") -> Any:
    """Send one file, or its address; progress goes to standard error.

    Raises PushError and OSError.
    """
    from flaskr.client import push as send
    from flaskr.client import push_address

    if path.startswith(("http://", "https://")):
        return push_address(service, path, options)
    name = Path(path).name if path != "-" else "picture"
    with tempfile.TemporaryFile() if path == "-" else open(path, "rb") as file:  # noqa: PTH123 - so that both have one type
        if path == "-":
            shutil.copyfileobj(sys.stdin.buffer, file)
        with click.progressbar(
            length=file.seek(0, os.SEEK_END), label=name, file=sys.stderr
        ) as progress:
            return send(service, file, name, progress.update, options)


@main.command()
@click.option("--dry-run", is_flag=True, help="Remove nothing; count what would be.")
@with_appcontext
def gc(*, dry_run: bool) -> None:
    """Remove pictures that were long enough in the trash, and files that none needs.

    Looks, too, at some pictures of earlier programs' for what they are like.
    """
    from flaskr.db import db as database
    from flaskr.db import require_current_schema
    from flaskr.library import lookalikes
    from flaskr.library.collect import Keeping, collect
    from flaskr.library.mover import documents
    from flaskr.library.set_collect import collect_sets
    from flaskr.models import now

    require_current_schema()
    keeping = Keeping(
        trash=timedelta(days=current_app.config["TRASH_DAYS"]),
        grace=timedelta(seconds=current_app.config["GC_GRACE_SECONDS"]),
    )
    media = current_app.extensions["tuchuang.media"]
    done = collect(database.session, media, keeping, dry_run=dry_run)
    at = now()
    filed = collect_sets(database.session, media, at - keeping.trash, at, dry_run=dry_run)
    if dry_run:
        click.echo("Nothing is removed. What would be:")
    click.echo(f"pictures out of the trash: {done.images}")
    click.echo(f"files that no picture needs: {done.blobs} ({done.bytes} bytes)")
    click.echo(f"variants made from them: {done.variants}")
    click.echo(f"files of upload sets: {filed.files}")
    click.echo(f"uploads that came in pieces and expired: {done.uploads}")
    click.echo(f"leftovers of uploads that were broken off: {done.leftovers + filed.leftovers}")
    click.echo(f"Idempotency-Keys that nobody will use again: {done.keys}")
    if filed.set_aside:
        click.echo(f"nobody's files in upload sets, moved to files/quarantine/: {filed.set_aside}")
    forgotten = documents.forget_texts(database.session, at, dry_run=dry_run)
    if forgotten:
        click.echo(f"texts of moved Markdown, not kept any longer: {forgotten}")
    if not dry_run and (looked := lookalikes.look_at_rest(database.session, media, most=LOOKS)):
        click.echo(f"pictures looked at for what they are like: {looked}")


@main.command()
@click.option("--repair", is_flag=True, help="Mend what can be mended without guessing.")
@click.pass_context
@with_appcontext
def fsck(ctx: click.Context, *, repair: bool) -> None:
    """Check that every picture has its bytes, and every file its picture.

    Reads all files. The exit status is 1 if faults are left.
    """
    from flaskr.db import db as database
    from flaskr.db import require_current_schema
    from flaskr.library.check import check, total_bytes

    require_current_schema()
    session, media = database.session, current_app.extensions["tuchuang.media"]
    with click.progressbar(
        length=total_bytes(session), label="Checking", file=sys.stderr
    ) as progress:
        report = check(session, media, repair=repair, progress=progress.update)
    for fault in report.faults:
        click.echo(describe_fault(fault))
    left = report.remaining
    click.echo(
        f"{report.blobs} pictures of {report.bytes} bytes and {report.files} files checked: "
        f"{len(report.faults)} faults, {len(report.faults) - len(left)} mended"
    )
    if any(fault.images for fault in left):
        click.echo(
            "Lost bytes come back from a backup of the folder `files`, or when the same picture is "
            "uploaded again: then for all of its links."
        )
    ctx.exit(1 if left else 0)


def describe_fault(fault: "Fault") -> str:
    """Return a line for each fault, and one for the pictures it hurts."""
    name = fault.name.encode(errors="backslashreplace").decode()
    line = f"{'mended ' if fault.repaired else ''}{fault.kind}: {name} {fault.detail}"
    return f"{line}\n  pictures: {', '.join(fault.images)}" if fault.images else line


@main.group("import")
def import_() -> None:
    """Bring in what is elsewhere."""


@import_.command("markdown")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Change and fetch nothing; say what would be done.")
@click.option("--user", "username", help="Whose the pictures become; else the first admin's.")
@click.option("--url", help="What addresses here begin with; else PUBLIC_URL.")
@click.option("--from", "former", multiple=True, help="A former address of this host.")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the texts below this folder; else in their places.",
)
@click.option("--force", is_flag=True, help="Replace what an earlier run has written.")
@click.option(
    "--visibility",
    type=click.Choice(["public", "unlisted", "private"]),
    help="Who can see the pictures; else as the account has chosen.",
)
@with_appcontext
def import_markdown(
    paths: tuple[Path, ...],
    *,
    dry_run: bool,
    username: str | None,
    url: str | None,
    former: tuple[str, ...],
    output: Path | None,
    force: bool,
    visibility: str | None,
) -> None:
    """Take in the pictures of Markdown at PATHS, and lead its text to where they are now.

    A path is a folder, a Markdown file or a ZIP. Files are changed in their places, where nothing
    but the addresses of pictures changes; what is in a ZIP goes into a new one beside it.
    A text that cannot be read does not stop the others; the exit status is 1 then. A picture that
    cannot be taken in is named, and its address stays.
    """
    from flaskr.db import db as database
    from flaskr.db import require_current_schema
    from flaskr.library import accounts
    from flaskr.library.mover import Skipped, read_former
    from flaskr.library.mover.paths import places
    from flaskr.tuchuang.move_files import Wishes, move_place

    require_current_schema()
    here = (url or current_app.config["PUBLIC_URL"]).rstrip("/")
    if not here:
        raise click.UsageError("Say with --url, or PUBLIC_URL, how people reach this host.")
    session = database.session
    owner = accounts.find(session, username) if username else accounts.first_admin(session)
    if owner is None:
        raise click.UsageError("Say with --user whose the pictures become: there is no admin.")
    seen_by = visibility or owner.default_visibility
    wishes = Wishes(here, seen_by, read_former("\n".join(former)), dry_run=dry_run)
    texts = rewritten = left = skipped = 0
    for place in places(paths, output, force=force):
        for moved in move_place(owner, place, wishes):
            if isinstance(moved, Skipped):
                skipped += 1
                click.echo(f"{printable(place.name)}: {printable(str(moved.error))}", err=True)
                continue
            texts += 1
            rewritten += moved.rewritten
            left += len(moved.left)
            click.echo(describe_text(f"{place.name}/{moved.name}", moved, dry_run=dry_run))
    if dry_run:
        click.echo("Nothing is changed or fetched.")
    new = counted(rewritten, "address", "addresses")
    click.echo(f"{counted(texts, 'text', 'texts')}: {new} rewritten, {left} to look at")
    if skipped:
        click.echo(f"{counted(skipped, 'text', 'texts')} not moved", err=True)
    click.get_current_context().exit(1 if skipped else 0)


def describe_text(name: str, moved: "Moved", *, dry_run: bool) -> str:
    """Return a line for a text, and one for each address in it that was left."""
    from flaskr.library.mover import each_once

    would = "would be " if dry_run else ""
    lines = [f"{printable(name)}: {moved.rewritten} {would}rewritten, {len(moved.left)} to look at"]
    for each, times in each_once(moved.left):
        often = f" ({times} times)" if times > 1 else ""
        lines.append(f"  {printable(each.address)}{often}: {printable(str(each.error))}")
    return "\n".join(lines)


def counted(number: int, one: str, several: str) -> str:
    """Return how many there are, and of what."""
    return f"{number} {one if number == 1 else several}"


def printable(text: str) -> str:
    """Return a text that fits on a line of any terminal."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


@main.command()
@click.argument("address")
@with_appcontext
def sign(address: str) -> None:
    """Print ADDRESS, that of a variant in any size, with the signature that allows it."""
    from flaskr.tuchuang.direct import sign_address

    click.echo(sign_address(current_app.config["SECRET_KEY"], address))


@main.command()
def settings() -> None:
    """Print the page that documents every setting."""
    from flaskr.config import settings_page

    click.echo(settings_page(), nl=False)


if __name__ == "__main__":
    main()
