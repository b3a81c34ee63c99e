"""The trash: listed, restored from, emptied."""

from flask import jsonify, make_response
from werkzeug.wrappers import Response

from flaskr.api.native import bp
from flaskr.api.native.images import CURSOR, LIMIT, PAGE_SIZE
from flaskr.api.native.operations import Answer, Operation, operation
from flaskr.api.native.reading import InvalidCursorError, InvalidFieldError, read_query
from flaskr.api.native.schemas import ref
from flaskr.api.native.telling import tell_image, tell_images
from flaskr.db import db
from flaskr.errors import NotFoundError, message_
from flaskr.library import images
from flaskr.library import trash as library
from flaskr.library.trash import Place
from flaskr.web.intake import media
from flaskr.web.users import account

LIST = {"cursor": CURSOR, "limit": LIMIT}


@bp.get("/trash")
@operation(
    Operation(
        "trash",
        message_("List what is in the trash"),
        "library",
        {200: Answer(message_("A page of it, the last deleted first."), ref("Images"))},
        query=LIST,
        errors=(InvalidFieldError, InvalidCursorError),
    )
)
def list_trash() -> Response:
    """List the trash, page by page."""
    asked = read_query(LIST)
    size, cursor = asked.get("limit", PAGE_SIZE), asked.get("cursor")
    after = None if cursor is None else Place.read(cursor)
    if after is None and cursor is not None:
        raise InvalidCursorError
    found = library.list_page(db.session, account(), after, size + 1)
    shown = found[:size]
    following = str(Place.of(shown[-1])) if len(found) > size else None
    return jsonify(images=tell_images(shown), next=following)


@bp.post("/trash/<key:key>/restore")
@operation(
    Operation(
        "trash",
        message_("Restore a picture"),
        "library",
        {200: Answer(message_("The picture, with all that it had."), ref("Image"))},
        errors=(NotFoundError,),
    )
)
def restore_image(key: str) -> Response:
    """Let an image out of the trash; one that is not in it stays as it is."""
    library.restore(db.session, media(), account(), [key])
    db.session.commit()
    return jsonify(tell_image(images.find_own(db.session, account(), key)))


@bp.delete("/trash/<key:key>")
@operation(
    Operation(
        "trash",
        message_("Delete a picture for good"),
        "library",
        {204: Answer(message_("It is gone, and so are its albums, tags and versions."))},
        errors=(NotFoundError,),
    )
)
def purge_image(key: str) -> Response:
    """Remove an image in the trash for good."""
    library.find_own(db.session, account(), key)
    library.purge_chosen(db.session, account(), [key])
    db.session.commit()
    return make_response("", 204)


@bp.delete("/trash")
@operation(
    Operation(
        "trash",
        message_("Empty the trash"),
        "library",
        {204: Answer(message_("It is empty."))},
    )
)
def empty_trash() -> Response:
    """Remove all that is in the trash for good."""
    library.empty(db.session, account())
    db.session.commit()
    return make_response("", 204)
