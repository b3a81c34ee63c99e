"""Language and theme, chosen by anybody and kept in a cookie."""

from flask import Blueprint, request, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from flaskr.web.locale import COOKIE as LOCALE_COOKIE
from flaskr.web.locale import LOCALES
from flaskr.web.redirects import back_to

THEME_COOKIE = "theme"
THEMES = ("light", "dark", "system")
YEAR = 365 * 24 * 3600

bp = Blueprint("preferences", __name__, url_prefix="/preferences")


@bp.post("")
def save() -> Response:
    """Keep the chosen language or theme and go back to the page."""
    response = back_to(request.form.get("next"), url_for("blog.index"))
    choices = {LOCALE_COOKIE: tuple(LOCALES), THEME_COOKIE: THEMES}
    kept = 0
    for cookie, field in ((LOCALE_COOKIE, "locale"), (THEME_COOKIE, "theme")):
        value = request.form.get(field)
        if value in choices[cookie]:
            response.set_cookie(
                cookie, value, max_age=YEAR, samesite="Lax", secure=request.is_secure, httponly=True
            )
            kept += 1
    if not kept:
        raise BadRequest
    return response


def theme() -> str:
    """Return the chosen theme, or an empty string to follow the system."""
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in {"light", "dark"} else ""
