"""The direct link: the bytes of an image, and the variants made from it."""

from dataclasses import replace

from flask import current_app, request
from flask_login import current_user
from werkzeug.wrappers import Response

from flaskr.db import db
from flaskr.errors import BusyError, NotFoundError, TooComplexError
from flaskr.library import direct_links, variants
from flaskr.library.shown import shown_name
from flaskr.models import DirectImage, Image
from flaskr.transactions import end_read
from flaskr.tuchuang import bp, short_links
from flaskr.tuchuang.direct import AUTO, Wanted, original_meanwhile, plain_format, read_link
from flaskr.web.delivery import Caching, StoredFile, answer_file
from flaskr.web.intake import media


@bp.get("/download/<key:key>.<extension>")
def download(key: str, extension: str) -> Response:
    """Send an image, or a variant of it.

    Another extension, or `?w=`, `?h=` and `?fit=`, ask for a variant; the extension `auto` for the
    format that suits the browser best. `?download` makes a browser save it under its own name.
    `?until=` and `?sign=` let everybody see a private picture for a time. Most requests never get
    here: `shortcut` answers them.
    """
    if request.args.keys().isdisjoint({"until", "sign"}):
        return send(visible(key), extension)
    # Before it is looked up: whoever makes signatures up is not told which pictures there are.
    until, sign = request.args.get("until", ""), request.args.get("sign", "")
    direct_links.check(link_keys(), key, until, sign)
    image = existing(key)
    return send(image, extension, for_others=image.visibility == "private", embedded=True)


short_links.add_url_rule("/i/<key:key>.<extension>", "download", download)


def link_keys() -> list[str]:
    """Return the keys of signed links, the one that signs first."""
    keys: list[str] = current_app.config["LINK_KEYS"] or [current_app.config["SECRET_KEY"]]
    return keys


def send(
    image: DirectImage, extension: str, *, for_others: bool = False, embedded: bool = False
) -> Response:
    """Send what the address with this extension, and the query, ask for of an image.

    With `for_others` to somebody who may see it at this address only: nobody else keeps it, and of
    a private one they get no metadata. Pages elsewhere may show it then if it is `embedded`.
    """
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
    if for_others:
        wanted = withheld(image, wanted, embedded=embedded)
    status, headers, body = answer_file(
        request.environ, media().store, wanted.delivery, config["ACCEL_PREFIX"]
    )
    return Response(body, status, headers, direct_passthrough=True)


def withheld(image: DirectImage, wanted: Wanted, *, embedded: bool) -> Wanted:
    """Return what is sent to others in place of what is sent to the owner."""
    delivery = wanted.delivery
    file = delivery.file
    if image.visibility == "private" and file.etag == image.sha256:
        name = shown_name(media(), image.sha256, image.extension)
        if name != file.name:
            file = StoredFile(name, file.type, f"{image.sha256}-clean")
    caching = Caching(public=False, max_age=0, embedded=embedded)
    return replace(wanted, delivery=replace(delivery, file=file, caching=caching))


def existing(key: str) -> DirectImage:
    """Return the image behind a key. Raises NotFoundError."""
    image = Image.direct(db.session, key)
    if image is None:
        raise NotFoundError
    return image


def visible(key: str) -> DirectImage:
    """Return the image behind a key, if whoever asks may see it. Raises NotFoundError."""
    image = existing(key)
    if image.visibility == "private" and not is_owner(image):
        raise NotFoundError
    return image


def is_owner(image: DirectImage) -> bool:
    return bool(current_user.is_authenticated and current_user.id == image.owner_id)
