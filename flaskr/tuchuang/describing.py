"""What is said of an image, in a form that two may have open at once."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from flask import current_app, flash, make_response, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from flaskr.db import db
from flaskr.errors import (
    AlbumGoneError,
    DomainError,
    EditConflictError,
    NotFoundError,
    PictureInUseError,
    message_,
)
from flaskr.library import albums as shelves
from flaskr.library import editing, images, uses
from flaskr.library import tags as library_tags
from flaskr.library.editing import MAX_ALT, MAX_TITLE, VISIBILITIES, Changes, Expiry
from flaskr.library.versions import PRIVATE
from flaskr.models import Image
from flaskr.tuchuang import bp
from flaskr.tuchuang.asking import read_number, visibility_text
from flaskr.tuchuang.gallery import LISTED, SYMBOLS
from flaskr.web.errors import describe
from flaskr.web.formats import wants_json
from flaskr.web.intake import media
from flaskr.web.links import image_card
from flaskr.web.redirects import asked_return, back_to
from flaskr.web.users import account, login_required

MINUTE = "%Y-%m-%dT%H:%M"
"""How browsers write a moment in a form."""

MOST_OFFSET = timedelta(days=1)
"""No zone is further from UTC."""

FIELDS = {
    "text_too_long": "title",
    "invalid_moment": "expires",
    "expiry_passed": "expires",
    "invalid_tag": "tags",
    "too_many_tags": "tags",
    "invalid_visibility": "visibility",
    "in_use": "visibility",
}
"""Beside which field an error stands, by its code."""


class InvalidMomentError(DomainError):
    """What was typed is no day and time."""

    code = "invalid_moment"
    status = 422
    message = message_("Write a day and a time, as 2027-01-31T18:00.")


@dataclass(frozen=True)
class Said:
    """What the form says of an image; `expires` is in UTC, empty for never."""

    title: str = ""
    alt: str = ""
    visibility: str = ""
    expires: str = ""
    tags: str = ""
    albums: Sequence[str] = field(default_factory=list)

    @classmethod
    def of(cls, present: Mapping[str, Any]) -> Self:
        """Return what `editing.present` says."""
        expires = present["expires"]
        return cls(
            title=present["title"],
            alt=present["alt"],
            visibility=present["visibility"],
            expires=f"{expires:{MINUTE}}" if expires else "",
            tags=", ".join(present["tags"]),
            albums=sorted(present["albums"]),
        )

    @classmethod
    def typed(cls) -> Self:
        """Return what the form of this request says."""
        form = request.form
        return cls(
            title=form.get("title", "").strip(),
            alt=form.get("alt", "").replace("\r\n", "\n").strip(),
            visibility=form.get("visibility", ""),
            expires=read_moment(form.get("expires", ""), form.get("offset", "")),
            tags=form.get("tags", "").strip(),
            albums=sorted(form.getlist("album")),
        )

    @classmethod
    def shown(cls) -> Self:
        """Return what the form of this request said when it was opened; empty if that is lost."""
        try:
            told = json.loads(request.form.get("base", ""))
            said = {each.name: told[each.name] for each in fields(cls)}
            if not all(map(isinstance, said.values(), map(type, asdict(cls()).values()))):
                return cls()
            if not all(isinstance(key, str) for key in said["albums"]):
                return cls()
            return cls(**said)
        except (ValueError, TypeError, KeyError, RecursionError):
            return cls()

    def differs(self, other: Self) -> list[str]:
        """Return the names of what is not the same."""
        mine, theirs = asdict(self), asdict(other)
        return [name for name, value in mine.items() if theirs[name] != value]

    def as_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)


@bp.route("/images/<key:key>/edit", methods=("GET", "POST"))
@login_required
def edit(key: str) -> Response:
    """Show the form; take what was changed in it, unless somebody else was quicker.

    Nobody is held to what they did not touch: that stays as the other left it.
    """
    own = images.find_own(db.session, account(), key)
    if request.method != "POST":
        now = Said.of(editing.present(db.session, own))
        return make_response(render(own, now, now, own.revision))
    before = Said.shown()
    revision = read_number(request.form.get("revision", ""))
    try:
        kept = current_app.config["KEEP_VERSIONS"]
        changes = changed(before, Said.typed())
        if changes != Changes():
            check_use(own, changes)
            editing.edit(db.session, media(), account(), own, changes, kept=kept, revision=revision)
        db.session.commit()
    except AlbumGoneError as error:
        return refuse(error, key, before, revision)
    except NotFoundError:
        raise
    except DomainError as error:
        return refuse(error, key, before, revision)
    flash(gettext("Saved."))
    return back_to(request.form.get("next"), url_for(".image", key=key))


def check_use(own: Image, changes: Changes) -> None:
    """Raise PictureInUseError if it would be missing where it is used, and nobody was told."""
    hides = changes.visibility == PRIVATE != own.visibility
    if hides and not request.form.get("sure") and uses.is_image_used(db.session, own):
        raise PictureInUseError(count=1)


def changed(before: Said, typed: Said) -> Changes:
    """Return what differs from what the form showed. Raises TagNameError, InvalidMomentError."""
    names = typed.differs(before)
    return Changes(
        title=typed.title if "title" in names else None,
        alt=typed.alt if "alt" in names else None,
        visibility=typed.visibility if "visibility" in names else None,
        expiry=Expiry(as_moment(typed.expires)) if "expires" in names else None,
        tags=library_tags.read(typed.tags) if "tags" in names else None,
        albums=typed.albums if "albums" in names else None,
    )


def refuse(error: DomainError, key: str, before: Said, revision: int | None) -> Response:
    """Show the form again with all that was typed, and beside it what is wrong, or is there now."""
    if wants_json():
        raise error
    db.session.rollback()
    own = images.find_own(db.session, account(), key)
    typed = Said.typed()
    beside: dict[str, str] = {}
    now: dict[str, Any] = {}
    message = ""
    if isinstance(error, EditConflictError):
        message = describe(error)
        there = Said.of(error.details["now"])
        now = {name: getattr(there, name) for name in there.differs(before)}
        untouched = set(now) - set(typed.differs(before))
        typed = replace(typed, **{name: now[name] for name in untouched})
        before, revision = there, error.details["now"]["revision"]
    elif error.code in FIELDS:
        name = FIELDS[error.code]
        if error.code == "text_too_long" and len(typed.title) <= MAX_TITLE:
            name = "alt"
        beside = {name: describe(error)}
    else:
        message = describe(error)
    page = render(own, before, typed, revision, now=now, problems=beside, message=message)
    return make_response(page, error.status)


def render(  # one argument for each thing that the form shows
    own: Image,
    before: Said,
    said: Said,
    revision: int | None,
    *,
    now: Mapping[str, Any] | None = None,
    problems: Mapping[str, str] | None = None,
    message: str = "",
) -> str:
    """Render the form. `before` is what the next one is compared with."""
    outline = shelves.outline(db.session, account())
    names = {each.key: each.name for each in outline}
    inside = {*said.albums, *before.albums}
    return render_template(
        "tuchuang/edit.html",
        image=image_card(own),
        before=before,
        said=said,
        revision=revision,
        now=now or {},
        problems=problems or {},
        message=message,
        albums=[each for at, each in enumerate(outline) if at < LISTED or each.key in inside],
        album_names=names,
        visibilities=[(each, SYMBOLS[each], visibility_text(each)) for each in VISIBILITIES],
        visibility_text=visibility_text,
        uses=uses.of_image(db.session, own, account().id)
        if "visibility" in (problems or {})
        else (),
        max_title=MAX_TITLE,
        max_alt=MAX_ALT,
        next=asked_return(),
    )


def read_moment(text: str, offset: str) -> str:
    """Return a moment that was typed `offset` minutes off UTC, in UTC; what is none as it is."""
    try:
        minutes = timedelta(minutes=int(offset or 0))
        if abs(minutes) > MOST_OFFSET:
            return text
        typed = datetime.fromisoformat(text).replace(tzinfo=UTC)
        return f"{typed + minutes:{MINUTE}}"
    except (ValueError, OverflowError):
        return text


def as_moment(text: str) -> datetime | None:
    """Return the moment in UTC that a text is; None for an empty one. Raises InvalidMomentError."""
    if not text:
        return None
    try:
        return datetime.strptime(text, MINUTE).replace(tzinfo=UTC)
    except ValueError:
        raise InvalidMomentError from None
