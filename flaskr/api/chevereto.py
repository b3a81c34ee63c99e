"""Chevereto's v1: a picture as a file, as Base64 or by its address; JSON, text or a redirect."""

import re
from datetime import timedelta
from http import HTTPStatus

from flask import Blueprint, Response, current_app, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from flaskr.api.admission import admit_by_form, admit_token, header_token
from flaskr.api.shaping import close_after_upload, refuse_head, shape_errors, tell
from flaskr.api.taking import Said, sent_picture, take
from flaskr.errors import (
    DomainError,
    InvalidTokenError,
    NoFileError,
    NotAdmittedError,
    ScopeError,
    message_,
)
from flaskr.imaging.spec import THUMBNAIL
from flaskr.library import tags
from flaskr.library.names import stem
from flaskr.library.uploads import Upload
from flaskr.models import Image, now
from flaskr.web.base64_text import InvalidBase64Error
from flaskr.web.intake import expect_picture, takes_files
from flaskr.web.links import PREVIEW, absolute, image_card, variant_path
from flaskr.web.outcomes import delete_url
from flaskr.web.uploading import max_file_bytes

FIELD = "source"
FORMATS = ("json", "txt", "redirect")
EXTENSION = ".webp"
"""What small pictures are here."""

BAD_KEY, BAD_BASE64, NO_SOURCE = 100, 120, 130
CODES: dict[type[DomainError], int] = {
    InvalidBase64Error: BAD_BASE64,
    InvalidTokenError: BAD_KEY,
    NoFileError: NO_SOURCE,
    NotAdmittedError: BAD_KEY,
    ScopeError: BAD_KEY,
}
"""The client's codes of errors; of others it is the HTTP status that would fit."""

DURATION = re.compile(
    r"P(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,4})D)?"
    r"(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?"
)
SECONDS = (365 * 86400, 30 * 86400, 7 * 86400, 86400, 3600, 60, 1)
LONGEST = timedelta(days=100 * 365)

bp = Blueprint("chevereto", __name__, url_prefix="/api/1")
bp.after_request(close_after_upload)


class InvalidExpirationError(DomainError):
    """What is said of when the picture expires cannot be understood."""

    code = "invalid_expiration"
    status = 422
    message = message_(
        "When the picture expires is written as PT5M, PT3H, P1D, P1W, P1M or P1Y, or in seconds."
    )


def refuse(error: DomainError, status: int) -> Response:
    """Return the client's body of an error: HTTP 400 unless it is no matter of the request."""
    code = CODES.get(type(error), status)
    status = status if status in {405, 429} or status >= 500 else 400
    message = tell(error)
    if asked_format() == "json":
        told = {"message": message, "code": code, "context": error.code}
        response = jsonify(status_code=status, error=told, status_txt=HTTPStatus(status).phrase)
    else:
        response = current_app.response_class(message, mimetype="text/plain")
    response.status_code = status
    return response


shape_errors(bp, refuse)


@bp.route("/upload", methods=("GET", "POST"))
@bp.route("/upload/", methods=("GET", "POST"))
@takes_files
def upload() -> AnyResponse:
    """Take the picture in the field `source`; by GET only from an address.

    The key in the header or the address comes before one in the form, for which the body has to be
    read.
    """
    refuse_head()
    secret = request.headers.get("X-API-Key") or request.args.get("key") or header_token()
    if secret:
        admit_token(secret.strip(), "upload")
    else:
        expect_picture(max_file_bytes(), FIELD)
        admit_by_form("key", lambda key: admit_token(key, "upload"))
    return answer(take(sent_picture(FIELD), said()))


def said() -> Said:
    """Return what the request says of its picture. Raises InvalidExpirationError, TagNameError."""
    fields = request.values
    lasting = parse_duration(fields.get("expiration", ""))
    return Said(
        title=fields.get("title", ""),
        alt=fields.get("description", ""),
        tags=tags.read(fields.get("tags", "")),
        album=fields.get("album_id", "").strip(),
        expires=now() + lasting if lasting else None,
    )


def parse_duration(text: str) -> timedelta | None:
    """Read how long a picture lasts: ISO 8601 or seconds; None: for good.

    Raises InvalidExpirationError.
    """
    text = text.strip()
    if not text:
        return None
    if text.isascii() and text.isdecimal() and len(text) <= 10:
        lasting = timedelta(seconds=int(text))
    elif found := DURATION.fullmatch(text):
        counts = (int(count or 0) for count in found.groups())
        each = zip(counts, SECONDS, strict=True)
        lasting = timedelta(seconds=sum(count * seconds for count, seconds in each))
    else:
        raise InvalidExpirationError
    if not timedelta(0) < lasting <= LONGEST:
        raise InvalidExpirationError
    return lasting


def asked_format() -> str:
    """Return the form of the answer that is asked for.

    One that the body asks for is known once that was read, and an error may come before.
    """
    asked = request.args.get("format", "")
    if not asked and "form" in request.__dict__:
        asked = request.form.get("format", "")
    return asked if asked in FORMATS else "json"


def answer(upload: Upload) -> AnyResponse:
    """Answer in the form that is asked for."""
    told = picture(upload.image)
    if asked_format() == "txt":
        return current_app.response_class(str(told["url"]), mimetype="text/plain")
    if asked_format() == "redirect":
        return redirect(str(told["url_viewer"]), 303)
    return jsonify(
        status_code=200,
        success={"message": "file uploaded", "code": 200},
        image=told | {"delete_url": delete_url(upload)},
        status_txt="OK",
    )


def picture(image: Image) -> dict[str, object]:
    """Return what clients are told of a picture; its size is in bytes.

    Pages here are their owner's, so whoever should see the picture is led to the picture itself.
    """
    card = image_card(image)
    extension = image.blob.extension
    return {
        "name": stem(card.name),
        "extension": extension,
        "size": card.bytes,
        "width": card.width,
        "height": card.height,
        "date": f"{card.created:%Y-%m-%d %H:%M:%S}",
        "date_gmt": f"{card.created:%Y-%m-%d %H:%M:%S}",
        "title": card.title,
        "description": image.alt or None,
        "id_encoded": card.key,
        "filename": f"{card.key}.{extension}",
        "original_filename": card.name,
        "mime": card.type,
        "url": card.url,
        "url_viewer": card.url,
        "url_short": absolute(url_for("short_links.download", key=card.key, extension=extension)),
        "display_url": absolute(card.preview),
        "thumb": smaller(image, absolute(variant_path(image, THUMBNAIL))),
        "medium": smaller(image, absolute(variant_path(image, PREVIEW))),
    }


def smaller(image: Image, url: str) -> dict[str, str]:
    """Return what is told of a smaller picture made from this one."""
    return {"filename": f"{image.key}{EXTENSION}", "name": image.key, "url": url}
