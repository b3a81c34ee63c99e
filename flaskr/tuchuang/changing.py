"""Another content for an image: turned, cropped, replaced, taken back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app, flash, make_response, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from flaskr.db import db
from flaskr.errors import (
    DomainError,
    NoFileError,
    NoSuchEditError,
    NotFoundError,
    SeveralFilesError,
)
from flaskr.imaging.edit import Box, Edit
from flaskr.imaging.formats import EXTENSIONS
from flaskr.library import images, versions
from flaskr.library.versions import Version
from flaskr.models import Image
from flaskr.tuchuang import bp
from flaskr.tuchuang.asking import read_number
from flaskr.web.errors import describe
from flaskr.web.formats import wants_json
from flaskr.web.intake import ReceivedFile, media, takes_files
from flaskr.web.links import SHOWN_BY_BROWSERS, image_card
from flaskr.web.redirects import asked_return, back_to
from flaskr.web.uploading import picture_limits, sent_files, upload_context
from flaskr.web.users import account, login_required

TURNS: Mapping[str, Edit] = {
    "left": Edit(turn=270),
    "right": Edit(turn=90),
    "across": Edit(mirror=True),
    "down": Edit(turn=180, mirror=True),
}
CROP = "crop"
SIDES = ("left", "top", "width", "height")
MOST_DIGITS = 9


@dataclass(frozen=True)
class VersionCard:
    """What pages show of one content of an image. `replaced` is None for the current one."""

    number: int
    name: str
    thumbnail: str
    picture: str
    pictures: str
    whole: str
    format: str
    width: int
    height: int
    bytes: int
    replaced: datetime | None


@bp.get("/images/<key:key>/crop")
@login_required
def crop(key: str) -> str:
    """Show the picture with a frame to draw, and fields for those who would rather write it."""
    own = images.find_own(db.session, account(), key)
    versions.check_edit(Edit(), own.blob)
    return render_crop(own)


@bp.post("/images/<key:key>/edits")
@login_required
def change(key: str) -> Response:
    """Turn, mirror or crop the content that the form has shown, as a new version."""
    own = images.find_own(db.session, account(), key)
    try:
        versions.edit(db.session, media(), own, read_edit(), kept=kept(), version=shown_version())
        db.session.commit()
    except NotFoundError:
        raise
    except DomainError as error:
        if wants_json() or request.form.get("change") != CROP:
            raise
        db.session.rollback()
        own = images.find_own(db.session, account(), key)
        page = render_crop(own, describe(error), request.form)
        return make_response(page, error.status)
    return done(own, gettext("Saved. What was there before is among the versions."))


@bp.get("/images/<key:key>/versions")
@login_required
def list_versions(key: str) -> str:
    """List the contents of an image; `?compare=` puts one beside the current."""
    own = images.find_own(db.session, account(), key)
    return render_versions(own)


@bp.post("/images/<key:key>/versions")
@login_required
@takes_files
def replace(key: str) -> Response:
    """Give the image another content, from a file; its key and links stay."""
    own = images.find_own(db.session, account(), key)
    before = own.version
    try:
        part = one_file()
        name = part.filename or ""
        versions.replace(
            db.session,
            media(),
            own,
            part.spooled,
            name,
            picture_limits(),
            kept=kept(),
            version=shown_version(),
        )
        db.session.commit()
    except NotFoundError:
        raise
    except DomainError as error:
        return refuse(key, error)
    if own.version == before:
        return done(own, gettext("That is the same picture: nothing has changed."))
    return done(own, gettext("Replaced. Every link shows the new picture."))


@bp.post("/images/<key:key>/versions/<int:number>/restore")
@login_required
def roll_back(key: str, number: int) -> Response:
    """Make an earlier content the current one again."""
    own = images.find_own(db.session, account(), key)
    before = own.version
    try:
        versions.roll_back(db.session, media(), own, number, kept=kept(), version=shown_version())
        db.session.commit()
    except NotFoundError:
        raise
    except DomainError as error:
        return refuse(key, error)
    if own.version == before:
        return done(own, gettext("That is the same picture: nothing has changed."))
    return done(own, gettext("Version %(number)s is shown again.", number=number))


def refuse(key: str, error: DomainError) -> Response:
    """Tell a script what is wrong; show a browser the contents as they are now, with it."""
    if wants_json():
        raise error
    db.session.rollback()
    own = images.find_own(db.session, account(), key)
    return make_response(render_versions(own, describe(error)), error.status)


def shown_version() -> int | None:
    """Return which content the page showed that the form is from; None if it tells none."""
    return read_number(request.form.get("version", ""))


def read_edit() -> Edit:
    """Return the change that the form asks for. Raises NoSuchEditError."""
    asked = request.form.get("change", "")
    if asked in TURNS:
        return TURNS[asked]
    if asked != CROP:
        raise NoSuchEditError
    numbers = [request.form.get(name, "") for name in SIDES]
    if not all(each.isascii() and each.isdecimal() for each in numbers):
        raise NoSuchEditError
    return Edit(box=Box(*(int(each[:MOST_DIGITS]) for each in numbers)))


def one_file() -> ReceivedFile:
    """Return the file that was sent.

    Raises NoFileError, SeveralFilesError, and why it was not kept.
    """
    parts = [part for part in sent_files() if part.filename]
    if not parts:
        raise NoFileError
    if len(parts) > 1:
        raise SeveralFilesError
    if parts[0].error is not None:
        raise parts[0].error
    return parts[0]


def kept() -> int:
    """Return how many earlier contents are kept."""
    number: int = current_app.config["KEEP_VERSIONS"]
    return number


def done(own: Image, message: str) -> Response:
    """Tell a script what the image is now; send a browser back, where it is said."""
    if wants_json():
        return make_response(image_card(own).as_json())
    flash(message)
    return back_to(request.form.get("next"), url_for(".image", key=own.key))


def render_crop(own: Image, error: str = "", typed: Mapping[str, str] | None = None) -> str:
    """Render the page with the frame around everything, or as it was typed."""
    blob = own.blob
    whole = {"left": 0, "top": 0, "width": blob.width, "height": blob.height}
    return render_template(
        "tuchuang/crop.html",
        image=image_card(own),
        version=own.version,
        box={name: (typed or {}).get(name, whole[name]) for name in SIDES},
        error=error,
        next=asked_return(),
    )


def render_versions(own: Image, error: str = "") -> str:
    """Render the list of contents, one of them compared with the current if that is asked for."""
    cards = [version_card(own, each) for each in versions.list_all(db.session, own)]
    asked = request.args.get("compare", "")
    compared = next((each for each in cards[1:] if str(each.number) == asked), None)
    return render_template(
        "tuchuang/versions.html",
        image=image_card(own),
        cards=cards,
        compared=compared,
        kept=kept(),
        error=error,
        **upload_context(),
    )


def version_card(own: Image, version: Version) -> VersionCard:
    """Gather what is shown of one content."""
    blob = version.blob
    whole = blob.extension if blob.extension in SHOWN_BY_BROWSERS else "jpg"

    def address(extension: str, **asked: Any) -> str:
        place: dict[str, Any] = {"key": own.key, "number": version.number, "extension": extension}
        return url_for(".version", **place | asked)

    return VersionCard(
        number=version.number,
        name=version.name,
        thumbnail=address("webp", w=320, h=320, still=1),
        picture=address("webp", w=1280, h=1280),
        pictures=", ".join(
            f"{address('webp', w=box, h=box)} {across(blob.width, blob.height, box)}w"
            for box in (640, 1280)
        ),
        whole=address(whole),
        format=EXTENSIONS[blob.extension].name,
        width=blob.width,
        height=blob.height,
        bytes=blob.bytes,
        replaced=version.replaced,
    )


def across(width: int, height: int, box: int) -> int:
    """Return how wide a picture is once it fits into a square."""
    return max(1, round(width * min(1.0, box / max(width, height))))
