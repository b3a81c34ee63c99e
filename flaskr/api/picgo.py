"""PicGo's own server, as Obsidian and others use it: many files at once, and their deletion."""

import re
from typing import Any, cast

from flask import Blueprint, Response, jsonify, request
from flask_babel import gettext

from flaskr.api.admission import admit_token, header_token
from flaskr.api.shaping import close_after_upload, shape_errors, tell
from flaskr.api.taking import delete, take, upload_hash
from flaskr.errors import (
    DomainError,
    NoFileError,
    NotFoundError,
    NothingChosenError,
    ScopeError,
    TooManyChosenError,
)
from flaskr.library.keys import KEY_PATTERN
from flaskr.library.uploads import Upload
from flaskr.web.intake import ReceivedFile, takes_files
from flaskr.web.links import image_card
from flaskr.web.outcomes import delete_url

TYPE = "tuchuang"
"""What PicGo notes of each picture: which uploader it came by."""

MOST_DELETED = 500
IN_ADDRESS = re.compile(rf"/({KEY_PATTERN.pattern})\.[a-z0-9]+(?:\?|$)")
"""Where a picture's own address has its key."""

bp = Blueprint("picgo", __name__)
bp.after_request(close_after_upload)


def refuse(error: DomainError, status: int, name: str = "") -> Response:
    """Return the client's body of an error, of which `name` is the file: 400, 401, or a fault."""
    message = tell(error)
    if name:
        message = gettext("%(name)s: %(message)s", name=name, message=message)
    response = jsonify(success=False, message=message)
    own = status in {401, 405, 429} or status >= 500
    response.status_code = 401 if isinstance(error, ScopeError) else status if own else 400
    return response


shape_errors(bp, refuse)


@bp.post("/upload")
@takes_files
def upload() -> Response:
    """Take every file of the request, whatever its field is called.

    The client matches links with its files by their order, so one that fails fails all; what came
    before it is kept, and answered when it is sent again.
    """
    admit_token(sent_token(), "upload")
    parts = [part for parts in request.files.listvalues() for part in parts if part.filename]
    if not parts:
        raise NoFileError
    taken = []
    for part in parts:
        try:
            taken.append(take(cast("ReceivedFile", part)))
        except DomainError as error:
            name = part.filename if len(parts) > 1 else ""
            return refuse(error, error.status, name or "")
    told = [picture(upload) for upload in taken]
    return jsonify(success=True, result=[each["imgUrl"] for each in told], fullResult=told)


@bp.post("/delete")
def delete_pictures() -> Response:
    """Delete what `list` names: entries of `fullResult` as they were answered to an upload.

    One that fails does not stop the others; the answer says why.
    """
    entries = sent_entries()
    failure: DomainError | None = None
    for entry in entries:
        try:
            delete(deletable(entry), lambda: admit_token(sent_token(), "library"))
        except DomainError as error:
            failure = failure or error
    if failure is not None:
        return refuse(failure, failure.status)
    return jsonify(success=True, message=gettext("Deleted."))


@bp.post("/heartbeat")
def heartbeat() -> Response:
    """Tell that there is somebody."""
    return jsonify(success=True, result="alive")


def sent_token() -> str:
    """Return the token in the address or in a header; or nothing."""
    said = request.args
    found = said.get("key") or said.get("secret") or request.headers.get("X-PicGo-Secret")
    return (found or header_token()).strip()


def sent_entries() -> list[Any]:
    """Return what the request names to be deleted. Raises NoFileError, TooManyChosenError."""
    try:
        body = request.get_json(force=True, silent=True)
    except RecursionError:  # brackets within brackets within brackets
        body = None
    entries = body.get("list") if isinstance(body, dict) else None
    if not isinstance(entries, list) or not entries:
        raise NothingChosenError
    if len(entries) > MOST_DELETED:
        raise TooManyChosenError(most=MOST_DELETED)
    return entries


def deletable(entry: object) -> str:
    """Return the deletion hash of an entry, or the key in its address. Raises NotFoundError."""
    if isinstance(entry, dict):
        text = entry.get("hash")
        if isinstance(text, str) and text.isascii():
            return text
        entry = entry.get("imgUrl")
    found = IN_ADDRESS.search(entry) if isinstance(entry, str) else None
    if found is None:
        raise NotFoundError
    return found[1]


def picture(upload: Upload) -> dict[str, object]:
    """Return what clients keep of a picture, and send back to have it deleted."""
    card = image_card(upload.image)
    return {
        "imgUrl": card.url,
        "fileName": card.name,
        "extname": f".{upload.image.blob.extension}",
        "width": card.width,
        "height": card.height,
        "type": TYPE,
        "id": card.key,
        "hash": upload_hash(upload),
        "delete": delete_url(upload),
    }
