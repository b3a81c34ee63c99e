"""What the owner sees of shares: all of them, each with its link and its limits; made, revoked."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import BooleanField, StringField

from flaskr.db import db
from flaskr.errors import DomainError, LinkPasswordError, NotFoundError
from flaskr.library import albums, details, images, shares
from flaskr.library.chosen import MOST, distinct, own_images
from flaskr.library.guarded_links import EndPassedError
from flaskr.library.shares import ShareEndedError, Terms, ViewLimitError
from flaskr.models import Album, Image, Share
from flaskr.tuchuang import bp, bulk
from flaskr.tuchuang.describing import MINUTE, InvalidMomentError, as_moment, read_moment
from flaskr.web.errors import describe
from flaskr.web.intake import media
from flaskr.web.links import attachment_header, share_link
from flaskr.web.redirects import asked_return
from flaskr.web.security import FILE_POLICY
from flaskr.web.tiles import Tile, tiles_of
from flaskr.web.users import account, login_required

PAGE_SIZE = 50
SHOWN_TILES = 12
"""How many of the shared pictures the form shows."""


class ShareForm(FlaskForm):
    """What is said of a share, and what it asks for."""

    name = StringField(_l("Title"), description=_l("What others read above the pictures."))
    note = StringField(_l("Note"), description=_l("For you alone: for whom the link is."))
    password = StringField(_l("Password"))
    no_password = BooleanField(_l("Remove the password"))
    expires = StringField(_l("Expires"))
    most_views = StringField(
        _l("View limit"),
        description=_l("Empty: any number of times. Who comes back within an hour counts once."),
    )


@dataclass(frozen=True)
class ShareCard:
    """What pages show of a share.

    `ended` says how it ended; `link` is None if it cannot be told any more.
    """

    key: str
    name: str
    note: str
    page: str
    link: str | None
    images: int
    views: int
    most_views: int | None
    last_viewed: datetime | None
    expires: datetime | None
    created: datetime
    locked: bool
    ended: str
    revoked: datetime | None
    first: Tile | None


@dataclass(frozen=True)
class Subject:
    """What is to be shared: images by their keys, the first of which are shown, or an album.

    `before` is a share of the same that was revoked.
    """

    keys: list[str]
    first: list[Image]
    album: Album | None = None
    before: Share | None = None


@bp.get("/shares")
@login_required
def list_shares() -> str:
    """List one's shares, newest first; `?image=` those that show it."""
    before, key = request.args.get("before"), request.args.get("image")
    image = images.find_own(db.session, account(), key) if key else None
    found = shares.list_own(db.session, account(), before, PAGE_SIZE + 1, image=image)
    cards = [share_card(each) for each in found[:PAGE_SIZE]]
    older = None
    if len(found) > PAGE_SIZE:
        older = url_for(".list_shares", before=cards[-1].key, image=key)
    newest = url_for(".list_shares", image=key) if before else None
    return render_template(
        "tuchuang/shares.html", shares=cards, image=image, older=older, newest=newest
    )


@bp.route("/shares/new", methods=("GET", "POST"))
@login_required
def share_new() -> Response:
    """Ask how to share an image, an album or a selection, then share it.

    A selection comes from the form of a list; the first time that has no button `save`. `?again=`
    names a share of the same.
    """
    subject = read_subject()
    form = ShareForm()
    if request.method != "POST" or "save" not in request.form:
        return make_response(render_new(named_alike(subject.before), subject))
    try:
        terms = read_terms(form, password=form.password.data or "")
        if subject.album is not None:
            made = shares.of_album(db.session, media(), account(), subject.album, terms)
        else:
            made = shares.of_images(db.session, media(), account(), subject.keys, terms)
        db.session.commit()
    except NotFoundError:
        raise
    except DomainError as error:
        again = read_subject()
        refuse(form, error)
        return make_response(render_new(form, again), error.status)
    return redirect(url_for(".share", key=made.key), 303)


@bp.route("/shares/<key:key>", methods=("GET", "POST"))
@login_required
def share(key: str) -> Response:
    """Show a share's link and what has become of it; change what it asks for.

    Nothing can be changed of one that was revoked: 410, and the page says so.
    """
    own = shares.find_own(db.session, account(), key)
    if request.method == "POST" and own.revoked is not None:
        return make_response(render_share(filled(own), own), shares.ShareRevokedError.status)
    form = ShareForm() if request.method == "POST" else filled(own)
    if request.method != "POST":
        return make_response(render_share(form, own))
    try:
        password = "" if form.no_password.data else form.password.data or None
        shares.revise(db.session, account(), own, read_terms(form, password=password))
        db.session.commit()
    except NotFoundError:
        raise
    except DomainError as error:
        refuse(form, error)
        own = shares.find_own(db.session, account(), key)
        return make_response(render_share(form, own), error.status)
    flash(gettext("Saved."))
    return redirect(url_for(".share", key=key), 303)


@bp.post("/shares/<key:key>/revoke")
@login_required
def revoke_share(key: str) -> Response:
    """End a share at once."""
    own = shares.find_own(db.session, account(), key)
    shares.revoke(db.session, account(), own)
    db.session.commit()
    flash(gettext("The link is revoked."))
    return redirect(asked_return() or url_for(".share", key=key), 303)


@bp.get("/shares/<key:key>/qr.svg")
@login_required
def share_qr_code(key: str) -> Response:
    """Draw a share's link as a QR code; `?download` saves it."""
    own = shares.find_own(db.session, account(), key)
    link = share_link(own)
    if link is None:
        raise NotFoundError
    response = Response(details.qr_code(link), mimetype="image/svg+xml")
    response.headers["Content-Security-Policy"] = FILE_POLICY
    if "download" in request.args:
        response.headers["Content-Disposition"] = attachment_header(f"{own.name or key}.qr.svg")
    return response


# ---- what pages show ------------------------------------------------------------------------


def share_card(listed: shares.Listed) -> ShareCard:
    """Gather what is shown of a share."""
    own = listed.share
    ended = shares.state(own)
    return ShareCard(
        key=own.key,
        name=listed.called or gettext("No pictures left"),
        note=own.note,
        page=url_for("tuchuang.share", key=own.key),
        link=share_link(own),
        images=listed.images,
        views=own.views,
        most_views=own.most_views,
        last_viewed=own.last_viewed,
        expires=own.expires,
        created=own.created,
        locked=own.password is not None,
        ended=ending(ended),
        revoked=own.revoked,
        first=tiles_of([listed.first])[0] if listed.first else None,
    )


def ending(ended: ShareEndedError | None) -> str:
    """Return how a share has ended in one word for its owner; nothing while it is open."""
    texts: dict[type[ShareEndedError], str] = {
        shares.ShareRevokedError: gettext("Revoked"),
        shares.ShareExpiredError: gettext("Expired"),
        shares.ShareUsedUpError: gettext("Used up"),
    }
    return texts[type(ended)] if ended else ""


# ---- the form -------------------------------------------------------------------------------


def read_subject() -> Subject:
    """Return what is to be shared. Raises NotFoundError, NothingChosenError, TooManyChosenError."""
    album = request.values.get("share_album", "")
    if album:
        return Subject([], [], albums.find_own(db.session, account(), album))
    again = request.args.get("again", "")
    if again:
        return same_subject(shares.find_own(db.session, account(), again))
    one = request.args.get("image", "")
    if one:
        return Subject([one], [images.find_own(db.session, account(), one)])
    keys = distinct(bulk.chosen_keys())
    return Subject(keys, own_images(db.session, account(), keys[:SHOWN_TILES]))


def same_subject(own: Share) -> Subject:
    """Return what a share shows. Raises NothingChosenError, TooManyChosenError."""
    if own.album_id is not None:
        return Subject([], [], db.session.get_one(Album, own.album_id), own)
    keys = distinct(shares.list_keys(db.session, own, MOST + 1))
    return Subject(keys, own_images(db.session, account(), keys[:SHOWN_TILES]), None, own)


def named_alike(before: Share | None) -> ShareForm:
    """Return the form for a new share, named as the one before if there was one."""
    if before is None:
        return ShareForm(formdata=None)
    return ShareForm(formdata=None, name=before.name, note=before.note)


def read_terms(form: ShareForm, *, password: str | None) -> Terms:
    """Return what the form says. Raises InvalidMomentError, ViewLimitError."""
    views = (form.most_views.data or "").strip()
    if views and not (views.isascii() and views.isdecimal() and len(views) < 10):
        raise ViewLimitError(most=shares.MOST_VIEWS)
    moment = read_moment(form.expires.data or "", request.form.get("offset", ""))
    form.expires.data = moment
    return Terms(
        name=form.name.data or "",
        note=form.note.data or "",
        password=password,
        expires=as_moment(moment),
        most_views=int(views) if views else None,
    )


def filled(own: Share) -> ShareForm:
    """Return the form as a share is now."""
    return ShareForm(
        formdata=None,
        name=own.name,
        note=own.note,
        expires=f"{own.expires:{MINUTE}}" if own.expires else "",
        most_views="" if own.most_views is None else str(own.most_views),
    )


def refuse(form: ShareForm, error: DomainError) -> None:
    """Put what is wrong beside its field, write nothing."""
    db.session.rollback()
    fields: dict[type[DomainError], Any] = {
        EndPassedError: form.expires,
        InvalidMomentError: form.expires,
        LinkPasswordError: form.password,
        ViewLimitError: form.most_views,
    }
    fields.get(type(error), form.name).errors = [describe(error)]


def render_new(form: ShareForm, subject: Subject) -> str:
    """Render the form for a share that is not there yet."""
    number = len(subject.keys)
    if subject.album is not None:
        what = gettext("The album “%(name)s”, as it is at any time", name=subject.album.name)
    else:
        what = ngettext("%(num)s picture", "%(num)s pictures", number)
    return render_template(
        "tuchuang/share_new.html",
        form=form,
        what=what,
        album=subject.album,
        keys=subject.keys,
        tiles=tiles_of(subject.first),
        more=max(0, number - SHOWN_TILES),
        back=asked_return() or url_for(".list_shares"),
    )


def render_share(form: ShareForm, own: Share) -> str:
    """Render a share's page."""
    (listed,) = shares.gather(db.session, [own])
    return render_template(
        "tuchuang/share.html",
        form=form,
        share=share_card(listed),
        tiles=tiles_of(shares.list_page(db.session, own, 1, SHOWN_TILES)),
    )
