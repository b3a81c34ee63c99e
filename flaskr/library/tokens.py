"""API tokens: made once, shown once, stored as a hash."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from flaskr.errors import InvalidTokenError, ScopeError
from flaskr.library.keys import digest, new_secret
from flaskr.models import Token, User, now
from flaskr.transactions import begin_write

SCOPES = ("upload", "library", "admin")
"""From the narrowest to the widest; a wider scope includes the narrower ones."""

LAST_USED_STEP = timedelta(minutes=5)


def create(
    session: Session,
    user: User,
    *,
    name: str = "",
    scope: str = "upload",
    expires: datetime | None = None,
) -> str:
    """Make a token for `user` and return its text, which cannot be had again later."""
    if scope not in SCOPES:
        raise ValueError(f"scope must be one of {SCOPES}")
    secret = new_secret()
    begin_write(session)
    session.add(
        Token(
            user_id=user.id, name=name, scope=scope, secret_sha256=digest(secret), expires=expires
        )
    )
    session.flush()
    return secret


def drop_old(session: Session, user: User, name: str, keep: int) -> None:
    """Remove the account's tokens of that name which have expired, and all but the newest ones."""
    begin_write(session)
    named = Token.named(session, user.id, name)
    moment = now()
    for order, token in enumerate(named):
        if order >= keep or (token.expires is not None and token.expires <= moment):
            session.delete(token)
    session.flush()


def redeem(session: Session, secret: str, scope: str) -> User:
    """Return the account a token stands for.

    Raises InvalidTokenError if it is unknown or expired, ScopeError if it is narrower than
    `scope`. That it was used is noted, at most once in LAST_USED_STEP.
    """
    token = Token.by_secret(session, digest(secret))
    moment = now()
    if token is None or (token.expires is not None and token.expires <= moment):
        raise InvalidTokenError
    if SCOPES.index(token.scope) < SCOPES.index(scope):
        raise ScopeError(scope=scope)
    if token.last_used is None or moment - token.last_used > LAST_USED_STEP:
        begin_write(session)
        token.last_used = moment
    return token.user
