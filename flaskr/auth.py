"""Register, log in, log out, change the password; tell a script who is logged in."""

from flask import (
    Blueprint,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response
from wtforms import Field, PasswordField, StringField
from wtforms.validators import InputRequired

from flaskr.db import db
from flaskr.errors import (
    DomainError,
    InvalidUsernameError,
    NotSignedInError,
    RegistrationClosedError,
    TooManyAttemptsError,
    UsernameTakenError,
    WeakPasswordError,
    WrongCredentialsError,
    WrongPasswordError,
)
from flaskr.library import accounts, tokens
from flaskr.models import User
from flaskr.web.errors import describe, error_json
from flaskr.web.limits import check_login, count_failed_login, count_password_check
from flaskr.web.redirects import back_to, is_local
from flaskr.web.users import account, end_session, login_required, start_session

bp = Blueprint("auth", __name__, url_prefix="/auth")

REQUIRED = InputRequired(_l("Fill in this field."))


class CredentialsForm(FlaskForm):
    """Name and password, of a new account or of one that exists."""

    username = StringField(_l("User name"), [REQUIRED])
    password = PasswordField(_l("Password"), [REQUIRED])


class PasswordForm(FlaskForm):
    """The old password and the new one."""

    current_password = PasswordField(_l("Current password"), [REQUIRED])
    new_password = PasswordField(_l("New password"), [REQUIRED])


Page = str | Response | tuple[str, int] | tuple[str, int, dict[str, str]]


@bp.route("/register", methods=("GET", "POST"))
def register() -> Page:
    """Make an account and log it in."""
    policy: str = current_app.config["REGISTRATION"]
    if not accounts.registration_open(db.session, policy):
        raise RegistrationClosedError
    form = CredentialsForm()
    status = 200
    if form.validate_on_submit():
        try:
            user = accounts.register(
                db.session, form.username.data or "", form.password.data or "", policy
            )
        except (InvalidUsernameError, UsernameTakenError) as error:
            status = refuse(form.username, error)
        except WeakPasswordError as error:
            status = refuse(form.password, error)
        else:
            db.session.commit()
            start_session(user)
            return redirect(url_for("tuchuang.upload"), 303)
    first = not User.any_exists(db.session)
    return render_template("auth/register.html", form=form, first=first), status


@bp.route("/login", methods=("GET", "POST"))
def login() -> Page:
    """Log in and go back to where the visitor was going."""
    target = request.args.get("next")
    if current_user.is_authenticated and request.method == "GET":
        return back_to(target, url_for("tuchuang.upload"))
    form = CredentialsForm()
    status, headers = 200, {}
    if form.validate_on_submit():
        username = form.username.data or ""
        name_key = accounts.name_key(username.strip())
        try:
            check_login(name_key)
            user = accounts.authenticate(db.session, username, form.password.data or "")
        except TooManyAttemptsError as error:
            status = refuse(form.username, error)
            headers["Retry-After"] = str(error.details["seconds"])
        except WrongCredentialsError as error:
            count_failed_login(name_key)
            status = refuse(form.password, error)
        else:
            db.session.commit()
            start_session(user)
            return back_to(target, url_for("tuchuang.upload"))
    came_from = target if target and is_local(target) else None
    return render_template("auth/login.html", form=form, next=came_from), status, headers


@bp.post("/logout")
def logout() -> Response:
    """End every session of the account."""
    end_session()
    db.session.commit()
    return redirect(url_for("blog.index"), 303)


@bp.get("/session")
def session() -> Response | tuple[Response, int]:
    """Tell a script that was refused whose session this is now, and its CSRF token. Always JSON."""
    if not current_user.is_authenticated:
        error = NotSignedInError()
        return error_json(error), error.status
    return jsonify(username=current_user.username, csrf_token=generate_csrf())


@bp.route("/password", methods=("GET", "POST"))
@login_required
def password() -> Page:
    """Set a new password; other sessions of the account end, this one goes on."""
    form = PasswordForm()
    status, headers = 200, {}
    if form.validate_on_submit():
        user = account()
        try:
            count_password_check(user.name_key)
            accounts.change_password(
                db.session, user, form.current_password.data or "", form.new_password.data or ""
            )
        except TooManyAttemptsError as error:
            status = refuse(form.current_password, error)
            headers["Retry-After"] = str(error.details["seconds"])
        except WrongPasswordError as error:
            status = refuse(form.current_password, error)
        except WeakPasswordError as error:
            status = refuse(form.new_password, error)
        else:
            db.session.commit()
            start_session(user)
            flash(gettext("Your password is changed. Other devices have to log in again."))
            if tokens.list_own(db.session, user):
                flash(gettext("Tokens of apps stay good. Revoke in the settings what should end."))
            return redirect(url_for("auth.password"), 303)
    return render_template("auth/password.html", form=form), status, headers


def refuse(field: Field, error: DomainError) -> int:
    """Put the error beside its field, write nothing, and return the status that fits."""
    db.session.rollback()
    field.errors = [*field.errors, describe(error)]
    return error.status
