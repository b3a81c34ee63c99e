"""The trash: look into it, take things out, empty it."""

from collections.abc import Sequence
from math import ceil

from flask import current_app, flash, jsonify, make_response, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from flaskr.db import db
from flaskr.errors import DomainError, NotFoundError, NothingChosenError
from flaskr.library import trash as library
from flaskr.library.trash import Place
from flaskr.models import now
from flaskr.tuchuang import bp
from flaskr.tuchuang.bulk import UnknownActError
from flaskr.tuchuang.gallery import PAGE_SIZE
from flaskr.web.errors import describe
from flaskr.web.formats import wants_json
from flaskr.web.intake import media
from flaskr.web.redirects import back_to
from flaskr.web.tiles import Tile, tiles_of
from flaskr.web.users import account, login_required

DAY_SECONDS = 24 * 3600


@bp.get("/trash")
@login_required
def trash() -> str:
    """List what was deleted, the latest first."""
    after = Place.read(request.args.get("after", ""))
    found = library.list_page(db.session, account(), after, PAGE_SIZE + 1)
    shown = found[:PAGE_SIZE]
    return render_template(
        "tuchuang/trash.html",
        images=tiles_of(shown),
        days_left=days_left,
        days=current_app.config["TRASH_DAYS"],
        newest=url_for(".trash") if after is not None else None,
        later=url_for(".trash", after=str(Place.of(shown[-1]))) if len(found) > PAGE_SIZE else None,
    )


@bp.post("/trash")
@login_required
def change_trash() -> str | Response:
    """Take the chosen out of the trash, or all; or delete the chosen for good, after a question."""
    act = {"restore": restore, "purge": purge}.get(request.form.get("action", ""))
    if act is None:
        raise UnknownActError
    try:
        return act(request.form.getlist("key"))
    except DomainError as error:
        if wants_json():
            raise
        db.session.rollback()
        if isinstance(error, NotFoundError):
            flash(gettext("That is deleted already."))
            return make_response(trash(), error.status)
        flash(describe(error), "error")
        return back()


def restore(keys: Sequence[str]) -> Response:
    """Take them out of the trash."""
    return answer_restored(len(library.restore(db.session, media(), account(), keys)))


def purge(keys: Sequence[str]) -> str | Response:
    """Delete them for good, if that is meant."""
    if not keys:
        raise NothingChosenError
    if not request.form.get("sure"):
        return render_template("tuchuang/purge.html", keys=keys)
    return answer_purged(library.purge_chosen(db.session, account(), keys))


@bp.route("/trash/empty", methods=("GET", "POST"))
@login_required
def empty_trash() -> str | Response:
    """Ask, then delete everything in it for good."""
    if request.method != "POST":
        return render_template("tuchuang/purge.html", keys=None)
    return answer_purged(library.empty(db.session, account()))


def answer_restored(number: int) -> Response:
    """Commit, and say how many are back."""
    db.session.commit()
    if not number:
        return answer(gettext("They are back already."))
    return answer(ngettext("%(num)s picture is back.", "%(num)s pictures are back.", number))


def answer_purged(number: int) -> Response:
    """Commit, and say how many are gone."""
    db.session.commit()
    if not number:
        return answer(gettext("They are not in the trash any more."))
    return answer(
        ngettext("%(num)s picture is gone for good.", "%(num)s pictures are gone for good.", number)
    )


def answer(message: str) -> Response:
    """Tell a script what was done; send a browser back, where it is said."""
    if wants_json():
        return make_response(jsonify(message=message, gone=True))
    flash(message)
    return back()


def back() -> Response:
    """Return to where the form was, or to the trash."""
    return back_to(request.form.get("next"), url_for(".trash"))


def days_left(tile: Tile) -> str:
    """Say how many days a picture stays in the trash, the one that has begun included."""
    stays: int = current_app.config["TRASH_DAYS"] * DAY_SECONDS
    gone = (now() - (tile.deleted or now())).total_seconds()
    days = max(0, ceil((stays - gone) / DAY_SECONDS))
    return str(ngettext("%(num)s day left", "%(num)s days left", days))
