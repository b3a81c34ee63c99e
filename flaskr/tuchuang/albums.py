"""Albums: all that lie on top, and each with what is in it; made, described, deleted."""

from dataclasses import dataclass

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import BooleanField, HiddenField, SelectField, StringField, TextAreaField

from flaskr.db import db
from flaskr.errors import (
    AlbumCycleError,
    AlbumDepthError,
    AlbumGoneError,
    AlbumNameError,
    DomainError,
    EditConflictError,
    NotFoundError,
    TextTooLongError,
    TooManyAlbumsError,
)
from flaskr.library import albums as library
from flaskr.library import drop_boxes, gallery, shares
from flaskr.library.albums import Shelf
from flaskr.library.gallery import FIRST, Sort
from flaskr.models import Album
from flaskr.tuchuang import bp
from flaskr.tuchuang.asking import read, read_number
from flaskr.tuchuang.gallery import PAGE_SIZE, page_context, tools_context
from flaskr.web.errors import describe
from flaskr.web.tiles import Tile, tiles_of
from flaskr.web.users import account, login_required

FORM_ERRORS = (
    AlbumCycleError,
    AlbumDepthError,
    AlbumGoneError,
    AlbumNameError,
    EditConflictError,
    TextTooLongError,
    TooManyAlbumsError,
)
"""What is said on the form, which keeps what was typed."""


@dataclass(frozen=True)
class ShelfCard:
    """What a page of albums shows of one: what is directly in it, and its cover if it has one."""

    key: str
    name: str
    page: str
    images: int
    albums: int
    cover: Tile | None


class AlbumForm(FlaskForm):
    """What is said of an album, and where it lies: the key of another one, or nothing."""

    name = StringField(_l("Name"))
    description = TextAreaField(_l("Description"))
    parent = SelectField(_l("Lies in"), validate_choice=False)
    public = BooleanField(
        _l("Show it on your public page, with those of its pictures that are public")
    )
    first_cover = BooleanField(_l("Show its first picture instead"))
    revision = HiddenField()


@bp.get("/albums")
@login_required
def albums() -> str:
    """List the albums that lie in no other."""
    return render_template("tuchuang/albums.html", shelves=cards(None))


@bp.get("/albums/<key:key>")
@login_required
def album(key: str) -> str:
    """Show an album: the albums in it, then its pictures, page by page."""
    own = library.find_own(db.session, account(), key)
    asked = read({"album": key, "sort": request.args.get("sort", "")})
    cursor = request.args.get("cursor", FIRST)
    page = gallery.list_page(
        db.session, account(), asked.wanted, asked.sort, cursor, size=PAGE_SIZE
    )
    context = {**page_context(asked, page), **tools_context(asked)}
    context["captioned"] = asked.sort not in {Sort.POSITION, Sort.NEWEST, Sort.OLDEST}
    return render_template(
        "tuchuang/album.html",
        shown=own,
        above=library.path_to(db.session, own),
        shelves=cards(own),
        cursor=cursor,
        **context,
    )


@bp.route("/albums/new", methods=("GET", "POST"))
@login_required
def album_new() -> str | Response:
    """Make an album, on top or in the one that the address names."""
    form = AlbumForm(parent=request.args.get("parent", ""))
    if request.method != "POST":
        return render_form(form, None)
    try:
        made = library.create(
            db.session,
            account(),
            form.name.data or "",
            parent=chosen_parent(form),
            description=form.description.data or "",
        )
        made.public = bool(form.public.data)
        db.session.commit()
    except FORM_ERRORS as error:
        return refuse(form, None, error)
    return redirect(url_for(".album", key=made.key), 303)


@bp.route("/albums/<key:key>/edit", methods=("GET", "POST"))
@login_required
def album_edit(key: str) -> str | Response:
    """Change what is said of an album, or where it lies.

    Whoever saves second is told what it is now, and keeps what they typed.
    """
    own = library.find_own(db.session, account(), key)
    if request.method != "POST":
        return render_form(filled(own), own)
    form = AlbumForm()
    try:
        library.revise(
            db.session,
            account(),
            own,
            library.Saying(
                form.name.data or "", form.description.data or "", bool(form.public.data)
            ),
            chosen_parent(form),
            revision=read_number(form.revision.data or "") or 0,
        )
        if form.first_cover.data:
            library.set_cover(db.session, own, None)
        db.session.commit()
    except FORM_ERRORS as error:
        return refuse(form, own, error)
    flash(gettext("“%(name)s” is saved.", name=own.name))
    return redirect(url_for(".album", key=key), 303)


@bp.route("/albums/<key:key>/delete", methods=("GET", "POST"))
@login_required
def album_delete(key: str) -> str | Response:
    """Ask, then delete an album; what is in it stays. Once it is gone, the others are shown."""
    try:
        own = library.find_own(db.session, account(), key)
        if request.method != "POST":
            shelf = library.shelf(db.session, own)
            return render_template(
                "tuchuang/album_delete.html",
                shelf=card(shelf),
                boxes=drop_boxes.of_album(db.session, own),
                shares=shares.count_revocable(db.session, own),
            )
        name, above = own.name, library.path_to(db.session, own)
        back = url_for(".album", key=above[-1].key) if above else url_for(".albums")
        library.remove(db.session, account(), own)
        db.session.commit()
    except NotFoundError as error:
        db.session.rollback()
        flash(gettext("That is deleted already."))
        return make_response(albums(), error.status)
    flash(gettext("The album “%(name)s” is deleted. Its pictures are still there.", name=name))
    return redirect(back, 303)


# ---- what pages show ------------------------------------------------------------------------


def cards(parent: Album | None) -> list[ShelfCard]:
    """Gather what is shown of the albums directly in one (None: on top)."""
    return [card(shelf) for shelf in library.shelves(db.session, account(), parent)]


def card(shelf: Shelf) -> ShelfCard:
    """Gather what is shown of an album."""
    own = shelf.album
    covers = tiles_of([shelf.cover] if shelf.cover else [])
    return ShelfCard(
        key=own.key,
        name=own.name,
        page=url_for("tuchuang.album", key=own.key),
        images=shelf.images,
        albums=shelf.albums,
        cover=covers[0] if covers else None,
    )


# ---- the form -------------------------------------------------------------------------------


def filled(own: Album) -> AlbumForm:
    """Return the form as an album is now."""
    above = library.path_to(db.session, own)
    return AlbumForm(
        formdata=None,
        name=own.name,
        description=own.description,
        parent=above[-1].key if above else "",
        public=own.public,
        revision=own.revision,
    )


def chosen_parent(form: AlbumForm) -> Album | None:
    """Return the album that was chosen to lie in. Raises AlbumGoneError."""
    key = form.parent.data
    try:
        return library.find_own(db.session, account(), key) if key else None
    except NotFoundError:
        raise AlbumGoneError from None


def refuse(form: AlbumForm, own: Album | None, error: DomainError) -> Response:
    """Show the form as it was sent, with what is wrong beside its field."""
    db.session.rollback()
    fields = {TextTooLongError: form.description, AlbumNameError: form.name}
    if isinstance(error, EditConflictError):
        # A second try means it, now that both can be seen.
        form.revision.data = str(own.revision) if own else ""
    elif isinstance(error, TooManyAlbumsError):
        form.form_errors.append(describe(error))
    else:
        fields.get(type(error), form.parent).errors = [describe(error)]
    conflict = error if isinstance(error, EditConflictError) else None
    return make_response(render_form(form, own, conflict), error.status)


def render_form(
    form: AlbumForm, own: Album | None, conflict: EditConflictError | None = None
) -> str:
    """Render the page of the form; after a conflict it says what the album is now."""
    form.parent.choices = [("", gettext("On top")), *places(own)]
    shelf = library.shelf(db.session, own) if own else None
    return render_template(
        "tuchuang/album_form.html",
        form=form,
        shelf=card(shelf) if shelf else None,
        cover_chosen=bool(own and shelf and shelf.cover and own.cover_id == shelf.cover.id),
        conflict=describe(conflict) if conflict else None,
        now=filled(own) if own and conflict else None,
        back=url_for(".album", key=own.key) if own else url_for(".albums"),
    )


def places(own: Album | None) -> list[tuple[str, str]]:
    """Return the albums that one can lie in, to choose from: all but itself and those in it."""
    found: list[tuple[str, str]] = []
    inside: int | None = None
    for entry in library.outline(db.session, account()):
        if inside is not None and entry.depth <= inside:
            inside = None
        if own is not None and entry.key == own.key:
            inside = entry.depth
        if inside is None:
            found.append((entry.key, "— " * entry.depth + entry.name))
    return found
