"""Headers that keep a page to itself, and the token that forms carry."""

from datetime import timedelta

from flask import Flask, Response, request
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError

from flaskr.config import secret_key
from flaskr.errors import DomainError, message_
from flaskr.web.errors import answer_domain_error

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "manifest-src 'self'"
)
POST_POLICY = PAGE_POLICY.replace("img-src 'self' blob:", "img-src 'self' https: http:")
"""For posts, which may show pictures that lie elsewhere."""
# Chromium's own page around a bare picture has inline styles; no script can run in it.
FILE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
REFERRER_POLICY = "same-origin"

SESSION_LIFETIME = timedelta(days=31)

csrf = CSRFProtect()


class StaleFormError(DomainError):
    """The form's token is missing or belongs to another session."""

    code = "stale_form"
    status = 400
    message = message_(
        "This page was open for too long, or in another session. Reload it and try again."
    )


def configure(app: Flask) -> None:
    """Set what Flask itself needs to know of secrets, cookies and bodies, from our settings."""
    app.config["SECRET_KEY"] = app.config["SECRET_KEY"] or secret_key(app.instance_path)
    # Flask's own check of this name knows neither IP addresses nor pages; links.check_host does.
    app.config["KNOWN_HOSTS"] = app.config["TRUSTED_HOSTS"]
    app.config["TRUSTED_HOSTS"] = None
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_BATCH_BYTES"]
    app.config["PERMANENT_SESSION_LIFETIME"] = SESSION_LIFETIME
    # Renewed by web.users once a day: a cookie with every picture would keep caches out.
    app.config["SESSION_REFRESH_EACH_REQUEST"] = False
    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
    app.config["SESSION_COOKIE_SECURE"] = app.config["PUBLIC_URL"].startswith("https://")


def init_app(app: Flask) -> None:
    app.config["WTF_CSRF_TIME_LIMIT"] = None  # as long as the session: drafts stay open for days
    csrf.init_app(app)
    app.register_error_handler(CSRFError, refuse_stale_form)
    app.after_request(harden)


def refuse_stale_form(_error: CSRFError) -> Response:
    return answer_domain_error(StaleFormError())


def harden(response: Response) -> Response:
    """Set what every response carries, unless the view has set its own."""
    headers = response.headers
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", REFERRER_POLICY)
    headers.setdefault("Content-Security-Policy", PAGE_POLICY)
    # Over plain http, browsers ignore it with an error in the console; a picture opens no window.
    if request.is_secure and response.mimetype == "text/html":
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if "Cache-Control" not in headers and request.endpoint != "static":
        headers["Cache-Control"] = "private, no-store"
    return response
