"""Albums and their pictures put in order by hand: by dragging, by keys, or by plain buttons."""

from flask import jsonify, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from flaskr.db import db
from flaskr.errors import NotFoundError
from flaskr.library import albums, arranging, gallery
from flaskr.library.arranging import Beside, Place, Step
from flaskr.library.gallery import FIRST, Filter, Sort
from flaskr.library.keys import is_key
from flaskr.tuchuang import bp
from flaskr.tuchuang.albums import cards
from flaskr.tuchuang.bulk import UnknownActError
from flaskr.web.formats import wants_json
from flaskr.web.redirects import is_local
from flaskr.web.tiles import tiles_of
from flaskr.web.users import account, login_required

PAGE_SIZE = 120


@bp.get("/albums/arrange")
@login_required
def albums_arrange() -> str:
    """Show the albums on top, to be put in order."""
    return render_template(
        "tuchuang/arrange.html", shown=None, shelves=cards(None), back=url_for(".albums")
    )


@bp.get("/albums/<key:key>/arrange")
@login_required
def album_arrange(key: str) -> str:
    """Show what is in an album, to be put in order; its pictures page by page."""
    own = albums.find_own(db.session, account(), key)
    cursor = request.args.get("cursor", FIRST)
    page = gallery.list_page(
        db.session, account(), Filter(album=own.id), Sort.POSITION, cursor, size=PAGE_SIZE
    )
    return render_template(
        "tuchuang/arrange.html",
        shown=own,
        shelves=cards(own) if cursor == FIRST else [],
        images=tiles_of(page.images),
        earlier=page_url(key, page.previous),
        later=page_url(key, page.next),
        back=url_for(".album", key=key),
    )


@bp.post("/albums/<key:key>/place")
@login_required
def album_place(key: str) -> Response:
    """Move an album among those that lie beside it."""
    own = albums.find_own(db.session, account(), key)
    arranging.place_album(db.session, account(), own, read_place())
    db.session.commit()
    above = albums.path_to(db.session, own)
    page = page_url(above[-1].key, FIRST) if above else url_for(".albums_arrange")
    return answer(key, page or "")


@bp.post("/albums/<key:key>/images/<key:image_key>/place")
@login_required
def album_place_image(key: str, image_key: str) -> Response:
    """Move a picture within an album."""
    own = albums.find_own(db.session, account(), key)
    arranging.place_image(db.session, own, image_key, read_place())
    db.session.commit()
    return answer(image_key, page_url(key, FIRST) or "")


def read_place() -> Place:
    """Read where to: a step, or the key of what it goes before or after.

    Raises UnknownActError, and NotFoundError for what is no key.
    """
    form = request.form
    if form.get("step") in {*Step}:
        return Step(form["step"])
    for name in ("before", "after"):
        if name in form:
            if not is_key(form[name]):
                raise NotFoundError
            return Beside(form[name], is_after=name == "after")
    raise UnknownActError


def answer(key: str, page: str) -> Response:
    """Tell a script that it is done; lead a browser back to what was moved."""
    if wants_json():
        return make_response(jsonify(placed=key))
    target = request.form.get("next", "")
    return redirect(f"{target if is_local(target) else page}#at-{key}", 303)


def page_url(key: str, cursor: str | None) -> str | None:
    """Return the address of a page of the album's pictures; None if there is none."""
    if cursor is None:
        return None
    return url_for(".album_arrange", key=key, cursor=cursor or None)
