"""How uploads are kept, and in what form links are copied."""

from flask import (
    flash,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import BooleanField, RadioField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import Optional

from flaskr.db import db
from flaskr.errors import InvalidLinkFormError, InvalidLinkTemplateError
from flaskr.library import accounts
from flaskr.library import profile as library_profile
from flaskr.library.editing import VISIBILITIES
from flaskr.library.link_forms import LINK_FORMS, Pasted, fill_template
from flaskr.library.uploads import KEEPS, VISIBILITY
from flaskr.models import User
from flaskr.settings import bp
from flaskr.web.errors import describe
from flaskr.web.formats import wants_json
from flaskr.web.links import absolute
from flaskr.web.redirects import back_to
from flaskr.web.users import account, login_required


class UploadsForm(FlaskForm):
    """How uploads are kept unless the upload says otherwise."""

    keep = RadioField(
        _l("How to keep uploads"), choices=[SelectChoice(keep, keep) for keep in KEEPS]
    )
    visibility = RadioField(
        _l("Who can see what is shared"),
        choices=[SelectChoice(each, each) for each in VISIBILITIES],
        validators=[Optional()],
    )


class ProfileForm(FlaskForm):
    """Whether there is a public page of the account."""

    profile = BooleanField(_l("Show a public page"))


class LinksForm(FlaskForm):
    """In what form links are shown and copied."""

    link_form = RadioField(
        _l("How to write links"), choices=[SelectChoice(form, form) for form in LINK_FORMS]
    )
    link_template = StringField(
        _l("Your own template"),
        description=_l(
            "For “Own form”. {url} becomes the address, {name} the file's name, {alt} the name "
            "without its ending, {width} and {height} the size in pixels."
        ),
    )
    copy_links = BooleanField(_l("Copy links automatically after uploading"))


@bp.route("/uploads", methods=("GET", "POST"))
@login_required
def uploads() -> str | Response:
    """Choose how uploads are kept."""
    user = account()
    form = UploadsForm(keep=user.keep, visibility=shown_to(user))
    if form.validate_on_submit():
        accounts.set_keep(db.session, user, form.keep.data)
        if "visibility" in request.form:
            accounts.set_default_visibility(db.session, user, form.visibility.data)
        db.session.commit()
        flash(gettext("Your settings are saved."))
        return redirect(url_for(".uploads"), 303)
    return render_settings(form, links_form())


def shown_to(user: User) -> str:
    """Return who may see the account's uploads when they do not say."""
    return user.default_visibility or VISIBILITY["share"]


@bp.post("/profile")
@login_required
def profile() -> Response:
    """Switch the account's public page on or off."""
    library_profile.switch(db.session, account(), on="profile" in request.form)
    db.session.commit()
    flash(gettext("Your settings are saved."))
    return redirect(url_for(".uploads"), 303)


@bp.post("/links")
@login_required
def links() -> Response:
    """Choose how links are written; what the form leaves out stays as it is.

    The page that has asked shows them so when it is loaded again; a program gets what is now set.
    """
    asked = request.form
    switch = asked.getlist("copy_links")
    try:
        accounts.set_links(
            db.session,
            account(),
            form=asked.get("link_form"),
            template=asked.get("link_template"),
            copy=switch[-1] == "1" if switch else None,
        )
    except (InvalidLinkFormError, InvalidLinkTemplateError) as error:
        if wants_json():
            raise
        db.session.rollback()
        page = render_settings(uploads_form(), refused(error))
        return make_response(page, error.status)
    db.session.commit()
    if wants_json():
        user = account()
        return jsonify(
            link_form=user.link_form, link_template=user.link_template, copy_links=user.copy_links
        )
    if "next" not in asked:
        flash(gettext("Your settings are saved."))
    return back_to(asked.get("next"), url_for(".uploads"))


def uploads_form() -> UploadsForm:
    """Return the form as the account is now."""
    user = account()
    return UploadsForm(formdata=None, keep=user.keep, visibility=shown_to(user))


def links_form() -> LinksForm:
    """Return the form with the account's choice."""
    user = account()
    return LinksForm(
        formdata=None,
        link_form=user.link_form,
        link_template=user.link_template,
        copy_links=user.copy_links,
    )


def refused(error: InvalidLinkFormError | InvalidLinkTemplateError) -> LinksForm:
    """Return the form as it was sent, with what is wrong beside its field."""
    form = links_form()
    for field in (form.link_form, form.link_template):
        field.data = request.form.get(field.name, field.data)
    wrong = form.link_form if isinstance(error, InvalidLinkFormError) else form.link_template
    wrong.errors = [describe(error)]
    return form


def render_settings(uploading: UploadsForm, form: LinksForm) -> str:
    """Render the page; it shows what becomes of a template with one picture as an example."""
    example = Pasted(
        url=absolute(url_for("tuchuang.download", key="2mNwRk7pQz4L", extension="jpg")),
        shown=absolute(url_for("tuchuang.download", key="2mNwRk7pQz4L", extension="jpg")),
        name=gettext("West Lake") + ".jpg",
        alt=gettext("West Lake"),
        width=1600,
        height=1067,
        sources=list,
    )
    return render_template(
        "settings/uploads.html",
        form=uploading,
        links_form=form,
        profile_form=ProfileForm(formdata=None, profile=account().profile),
        public_page=absolute(url_for("short_links.profile", username=account().username)),
        example=example,
        example_text=fill_template(form.link_template.data or "", example),
    )
