"""Tags: all that there are, what has one, renaming and deleting, and what to suggest."""

from flask import flash, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from flaskr.db import db
from flaskr.errors import NotFoundError, TagNameError
from flaskr.library import tags as library
from flaskr.library.search import fold
from flaskr.models import Tag
from flaskr.tuchuang import bp
from flaskr.tuchuang.asking import read
from flaskr.tuchuang.bulk import UnknownActError
from flaskr.tuchuang.gallery import show
from flaskr.web.errors import describe
from flaskr.web.users import account, login_required

MOST_TYPED = 200
"""Characters of what is being typed that are looked at."""


@bp.get("/tags")
@login_required
def tags() -> str:
    """List all tags; the one that the address names can be changed."""
    name = request.args.get("edit", "")
    own = library.find_own(db.session, account(), name) if name else None
    return render_tags(own.name if own else None)


@bp.post("/tags")
@login_required
def tags_change() -> str | Response:
    """Rename a tag, merge it with another, or delete it: the last two after a question.

    Once it is gone, the others are shown.
    """
    act = {"rename": rename, "delete": delete}.get(request.form.get("action", ""))
    if act is None:
        raise UnknownActError
    try:
        return act(library.find_own(db.session, account(), request.form.get("tag", "")))
    except NotFoundError as error:
        db.session.rollback()
        flash(gettext("That is deleted already."))
        return make_response(render_tags(None), error.status)


@bp.get("/tags/<tag:name>", merge_slashes=False)
@login_required
def tag(name: str) -> str | Response:
    """List the pictures that have a tag."""
    return show(read({**request.args, "tag": name}))


@bp.get("/suggest/tags")
@login_required
def suggest_tags() -> Response:
    """Tell a script which tags start with what is being typed, the most used first."""
    typed = request.args.get("q", "")[:MOST_TYPED]
    found = library.suggest(db.session, account(), typed)
    return jsonify(tags=[{"name": each.name, "images": each.images} for each in found])


def rename(own: Tag) -> str | Response:
    """Rename it; onto a name that another one has only if that is meant."""
    old, new = own.name, request.form.get("name", "")
    try:
        new = library.check_name(new)
        other = find_other(own, new)
        if other is not None and not request.form.get("sure"):
            return render_template(
                "tuchuang/tags_sure.html",
                tag=library.count(db.session, own),
                other=library.count(db.session, other),
            )
        used = library.rename(db.session, account(), old, new)
        db.session.commit()
    except TagNameError as error:
        db.session.rollback()
        return make_response(render_tags(old, new, describe(error)), error.status)
    if other is None:
        flash(gettext("“%(old)s” is now called “%(new)s”.", old=old, new=used.name))
    else:
        flash(gettext("“%(old)s” and “%(new)s” are one tag now.", old=old, new=used.name))
    return redirect(url_for(".tags"), 303)


def delete(own: Tag) -> str | Response:
    """Take it off all pictures, if that is meant."""
    name = own.name
    if not request.form.get("sure"):
        return render_template(
            "tuchuang/tags_sure.html", tag=library.count(db.session, own), other=None
        )
    number = library.remove(db.session, account(), name)
    db.session.commit()
    if number:
        message = ngettext(
            "“%(name)s” is taken off %(num)s picture.",
            "“%(name)s” is taken off %(num)s pictures.",
            number,
            name=name,
        )
    else:
        message = gettext("The tag “%(name)s” is deleted.", name=name)
    flash(message)
    return redirect(url_for(".tags"), 303)


def find_other(own: Tag, name: str) -> Tag | None:
    """Return the other tag that is called so already; None if there is none."""
    if fold(name) == own.name_key:
        return None
    try:
        return library.find_own(db.session, account(), name)
    except NotFoundError:
        return None


def render_tags(edited: str | None, typed: str | None = None, problem: str | None = None) -> str:
    """Render the list; `typed` is what was to become of the name, `problem` what is wrong."""
    return render_template(
        "tuchuang/tags.html",
        tags=library.list_own(db.session, account()),
        edited=edited,
        typed=edited if typed is None else typed,
        problem=problem,
    )
