"""One's pictures: listed and searched, looked at, changed, deleted."""

from typing import Any

from flask import current_app, jsonify, make_response, request
from werkzeug.wrappers import Response

from flaskr.api.native import bp
from flaskr.api.native.operations import Answer, Operation, json_body, operation
from flaskr.api.native.reading import (
    InvalidCursorError,
    InvalidFieldError,
    InvalidJsonError,
    read_json,
    read_query,
)
from flaskr.api.native.schemas import (
    FILE,
    IMAGE_CHANGES,
    TYPES,
    key,
    moment,
    one_of,
    ref,
    text,
    whole,
)
from flaskr.api.native.telling import tell_image, tell_images
from flaskr.db import db
from flaskr.errors import (
    EditConflictError,
    ExpiryPassedError,
    InvalidVisibilityError,
    NotFoundError,
    TagNameError,
    TextTooLongError,
    TooManyTagsError,
    message_,
)
from flaskr.imaging.formats import EXTENSIONS
from flaskr.library import albums, editing, gallery, images, tags, trash, versions
from flaskr.library.editing import VISIBILITIES, Changes, Expiry
from flaskr.library.gallery import FIRST, Filter, Sort
from flaskr.library.media import blob_name
from flaskr.transactions import end_read
from flaskr.web.delivery import Caching, Delivery, StoredFile, answer_file
from flaskr.web.intake import media
from flaskr.web.links import attachment_header
from flaskr.web.users import account

PAGE_SIZE, MOST = 50, 200
"""How many images a page has unless the request says so, and how many it may ask for."""

CURSOR = text(message_("The `next` of the page before. Left out: the first page."))
LIMIT = whole(message_("How many at the most."), 1, MOST, default=PAGE_SIZE)
LIST = {
    "q": text(
        message_(
            "Words in names, titles, texts and tags; or a link to a picture, its SHA-256 or MD5."
        ),
        examples=["lake"],
    ),
    "type": one_of(message_("Only pictures of this media type."), TYPES),
    "visibility": one_of(message_("Only pictures that these people can see."), VISIBILITIES),
    "album": key(message_("Only pictures in the album with this key.")),
    "tag": text(message_("Only pictures with this tag."), examples=["lake"]),
    "since": moment(message_("Only what came at this moment or later.")),
    "until": moment(message_("Only what came before this moment.")),
    "sort": one_of(
        message_("In which order. `position` is that of the album."),
        [each.value for each in Sort],
        default=Sort.NEWEST.value,
    ),
    "cursor": CURSOR,
    "limit": LIMIT,
}
TYPE_EXTENSIONS = {each.type: extension for extension, each in EXTENSIONS.items()}


@bp.get("/images")
@operation(
    Operation(
        "images",
        message_("List and search pictures"),
        "library",
        {200: Answer(message_("A page of them."), ref("Images"))},
        query=LIST,
        errors=(InvalidFieldError, InvalidCursorError, NotFoundError),
    )
)
def list_images() -> Response:
    """List the account's images, page by page."""
    asked = read_query(LIST)
    sort, cursor = Sort(asked.get("sort", Sort.NEWEST)), asked.get("cursor", FIRST)
    if sort is Sort.POSITION and "album" not in asked:
        sort = Sort.NEWEST
    if not gallery.is_cursor(cursor, sort):
        raise InvalidCursorError
    size = asked.get("limit", PAGE_SIZE)
    page = gallery.list_page(db.session, account(), read_filter(asked), sort, cursor, size=size)
    return jsonify(images=tell_images(page.images), next=page.next)


def read_filter(asked: dict[str, Any]) -> Filter:
    """Return what narrows the list. Raises NotFoundError if the album or the tag is not there."""
    owner = account()
    album = albums.find_own(db.session, owner, asked["album"]) if "album" in asked else None
    tag = tags.find_own(db.session, owner, asked["tag"]) if "tag" in asked else None
    return Filter(
        text=asked.get("q", ""),
        extension=TYPE_EXTENSIONS.get(asked.get("type", "")),
        visibility=asked.get("visibility"),
        album=album.id if album else None,
        tag=tag.id if tag else None,
        since=asked.get("since"),
        until=asked.get("until"),
    )


@bp.get("/images/<key:key>")
@operation(
    Operation(
        "images",
        message_("Look at a picture"),
        "library",
        {200: Answer(message_("What there is to tell of it."), ref("Image"))},
        errors=(NotFoundError,),
    )
)
def get_image(key: str) -> Response:
    """Tell of one image."""
    return jsonify(tell_image(images.find_own(db.session, account(), key)))


@bp.patch("/images/<key:key>")
@operation(
    Operation(
        "images",
        message_("Change what is said of a picture, and who sees it"),
        "library",
        {200: Answer(message_("The picture as it is now."), ref("Image"))},
        more=message_("All of it is changed, or nothing. What you leave out stays as it is."),
        bodies=json_body(IMAGE_CHANGES),
        errors=(
            InvalidJsonError,
            InvalidFieldError,
            NotFoundError,
            EditConflictError,
            TextTooLongError,
            InvalidVisibilityError,
            ExpiryPassedError,
            TagNameError,
            TooManyTagsError,
        ),
    )
)
def change_image(key: str) -> Response:
    """Change what is said of an image."""
    said = read_json(IMAGE_CHANGES)
    own = images.find_own(db.session, account(), key)
    changes = Changes(
        title=said.get("title"),
        alt=said.get("alt"),
        visibility=said.get("visibility"),
        expiry=Expiry(said["expires"]) if "expires" in said else None,
        tags=said.get("tags"),
        albums=said.get("albums"),
    )
    if changes != Changes():
        kept, revision = current_app.config["KEEP_VERSIONS"], said.get("revision")
        own = editing.edit(
            db.session, media(), account(), own, changes, kept=kept, revision=revision
        )
        db.session.commit()
    return jsonify(tell_image(own))


@bp.delete("/images/<key:key>")
@operation(
    Operation(
        "images",
        message_("Delete a picture"),
        "library",
        {204: Answer(message_("It is in the trash."))},
        more=message_("From then on its links lead nowhere, until it is restored."),
        errors=(NotFoundError,),
    )
)
def delete_image(key: str) -> Response:
    """Put an image into the trash; what is there already stays there."""
    trash.discard(db.session, media(), account(), [key])
    db.session.commit()
    return make_response("", 204)


@bp.get("/images/<key:key>/file")
@operation(
    Operation(
        "images",
        message_("Download a picture"),
        "library",
        {200: Answer(message_("The file itself, also of a private picture."), FILE, "image/*")},
        errors=(NotFoundError,),
    )
)
def get_file(key: str) -> Response:
    """Send the file of an image."""
    own = images.find_own(db.session, account(), key)
    return send(versions.find(db.session, own, own.version))


def send(version: versions.Version) -> Response:
    """Send one content of an image to its owner, under its name; nobody else may keep it."""
    blob, name = version.blob, version.name
    end_read(db.session)
    delivery = Delivery(
        StoredFile(blob_name(blob.sha256), blob.type, blob.sha256),
        Caching(public=False, max_age=0),
        [("Content-Disposition", attachment_header(name))],
    )
    prefix = current_app.config["ACCEL_PREFIX"]
    status, headers, body = answer_file(request.environ, media().store, delivery, prefix)
    return Response(body, status, headers, direct_passthrough=True)
