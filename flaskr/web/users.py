"""Who asks: a session cookie for pages, a Bearer token for the API."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from flask import Flask, current_app, g, request, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from werkzeug.wrappers import Response

from flaskr.db import db
from flaskr.errors import InvalidTokenError, NotSignedInError
from flaskr.library import accounts, tokens
from flaskr.models import User, now
from flaskr.transactions import end_read
from flaskr.web.formats import wants_json
from flaskr.web.limits import count_request
from flaskr.web.redirects import redirect_to_login

P = ParamSpec("P")
R = TypeVar("R")


class SessionLogin(LoginManager):
    """Flask-Login without its “remember me” cookie; our sessions last by themselves."""

    def _update_remember_cookie(self, response: Response) -> Response:
        """Leave the session alone: reading it would make every picture vary by cookie."""
        return response


login_manager = SessionLogin()


class SessionUser(UserMixin):
    """The account behind a session cookie, as Flask-Login wants it.

    What pages show of it is copied, so that a page can be made after the database has gone.
    """

    def __init__(self, account: User) -> None:
        self.account = account
        self.id = account.id
        self.username = account.username
        self.is_admin = account.is_admin
        self.session_version = account.session_version

    def get_id(self) -> str:
        """Return what the cookie holds.

        The session version makes a cookie kept from before a log-out or a new password worthless.
        """
        return f"{self.id}.{self.session_version}"


RENEWED = "renewed"
"""Key in the session: the day on which its cookie was last sent."""

NEEDS_LOGIN: set[Callable[..., Any]] = set()
"""The views that only accounts may call."""


def init_app(app: Flask) -> None:
    login_manager.session_protection = None  # addresses change on phones; the version protects
    login_manager.init_app(app)
    app.before_request(require_login)


@login_manager.user_loader
def load_session_user(cookie_id: str) -> SessionUser | None:
    user_id, _, version = cookie_id.partition(".")
    if g.get("database_down") or not (user_id.isdecimal() and version.isdecimal()):
        return None
    user = db.session.get(User, int(user_id))
    if user is None or user.session_version != int(version):
        return None
    renew_cookie()
    return SessionUser(user)


def renew_cookie() -> None:
    """Let the session last from today on; its cookie is sent again once a day at most."""
    today = now().date().toordinal()
    if session.get(RENEWED) != today:
        session[RENEWED] = today


def start_session(user: User) -> None:
    """Log the account in on this browser, in a fresh session."""
    session.clear()
    session.permanent = True
    login_user(SessionUser(user))


def end_session() -> None:
    """Log out everywhere this account is logged in."""
    if current_user.is_authenticated:
        accounts.end_sessions(db.session, account())
    logout_user()
    session.clear()


def account() -> User:
    """Return the account that asks. Raises NotSignedInError for a visitor."""
    if "token_account" in g:
        return cast("User", g.token_account)
    if not current_user.is_authenticated:
        raise NotSignedInError
    return cast("User", current_user.account)


def own_template() -> str:
    """Return the link template of the account that asks; a visitor has none."""
    if "token_account" in g or current_user.is_authenticated:
        return account().link_template
    return ""


def login_required(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a view as for accounts only; `require_login` sees to it."""
    NEEDS_LOGIN.add(view)
    return view


def require_login() -> Response | None:
    """Send a visitor to the log-in page and back; a program gets 401.

    This runs before anything reads the body, so a visitor cannot make us take one in.
    """
    view = current_app.view_functions.get(request.endpoint or "")
    if view not in NEEDS_LOGIN or current_user.is_authenticated:
        end_read(db.session)  # the body is read next, and may be slow
        return None
    if wants_json():
        raise NotSignedInError
    return redirect_to_login()


def token_account(scope: str) -> User | None:
    """Return the account whose Bearer token of `scope` the request carries; None without any.

    Whatever else the `Authorization` header says raises InvalidTokenError; so does a token that is
    unknown or expired. Raises ScopeError and TooManyRequestsError. A session cookie does not count.
    """
    if "Authorization" not in request.headers:
        return None
    kind, _, secret = request.headers["Authorization"].partition(" ")
    if kind.lower() != "bearer" or not secret.strip():
        raise InvalidTokenError
    return redeem(secret.strip(), scope)


def redeem(secret: str, scope: str) -> User:
    """Let the request go on as the account of a token, wherever it carries that.

    Raises InvalidTokenError, ScopeError, TooManyRequestsError.
    """
    token = tokens.redeem(db.session, secret, scope)
    token_id = token.id
    tokens.note_use(db.session, token)
    end_read(db.session)
    count_request(token_id)
    g.token = token
    g.token_account = token.user
    return token.user


def token_required(scope: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Admit only requests with a Bearer token of `scope`; a session cookie does not count here."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if token_account(scope) is None:
                raise InvalidTokenError
            return view(*args, **kwargs)

        return guarded

    return decorate
