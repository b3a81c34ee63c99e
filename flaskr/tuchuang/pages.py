"""One image: its page, its QR code, and deleting it."""

from dataclasses import dataclass
from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from flaskr.db import db
from flaskr.errors import DomainError, NotFoundError, PictureInUseError
from flaskr.library import albums, details, gallery, shares, tags, trash, uses, versions
from flaskr.library import images as library
from flaskr.models import Image
from flaskr.transactions import end_read
from flaskr.tuchuang import bp, bulk
from flaskr.tuchuang.asking import Asked, read, visibility_text
from flaskr.tuchuang.camera import camera_facts
from flaskr.tuchuang.share_forms import share_card
from flaskr.web.formats import wants_json
from flaskr.web.intake import media
from flaskr.web.links import (
    absolute,
    attachment_header,
    file_path,
    image_card,
    lasting_thumbnail,
)
from flaskr.web.security import FILE_POLICY, csrf
from flaskr.web.tiles import Tile, tiles_of
from flaskr.web.uploading import upload_context
from flaskr.web.users import account, login_required

MOST_SHARES = 10
"""How many of the shares that show an image its page names."""


@dataclass(frozen=True)
class Neighbour:
    """The image beside one in a list: its page there, and what can be fetched ahead of it."""

    tile: Tile
    page: str
    previews: str


@bp.get("/images/<key:key>")
@login_required
def image(key: str) -> str:
    """Show one image with its links and facts, and the ways to those beside it.

    The query is that of the list it was found in.
    """
    own = library.find_own(db.session, account(), key)
    asked = list_it_is_in()
    beside = gallery.neighbours(db.session, account(), own, asked.wanted, asked.sort)
    everything, own_albums = read({}), albums.albums_of(db.session, own)
    found = shares.list_own(db.session, account(), None, MOST_SHARES + 1, image=own)
    context = {
        "image": image_card(own),
        "list": asked.url(),
        "query": asked.query,
        "previous": neighbour(beside.previous, asked),
        "next": neighbour(beside.next, asked),
        "albums": [(each.name, everything.url(album=each.key)) for each in own_albums],
        "tags": [(name, everything.url(tag=name)) for name in tags.tags_of(db.session, own)],
        "visibility": visibility_text(own.visibility),
        "expires": own.expires,
        "shares": [share_card(each) for each in found[:MOST_SHARES]],
        "more_shares": len(found) > MOST_SHARES,
        "described": own.alt,
        "version": own.version,
        "earlier": len(versions.list_all(db.session, own)) - 1,
        "editable": versions.is_editable(own.blob),
        "comparable": bool(own.blob.phash),
        "uses": uses.of_image(db.session, own, account().id),
        "thumbnail": lasting_thumbnail(own),
        **upload_context(),
    }
    return render_template("tuchuang/image.html", **context, camera=what_the_camera_wrote(own))


@bp.get("/images/<key:key>/qr.svg")
@login_required
def qr_code(key: str) -> Response:
    """Draw the direct link as a QR code; `?download` saves it."""
    own = library.find_own(db.session, account(), key)
    drawn = details.qr_code(absolute(file_path(own)))
    response = Response(drawn, mimetype="image/svg+xml")
    response.headers["Content-Security-Policy"] = FILE_POLICY
    if "download" in request.args:
        response.headers["Content-Disposition"] = attachment_header(f"{own.name}.qr.svg")
    return response


@bp.route("/images/<key:key>/delete", methods=("GET", "POST"))
@login_required
def delete(key: str) -> str | Response:
    """Ask, then put into the trash; what is there already stays there.

    One that is used is not deleted before that was said. A script is only told that it is done.
    """
    if request.method != "POST":
        return render_delete(library.find_own(db.session, account(), key), account().id)
    shown = Image.owned(db.session, account().id, key)
    if shown is not None and not request.form.get("sure") and uses.is_image_used(db.session, shown):
        if wants_json():
            raise PictureInUseError(count=1)
        return render_delete(shown, account().id)
    message = say_deleted(shown) if shown else gettext("That is deleted already.")
    gone = trash.discard(db.session, media(), account(), [key])
    db.session.commit()
    if wants_json():
        return jsonify(deleted=key)
    bulk.say(message, gone)
    return bulk.back()


@bp.route("/delete/<key:key>/<token>", methods=("GET", "POST"))
@csrf.exempt  # the secret in the link is the right to delete, not who is logged in
def delete_by_link(key: str, token: str) -> str | Response:
    """Ask, then delete, for whoever holds the deletion link.

    A GET never deletes: link previews and scanners follow every link they see. A program is only
    told that it is done.
    """
    found = library.find_by_deletion_secret(db.session, key, token)
    if request.method != "POST":
        return render_delete(found, None)
    library.delete(db.session, media(), found)
    db.session.commit()
    if wants_json():
        return jsonify(deleted=key)
    flash(say_deleted(found))
    return redirect(url_for("blog.index"), 303)


def render_delete(found: Image, reader_id: int | None) -> str:
    """Render the question, with where the image is used."""
    return render_template(
        "tuchuang/delete.html",
        image=image_card(found),
        uses=uses.of_image(db.session, found, reader_id),
        next=request.form.get("next", ""),
    )


def say_deleted(found: Image) -> str:
    """Return what the next page says."""
    return str(gettext("“%(name)s” is deleted; its links no longer work.", name=found.name))


def list_it_is_in() -> Asked:
    """Return the list that the address tells of; all pictures if it is no more."""
    try:
        return read(request.args)
    except NotFoundError:
        return read({})


def neighbour(beside: Image | None, asked: Asked) -> Neighbour | None:
    """Gather what is needed of the image beside; what only its owner sees is in no cache."""
    if beside is None:
        return None
    (tile,) = tiles_of([beside])
    query: dict[str, Any] = {**asked.query}
    previews = "" if beside.visibility == "private" else image_card(beside).previews
    return Neighbour(tile, url_for(".image", key=beside.key, **query), previews)


def what_the_camera_wrote(own: Image) -> list[tuple[str, str]]:
    """Return what the camera wrote that was kept, to be read; nothing if it cannot be read now."""
    if own.visibility != "private":
        return []
    blob = own.blob
    end_read(db.session)
    try:
        return camera_facts(details.camera(media(), blob))
    except (DomainError, OSError):
        return []
