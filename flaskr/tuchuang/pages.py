"""One image: its page, and deleting it."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from flaskr.db import db
from flaskr.library import images as library
from flaskr.models import Image
from flaskr.tuchuang import bp
from flaskr.web.links import image_card
from flaskr.web.users import account, login_required


@bp.get("/images/<key:key>")
@login_required
def image(key: str) -> str:
    """Show one image with its links and facts."""
    own = library.find_own(db.session, account(), key)
    return render_template("tuchuang/image.html", image=image_card(own))


@bp.route("/images/<key:key>/delete", methods=("GET", "POST"))
@login_required
def delete(key: str) -> str | Response:
    """Ask, then delete."""
    own = library.find_own(db.session, account(), key)
    if request.method != "POST":
        return render_template("tuchuang/delete.html", image=image_card(own))
    told = {"message": remove(own), "keys": [own.key], "next": url_for(".images")}
    flash(told, "undo")  # type: ignore[arg-type]  # the session holds what JSON can
    return redirect(url_for(".images"), 303)


@bp.route("/delete/<key:key>/<token>", methods=("GET", "POST"))
def delete_by_link(key: str, token: str) -> str | Response:
    """Ask, then delete, for whoever holds the deletion link.

    A GET never deletes: link previews and scanners follow every link they see.
    """
    found = library.find_by_deletion_secret(db.session, key, token)
    if request.method != "POST":
        return render_template("tuchuang/delete.html", image=image_card(found))
    flash(remove(found))
    return redirect(url_for("blog.index"), 303)


def remove(found: Image) -> str:
    """Delete the image; return what to say of it."""
    library.delete(db.session, found)
    db.session.commit()
    return str(gettext("“%(name)s” is deleted; its links no longer work.", name=found.name))
