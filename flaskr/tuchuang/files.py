"""The direct link: the bytes of an image, quickly; and the variants made from it."""

import hmac
from typing import cast

from flask import current_app, request
from flask_login import current_user
from werkzeug.wrappers import Response

from flaskr.db import db
from flaskr.errors import NotFoundError
from flaskr.imaging import EXTENSIONS, Spec
from flaskr.imaging.formats import EXTENSION_ALIASES
from flaskr.library import variants
from flaskr.library.media import blob_name
from flaskr.models import DirectImage, Image
from flaskr.transactions import end_read
from flaskr.tuchuang import bp, short_links
from flaskr.web.delivery import Caching, StoredFile, send_stored
from flaskr.web.intake import media
from flaskr.web.links import attachment_header

AUTO = "auto"
SHOWN_EVERYWHERE = ("jpg", "png", "gif", "webp")
"""The formats that `auto` leaves as they are for a browser that asks for nothing newer."""


SHAPING = {"w", "h", "fit", "still"}
"""What in a query asks for a variant."""


@bp.get("/download/<key>.<extension>")
def download(key: str, extension: str) -> Response:
    """Send an image, or a variant of it.

    Another extension, or `?w=`, `?h=` and `?fit=`, ask for a variant; the extension `auto` for the
    format that suits the browser best. `?download` makes a browser save it under its own name.
    """
    image = visible(key)
    end_read(db.session)  # a variant may have to be made
    wanted = choose_format(image) if extension == AUTO else canonical(extension)
    response = send_stored(media().store, stored_file(image, wanted), caching(image))
    if extension == AUTO:
        response.vary.add("Accept")
    if "download" in request.args:
        response.headers["Content-Disposition"] = attachment_header(image.name)
    return response


short_links.add_url_rule("/i/<key>.<extension>", "download", download)


def visible(key: str) -> DirectImage:
    """Return the image behind a key, if whoever asks may see it. Raises NotFoundError."""
    image = Image.direct(db.session, key)
    if image is None:
        raise NotFoundError
    if image.visibility == "private" and not is_owner(image):
        raise NotFoundError
    return image


def is_owner(image: DirectImage) -> bool:
    return bool(current_user.is_authenticated and current_user.id == image.owner_id)


def canonical(extension: str) -> str:
    return EXTENSION_ALIASES.get(extension, extension)


def choose_format(image: DirectImage) -> str:
    """Return the extension that suits the browser: AVIF, WebP, else the original's own.

    An original that browsers do not show becomes JPEG for those that ask for nothing newer.
    """
    for extension in ("avif", "webp"):
        if request.accept_mimetypes.quality(EXTENSIONS[extension].type) and explicitly_accepted(
            EXTENSIONS[extension].type
        ):
            return extension
    return image.extension if image.extension in SHOWN_EVERYWHERE else "jpg"


def explicitly_accepted(media_type: str) -> bool:
    """Tell whether the request names this type; a wildcard comes from programs of any age."""
    return any(named == media_type for named, _ in request.accept_mimetypes)


def stored_file(image: DirectImage, extension: str) -> StoredFile:
    """Return the file to send: the original if that is what was asked for, else a variant."""
    if extension == image.extension and not SHAPING.intersection(request.args):
        return StoredFile(blob_name(image.sha256), image.type, image.sha256)
    spec = variants.parse_spec(extension, request.args)
    if not variants.on_ladder(spec):
        check_signature(image, spec)
    name = variants.ensure(media(), image.sha256, image.extension, spec)
    etag = f"{image.sha256}-{variants.spec_name(spec)}"
    return StoredFile(name, EXTENSIONS[extension].type, etag)


def check_signature(image: DirectImage, spec: Spec) -> None:
    """Raise NotFoundError unless the link is signed for this size."""
    secret = cast("str", current_app.config["SECRET_KEY"])
    expected = variants.signature(secret, image.key, spec)
    if not hmac.compare_digest(request.args.get("s", "").encode(), expected.encode()):
        raise NotFoundError


def caching(image: DirectImage) -> Caching:
    """Return who may keep the file, and for how many seconds."""
    if image.visibility == "private":
        return Caching(public=False, max_age=0)
    return Caching(public=True, max_age=current_app.config["LINK_MAX_AGE"])
