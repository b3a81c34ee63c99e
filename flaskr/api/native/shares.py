"""Shares: listed, made, looked at, changed, revoked."""

from typing import Any

from flask import jsonify, make_response, url_for
from werkzeug.wrappers import Response

from flaskr.api.native import bp
from flaskr.api.native.images import CURSOR, LIMIT, PAGE_SIZE
from flaskr.api.native.operations import Answer, Operation, json_body, operation
from flaskr.api.native.reading import (
    InvalidCursorError,
    InvalidFieldError,
    InvalidJsonError,
    read_json,
    read_query,
)
from flaskr.api.native.schemas import NEW_SHARE, SHARE_CHANGES, ref
from flaskr.api.native.telling import moment
from flaskr.db import db
from flaskr.errors import (
    LinkPasswordError,
    NotFoundError,
    TextTooLongError,
    message_,
)
from flaskr.library import albums
from flaskr.library import shares as library
from flaskr.library.guarded_links import EndPassedError
from flaskr.library.shares import ENDINGS, Terms
from flaskr.models import Album, Share
from flaskr.web.intake import media
from flaskr.web.links import absolute, share_link
from flaskr.web.users import account

LIST = {"cursor": CURSOR, "limit": LIMIT}
ERRORS = (
    InvalidJsonError,
    InvalidFieldError,
    NotFoundError,
    TextTooLongError,
    LinkPasswordError,
    EndPassedError,
)


class ShareSubjectError(InvalidFieldError):
    """It is not said what is to be shared, or two things are."""

    message = message_("Say what is shared: either `keys` or `album`.")


@bp.get("/shares")
@operation(
    Operation(
        "shares",
        message_("List shares"),
        "library",
        {200: Answer(message_("A page of them, the newest first."), ref("Shares"))},
        query=LIST,
        errors=(InvalidFieldError, InvalidCursorError),
    )
)
def list_shares() -> Response:
    """List the account's shares, those that have ended included."""
    asked = read_query(LIST)
    size, cursor = asked.get("limit", PAGE_SIZE), asked.get("cursor")
    if cursor is not None:
        check_place(cursor)
    found = library.list_own(db.session, account(), cursor, size + 1)
    told = [tell(each.share, each.images) for each in found[:size]]
    return jsonify(shares=told, next=told[-1]["key"] if len(found) > size else None)


def check_place(cursor: str) -> None:
    """Raise InvalidCursorError unless the cursor is one that an answer has told."""
    try:
        library.find_own(db.session, account(), cursor)
    except NotFoundError:
        raise InvalidCursorError from None


@bp.post("/shares")
@operation(
    Operation(
        "shares",
        message_("Share pictures or an album"),
        "library",
        {201: Answer(message_("The share, with its link."), ref("Share"))},
        more=message_(
            "Others see the pictures by the link alone, private ones without what the camera "
            "wrote. Each call makes another link."
        ),
        bodies=json_body(NEW_SHARE),
        errors=ERRORS,
    )
)
def make_share() -> Response:
    """Share pictures, or an album."""
    said = read_json(NEW_SHARE)
    keys, album = said.pop("keys", None), said.pop("album", None)
    if (keys is None) == (album is None):
        raise ShareSubjectError
    session, owner, terms = db.session, account(), Terms(**said)
    if keys is not None:
        made = library.of_images(session, media(), owner, keys, terms)
    else:
        own = albums.find_own(session, owner, album)
        made = library.of_album(session, media(), owner, own, terms)
    session.commit()
    return make_response(jsonify(tell(made)), 201)


@bp.get("/shares/<key:key>")
@operation(
    Operation(
        "shares",
        message_("Look at a share"),
        "library",
        {200: Answer(message_("What there is to tell of it."), ref("Share"))},
        errors=(NotFoundError,),
    )
)
def get_share(key: str) -> Response:
    """Tell of one share."""
    return jsonify(tell(library.find_own(db.session, account(), key)))


@bp.patch("/shares/<key:key>")
@operation(
    Operation(
        "shares",
        message_("Change a share"),
        "library",
        {200: Answer(message_("The share as it is now."), ref("Share"))},
        more=message_("All of it is changed, or nothing. What you leave out stays as it is."),
        bodies=json_body(SHARE_CHANGES),
        errors=ERRORS,
    )
)
def change_share(key: str) -> Response:
    """Change what is said of a share, and what it asks for."""
    said = read_json(SHARE_CHANGES)
    own = library.find_own(db.session, account(), key)
    library.amend(db.session, account(), own, said)
    db.session.commit()
    return jsonify(tell(own))


@bp.post("/shares/<key:key>/revoke")
@operation(
    Operation(
        "shares",
        message_("Revoke a share"),
        "library",
        {200: Answer(message_("The share as it is now."), ref("Share"))},
        more=message_("Its link opens nothing any more, nor do the files behind it."),
        errors=(NotFoundError,),
    )
)
def revoke_share(key: str) -> Response:
    """End a share at once."""
    own = library.find_own(db.session, account(), key)
    library.revoke(db.session, account(), own)
    db.session.commit()
    return jsonify(tell(own))


def tell(own: Share, images: int | None = None) -> dict[str, Any]:
    """Return what is told of a share; `images` is how many it shows, if that is known."""
    album = db.session.get_one(Album, own.album_id) if own.album_id is not None else None
    ended = library.state(own)
    return {
        "key": own.key,
        "url": share_link(own),
        "page": absolute(url_for("tuchuang.share", key=own.key)),
        "album": album.key if album else None,
        "images": library.count(db.session, own) if images is None else images,
        "name": own.name,
        "note": own.note,
        "expires": moment(own.expires),
        "most_views": own.most_views,
        "locked": own.password is not None,
        "views": own.views,
        "last_viewed": moment(own.last_viewed),
        "ended": ENDINGS[type(ended)] if ended else None,
        "created": moment(own.created),
    }
