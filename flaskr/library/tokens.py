"""API tokens: made once, shown once, stored as a hash."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from flaskr.errors import (
    InvalidTokenError,
    NotFoundError,
    ScopeError,
    TextTooLongError,
    TokenExpiryError,
    TooManyTokensError,
)
from flaskr.library.keys import digest, new_secret
from flaskr.models import MAX_ID, Token, User, now
from flaskr.transactions import begin_write

log = logging.getLogger(__name__)

SCOPES = ("upload", "library", "admin")
"""From the narrowest to the widest; a wider scope includes the narrower ones."""

LAST_USED_STEP = timedelta(minutes=1)
MOST = 200
"""How many tokens an account may have."""

NAME_LENGTH = 100

LSKY, SMMS = "lsky-pro", "sm.ms"
OF_PASSWORDS = (LSKY, SMMS)
"""The names of tokens that clients with a log-in of their own get for a name and a password."""


@dataclass(frozen=True)
class NewToken:
    """A token that was made a moment ago; `secret` is its text, which cannot be had again later."""

    secret: str
    token: Token


def create(
    session: Session,
    user: User,
    *,
    name: str = "",
    scope: str = "upload",
    expires: datetime | None = None,
) -> NewToken:
    """Make a token for `user`.

    Raises TextTooLongError, TokenExpiryError, TooManyTokensError; ValueError for an unknown scope.
    """
    if scope not in SCOPES:
        raise ValueError(f"scope must be one of {SCOPES}")
    if len(name) > NAME_LENGTH:
        raise TextTooLongError(most=NAME_LENGTH)
    if expires is not None and expires <= now():
        raise TokenExpiryError
    secret = new_secret()
    user_id = user.id
    begin_write(session)
    if Token.count_of(session, user_id) >= MOST:
        raise TooManyTokensError(most=MOST)
    token = Token(
        user_id=user_id, name=name, scope=scope, secret_sha256=digest(secret), expires=expires
    )
    session.add(token)
    session.flush()
    return NewToken(secret, token)


def list_own(session: Session, user: User) -> Sequence[Token]:
    """Return the account's tokens, newest first, those that have expired included."""
    return Token.of(session, user.id)


def find_own(session: Session, user: User, token_id: int) -> Token:
    """Return one of the account's tokens. Raises NotFoundError."""
    token = session.get(Token, min(token_id, MAX_ID))
    if token is None or token.user_id != user.id:
        raise NotFoundError
    return token


def revoke(session: Session, user: User, token_id: int) -> Token:
    """Remove one of the account's tokens; its holder is shut out. Raises NotFoundError."""
    begin_write(session)
    token = find_own(session, user, token_id)
    session.delete(token)
    session.flush()
    return token


def drop_old(session: Session, user: User, name: str, keep: int) -> None:
    """Remove the account's tokens of that name which have expired, and all but the newest ones."""
    begin_write(session)
    named = Token.named(session, user.id, name)
    moment = now()
    for order, token in enumerate(named):
        if order >= keep or is_expired(token, moment):
            session.delete(token)
    session.flush()


def drop_named(
    session: Session, user: User, names: Iterable[str], also: Token | None = None
) -> None:
    """Remove the account's tokens of these names, and one more."""
    user_id, more = user.id, also.id if also else None
    begin_write(session)
    chosen = Token.name.in_(list(names)) | (Token.id == more)
    session.execute(delete(Token).where(Token.user_id == user_id, chosen))


def is_expired(token: Token, moment: datetime) -> bool:
    """Tell whether the token is good for nothing any more."""
    return token.expires is not None and token.expires <= moment


def redeem(session: Session, secret: str, scope: str) -> Token:
    """Return the token with this text, which stands for its account.

    Raises InvalidTokenError if it is unknown or expired, ScopeError if it is narrower than
    `scope`.
    """
    token = Token.by_secret(session, digest(secret))
    moment = now()
    if token is None or is_expired(token, moment):
        raise InvalidTokenError
    if SCOPES.index(token.scope) < SCOPES.index(scope):
        raise ScopeError(scope=scope)
    return token


def note_use(session: Session, token: Token) -> None:
    """Note that the token was used, and commit that; at most once in LAST_USED_STEP.

    While nothing can be written it is not noted: whoever only reads goes on.
    """
    moment = now()
    if token.last_used is not None and moment - token.last_used <= LAST_USED_STEP:
        return
    id_ = token.id
    try:
        begin_write(session)
        session.execute(update(Token).where(Token.id == id_).values(last_used=moment))
        session.commit()
    except DatabaseError:
        session.rollback()
        log.warning("the use of a token was not noted", exc_info=True)
