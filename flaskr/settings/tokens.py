"""API tokens: made, shown once, listed, revoked."""

from datetime import timedelta
from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import DataRequired

from flaskr.db import db
from flaskr.errors import DomainError, TextTooLongError, TooManyTokensError
from flaskr.library import tokens as library
from flaskr.library.tokens import SCOPES
from flaskr.models import now
from flaskr.settings import bp, once
from flaskr.web.errors import describe
from flaskr.web.users import account, login_required


class TokenForm(FlaskForm):
    """A token to be made. `days` is how long it will be good; 0 is for ever."""

    name = StringField(
        _l("What is it for?"),
        [DataRequired(_l("Give it a name, such as that of the app."))],
        description=_l("So that you know it again."),
    )
    scope = RadioField(
        _l("What may it do?"),
        choices=[SelectChoice(scope, scope) for scope in SCOPES],
        default=SCOPES[0],
    )
    days = SelectField(
        _l("How long is it good?"),
        coerce=int,
        choices=[
            SelectChoice(0, _l("Until you revoke it")),
            SelectChoice(30, _l("30 days")),
            SelectChoice(90, _l("90 days")),
            SelectChoice(365, _l("A year")),
        ],
        default=0,
    )


@bp.route("/tokens", methods=("GET", "POST"))
@login_required
def tokens() -> str | Response:
    """List the account's tokens, one that was just made with its text; a POST makes one."""
    form = TokenForm()
    if not form.validate_on_submit():
        return render(form, made=once.take() if request.method == "GET" else None)
    days = form.days.data
    try:
        made = library.create(
            db.session,
            account(),
            name=(form.name.data or "").strip(),
            scope=form.scope.data,
            expires=now() + timedelta(days=days) if days else None,
        )
    except (TextTooLongError, TooManyTokensError) as error:
        return refuse(form, error)
    db.session.commit()
    once.hold(made.secret)
    return redirect(url_for(".tokens"), 303)


@bp.route("/tokens/<int:token_id>/revoke", methods=("GET", "POST"))
@login_required
def revoke_token(token_id: int) -> str | Response:
    """Ask, then revoke one of the account's tokens."""
    if request.method != "POST":
        found = library.find_own(db.session, account(), token_id)
        return render_template("settings/token_revoke.html", token=found)
    library.revoke(db.session, account(), token_id)
    db.session.commit()
    flash(gettext("The token is revoked."))
    return redirect(url_for(".tokens"), 303)


def refuse(form: TokenForm, error: DomainError) -> Response:
    """Show the form as it was sent, with what is wrong beside its field."""
    db.session.rollback()
    form.name.errors = [describe(error)]
    return make_response(render(form), error.status)


def render(form: TokenForm, **context: Any) -> str:
    own = library.list_own(db.session, account())
    return render_template("settings/tokens.html", form=form, tokens=own, now=now(), **context)
