"""What a direct link asks for: the picture itself, or a variant of it. No Flask."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from flaskr.errors import NotFoundError
from flaskr.imaging import EXTENSIONS, Spec
from flaskr.imaging.formats import EXTENSION_ALIASES, JPEG, PNG, SVG
from flaskr.imaging.spec import simplest
from flaskr.library import variants
from flaskr.library.keys import is_key
from flaskr.library.media import blob_name, variant_name
from flaskr.models import DirectImage, now
from flaskr.web.delivery import Caching, Delivery, Headers, StoredFile
from flaskr.web.links import attachment_header

AUTO = "auto"
MEANWHILE_SECONDS = 60
SHOWN_EVERYWHERE = ("jpg", "png", "gif", "webp")
"""The formats that `auto` leaves as they are for a browser that asks for nothing newer."""

SHAPING = {"w", "h", "fit", "still"}
"""What in a query asks for a variant."""


@dataclass(frozen=True)
class Wanted:
    """What is to be sent; `spec` says how to make it if it is a variant."""

    delivery: Delivery
    spec: Spec | None


def read_link(
    image: DirectImage,
    extension: str,
    query: Mapping[str, str],
    accept: str,
    config: Mapping[str, Any],
) -> Wanted:
    """Return what a link to `image` asks for; `accept` is the header of that name.

    Raises NotFoundError for what no link can ask for.
    """
    shaped = not SHAPING.isdisjoint(query)
    wanted = canonical(extension)
    if extension == AUTO:
        wanted = choose_format(image, accept, shaped=shaped)
    elif image.version > 1 and wanted in EXTENSIONS and wanted not in variants.EXTENSIONS:
        # What nothing can be converted to was the format before the content was replaced.
        wanted = plain_format(image.extension) if shaped else image.extension
    elif shaped and wanted == image.extension and wanted not in variants.EXTENSIONS:
        wanted = plain_format(wanted)
    file, spec = StoredFile(blob_name(image.sha256), image.type, image.sha256), None
    if wanted != image.extension or shaped:
        asked = variants.parse_spec(wanted, query)
        if not variants.on_ladder(asked):
            check_signature(config["SECRET_KEY"], image, asked, query.get("s", ""))
        spec = simplest(asked, (image.width, image.height), image.frames)
        name = variants.spec_name(spec)
        stored = variant_name(image.sha256, name)
        file = StoredFile(stored, EXTENSIONS[wanted].type, f"{image.sha256}-{name}")
    more: Headers = [("Vary", "Accept")] if extension == AUTO else []
    if "download" in query:
        more.append(("Content-Disposition", attachment_header(image.name)))
    return Wanted(Delivery(file, caching(image, config["LINK_MAX_AGE"]), more), spec)


def original_meanwhile(image: DirectImage) -> Wanted:
    """Return the picture itself, for a minute, where the variant `auto` means cannot be had now."""
    file = StoredFile(blob_name(image.sha256), image.type, image.sha256)
    return Wanted(Delivery(file, caching(image, MEANWHILE_SECONDS), [("Vary", "Accept")]), None)


def canonical(extension: str) -> str:
    return EXTENSION_ALIASES.get(extension, extension)


def choose_format(image: DirectImage, accept: str, *, shaped: bool) -> str:
    """Return the extension that suits the browser: AVIF, WebP, else what every browser shows.

    A drawing stays one unless a size is asked for.
    """
    accepted = parse_accept_header(accept, MIMEAccept)
    if image.extension == SVG.extension and not shaped:
        return image.extension  # sharp at any size, and smaller
    for extension in ("avif", "webp"):
        # By name: a wildcard comes from programs of any age.
        if any(type_ == EXTENSIONS[extension].type and quality for type_, quality in accepted):
            return extension
    return plain_format(image.extension)


def plain_format(extension: str) -> str:
    """Return the extension of what browsers of any age show: the original's own if they do."""
    if extension in SHOWN_EVERYWHERE:
        return extension
    return PNG.extension if extension == SVG.extension else JPEG.extension


def check_signature(secret_key: str, image: DirectImage, spec: Spec, given: str) -> None:
    """Raise NotFoundError unless the link is signed for this size."""
    expected = variants.signature(secret_key, image.key, spec)
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise NotFoundError


def caching(image: DirectImage, max_age: int) -> Caching:
    """Return who may keep the file, and for how many seconds."""
    if image.visibility == "private":
        return Caching(public=False, max_age=0)
    if image.expires is not None:
        left = int((image.expires - now()).total_seconds())
        max_age = max(0, min(max_age, left))
    return Caching(public=True, max_age=max_age)


def sign_address(secret_key: str, address: str) -> str:
    """Return the address of a variant with the signature that lets anybody have its size.

    Raises NotFoundError if it is not the address of a variant.
    """
    parts = urlsplit(address)
    key, dot, extension = parts.path.rpartition("/")[2].partition(".")
    if not dot or not is_key(key):
        raise NotFoundError
    spec = variants.parse_spec(canonical(extension), read_query(parts.query))
    kept = [(name, value) for name, value in split_query(parts.query) if name != "s"]
    signed = ("s", variants.signature(secret_key, key, spec))
    return urlunsplit(parts._replace(query=urlencode([*kept, signed])))


def read_query(text: str) -> dict[str, str]:
    """Read a query; of a name that comes twice the first counts, as in Flask."""
    return dict(reversed(split_query(text))) if text else {}


def split_query(text: str) -> list[tuple[str, str]]:
    return parse_qsl(text, keep_blank_values=True, errors="replace")
