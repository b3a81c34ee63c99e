"""Backups by MD5: `/service/image`, also below an API version."""

import re
from typing import cast

from flask import Blueprint, current_app, request, url_for
from flask import Response as FlaskResponse
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from flaskr.api.admission import (
    admit_deletion,
    admit_further_upload,
    admit_lister,
    admit_reader,
    admit_upload,
)
from flaskr.api.miniprogram.envelopes import answer, tell
from flaskr.api.shaping import shape_errors
from flaskr.db import committed, db
from flaskr.errors import (
    DomainError,
    InvalidMd5Error,
    InvalidPlaceError,
    InvalidSizeError,
    InvalidTokenError,
    NoFileError,
    NotAdmittedError,
    NotFoundError,
    ScopeError,
    TooManyAttemptsError,
)
from flaskr.imaging.formats import JPEG, PNG
from flaskr.imaging.spec import simplest
from flaskr.library import backups, images, variants
from flaskr.library.media import blob_name
from flaskr.models import Blob, Image, User
from flaskr.transactions import end_read
from flaskr.web.delivery import Caching, Delivery, StoredFile, answer_file
from flaskr.web.intake import ReceivedFile, media, takes_files
from flaskr.web.links import absolute
from flaskr.web.uploading import picture_limits, tell_fault

SUCCESS = 0
RESOURCES_NOT_EXISTS = -1
FAILED = -100
WRONG_PARAMS = -101
UNAUTHORIZED = -500
BROKEN_AUTHORIZED_DATA = -501

PAGE_SIZE = 100
MD5 = re.compile(r"[0-9a-fA-F]{32}")
SHA256 = re.compile(r"[0-9a-f]{64}")
SIZES = {"w", "h"}
TRANSPARENT = {"png", "gif", "svg"}
LADDER_TEXT = ", ".join(str(side) for side in variants.LADDER)

bp = Blueprint("service_image", __name__)


def envelope(code: int, message: str, status: int = 200, **more: object) -> FlaskResponse:
    return answer({**more, "result_code": code, "message": message}, status)


def refuse(error: DomainError, status: int, **more: object) -> FlaskResponse:
    """Return the client's envelope of an error."""
    response = envelope(code_of(error, status), tell(error), status, **more)
    if isinstance(error, TooManyAttemptsError):
        response.headers["Retry-After"] = str(error.details["seconds"])
    return response


def code_of(error: DomainError, status: int) -> int:
    """Return the client's code for an error."""
    if isinstance(error, NotFoundError):
        return RESOURCES_NOT_EXISTS
    if isinstance(error, InvalidTokenError):
        return BROKEN_AUTHORIZED_DATA
    if isinstance(error, NotAdmittedError | ScopeError):
        return UNAUTHORIZED
    return FAILED if status >= 500 or status == 429 else WRONG_PARAMS


shape_errors(bp, refuse)


@takes_files
def service_image() -> Response:
    """Take files in, list what there is, send one, delete one."""
    if request.method == "POST":
        return keep_all(admit_upload())
    if request.method == "DELETE":
        return delete_one(admit_deletion())
    if "md5" in request.args:
        return send_one(admit_reader())
    return list_all(admit_lister())


for prefix in ("", "/api/v1.0"):
    for slash in ("", "/"):
        bp.add_url_rule(
            f"{prefix}/service/image{slash}",
            view_func=service_image,
            methods=("GET", "POST", "DELETE"),
        )


def keep_all(owner: User) -> Response:
    """Keep every file of the request, whatever its field is called.

    A file that is refused does not stop the others. The answer then says so by its code, and names
    under `errors` what was not kept; `data` names what was.
    """
    names = request.form.getlist("filename")
    kept: list[dict[str, str]] = []
    errors: list[dict[str, str]] = []
    first: DomainError | None = None
    sent = [(field, part) for field, parts in request.files.lists() for part in parts]
    for order, (field, part) in enumerate(sent):
        given = names[order].strip() if order < len(names) else ""
        try:
            if order:
                admit_further_upload()
            image = keep_one(owner, cast("ReceivedFile", part), given)
        except (DomainError, OSError, SQLAlchemyError) as error:
            told = error if isinstance(error, DomainError) else tell_fault(error)
            errors.append({"name": field, "code": told.code, "message": tell(told)})
            first = first or told
        else:
            kept.append({"name": field, "md5": image.blob.md5})
    if not sent:
        raise NoFileError
    if first is None:
        return envelope(SUCCESS, "post success.", data=kept)
    return refuse(first, first.status, data=kept, errors=errors)


def keep_one(owner: User, part: ReceivedFile, given: str) -> Image:
    """Keep one file under the name that was given, and commit it.

    Its own name is that of a temporary file in WeChat, and never replaces another. Raises what
    `backups.keep` raises.
    """
    if part.error is not None:
        raise part.error
    name = given or part.filename or ""
    with committed():
        image = backups.keep(db.session, media(), owner, part.spooled, name, picture_limits())
        if given:
            backups.rename(db.session, image, given)
    return image


def list_all(owner: User) -> Response:
    """List the account's backups, newest first; `next`, if it is not null, goes on."""
    before = request.args.get("before")
    if before is not None and not backups.is_own(db.session, owner, before):
        raise InvalidPlaceError
    found = backups.list_own(db.session, owner, before=before, size=PAGE_SIZE + 1)
    shown = found[:PAGE_SIZE]
    older = shown[-1].key if len(found) > PAGE_SIZE else None
    return envelope(SUCCESS, "success", data=[entry(image) for image in shown], next=older)


def entry(image: Image) -> dict[str, object]:
    """Return what the list says of a backup. Sizes are in bytes and pixels."""
    blob = image.blob
    address = url_for(".service_image", md5=blob.md5, sha256=blob.sha256)
    return {
        "name": image.name,
        "md5": blob.md5,
        "sha256": blob.sha256,
        "bytes": blob.bytes,
        "type": blob.type,
        "width": blob.width,
        "height": blob.height,
        "created": image.created.isoformat(),
        "url": absolute(address),
    }


def send_one(owner: User | None) -> Response:
    """Send a backup exactly as it was uploaded, or a small picture of it for a list."""
    blob = asked(owner).blob
    end_read(db.session)  # a small picture may have to be made
    stored = StoredFile(blob_name(blob.sha256), blob.type, blob.sha256)
    if not SIZES.isdisjoint(request.args):
        stored = small_picture(blob)
    delivery = Delivery(stored, Caching(public=False, max_age=0))
    prefix = current_app.config["ACCEL_PREFIX"]
    status, headers, body = answer_file(request.environ, media().store, delivery, prefix)
    return Response(body, status, headers, direct_passthrough=True)


def small_picture(blob: Blob) -> StoredFile:
    """Return the still picture that `w` and `h` ask for, made if it is not there.

    PNG or JPEG, for WeChat does not show newer formats everywhere. Raises InvalidSizeError, and
    what `variants.ensure` raises.
    """
    kind = PNG if blob.extension in TRANSPARENT else JPEG
    try:
        asked_for = {**request.args.to_dict(), "still": "1"}
        spec = variants.parse_spec(kind.extension, asked_for)
    except NotFoundError:
        raise InvalidSizeError(sizes=LADDER_TEXT) from None
    if not variants.on_ladder(spec):
        raise InvalidSizeError(sizes=LADDER_TEXT)
    spec = simplest(spec, (blob.width, blob.height), blob.frames)
    name = variants.ensure(media(), blob.sha256, blob.extension, spec)
    return StoredFile(name, kind.type, f"{blob.sha256}-{variants.spec_name(spec)}")


def delete_one(owner: User | None) -> Response:
    """Put the backup that GET would send into the trash; one that collides with it stays."""
    images.delete(db.session, media(), asked(owner))
    db.session.commit()
    return envelope(SUCCESS, "删除成功 remove success.")


def asked(owner: User | None) -> Image:
    """Return the backup that the query names. Raises InvalidMd5Error, NotFoundError."""
    md5, sha256 = request.args.get("md5", ""), request.args.get("sha256")
    if not MD5.fullmatch(md5):
        raise InvalidMd5Error
    if owner is None or (sha256 is not None and not SHA256.fullmatch(sha256)):
        raise NotFoundError
    return backups.find(db.session, owner, md5, sha256)
