"""The direct link: the bytes of an image, and the variants made from it."""

from flask import current_app, request
from flask_login import current_user
from werkzeug.wrappers import Response

from flaskr.db import db
from flaskr.errors import BusyError, NotFoundError, TooComplexError
from flaskr.library import variants
from flaskr.models import DirectImage, Image
from flaskr.transactions import end_read
from flaskr.tuchuang import bp, short_links
from flaskr.tuchuang.direct import AUTO, original_meanwhile, plain_format, read_link
from flaskr.web.delivery import answer_file
from flaskr.web.intake import media


@bp.get("/download/<key:key>.<extension>")
def download(key: str, extension: str) -> Response:
    """Send an image, or a variant of it.

    Another extension, or `?w=`, `?h=` and `?fit=`, ask for a variant; the extension `auto` for the
    format that suits the browser best. `?download` makes a browser save it under its own name.
    Most requests never get here: `shortcut` answers them.
    """
    return send(visible(key), extension)


short_links.add_url_rule("/i/<key:key>.<extension>", "download", download)


def send(image: DirectImage, extension: str) -> Response:
    """Send what the address with this extension, and the query, ask for of an image."""
    end_read(db.session)  # a variant may have to be made
    config = current_app.config
    wanted = read_link(image, extension, request.args, request.headers.get("Accept", ""), config)
    if wanted.spec is not None:
        try:
            variants.ensure(media(), image.sha256, image.extension, wanted.spec)
        except (BusyError, TooComplexError):
            if extension != AUTO or plain_format(image.extension) != image.extension:
                raise
            wanted = original_meanwhile(image)
    status, headers, body = answer_file(
        request.environ, media().store, wanted.delivery, config["ACCEL_PREFIX"]
    )
    return Response(body, status, headers, direct_passthrough=True)


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
