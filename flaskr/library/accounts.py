"""Accounts: register, log in, log out, change the password."""

import re
import unicodedata
from functools import cache
from typing import NamedTuple

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from flaskr.errors import (
    InvalidUsernameError,
    LinkPasswordError,
    NoSuchUserError,
    RegistrationClosedError,
    UsernameTakenError,
    WeakPasswordError,
    WrongCredentialsError,
    WrongPasswordError,
)
from flaskr.library import tokens
from flaskr.library.keys import new_key
from flaskr.library.link_forms import check_choice, check_template
from flaskr.library.uploads import Keep
from flaskr.models import User, insert_if_absent
from flaskr.transactions import begin_write

USERNAME_PATTERN = re.compile(r"[\w.-]{1,40}")
NAME_CHARACTERS = re.compile(r"[\w.-]+")
NAME_KEY_LENGTH = 160
"""What its column holds."""

PASSWORD_LENGTH = range(8, 201)
LINK_PASSWORD_LENGTH = range(4, 201)
"""Of the password of a link, which is told to others; few attempts are allowed at either."""

GUEST = "guest"
"""The `external_id` of the account that guests' uploads belong to."""

# Argon2id with 19 MiB, two passes, one lane: OWASP's password storage advice.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def name_key(username: str) -> str:
    """Return the form in which names are compared: “Ａda” and “ada” are one account."""
    return unicodedata.normalize("NFKC", username).casefold()


def registration_open(session: Session, policy: str) -> bool:
    """Tell whether somebody may register under the `REGISTRATION` setting's `policy`."""
    return policy == "open" or (policy == "first" and not User.any_exists(session))


def register(session: Session, username: str, password: str, policy: str) -> User:
    """Make an account for a visitor; the first one of all becomes the admin's.

    Raises RegistrationClosedError, and what `create` raises.
    """
    chosen = check_credentials(username, password)
    begin_write(session)
    User.lock_table(session)
    if not registration_open(session, policy):
        raise RegistrationClosedError
    return add(session, chosen, is_admin=not User.any_exists(session))


def create(session: Session, username: str, password: str, *, is_admin: bool = False) -> User:
    """Make an account.

    Raises InvalidUsernameError, WeakPasswordError or UsernameTakenError.
    """
    return add(session, check_credentials(username, password), is_admin=is_admin)


class Credentials(NamedTuple):
    """A name and a password that will do for an account; the password is hashed already."""

    username: str
    name_key: str
    password_hash: str


def check_credentials(username: str, password: str) -> Credentials:
    """Hash the password, which is slow: no transaction should be open that others wait for.

    Raises InvalidUsernameError or WeakPasswordError.
    """
    username = unicodedata.normalize("NFC", username.strip())
    key = name_key(username)
    if not USERNAME_PATTERN.fullmatch(username) or len(key) > NAME_KEY_LENGTH:
        raise InvalidUsernameError
    # One letter can be written for many, blanks among them.
    if not NAME_CHARACTERS.fullmatch(unicodedata.normalize("NFKC", username)):
        raise InvalidUsernameError
    return Credentials(username, key, _hash(password))


def add(session: Session, chosen: Credentials, *, is_admin: bool) -> User:
    """Make the account. Raises UsernameTakenError."""
    begin_write(session)
    if User.by_name_key(session, chosen.name_key) is not None:
        raise UsernameTakenError(name=chosen.username)
    user = User(**chosen._asdict(), is_admin=is_admin)
    session.add(user)
    session.flush()
    return user


def find(session: Session, username: str) -> User:
    """Return the account of that name. Raises NoSuchUserError."""
    user = User.by_name_key(session, name_key(username.strip()))
    if user is None:
        raise NoSuchUserError(name=username)
    return user


def first_admin(session: Session) -> User | None:
    """Return the admin who was there first, if there is one."""
    return session.scalar(select(User).where(User.is_admin).order_by(User.id).limit(1))


def authenticate(session: Session, username: str, password: str) -> User:
    """Return the account that name and password belong to.

    Takes the same time whether the name is unknown or the password wrong, and raises
    WrongCredentialsError for both. A hash made with older parameters is renewed.
    """
    user = User.by_name_key(session, name_key(username.strip()))
    if user is not None and not user.password_hash:
        user = None  # made on demand: nobody logs in to it by a form
    stored = _decoy_hash() if user is None else user.password_hash
    if not _matches(stored, password) or user is None:
        raise WrongCredentialsError
    if _hasher.check_needs_rehash(stored):
        renewed = _hasher.hash(password)
        begin_write(session)
        user.password_hash = renewed
    return user


def guest(session: Session) -> User:
    """Return the account that guests' uploads belong to, made if there is none."""
    return on_demand(session, GUEST, "guest")


def find_guest(session: Session) -> User | None:
    """Return the account that guests' uploads belong to, if there is one."""
    return User.by_external_id(session, GUEST)


def of_wechat(session: Session, openid: str) -> User:
    """Return the account of a mini program's user, made if there is none."""
    return on_demand(session, f"wechat:{openid}", f"wechat-{new_key()[:8]}")


def on_demand(session: Session, external_id: str, username: str) -> User:
    """Return the account with this id, made without a password if there is none.

    It gets another name where somebody else has that one.
    """
    wanted = username
    while (user := User.by_external_id(session, external_id)) is None:
        begin_write(session)
        while User.by_name_key(session, name_key(username)) is not None:
            username = f"{wanted}-{new_key()[:6]}"
        insert_if_absent(
            session,
            User,
            username=username,
            name_key=name_key(username),
            password_hash="",
            external_id=external_id,
        )
    return user


def change_password(session: Session, user: User, current: str, new: str) -> None:
    """Set a new password and end every session of the account.

    Tokens that clients got for the old one end, too; those that were made in the settings do not.
    Raises WrongPasswordError when `current` is not the password, WeakPasswordError for `new`.
    """
    if not _matches(user.password_hash, current):
        raise WrongPasswordError
    password_hash = _hash(new)
    begin_write(session)
    user.password_hash = password_hash
    user.session_version += 1
    tokens.drop_named(session, user, tokens.OF_PASSWORDS)


def set_keep(session: Session, user: User, keep: Keep) -> None:
    """Set how the account's uploads are kept when the upload does not say."""
    begin_write(session)
    user.keep = keep


def set_links(
    session: Session,
    user: User,
    *,
    form: str | None = None,
    template: str | None = None,
    copy: bool | None = None,
) -> None:
    """Set in what form the account copies links, and whether that happens by itself.

    What is None stays as it is; so does all of it where something is refused. An account that
    gives its template up while it uses it goes back to plain addresses. Raises
    InvalidLinkFormError, InvalidLinkTemplateError.
    """
    begin_write(session)
    kept = user.link_template if template is None else check_template(template)
    wanted = user.link_form if form is None else form
    if wanted == "custom" and not kept and form is None:
        wanted = "url"
    user.link_form, user.link_template = check_choice(wanted, kept), kept
    if copy is not None:
        user.copy_links = copy


def hash_link_password(password: str) -> str:
    """Hash the password that a link of somebody's asks for. Raises LinkPasswordError."""
    if len(password) not in LINK_PASSWORD_LENGTH:
        raise LinkPasswordError
    return _hasher.hash(password)


def opens_link(stored: str, password: str) -> bool:
    """Tell whether this is the password behind a hash made by `hash_link_password`."""
    try:
        return len(password) in LINK_PASSWORD_LENGTH and _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def set_default_visibility(session: Session, user: User, visibility: str | None) -> None:
    """Set who may see the account's uploads when they do not say; None: whoever has the link."""
    begin_write(session)
    user.default_visibility = visibility


def end_sessions(session: Session, user: User) -> None:
    """Log the account out everywhere: a session cookie kept by anybody is worth nothing now."""
    begin_write(session)
    user.session_version += 1


def _hash(password: str) -> str:
    if len(password) not in PASSWORD_LENGTH:
        raise WeakPasswordError
    return _hasher.hash(password)


def _matches(stored: str, password: str) -> bool:
    if len(password) not in PASSWORD_LENGTH:
        password = ""  # no account has it; checked all the same, so that it takes as long
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _decoy_hash() -> str:
    return _hasher.hash("the hash that names nobody has")
