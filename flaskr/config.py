"""Every setting in one table: its name, its default and what it means.

A value comes from the table below, then from ``config.py`` in the instance folder, then from the
environment variable ``TUCHUANG_<NAME>``; the last one wins. ``docs/settings.md`` is generated from
this table by ``tuchuang settings``.
"""

import os
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ENVIRONMENT_PREFIX = "TUCHUANG_"
INSTANCE_VARIABLE = "TUCHUANG_INSTANCE_PATH"
SECRET_KEY_FILE = "secret_key"  # noqa: S105 - the name of a file, not a secret

KIB = 1024
MIB = 1024 * KIB
MAX_TOKEN_DAYS = 3650
MIN_LINK_KEY = 32
WECHAT_PAIR = ("WECHAT_APPID", "WECHAT_SECRET")


class ConfigurationError(Exception):
    """A setting is missing or cannot be read; the message names it. For operators, not visitors."""


def parse_flag(text: str) -> bool:
    """Read a yes-or-no value; raise ``ValueError`` for anything else."""
    known = {"1": True, "true": True, "yes": True, "on": True}
    known |= {"0": False, "false": False, "no": False, "off": False, "": False}
    try:
        return known[text.strip().lower()]
    except KeyError:
        raise ValueError("expected true or false") from None


def parse_count(text: str) -> int:
    """Read a whole number that is not negative; raise ``ValueError`` otherwise."""
    try:
        number = int(text)
    except ValueError:
        raise ValueError("expected a whole number") from None
    if number < 0:
        raise ValueError("expected a number that is not negative")
    return number


def parse_bytes(text: str) -> int:
    """Read a number of bytes; raise ``ValueError`` for anything else, such as `5MB`."""
    try:
        return parse_count(text)
    except ValueError:
        raise ValueError("expected a number of bytes that is not negative") from None


def check_token_days(days: object) -> None:
    """Raise ValueError unless a token can be good for so many days."""
    if not isinstance(days, int) or not 1 <= days <= MAX_TOKEN_DAYS:
        raise ValueError(f"expected a number of days from 1 to {MAX_TOKEN_DAYS}")


def check_web_address(address: object) -> None:
    """Raise ValueError unless this is the address of a service that can be asked."""
    parts = urlsplit(str(address))
    _ = parts.port  # it may be none
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("expected http:// or https://, a host and a path")


def check_link_keys(keys: object) -> None:
    """Raise ValueError unless each key is too long to be guessed."""
    if not isinstance(keys, list) or any(len(str(key)) < MIN_LINK_KEY for key in keys):
        raise ValueError(f"expected keys of at least {MIN_LINK_KEY} characters")


def check_origins(origins: object) -> None:
    """Raise ValueError unless these are origins as browsers name them, or `*`."""
    for origin in origins if isinstance(origins, list) else [origins]:
        parts = urlsplit(str(origin))
        _ = parts.port  # it may be none
        web = parts.scheme in {"http", "https"} and parts.hostname is not None
        if origin != "*" and (not web or origin != f"{parts.scheme}://{parts.netloc.lower()}"):
            raise ValueError("expected origins such as https://notes.example.org, or *")


def parse_list(text: str) -> list[str]:
    """Read a comma-separated list; blanks around and empty items are dropped."""
    return [item.strip() for item in text.split(",") if item.strip()]


def one_of(*choices: str) -> Callable[[str], str]:
    """Make a reader that admits only `choices`."""

    def parse_choice(text: str) -> str:
        if text not in choices:
            raise ValueError("expected one of " + ", ".join(choices))
        return text

    return parse_choice


@dataclass(frozen=True)
class Setting:
    """One setting. `parse` turns the text of an environment variable into the value.

    `check`, given any value, raises ValueError where the service could not do with it.
    """

    name: str
    default: Any
    meaning: str
    parse: Callable[[str], Any] = str
    check: Callable[[object], None] | None = None


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "SECRET_KEY",
        None,
        "Signs sessions and links. Made on the first run and kept in the instance folder, readable "
        "by its owner only. Whoever changes it logs everybody out.",
    ),
    Setting("SITE_NAME", "Tuchuang", "The name in the page header and in page titles."),
    Setting(
        "DATABASE_URL",
        "",
        "Address of the database as SQLAlchemy writes it, for example "
        "`postgresql+psycopg://user:password@host/name` (which needs the extra `postgres`; "
        "`make run` installs it). Empty: the file `tuchuang.sqlite3` in the instance folder.",
    ),
    Setting(
        "PUBLIC_URL",
        "",
        "The address people reach this service at, for example `https://img.example.org`; every "
        "link is made from it. Empty: the address of the request, which then has to be `localhost`,"
        " an IP address, or named in `TRUSTED_HOSTS`.",
    ),
    Setting(
        "TRUSTED_HOSTS",
        [],
        "Host names, separated by commas, that may be used in links while `PUBLIC_URL` is empty.",
        parse_list,
    ),
    Setting(
        "TRUSTED_PROXIES",
        0,
        "How many reverse proxies stand in front and set `X-Forwarded-For`, `-Proto` and `-Host`. "
        "0: these headers are ignored.",
        parse_count,
    ),
    Setting(
        "REGISTRATION",
        "first",
        "Who may register: `first`, only the first account, which becomes the admin; `open`, "
        "everybody; `closed`, nobody (accounts are made by `tuchuang user create`).",
        one_of("first", "open", "closed"),
    ),
    Setting(
        "MAX_FILE_BYTES",
        32 * MIB,
        "The largest file taken, in bytes.",
        parse_bytes,
    ),
    Setting(
        "MAX_BATCH_BYTES",
        512 * MIB,
        "The largest request taken, in bytes: all files of one form together.",
        parse_bytes,
    ),
    Setting(
        "MAX_UNFINISHED_BYTES",
        1024 * MIB,
        "The most bytes that the unfinished uploads of one account may have together. They come in "
        "pieces (docs/tus.md) and lie on the disk until they are complete or expire.",
        parse_bytes,
    ),
    Setting(
        "UPLOAD_DAYS",
        7,
        "How many days an unfinished upload stays after its last piece. `tuchuang gc` removes it.",
        parse_count,
    ),
    Setting(
        "MAX_PIXELS",
        50_000_000,
        "The most pixels one frame of a picture may have.",
        parse_count,
    ),
    Setting("MAX_SIDE", 16_384, "The longest side a picture may have, in pixels.", parse_count),
    Setting("MAX_FRAMES", 500, "The most frames an animation may have.", parse_count),
    Setting(
        "MAX_TOTAL_PIXELS",
        250_000_000,
        "The most pixels all frames of an animation may have together.",
        parse_count,
    ),
    Setting(
        "QUOTA_BYTES",
        0,
        "How many bytes an account may keep, the trash and earlier versions included, unless "
        "`tuchuang user quota` says otherwise for it. 0: any number.",
        parse_count,
    ),
    Setting(
        "QUOTA_IMAGES",
        0,
        "How many pictures an account may keep, the trash included, unless `tuchuang user quota` "
        "says otherwise for it. 0: any number.",
        parse_count,
    ),
    Setting(
        "ALLOW_SVG",
        False,
        "Whether SVG drawings are taken. They are sanitised (scripts, handlers and addresses go) "
        "and shown in a sandbox. Needs the extra `svg`, which `make run` installs.",
        parse_flag,
    ),
    Setting(
        "DECODERS",
        0,
        "How many pictures a web process may open at once, each in a child process of up to "
        "1.5 GiB. 0: as many as there are cores and memory for.",
        parse_count,
    ),
    Setting(
        "ACCEL_PREFIX",
        "",
        "The internal location under which nginx serves the folder `files` of the instance, for "
        "example `/_files/` (deploy/nginx/). Empty: this service sends the bytes itself.",
    ),
    Setting(
        "FETCH_NETWORKS",
        [],
        "Networks, separated by commas, from which pictures may be fetched by their address though "
        "they are not public, for example `10.20.0.0/16`: whoever has an account then reaches web "
        "servers there.",
        parse_list,
    ),
    Setting(
        "LINK_MAX_AGE",
        3600,
        "How long browsers and caches may keep a picture without asking again, in seconds.",
        parse_count,
    ),
    Setting(
        "LINK_KEYS",
        [],
        "Keys, separated by commas, for signed links to private pictures: the first signs, all are "
        "believed. To rotate, put a new one first, and take the old one away once its links have "
        "ended. Empty: `SECRET_KEY` signs.",
        parse_list,
        check_link_keys,
    ),
    Setting(
        "TRASH_DAYS",
        30,
        "How many days a deleted picture stays in the trash before `tuchuang gc` removes it.",
        parse_count,
    ),
    Setting(
        "KEEP_VERSIONS",
        10,
        "How many earlier contents of a picture are kept once it was replaced, turned or cropped, "
        "besides the one that was uploaded first. They count towards the quota of its owner. "
        "0: none.",
        parse_count,
    ),
    Setting(
        "GC_GRACE_SECONDS",
        3600,
        "How long `tuchuang gc` leaves files that no picture needs any more, in seconds. Longer "
        "than a backup takes: a backup copies the database first, then the files that it names.",
        parse_count,
    ),
    Setting(
        "RATE_LIMITS",
        True,
        "Whether attempts are limited. Failed log-ins: 10 in 15 minutes for an account, 25 in 5 "
        "minutes for an address. Log-ins through WeChat: 30 in 5 minutes for an address. Guests: "
        "200 uploads and 60 deletions an hour for an address. Wrong passwords of a link: 10 in 15 "
        "minutes for an address, 100 an hour in all. Drop boxes: 1,000 pictures an hour for an "
        "address. Pictures fetched from elsewhere: 200 an hour for an account; Markdown moved "
        "here: 60 times. Requests with a token: as `TOKEN_REQUESTS` says.",
        parse_flag,
    ),
    Setting(
        "TOKEN_REQUESTS",
        12_000,
        "How many requests a minute one API token is good for. Answers tell what is left, in "
        "`X-RateLimit-Limit`, `-Remaining` and `-Reset` (seconds since 1970). 0: any number.",
        parse_count,
    ),
    Setting(
        "API_ORIGINS",
        [],
        "Origins, separated by commas, whose pages may use what lies below `/api/` by script, for "
        "example `https://notes.example.org`; `*` for all. They need a token as every program "
        "does.",
        parse_list,
        check_origins,
    ),
    Setting(
        "RATE_LIMIT_STORE",
        "",
        "Where attempts are counted: an address such as `redis://localhost:6379/0` (which needs "
        "the extra `redis`; `make run` installs it). Empty: the file `limits.sqlite3` in the "
        "instance folder, shared by all processes.",
    ),
    Setting(
        "GUEST_UPLOADS",
        False,
        "Whether programs that send no token may upload: mini programs (`/temp/upload/…`, "
        "`/tasks/create/`, `/service/image`) and those for lsky-pro (`/api/v1/upload`, "
        "`/api/upload`). What they send belongs to one account, `guest`; whoever knows the MD5 "
        "of a guest's backup can fetch it. Only for clients that cannot be changed. A guest's "
        "second photo for an openid does not replace the first unless `GUEST_DELETES` is on.",
        parse_flag,
    ),
    Setting(
        "GUEST_DELETES",
        False,
        "Whether those may delete too: anybody who knows the MD5 of a guest's backup can delete "
        "it, and anybody who knows a guest's openid can replace that guest's photo.",
        parse_flag,
    ),
    Setting(
        "WECHAT_APPID",
        "",
        "The AppID of the mini program whose users may log in by `POST /api/wechat/login`, an "
        "account being made for each. Empty: nobody can.",
    ),
    Setting("WECHAT_SECRET", "", "The AppSecret that belongs to `WECHAT_APPID`."),
    Setting(
        "WECHAT_API_URL",
        "https://api.weixin.qq.com/sns/jscode2session",
        "Where the code of `wx.login` is exchanged for the user's openid.",
        check=check_web_address,
    ),
    Setting(
        "WECHAT_TOKEN_DAYS",
        30,
        "For how many days a log-in through WeChat is good: 1 to 3650.",
        parse_count,
        check_token_days,
    ),
    Setting(
        "DEFAULT_LOCALE",
        "en",
        "The language of pages for browsers that ask for none we have: `en` or `zh_Hans`.",
        one_of("en", "zh_Hans"),
    ),
)

SET_SETTINGS: tuple[Setting, ...] = (
    Setting(
        "UPLOADED_<SET>_DEST",
        "",
        "Where the set's files lie, and what makes the set exist: a folder (absolute, or below the "
        "instance folder) or a storage address such as `file:///srv/files`. It has to be a folder "
        "of its own, that no other set and no other instance has: what another instance keeps "
        "there is nobody's in this one's database, and `tuchuang gc` moves it to "
        "`files/quarantine/`. `photos` exists without: its pictures are kept with all others; with "
        "it, a copy of each lies there under its public name.",
    ),
    Setting(
        "UPLOADED_<SET>_URL",
        "",
        "What links to the set's files start with, if a server of yours serves DEST, for example "
        "`https://cdn.example.org/photos/`. Without DEST, that of a cache in front of this "
        "service, ending in `/_uploads/<set>/`. Empty: `/_uploads/<set>/` of this service.",
    ),
    Setting(
        "UPLOADED_<SET>_ALLOW",
        [],
        "Extensions taken, separated by commas; names of groups stand for their members, and are "
        'written as text, too: `UPLOADED_FILES_ALLOW = "ARCHIVES, md"`. For `photos` (IMAGES) and '
        "`files` (TEXT, DOCUMENTS) they are taken besides; for a set of your own they are all that "
        "is taken. Empty there: DEFAULT. `svg` counts only with `ALLOW_SVG`.",
        parse_list,
    ),
    Setting(
        "UPLOADED_<SET>_DENY",
        [],
        "Extensions or groups not taken, unless ALLOW names them.",
        parse_list,
    ),
    Setting(
        "UPLOADED_<SET>_MAX_BYTES",
        0,
        "The largest file taken, in bytes. 0: `MAX_FILE_BYTES`.",
        parse_bytes,
    ),
)
"""The settings of an upload set, one of each for every set; library.sets reads them."""

_KINDS = {setting.name.removeprefix("UPLOADED_<SET>_"): setting for setting in SET_SETTINGS}
SET_KINDS = tuple(_KINDS)

_SET_SETTING = re.compile(rf"UPLOADED_([A-Z][A-Z0-9_]*?)_({'|'.join(_KINDS)})")


def split_set_setting(name: str) -> tuple[str, str] | None:
    """Return the set and the kind (DEST, URL, …) that a setting's name speaks of, or None."""
    match = _SET_SETTING.fullmatch(name)
    return (match[1].lower(), match[2]) if match else None


def defaults() -> dict[str, Any]:
    """Return every setting with its default."""
    return {setting.name: setting.default for setting in SETTINGS}


def from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings that `environ` names, read to their types.

    Raises ConfigurationError, naming the variable, for a value that cannot be read.
    """
    parsers = {setting.name: setting.parse for setting in SETTINGS}
    values: dict[str, Any] = {}
    for variable, text in environ.items():
        name = variable.removeprefix(ENVIRONMENT_PREFIX)
        if name == variable:
            continue
        parse = parsers.get(name)
        if parse is None and (parts := split_set_setting(name)):
            parse = _KINDS[parts[1]].parse
        if parse is None:
            continue
        try:
            values[name] = parse(text)
        except ValueError as error:
            raise ConfigurationError(f"{variable}: {error}") from error
    return values


def check_values(values: Mapping[str, Any]) -> None:
    """Raise ConfigurationError, naming the setting, for a value that the service cannot do with."""
    for setting in SETTINGS:
        if setting.check is None:
            continue
        try:
            setting.check(values[setting.name])
        except ValueError as error:
            raise ConfigurationError(f"{setting.name}: {error}") from error
    for given, needed in (WECHAT_PAIR, WECHAT_PAIR[::-1]):
        if values[given] and not values[needed]:
            raise ConfigurationError(f"{needed}: {given} has no effect without it")


def names_in(environ: Mapping[str, str]) -> list[str]:
    """Return the names of settings, known or not, that `environ` gives."""
    prefixed = (name for name in environ if name.startswith(ENVIRONMENT_PREFIX))
    return [name.removeprefix(ENVIRONMENT_PREFIX) for name in prefixed]


def database_url(instance_path: str, configured: str) -> str:
    """Return the database's address: `configured`, or the SQLite file of the instance folder."""
    return configured or f"sqlite:///{Path(instance_path, 'tuchuang.sqlite3')}"


def secret_key(instance_path: str) -> str:
    """Return the instance's secret key, made (256 bits, file mode 0600) if there is none yet.

    Two processes that start at once agree on one key: it is linked into place whole, and whoever
    comes second reads the first one's.
    """
    folder = Path(instance_path)
    path = folder / SECRET_KEY_FILE
    with suppress(FileNotFoundError):
        return path.read_text(encoding="ascii").strip()
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{SECRET_KEY_FILE}.{secrets.token_hex(8)}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        except OSError:  # a file system without hard links: the first start had better be alone
            draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return path.read_text(encoding="ascii").strip()


def settings_page() -> str:
    """Return the text of ``docs/settings.md``."""
    lines = [
        "# Settings",
        "",
        (
            "Each is a line `NAME = value` in `instance/config.py` or the environment variable "
            f"`{ENVIRONMENT_PREFIX}<NAME>`, which wins. `{INSTANCE_VARIABLE}` names the instance "
            "folder. This page is made by `make docs`."
        ),
        "",
        *_settings_table(SETTINGS),
        "",
        "## Upload sets",
        "",
        (
            "An upload set is a named place for files of certain kinds. `<SET>` is its name in "
            'capitals, for example `UPLOADED_FILES_DEST = "documents"`. `photos` is there from '
            "the start, `files` and sets of your own once they have a DEST. The groups: IMAGES, "
            "DOCUMENTS, AUDIO, TEXT, DATA, ARCHIVES, and DEFAULT (TEXT, DOCUMENTS, IMAGES, DATA)."
        ),
        "",
        *_settings_table(SET_SETTINGS),
    ]
    return "\n".join(lines) + "\n"


def _settings_table(settings: Iterable[Setting]) -> list[str]:
    return [
        "| setting | default | meaning |",
        "|---|---|---|",
        *(
            f"| `{setting.name}` | {_default_cell(setting.default)} | {setting.meaning} |"
            for setting in settings
        ),
    ]


def _default_cell(value: object) -> str:
    if value is None:
        return "made on the first run"
    if value in ("", []):
        return "empty"
    return f"`{value!r}`"
