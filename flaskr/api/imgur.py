"""imgur v3: a picture as a file, as Base64, by its address or as the body itself; its deletion."""

import re
from typing import IO

from flask import Blueprint, Response, jsonify, request

from flaskr.api.admission import admit_token, header_token
from flaskr.api.shaping import close_after_upload, shape_errors, tell
from flaskr.api.taking import UNNAMED, Said, delete, sent_picture, take, upload_hash
from flaskr.errors import DomainError, NoFileError
from flaskr.library.uploads import Upload
from flaskr.web.arriving import body_file
from flaskr.web.intake import expect_picture, takes_files
from flaskr.web.links import image_card
from flaskr.web.uploading import max_file_bytes

FIELD = "image"
PEEKED = 16 * 1024
"""How much of a body is looked at to tell whether it is a form; less than any buffer holds."""

MULTIPART = "multipart/form-data"
URLENCODED = "application/x-www-form-urlencoded"
FORM = re.compile(rb"[\w%.+-]{1,64}=(?!=)")
GIF = b"GIF8"

bp = Blueprint("imgur", __name__, url_prefix="/3")
bp.after_request(close_after_upload)


def envelope(data: object, status: int = 200) -> Response:
    response = jsonify(data=data, success=status < 400, status=status)
    response.status_code = status
    return response


def refuse(error: DomainError, status: int) -> Response:
    """Return the envelope of an error."""
    told = {"error": tell(error), "request": request.path, "method": request.method}
    return envelope(told, status)


shape_errors(bp, refuse)


@bp.post("/image")
@bp.post("/upload")
@takes_files
def upload() -> Response:
    """Take the picture in the field `image`, or the body itself where that is no form."""
    admit_token(header_token(), "upload")
    if is_form():
        sent = sent_picture(FIELD)
        return envelope(picture(take(sent, said())))
    with body_file(UNNAMED) as part:
        if not part.spooled.size and part.error is None:
            raise NoFileError
        return envelope(picture(take(part, said())))


@bp.delete("/image/<text>")
def delete_picture(text: str) -> Response:
    """Delete the picture of a deletehash; of an id, for a token that may."""
    delete(text, lambda: admit_token(header_token(), "library"))
    return envelope(data=True)


def said() -> Said:
    """Return what the request says of its picture."""
    fields = request.values
    return Said(
        name=fields.get("name", ""),
        title=fields.get("title", ""),
        alt=fields.get("description", ""),
        album=fields.get("album", ""),
    )


def picture(upload: Upload) -> dict[str, object]:
    """Return what clients are told of a picture; its size is in bytes."""
    image = upload.image
    card = image_card(image)
    return {
        "id": card.key,
        "deletehash": upload_hash(upload),
        "link": card.url,
        "title": image.title or None,
        "description": image.alt or None,
        "name": card.name,
        "type": card.type,
        "animated": card.frames > 1,
        "width": card.width,
        "height": card.height,
        "size": card.bytes,
        "datetime": int(card.created.timestamp()),
    }


# ---- is it a form? --------------------------------------------------------------------------


class Peeked:
    """A stream whose start was read already."""

    def __init__(self, start: bytes, rest: IO[bytes]) -> None:
        self._start = start
        self._rest = rest

    def read(self, size: int = -1) -> bytes:
        if size < 0:
            return self.read(len(self._start)) + self._rest.read()
        if not self._start:
            return self._rest.read(size)
        start, self._start = self._start[:size], self._start[size:]
        return start


def is_form() -> bool:
    """Tell whether the body is a form. Curl says so of any file, unless it is told otherwise."""
    if request.mimetype == MULTIPART:
        return True
    if request.mimetype != URLENCODED:
        return False
    expect_picture(max_file_bytes(), FIELD)
    start = request.stream.read(PEEKED)
    request.stream = Peeked(start, request.stream)  # type: ignore[assignment]  # only read from
    return FORM.match(start) is not None and not start.startswith(GIF)
