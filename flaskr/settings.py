"""What an account can set for itself."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs

from flaskr.db import db
from flaskr.library import accounts
from flaskr.library.uploads import KEEPS
from flaskr.web.usage import usage_context
from flaskr.web.users import account, login_required

bp = Blueprint("settings", __name__, url_prefix="/settings")


@bp.get("/usage")
@login_required
def usage() -> str:
    """Show how much the account keeps, and of what."""
    return render_template("settings/usage.html", **usage_context())


class UploadsForm(FlaskForm):
    """How uploads are kept unless the upload says otherwise."""

    keep = RadioField(
        _l("How to keep uploads"), choices=[SelectChoice(keep, keep) for keep in KEEPS]
    )


@bp.route("/uploads", methods=("GET", "POST"))
@login_required
def uploads() -> str | Response:
    """Choose how uploads are kept."""
    user = account()
    form = UploadsForm(keep=user.keep)
    if form.validate_on_submit():
        accounts.set_keep(db.session, user, form.keep.data)
        db.session.commit()
        flash(gettext("Your settings are saved."))
        return redirect(url_for(".uploads"), 303)
    return render_template("settings/uploads.html", form=form)
