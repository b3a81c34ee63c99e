"""For admins: figures, and what in the settings needs a second thought."""

from flask import Blueprint, current_app, render_template
from flask_babel import gettext

from flaskr.db import db
from flaskr.errors import NotFoundError
from flaskr.library.figures import count_all
from flaskr.web.users import account, login_required

bp = Blueprint("admin", __name__, url_prefix="/admin")


@bp.get("/")
@login_required
def index() -> str:
    """Show figures and warnings. To everybody else there is no such page."""
    if not account().is_admin:
        raise NotFoundError
    return render_template("admin/index.html", figures=count_all(db.session), warnings=warnings())


def warnings() -> list[tuple[str, str]]:
    """Return the settings that open the site wider than usual, and what that means."""
    texts = {
        "GUEST_UPLOADS": gettext(
            "Anybody on the network can upload, without an account. Switch this on only for "
            "clients that cannot be changed."
        ),
        "GUEST_DELETES": gettext(
            "Anybody who knows the MD5 of a guest's backup can delete it, and anybody who knows a "
            "guest's openid can replace that guest's photo, without an account."
        ),
    }
    return [(name, text) for name, text in texts.items() if current_app.config[name]]
