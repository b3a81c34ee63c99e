"""sm.ms v2, and the address of its successor that the same clients use.

Every failure of a request is HTTP 200 with `success: false`: the clients show the message of no
other answer.
"""

from flask import Blueprint, Response, jsonify

from flaskr.api.admission import admit_token, header_token
from flaskr.api.asking import asked_page, sent_text
from flaskr.api.logging_in import make_token
from flaskr.api.shaping import close_after_upload, refuse_head, shape_errors, tell
from flaskr.api.taking import delete, deletion_hash, sent_file, take, upload_hash
from flaskr.db import db
from flaskr.errors import (
    DomainError,
    FileTooLargeError,
    InvalidTokenError,
    NoFileError,
    NotAdmittedError,
)
from flaskr.library import tokens, usage
from flaskr.library.gallery import EVERYTHING, Sort
from flaskr.library.keys import new_secret
from flaskr.library.numbered import image_page
from flaskr.library.uploads import Upload
from flaskr.models import Image
from flaskr.web.filters import filesize
from flaskr.web.intake import media, takes_files
from flaskr.web.links import image_card
from flaskr.web.outcomes import delete_url, image_delete_url

PAGE_SIZE = 100

CODES: dict[type[DomainError], str] = {
    FileTooLargeError: "file_too_large",
    InvalidTokenError: "unauthorized",
    NoFileError: "no_file_uploaded",
    NotAdmittedError: "unauthorized",
}
"""What clients know errors by, where it is not what we do."""

bp = Blueprint("smms", __name__, url_prefix="/api")
bp.after_request(close_after_upload)


def envelope(data: object, code: str = "success", message: str = "success") -> Response:
    """Return the one body that the clients of both generations take."""
    return jsonify(
        success=code == "success", code=code, message=message, data=data, RequestId=new_secret()
    )


def refuse(error: DomainError, status: int) -> Response:
    """Return the envelope of an error. Only what is no matter of the request has its own status."""
    response = envelope({}, CODES.get(type(error), error.code), tell(error))
    response.status_code = status if status in {405, 429} or status >= 500 else 200
    return response


shape_errors(bp, refuse)


@bp.post("/v2/upload")
@bp.post("/v1/file/upload")
@takes_files
def upload() -> Response:
    """Take the picture in the field `smfile`, or `file` for the successor."""
    admit_token(header_token(), "upload")
    return envelope(sent(take(sent_file("smfile", "file"))))


@bp.post("/v2/token")
def log_in() -> Response:
    """Make a token."""
    token = make_token(sent_text("username"), sent_text("password"), tokens.SMMS)
    return envelope({"token": token})


@bp.post("/v2/profile")
def profile() -> Response:
    """Tell of the account."""
    user = admit_token(header_token(), "upload")
    used = usage.of(db.session, media().quota, user.id)
    most = used.all_bytes(media().spool.free_bytes())
    told = {
        "username": user.username,
        "email": "",
        "role": "admin" if user.is_admin else "user",
        "group_expire": "",
        "email_verified": 0,
        "disk_usage": filesize(used.bytes),
        "disk_limit": filesize(most),
        "disk_usage_raw": used.bytes,
        "disk_limit_raw": most,
    }
    return envelope(told)


@bp.get("/v2/upload_history")
def upload_history() -> Response:
    """List the account's pictures, the newest first."""
    user = admit_token(header_token(), "library")
    page = image_page(db.session, user, EVERYTHING, Sort.NEWEST, asked_page(), size=PAGE_SIZE)
    return envelope([picture(image) for image in page.items])


@bp.get("/v2/delete/<text>")
def delete_picture(text: str) -> Response:
    """Delete the picture of a hash. As it is a GET, no hash does that without a token."""
    refuse_head()
    admit_token(header_token(), "upload")
    delete(text, lambda: admit_token(header_token(), "library"))
    return envelope([], message="File delete success.")


def sent(upload: Upload) -> dict[str, object]:
    """Return what clients are told of a picture that they have sent."""
    own = {"hash": upload_hash(upload), "delete": delete_url(upload)}
    return picture(upload.image) | own


def picture(image: Image) -> dict[str, object]:
    """Return what clients are told of a picture; its size is in bytes."""
    card = image_card(image)
    return {
        "file_id": card.key,
        "width": card.width,
        "height": card.height,
        "filename": card.name,
        "storename": f"{card.key}.{image.blob.extension}",
        "size": card.bytes,
        "path": card.path,
        "hash": deletion_hash(image),
        "url": card.url,
        "delete": image_delete_url(image),
        "page": card.url,
    }
