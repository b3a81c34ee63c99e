"""The contents of a picture: replaced under the same links, turned, cropped, taken back."""

from collections.abc import Mapping
from typing import Any

from flask import current_app, jsonify, make_response
from werkzeug.wrappers import Response

from flaskr.api.native import bp
from flaskr.api.native.images import send
from flaskr.api.native.operations import Answer, Operation, json_body, operation
from flaskr.api.native.reading import InvalidFieldError, InvalidJsonError, read_json
from flaskr.api.native.schemas import FILE, maybe, one_of, record, ref, several, switch, whole
from flaskr.api.native.telling import moment, tell_image
from flaskr.api.native.uploads import NAME, PICTURE_ERRORS, picture_bodies, sent_picture
from flaskr.db import db
from flaskr.errors import (
    BusyError,
    EditConflictError,
    NoSuchEditError,
    NotEditableError,
    NotFoundError,
    QuotaExceededError,
    TooComplexError,
    message_,
)
from flaskr.imaging.edit import Box, Edit
from flaskr.library import images, versions
from flaskr.library.versions import Version
from flaskr.web.intake import media, takes_files
from flaskr.web.uploading import picture_limits
from flaskr.web.users import account

FORM = record("", {"file": FILE})
MOST_PIXELS = 10**9
SIDES = ("left", "right", "around")
TURNS: Mapping[str | None, int] = dict(zip((None, *SIDES), (0, 270, 90, 180), strict=True))
"""How far clockwise each turns it, in degrees."""

CROP = record(
    message_("The part to keep, in pixels of the picture once it is turned. null: all of it."),
    {
        "left": whole("", 0, MOST_PIXELS, examples=[0]),
        "top": whole("", 0, MOST_PIXELS, examples=[0]),
        "width": whole("", 1, MOST_PIXELS, examples=[800]),
        "height": whole("", 1, MOST_PIXELS, examples=[600]),
    },
)
EDIT = record(
    "",
    {
        "turn": maybe(one_of(message_("To which side it is turned first."), SIDES)),
        "mirror": switch(message_("Whether left and right change places then.")),
        "crop": maybe(CROP),
        "version": whole(
            message_(
                "The number of the content that you have seen. If there is another one by now, "
                "nothing is changed: 409."
            ),
            1,
            examples=[1],
        ),
    },
    ("turn", "mirror", "crop", "version"),
)


@bp.get("/images/<key:key>/versions")
@operation(
    Operation(
        "images",
        message_("List the contents that a picture has had"),
        "library",
        {
            200: Answer(
                message_("The newest first, which is the present one."),
                record("", {"versions": several(ref("Version"))}),
            )
        },
        errors=(NotFoundError,),
    )
)
def list_versions(key: str) -> Response:
    """List the contents of an image."""
    own = images.find_own(db.session, account(), key)
    return jsonify(versions=[tell(each) for each in versions.list_all(db.session, own)])


@bp.post("/images/<key:key>/versions")
@takes_files
@operation(
    Operation(
        "images",
        message_("Replace a picture"),
        "library",
        {
            201: Answer(message_("The picture with its new content."), ref("Image")),
            200: Answer(message_("It has this content already."), ref("Image")),
        },
        more=message_(
            "Its key and its links stay; what was there before is kept as an earlier version."
        ),
        query={"name": NAME},
        bodies=picture_bodies(FORM),
        errors=(*PICTURE_ERRORS, NotFoundError),
    )
)
def replace(key: str) -> Response:
    """Give an image another content, from a file."""
    own = images.find_own(db.session, account(), key)
    before = own.version
    with sent_picture(FORM) as part:
        if part.error is not None:
            raise part.error
        own = versions.replace(
            db.session,
            media(),
            own,
            part.spooled,
            part.filename or "",
            picture_limits(),
            kept=kept(),
        )
        db.session.commit()
    return make_response(jsonify(tell_image(own)), 201 if own.version != before else 200)


@bp.get("/images/<key:key>/versions/<int:number>/file")
@operation(
    Operation(
        "images",
        message_("Download a content that a picture has had"),
        "library",
        {200: Answer(message_("The file itself."), FILE, "image/*")},
        errors=(NotFoundError,),
    )
)
def get_version_file(key: str, number: int) -> Response:
    """Send one content of an image."""
    own = images.find_own(db.session, account(), key)
    return send(versions.find(db.session, own, number))


@bp.post("/images/<key:key>/versions/<int:number>/restore")
@operation(
    Operation(
        "images",
        message_("Show an earlier content again"),
        "library",
        {200: Answer(message_("The picture as it is now."), ref("Image"))},
        more=message_("It becomes a new version."),
        errors=(NotFoundError, QuotaExceededError),
    )
)
def roll_back(key: str, number: int) -> Response:
    """Make an earlier content the current one again."""
    own = images.find_own(db.session, account(), key)
    own = versions.roll_back(db.session, media(), own, number, kept=kept())
    db.session.commit()
    return jsonify(tell_image(own))


@bp.post("/images/<key:key>/edits")
@operation(
    Operation(
        "images",
        message_("Turn, mirror or crop a picture"),
        "library",
        {200: Answer(message_("The picture as it is now."), ref("Image"))},
        more=message_("What was there before is kept as an earlier version."),
        bodies=json_body(EDIT),
        errors=(
            InvalidJsonError,
            InvalidFieldError,
            NotFoundError,
            EditConflictError,
            NotEditableError,
            NoSuchEditError,
            QuotaExceededError,
            TooComplexError,
            BusyError,
        ),
    )
)
def edit(key: str) -> Response:
    """Turn, mirror or crop an image, as a new version."""
    said = read_json(EDIT)
    own = images.find_own(db.session, account(), key)
    if said.get("version", own.version) != own.version:
        raise EditConflictError
    own = versions.edit(db.session, media(), own, read_edit(said), kept=kept())
    db.session.commit()
    return jsonify(tell_image(own))


def read_edit(said: Mapping[str, Any]) -> Edit:
    """Return the change that is asked for. Raises NoSuchEditError if it is none."""
    crop = said.get("crop")
    box = Box(crop["left"], crop["top"], crop["width"], crop["height"]) if crop else None
    change = Edit(TURNS[said.get("turn")], said.get("mirror", False), box)
    if change == Edit():
        raise NoSuchEditError
    return change


def tell(version: Version) -> dict[str, Any]:
    """Return what is told of one content."""
    blob = version.blob
    return {
        "number": version.number,
        "name": version.name,
        "type": blob.type,
        "bytes": blob.bytes,
        "width": blob.width,
        "height": blob.height,
        "sha256": blob.sha256,
        "replaced": moment(version.replaced),
    }


def kept() -> int:
    """Return how many earlier contents are kept."""
    number: int = current_app.config["KEEP_VERSIONS"]
    return number
