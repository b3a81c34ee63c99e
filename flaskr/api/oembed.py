"""oEmbed: what a site that a link of ours is pasted into asks, to show the picture.

https://oembed.com/. The address may be that of a file, of a share, or of a public page.
"""

from collections.abc import Callable, Iterator
from functools import partial
from math import ceil
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from flask import Blueprint, current_app, jsonify, make_response, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from flaskr.db import db
from flaskr.errors import DomainError, NotFoundError, message_
from flaskr.imaging.formats import JPEG, PNG, SVG
from flaskr.imaging.spec import THUMBNAIL, Spec
from flaskr.library import images, profile, shares, variants
from flaskr.library.aliases import alias_of
from flaskr.models import Image, User
from flaskr.web.errors import error_json
from flaskr.web.links import absolute, files_folder, is_shown_everywhere
from flaskr.web.showing import Place, fitted, variant

bp = Blueprint("oembed", __name__)

CACHE_SECONDS = 3600
MOST_ADDRESS = 2000


class GuardedShareError(DomainError):
    """The pictures are behind a share that asks for something first, as its page tells all."""

    code = "private"
    status = 401
    message = message_("This picture is not for everybody.")


class OnlyJSONError(DomainError):
    """The answer is wanted in another format."""

    code = "only_json"
    status = 501
    message = message_("Answers come as JSON only.")


class Found(NamedTuple):
    """The picture that an address leads to, where others find it, and the page of its account."""

    image: Image
    place: Place
    owner: User | None = None


class Photo(NamedTuple):
    """A picture in a size; `path` leads to it."""

    path: str
    width: int
    height: int


@bp.get("/oembed")
def oembed() -> Response:
    """Tell of the picture behind `url`, no larger than `maxwidth` and `maxheight`.

    404 for what is not here, or private, or for too small a frame; 401 for a share with a password
    or a limit of views; 501 for XML.
    """
    try:
        if request.args.get("format", "json") != "json":
            raise OnlyJSONError
        found = find(request.args.get("url", ""))
        return tell(found, largest(found, bound("maxwidth"), bound("maxheight")))
    except DomainError as error:
        db.session.rollback()
        return make_response(error_json(error), error.status)


def tell(found: Found, photo: Photo) -> Response:
    """Answer with a picture."""
    image = found.image
    told: dict[str, object] = {
        "version": "1.0",
        "type": "photo",
        "url": absolute(photo.path),
        "width": photo.width,
        "height": photo.height,
        "title": image.title or image.name,
        "provider_name": current_app.config["SITE_NAME"],
        "provider_url": absolute("/"),
        "cache_age": CACHE_SECONDS,
    }
    width, height = fitted(image, THUMBNAIL.width or 0)
    if width <= photo.width and height <= photo.height:
        told["thumbnail_url"] = absolute(variant(image, found.place, THUMBNAIL))
        told["thumbnail_width"], told["thumbnail_height"] = width, height
    if found.owner is not None:
        told["author_name"] = found.owner.username
        home = url_for("short_links.profile", username=found.owner.username)
        told["author_url"] = absolute(home)
    return jsonify(told)


# ---- what an address leads to ---------------------------------------------------------------


def find(address: str) -> Found:
    """Return the picture behind an address of ours. Raises NotFoundError, GuardedShareError."""
    endpoint, values = recognise(address)
    finder = FINDERS.get(endpoint)
    if finder is None:
        raise NotFoundError
    return finder(**values)


def recognise(address: str) -> tuple[str, dict[str, Any]]:
    """Return the endpoint that an address of this site leads to. Raises NotFoundError."""
    home = urlsplit(absolute("/"))
    try:
        asked = urlsplit(address[:MOST_ADDRESS])
        same = asked.scheme in {"http", "https"} and asked.netloc.lower() == home.netloc.lower()
    except ValueError:
        raise NotFoundError from None
    if not same:
        raise NotFoundError
    prefix = home.path.rstrip("/") if asked.path.startswith(home.path) else ""
    urls = current_app.url_map.bind("localhost")
    try:
        endpoint, values = urls.match(asked.path.removeprefix(prefix), "GET")
    except HTTPException:
        raise NotFoundError from None
    return str(endpoint), dict(values)


def by_file(key: str, extension: str = "") -> Found:  # noqa: ARG001 - the address has it
    """The address of a file, or of its owner's page: private pictures are as if not here."""
    image = images.find(db.session, key)
    if image.visibility == "private":
        raise NotFoundError
    return Found(image, Place(files_folder(), ""))


def by_share(token: str, alias: str = "", extension: str = "") -> Found:  # noqa: ARG001 - see above
    """The page of a share, or of a picture in one, or its file."""
    share = shares.find(db.session, token)
    if shares.state(share) is not None:
        raise NotFoundError
    if shares.is_guarded(share):
        raise GuardedShareError
    home = f"{url_for('short_links.share', token=token)}/"
    place = Place(home, home, partial(alias_of, share))
    if alias:
        return Found(shares.find_image(db.session, share, alias), place)
    first = shares.list_page(db.session, share, 1, 1)
    if not first:
        raise NotFoundError
    return Found(first[0], place)


def by_public_page(username: str, key: str = "", album_key: str = "") -> Found:
    """The page of a public picture."""
    user = profile.find(db.session, username)
    album = profile.find_album(db.session, user, album_key) if album_key else None
    image = profile.find_image(db.session, user, album, key)
    return Found(image, Place(files_folder(), ""), user)


FINDERS: dict[str, Callable[..., Found]] = {
    "short_links.download": by_file,
    "short_links.public_album_picture": by_public_page,
    "short_links.public_picture": by_public_page,
    "short_links.share": by_share,
    "short_links.share_file": by_share,
    "short_links.share_picture": by_share,
    "tuchuang.download": by_file,
    "tuchuang.image": by_file,
}


# ---- in what size ---------------------------------------------------------------------------


def bound(name: str) -> int | None:
    """Return a bound in pixels; None for what is none."""
    text = request.args.get(name, "")
    return int(text[:9]) if text.isascii() and text.isdecimal() else None


def largest(found: Found, most_width: int | None, most_height: int | None) -> Photo:
    """Return the largest picture that fits. Raises NotFoundError where the smallest does not."""
    for photo in sizes(found):
        across, down = most_width or photo.width, most_height or photo.height
        if photo.width <= across and photo.height <= down:
            return photo
    raise NotFoundError


def sizes(found: Found) -> Iterator[Photo]:
    """Yield the sizes there are without a signature, the largest first."""
    image, blob = found.image, found.image.blob
    extension = blob.extension
    if is_shown_everywhere(image):
        yield Photo(found.place.path(image, extension), blob.width, blob.height)
    if extension not in variants.EXTENSIONS:
        extension = PNG.extension if extension == SVG.extension else JPEG.extension
    for width in reversed(variants.LADDER):
        if width < blob.width:
            height = max(1, ceil(blob.height * width / blob.width - 0.5))  # as imaging rounds
            yield Photo(variant(image, found.place, Spec(extension, width)), width, height)
