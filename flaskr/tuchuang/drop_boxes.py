"""What the owner sees of drop boxes: their links and limits, and who has sent what through them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import BooleanField, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs

from flaskr.db import db
from flaskr.errors import (
    AlbumNameError,
    DomainError,
    LinkPasswordError,
    NotFoundError,
)
from flaskr.imaging.formats import EXTENSIONS
from flaskr.library import albums, details
from flaskr.library import drop_boxes as library
from flaskr.library.albums import MAX_NAME
from flaskr.library.drop_boxes import (
    ImageLimitError,
    Sent,
    SizeBeyondError,
    SizeLimitError,
    Terms,
)
from flaskr.library.guarded_links import EndPassedError
from flaskr.library.texts import one_line
from flaskr.models import MAX_ID, Album, DropBox
from flaskr.tuchuang import bp
from flaskr.tuchuang.describing import MINUTE, InvalidMomentError, as_moment, read_moment
from flaskr.web.errors import describe
from flaskr.web.intake import media
from flaskr.web.links import absolute, attachment_header
from flaskr.web.security import FILE_POLICY
from flaskr.web.tiles import Tile, tiles_of
from flaskr.web.uploading import max_file_bytes
from flaskr.web.users import account, login_required

BOXES = 50
"""How many drop boxes a page lists."""

PAGE_SIZE = 60
WAITING = 60
"""How many pictures that wait are shown at once."""

SENDERS = 40
MIB = 1024 * 1024


class DropBoxForm(FlaskForm):
    """What is said of a drop box, and what it takes."""

    name = StringField(_l("Title"), description=_l("What others read above the page."))
    note = StringField(
        _l("Message to senders"), description=_l("What the pictures are for, for example.")
    )
    album = SelectField(_l("Album"), validate_choice=False)
    needs_approval = BooleanField(_l("Approve pictures first: until then nobody else sees them"))
    password = StringField(_l("Password"))
    no_password = BooleanField(_l("Remove the password"))
    expires = StringField(_l("Expires"))
    most_images = StringField(_l("Picture limit"), description=_l("Empty: any number."))
    most_megabytes = StringField(_l("Size limit for each, in MB"))
    types = SelectMultipleField(
        _l("File types"),
        choices=[SelectChoice(each, EXTENSIONS[each].name) for each in library.EXTENSIONS],
        validate_choice=False,
    )


@dataclass(frozen=True)
class BoxCard:
    """What pages show of a drop box.

    `ended` says how it ended; `link` is None if it cannot be told any more.
    """

    key: str
    name: str
    note: str
    page: str
    link: str | None
    album: str
    album_page: str
    images: int
    most_images: int | None
    waiting: int
    expires: datetime | None
    locked: bool
    closed: bool
    ended: str


@dataclass(frozen=True)
class Arrived:
    """A picture that came: who sent it, and when."""

    tile: Tile
    sender: str
    created: datetime


@bp.get("/drop-boxes")
@login_required
def list_drop_boxes() -> str:
    """List one's drop boxes, newest first."""
    before = request.args.get("before")
    found = library.list_own(db.session, account(), before, BOXES + 1)
    cards = [card(*each) for each in found[:BOXES]]
    older = url_for(".list_drop_boxes", before=cards[-1].key) if len(found) > BOXES else None
    newest = url_for(".list_drop_boxes") if before else None
    return render_template("drops/list.html", boxes=cards, older=older, newest=newest)


@bp.route("/drop-boxes/new", methods=("GET", "POST"))
@login_required
def drop_box_new() -> Response:
    """Make a drop box, for the album that the address names if it does."""
    album = request.args.get("album", "")
    form = DropBoxForm() if request.method == "POST" else DropBoxForm(formdata=None, album=album)
    if request.method != "POST":
        return make_response(render_form(form, None))
    try:
        terms = read_terms(form, password=form.password.data or "")
        into = chosen_album(form)
        made = library.create(db.session, media(), account(), into or album_name(terms), terms)
        db.session.commit()
    except NotFoundError:
        raise
    except DomainError as error:
        refuse(form, error)
        return make_response(render_form(form, None), error.status)
    return redirect(url_for(".drop_box", key=made.key), 303)


@bp.get("/drop-boxes/<key:key>")
@login_required
def drop_box(key: str) -> str:
    """Show a drop box: its link, what waits to be accepted, who has sent what."""
    own = library.find_own(db.session, account(), key)
    sender = request.args.get("sender")
    before = request.args.get("before", type=parse_cursor)
    waiting = library.list_waiting(db.session, own, WAITING)
    found = library.list_sent(db.session, own, before, PAGE_SIZE + 1, sender=sender)
    query: dict[str, Any] = {"key": key, "sender": sender}
    older = None
    if len(found) > PAGE_SIZE:
        older = url_for(".drop_box", before=found[PAGE_SIZE - 1].drop.id, **query)
    return render_template(
        "drops/box.html",
        box=card_of(own),
        waiting=arrived(waiting),
        sent=arrived(found[:PAGE_SIZE]),
        senders=library.list_senders(db.session, own, SENDERS),
        sender=sender,
        older=older,
        newest=url_for(".drop_box", **query) if before is not None else None,
    )


@bp.route("/drop-boxes/<key:key>/edit", methods=("GET", "POST"))
@login_required
def drop_box_edit(key: str) -> Response:
    """Change what a drop box takes, and where that goes."""
    own = library.find_own(db.session, account(), key)
    if request.method != "POST":
        return make_response(render_form(filled(own), own))
    form = DropBoxForm()
    try:
        password = "" if form.no_password.data else form.password.data or None
        into = chosen_album(form) or db.session.get_one(Album, own.album_id)
        library.revise(db.session, account(), own, into, read_terms(form, password=password))
        db.session.commit()
    except NotFoundError:
        raise
    except DomainError as error:
        refuse(form, error)
        own = library.find_own(db.session, account(), key)
        return make_response(render_form(form, own), error.status)
    flash(gettext("Saved."))
    return redirect(url_for(".drop_box", key=key), 303)


@bp.post("/drop-boxes/<key:key>/closed")
@login_required
def close_drop_box(key: str) -> Response:
    """Take nothing any more; or, where the form says `closed=0`, take pictures again."""
    own = library.find_own(db.session, account(), key)
    if request.form.get("closed") == "0":
        library.reopen(db.session, account(), own)
        flash(gettext("The drop box takes pictures again."))
    else:
        library.close(db.session, account(), own)
        flash(gettext("The drop box is closed."))
    db.session.commit()
    return redirect(url_for(".drop_box", key=key), 303)


@bp.route("/drop-boxes/<key:key>/delete", methods=("GET", "POST"))
@login_required
def drop_box_delete(key: str) -> str | Response:
    """Ask, then delete a drop box; what came stays."""
    own = library.find_own(db.session, account(), key)
    if request.method != "POST":
        return render_template("drops/delete.html", box=card_of(own))
    library.remove(db.session, account(), own)
    db.session.commit()
    flash(gettext("The drop box is deleted. Its pictures are still there."))
    return redirect(url_for(".list_drop_boxes"), 303)


@bp.post("/drop-boxes/<key:key>/accepted")
@login_required
def accept_drops(key: str) -> Response:
    """Let pictures that wait into the album."""

    def accept(own: DropBox, keys: Iterable[str]) -> str:
        count = library.approve(db.session, media(), account(), own, keys)
        return str(
            ngettext("%(num)s picture is accepted.", "%(num)s pictures are accepted.", count)
        )

    return decide(key, accept)


@bp.post("/drop-boxes/<key:key>/refused")
@login_required
def refuse_drops(key: str) -> Response:
    """Put pictures that wait into the trash."""

    def throw_away(own: DropBox, keys: Iterable[str]) -> str:
        count = len(library.refuse(db.session, media(), account(), own, keys))
        return str(ngettext("%(num)s picture is refused.", "%(num)s pictures are refused.", count))

    return decide(key, throw_away)


@bp.get("/drop-boxes/<key:key>/qr.svg")
@login_required
def drop_box_qr_code(key: str) -> Response:
    """Draw a drop box's link as a QR code; `?download` saves it."""
    own = library.find_own(db.session, account(), key)
    link = link_of(own)
    if link is None:
        raise NotFoundError
    response = Response(details.qr_code(link), mimetype="image/svg+xml")
    response.headers["Content-Security-Policy"] = FILE_POLICY
    if "download" in request.args:
        response.headers["Content-Disposition"] = attachment_header(f"{own.name or key}.qr.svg")
    return response


def decide(key: str, verb: Callable[[DropBox, Iterable[str]], str]) -> Response:
    """Do it to the pictures that the form names, and lead back to those that wait still."""
    own = library.find_own(db.session, account(), key)
    said = verb(own, request.form.getlist("key"))
    db.session.commit()
    flash(said)
    return redirect(url_for(".drop_box", key=key), 303)


# ---- what pages show ------------------------------------------------------------------------


def card_of(own: DropBox) -> BoxCard:
    """Gather what is shown of one drop box."""
    return card(own, db.session.get_one(Album, own.album_id), library.waiting_in(db.session, own))


def card(own: DropBox, album: Album, waiting: int) -> BoxCard:
    """Gather what is shown of a drop box."""
    return BoxCard(
        key=own.key,
        name=own.name or album.name,
        note=own.note,
        page=url_for("tuchuang.drop_box", key=own.key),
        link=link_of(own),
        album=album.name,
        album_page=url_for("tuchuang.album", key=album.key),
        images=own.images,
        most_images=own.most_images,
        waiting=waiting,
        expires=own.expires,
        locked=own.password is not None,
        closed=own.closed is not None,
        ended=ending(own),
    )


def ending(own: DropBox) -> str:
    """Return how a drop box has ended in one word for its owner; nothing while it is open."""
    ended = library.state(own)
    texts: dict[type[DomainError], str] = {
        library.DropBoxClosedError: gettext("Closed"),
        library.DropBoxExpiredError: gettext("Expired"),
        library.DropBoxFullError: gettext("Full"),
    }
    return texts[type(ended)] if ended else ""


def link_of(own: DropBox) -> str | None:
    """Return the address for others; None if it was made with another secret key."""
    token = library.token_of(media(), own)
    return absolute(url_for("short_links.drop", token=token)) if token else None


def arrived(found: Iterable[Sent]) -> list[Arrived]:
    """Gather what is shown of pictures that came."""
    rows = list(found)
    tiles = tiles_of(image for _, image in rows)
    return [
        Arrived(tile, drop.sender, drop.created)
        for tile, (drop, _) in zip(tiles, rows, strict=True)
    ]


def parse_cursor(text: str) -> int:
    """Read the number of what came; raise ValueError for what cannot be one."""
    number = int(text)
    if not 0 <= number <= MAX_ID:
        raise ValueError("no row has this id")
    return number


# ---- the form -------------------------------------------------------------------------------


def read_terms(form: DropBoxForm, *, password: str | None) -> Terms:
    """Return what the form says. Raises InvalidMomentError, ImageLimitError, SizeLimitError."""
    moment = read_moment(form.expires.data or "", request.form.get("offset", ""))
    form.expires.data = moment
    return Terms(
        name=form.name.data or "",
        note=form.note.data or "",
        password=password,
        expires=as_moment(moment),
        most_images=read_count(form.most_images.data or ""),
        most_bytes=read_megabytes(form.most_megabytes.data or ""),
        types=form.types.data or (),
        needs_approval=bool(form.needs_approval.data),
    )


def read_count(text: str) -> int | None:
    """Read a number of pictures; nothing means any. Raises ImageLimitError."""
    text = text.strip()
    if text and not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise ImageLimitError(most=library.MOST_IMAGES)
    return int(text) if text else None


def read_megabytes(text: str) -> int | None:
    """Read a size, with a point or a comma; return it in bytes.

    Raises SizeLimitError, and SizeBeyondError for more than anybody may send.
    """
    text = text.strip().replace(",", ".")
    if not text:
        return None
    whole, _, part = text.partition(".")
    digits = whole + part
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 10 and whole):
        raise SizeLimitError
    size = round(float(text) * MIB)
    if size > max_file_bytes():
        raise SizeBeyondError(limit=max_file_bytes())
    return size


def megabytes(size: int | None) -> str:
    """Write a number of bytes as `read_megabytes` reads it."""
    return "" if size is None else f"{size / MIB:.6f}".rstrip("0").rstrip(".")


def chosen_album(form: DropBoxForm) -> Album | None:
    """Return the album that was chosen, None for a new one. Raises NotFoundError."""
    key = form.album.data
    return albums.find_own(db.session, account(), key) if key else None


def album_name(terms: Terms) -> str:
    """Return what a new album for a drop box is called."""
    return one_line(terms.name)[:MAX_NAME].strip() or gettext("From others")


def filled(own: DropBox) -> DropBoxForm:
    """Return the form as a drop box is now."""
    return DropBoxForm(
        formdata=None,
        name=own.name,
        note=own.note,
        album=db.session.get_one(Album, own.album_id).key,
        needs_approval=own.needs_approval,
        expires=f"{own.expires:{MINUTE}}" if own.expires else "",
        most_images="" if own.most_images is None else str(own.most_images),
        most_megabytes=megabytes(own.most_bytes),
        types=own.types.split(),
    )


def refuse(form: DropBoxForm, error: DomainError) -> None:
    """Put what is wrong beside its field, write nothing."""
    db.session.rollback()
    fields: dict[type[DomainError], Any] = {
        AlbumNameError: form.album,
        EndPassedError: form.expires,
        ImageLimitError: form.most_images,
        InvalidMomentError: form.expires,
        LinkPasswordError: form.password,
        SizeBeyondError: form.most_megabytes,
        SizeLimitError: form.most_megabytes,
    }
    too_long = form.name if len(form.name.data or "") > library.MAX_TEXT else form.note
    fields.get(type(error), too_long).errors = [describe(error)]


def render_form(form: DropBoxForm, own: DropBox | None) -> str:
    """Render the form of a drop box, or of one that is not there yet."""
    outline = albums.outline(db.session, account())
    places = [(each.key, "— " * each.depth + each.name) for each in outline]
    form.album.choices = places if own else [("", gettext("A new album")), *places]
    return render_template(
        "drops/form.html",
        form=form,
        box=card_of(own) if own else None,
        limit=max_file_bytes(),
        back=url_for(".drop_box", key=own.key) if own else url_for(".list_drop_boxes"),
    )
