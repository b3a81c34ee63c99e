"""Writing posts: new ones, changed ones, deleted ones; each author their own."""

from flask import make_response, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from flaskr.blog import bp
from flaskr.db import db
from flaskr.errors import CoverError, DomainError, TagNameError, TooManyTagsError
from flaskr.library import posts
from flaskr.library import tags as library_tags
from flaskr.library.keys import new_key
from flaskr.models import Post
from flaskr.web.errors import describe
from flaskr.web.tiles import tiles_of
from flaskr.web.uploading import upload_context
from flaskr.web.users import account, login_required

COVERS = 12
"""How many pictures are offered for a cover."""

REQUIRED = InputRequired(_l("Fill in this field."))
LENGTH = _l("At most %(max)d characters.")


class PostForm(FlaskForm):
    """A post as it is written; what a form leaves out of it stays as it is."""

    title = StringField(_l("Title"), [REQUIRED, Length(max=200, message=LENGTH)])
    body = TextAreaField(_l("Text"), [REQUIRED, Length(max=200_000, message=LENGTH)])
    tags = StringField(
        _l("Tags"),
        [Length(max=2000, message=LENGTH)],
        description=_l("Divided by commas."),
    )
    cover = StringField()


@bp.route("/create", methods=("GET", "POST"))
@login_required
def create() -> Response:
    """Write a post, to be published or kept as a draft."""
    form = PostForm()
    if not form.validate_on_submit():
        return make_response(render_editor("blog/create.html", form))
    try:
        made = posts.create(db.session, account(), said(form, draft=False))
        db.session.commit()
    except (CoverError, TagNameError, TooManyTagsError) as error:
        return refuse("blog/create.html", form, error)
    return redirect(url_for(".post", post_id=made.id), 303)


@bp.route("/<int:post_id>/update", methods=("GET", "POST"))
@login_required
def update(post_id: int) -> Response:
    """Change a post of one's own, publish a draft, or take a post back."""
    own = posts.find_own(db.session, account(), post_id)
    cover = posts.shown_cover(own)
    form = PostForm(
        title=own.title,
        body=own.body,
        tags=", ".join(tag.name for tag in own.tags),
        cover=cover.key if cover else "",
    )
    if not form.validate_on_submit():
        return make_response(render_editor("blog/update.html", form, own))
    try:
        posts.change(db.session, own, said(form, draft=own.draft))
        db.session.commit()
    except (CoverError, TagNameError, TooManyTagsError) as error:
        return refuse("blog/update.html", form, error, own)
    return redirect(url_for(".post", post_id=own.id), 303)


@bp.route("/<int:post_id>/delete", methods=("GET", "POST"))
@login_required
def delete(post_id: int) -> str | Response:
    """Ask, then delete a post of one's own."""
    own = posts.find_own(db.session, account(), post_id)
    if request.method == "POST":
        back = url_for(".drafts") if own.draft else url_for(".index")
        posts.delete(db.session, own)
        db.session.commit()
        return redirect(back, 303)
    return render_template("blog/delete.html", post=own)


def said(form: PostForm, *, draft: bool) -> posts.Writing:
    """Return what the form says; `draft` holds where its button does not. Raises TagNameError."""
    button = request.form.get("draft", "")
    return posts.Writing(
        form.title.data or "",
        form.body.data or "",
        library_tags.read(form.tags.data or ""),
        form.cover.data or "",
        draft=button == "1" if button else draft,
    )


def refuse(template: str, form: PostForm, error: DomainError, own: Post | None = None) -> Response:
    """Show the form as it was sent, with what is wrong beside its field."""
    db.session.rollback()
    field = form.cover if isinstance(error, CoverError) else form.tags
    field.errors = [describe(error)]
    return make_response(render_editor(template, form, own), error.status)


def render_editor(template: str, form: PostForm, own: Post | None = None) -> str:
    """Render the form with what its script needs to upload pictures."""
    chosen = form.cover.data or ""
    covers = posts.cover_choices(db.session, account(), form.body.data or "", chosen, COVERS)
    return render_template(
        template,
        form=form,
        post=own,
        covers=tiles_of(covers),
        batch=new_key(),
        **upload_context(),
    )
