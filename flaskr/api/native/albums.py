"""Albums: listed, made, changed, filled, deleted."""

from typing import Any

from flask import jsonify, make_response, url_for
from werkzeug.wrappers import Response

from flaskr.api.native import bp
from flaskr.api.native.operations import Answer, Operation, json_body, operation
from flaskr.api.native.reading import (
    InvalidFieldError,
    InvalidJsonError,
    read_json,
    read_query,
)
from flaskr.api.native.schemas import (
    ALBUM_CHANGES,
    KEYS,
    NEW_ALBUM,
    key,
    record,
    ref,
    several,
    whole,
)
from flaskr.api.native.telling import moment
from flaskr.db import db
from flaskr.errors import (
    AlbumCycleError,
    AlbumDepthError,
    AlbumNameError,
    EditConflictError,
    NotFoundError,
    TextTooLongError,
    TooManyAlbumsError,
    message_,
)
from flaskr.library import albums as library
from flaskr.library import images
from flaskr.library.albums import Shelf
from flaskr.models import Album
from flaskr.web.links import absolute, thumbnail_path
from flaskr.web.users import account

LIST = {"parent": key(message_("The key of the album they lie in. Left out: those on top."))}
CHOSEN = record("", {"keys": KEYS})
BODY_ERRORS = (InvalidJsonError, InvalidFieldError, NotFoundError)
ALBUM_ERRORS = (
    *BODY_ERRORS,
    AlbumNameError,
    TextTooLongError,
    AlbumDepthError,
)


@bp.get("/albums")
@operation(
    Operation(
        "albums",
        message_("List albums"),
        "library",
        {200: Answer(message_("In their order."), record("", {"albums": several(ref("Album"))}))},
        query=LIST,
        errors=(InvalidFieldError, NotFoundError),
    )
)
def list_albums() -> Response:
    """List the albums directly in one, or on top."""
    asked = read_query(LIST)
    parent = find(asked.get("parent"))
    shelves = library.shelves(db.session, account(), parent)
    return jsonify(albums=[tell(each, parent) for each in shelves])


@bp.post("/albums")
@operation(
    Operation(
        "albums",
        message_("Make an album"),
        "library",
        {201: Answer(message_("The album."), ref("Album"))},
        bodies=json_body(NEW_ALBUM),
        errors=(*ALBUM_ERRORS, TooManyAlbumsError),
    )
)
def make_album() -> Response:
    """Make an album."""
    said = read_json(NEW_ALBUM)
    parent, described = find(said.get("parent")), said.get("description", "")
    made = library.create(db.session, account(), said["name"], parent=parent, description=described)
    db.session.commit()
    return make_response(jsonify(tell(library.shelf(db.session, made), parent)), 201)


@bp.get("/albums/<key:key>")
@operation(
    Operation(
        "albums",
        message_("Look at an album"),
        "library",
        {200: Answer(message_("What there is to tell of it."), ref("Album"))},
        more=message_("Its pictures are listed by `GET /api/images?album=`."),
        errors=(NotFoundError,),
    )
)
def get_album(key: str) -> Response:
    """Tell of one album."""
    return tell_one(library.find_own(db.session, account(), key))


@bp.patch("/albums/<key:key>")
@operation(
    Operation(
        "albums",
        message_("Change an album"),
        "library",
        {200: Answer(message_("The album as it is now."), ref("Album"))},
        more=message_("All of it is changed, or nothing. What you leave out stays as it is."),
        bodies=json_body(ALBUM_CHANGES),
        errors=(*ALBUM_ERRORS, AlbumCycleError, EditConflictError),
    )
)
def change_album(key: str) -> Response:
    """Change what is said of an album, where it lies, and its cover."""
    said = read_json(ALBUM_CHANGES)
    own = library.find_own(db.session, account(), key)
    if said.keys() & {"name", "description", "revision"}:
        name, described = said.get("name", own.name), said.get("description", own.description)
        library.describe(db.session, own, name, described, revision=said.get("revision"))
    if "parent" in said:
        library.nest(db.session, account(), own, find(said["parent"]))
    if "cover" in said:
        cover = said["cover"]
        shown = images.find_own(db.session, account(), cover) if cover else None
        library.set_cover(db.session, own, shown)
    db.session.commit()
    return tell_one(own)


@bp.delete("/albums/<key:key>")
@operation(
    Operation(
        "albums",
        message_("Delete an album"),
        "library",
        {204: Answer(message_("It is gone. Its pictures are not, and its albums take its place."))},
        errors=(NotFoundError,),
    )
)
def delete_album(key: str) -> Response:
    """Delete an album; what is in it stays."""
    library.remove(db.session, account(), library.find_own(db.session, account(), key))
    db.session.commit()
    return make_response("", 204)


@bp.post("/albums/<key:key>/images")
@operation(
    Operation(
        "albums",
        message_("Put pictures into an album"),
        "library",
        {
            200: Answer(
                message_("How many came; others were in it already."),
                record("", {"added": whole(examples=[2])}),
            )
        },
        bodies=json_body(CHOSEN),
        errors=BODY_ERRORS,
    )
)
def fill_album(key: str) -> Response:
    """Put images at the end of an album."""
    said = read_json(CHOSEN)
    own = library.find_own(db.session, account(), key)
    added = library.add_images(db.session, account(), own, said["keys"])
    db.session.commit()
    return jsonify(added=added)


@bp.delete("/albums/<key:key>/images/<key:image_key>")
@operation(
    Operation(
        "albums",
        message_("Take a picture out of an album"),
        "library",
        {204: Answer(message_("It is not in it. It stays in the library."))},
        errors=(NotFoundError,),
    )
)
def take_out(key: str, image_key: str) -> Response:
    """Take an image out of an album."""
    own = library.find_own(db.session, account(), key)
    library.take_images(db.session, account(), own, [image_key])
    db.session.commit()
    return make_response("", 204)


def find(key: str | None) -> Album | None:
    """Return the account's album with this key; None for none. Raises NotFoundError."""
    return library.find_own(db.session, account(), key) if key is not None else None


def tell_one(own: Album) -> Response:
    """Answer with an album."""
    above = library.path_to(db.session, own)
    return jsonify(tell(library.shelf(db.session, own), above[-1] if above else None))


def tell(shelf: Shelf, parent: Album | None) -> dict[str, Any]:
    """Return what is told of an album."""
    own = shelf.album
    return {
        "key": own.key,
        "name": own.name,
        "description": own.description,
        "parent": parent.key if parent else None,
        "images": shelf.images,
        "albums": shelf.albums,
        "cover": absolute(thumbnail_path(shelf.cover)) if shelf.cover else None,
        "page": absolute(url_for("tuchuang.album", key=own.key)),
        "revision": own.revision,
        "created": moment(own.created),
    }
