"""The download URL: the bytes of an image, quickly."""

from flask import current_app, request
from werkzeug.wrappers import Response

from flaskr.db import db
from flaskr.errors import NotFoundError
from flaskr.imaging.formats import EXTENSION_ALIASES, EXTENSIONS
from flaskr.imaging.thumbnail import THUMBNAIL_SIDE
from flaskr.library import images
from flaskr.library.files import THUMBNAIL, blob_name
from flaskr.library.thumbnails import thumbnail_name
from flaskr.models import Blob
from flaskr.tuchuang import bp, short_links
from flaskr.web.files import send_stored
from flaskr.web.intake import room
from flaskr.web.links import attachment_header

WEBP = EXTENSIONS["webp"]


@bp.get("/download/<key>.<extension>")
def download(key: str, extension: str) -> Response:
    """Send an image, or its thumbnail for `?w=320` with the extension webp.

    `?download` makes a browser save it under its original name.
    """
    image = images.find(db.session, key)
    blob = image.blob
    if "w" in request.args:
        return send_thumbnail(blob, extension)
    if EXTENSION_ALIASES.get(extension, extension) != blob.extension:
        raise NotFoundError
    response = send_stored(
        room().store,
        blob_name(blob.sha256),
        content_type=blob.type,
        etag=blob.sha256,
        max_age=current_app.config["LINK_MAX_AGE"],
    )
    if "download" in request.args:
        response.headers["Content-Disposition"] = attachment_header(image.name)
    return response


short_links.add_url_rule("/i/<key>.<extension>", "download", download)


def send_thumbnail(blob: Blob, extension: str) -> Response:
    """Send the small WebP of an image."""
    if request.args["w"] != str(THUMBNAIL_SIDE) or extension != WEBP.extension:
        raise NotFoundError
    return send_stored(
        room().store,
        thumbnail_name(room(), blob),
        content_type=WEBP.type,
        etag=f"{blob.sha256}-{THUMBNAIL}",
        max_age=current_app.config["LINK_MAX_AGE"],
    )
