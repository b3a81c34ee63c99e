"""A token for a user name and a password, as clients with a log-in of their own ask for it."""

from flaskr.db import db
from flaskr.errors import WrongCredentialsError
from flaskr.library import accounts, tokens
from flaskr.web.limits import check_login, count_failed_login

MOST = 10
"""How many tokens of one kind of client stay good."""


def make_token(username: str, password: str, name: str) -> str:
    """Return a new token of scope `library` and of this name; the oldest of that name go.

    Raises WrongCredentialsError, TooManyAttemptsError, TooManyTokensError.
    """
    key = accounts.name_key(username.strip())
    check_login(key)
    try:
        user = accounts.authenticate(db.session, username, password)
    except WrongCredentialsError:
        count_failed_login(key)
        raise
    tokens.drop_old(db.session, user, name, MOST - 1)
    made = tokens.create(db.session, user, name=name, scope="library")
    db.session.commit()
    return made.secret
