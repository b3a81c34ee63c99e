"""The blog: posts in Markdown, by their author."""

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from flaskr.db import db
from flaskr.library import posts
from flaskr.library.keys import new_key
from flaskr.models import MAX_ID, Post
from flaskr.web.security import POST_POLICY
from flaskr.web.uploading import upload_context
from flaskr.web.users import account, login_required

PAGE_SIZE = 10

bp = Blueprint("blog", __name__)

REQUIRED = InputRequired(_l("Fill in this field."))


class PostForm(FlaskForm):
    """A post as it is written."""

    title = StringField(
        _l("Title"), [REQUIRED, Length(max=200, message=_l("At most %(max)d characters."))]
    )
    body = TextAreaField(
        _l("Text"), [REQUIRED, Length(max=200_000, message=_l("At most %(max)d characters."))]
    )


@bp.get("/")
def index() -> str:
    """List posts, newest first."""
    before = request.args.get("before", type=parse_cursor)
    found = Post.page(db.session, before, PAGE_SIZE + 1)
    shown = found[:PAGE_SIZE]
    older = url_for(".index", before=shown[-1].id) if len(found) > PAGE_SIZE else None
    newest = url_for(".index") if before is not None else None
    return render_template("blog/index.html", posts=shown, older=older, newest=newest)


def parse_cursor(text: str) -> int:
    """Read the id of a post; raise ValueError for what cannot be one."""
    number = int(text)
    if not 0 <= number <= MAX_ID:
        raise ValueError("no row has this id")
    return number


@bp.get("/<int:post_id>")
def post(post_id: int) -> Response:
    """Show one post."""
    page = render_template("blog/post.html", post=posts.find(db.session, post_id))
    response = make_response(page)
    response.headers["Content-Security-Policy"] = POST_POLICY
    return response


@bp.route("/create", methods=("GET", "POST"))
@login_required
def create() -> str | Response:
    """Write a post."""
    form = PostForm()
    if form.validate_on_submit():
        made = posts.publish(db.session, account(), form.title.data or "", form.body.data or "")
        db.session.commit()
        return redirect(url_for(".post", post_id=made.id), 303)
    return render_editor("blog/create.html", form)


@bp.route("/<int:post_id>/update", methods=("GET", "POST"))
@login_required
def update(post_id: int) -> str | Response:
    """Change a post of one's own."""
    own = posts.find_own(db.session, account(), post_id)
    form = PostForm(obj=own)
    if form.validate_on_submit():
        posts.change(db.session, own, form.title.data or "", form.body.data or "")
        db.session.commit()
        return redirect(url_for(".post", post_id=own.id), 303)
    return render_editor("blog/update.html", form, own)


@bp.route("/<int:post_id>/delete", methods=("GET", "POST"))
@login_required
def delete(post_id: int) -> str | Response:
    """Ask, then delete a post of one's own."""
    own = posts.find_own(db.session, account(), post_id)
    if request.method == "POST":
        posts.delete(db.session, own)
        db.session.commit()
        return redirect(url_for(".index"), 303)
    return render_template("blog/delete.html", post=own)


def render_editor(template: str, form: PostForm, own: Post | None = None) -> str:
    """Render the form with what its script needs to upload pictures."""
    return render_template(
        template,
        form=form,
        post=own,
        batch=new_key(),
        **upload_context(),
    )
