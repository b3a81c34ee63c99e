"""Uploads that resume: tus 1.0 at /files/, for the page's script and for anybody's client.

A session cookie counts, with the CSRF token of its page, or a Bearer token; docs/tus.md.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from flask import Blueprint, Response, current_app, jsonify, make_response, request, url_for
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.http import http_date

from flaskr.api.tus_headers import (
    ALGORITHMS,
    InvalidHeaderError,
    Sum,
    parse_bytes,
    parse_checksum,
    parse_metadata,
)
from flaskr.db import db
from flaskr.errors import DomainError, NotFoundError, message_
from flaskr.library import resumable
from flaskr.library.resumable import (
    Allowance,
    Announcement,
    IncompleteUploadError,
    OffsetMismatchError,
    PieceTooLongError,
    UploadLockedError,
)
from flaskr.library.uploads import Arrival, Upload, accept
from flaskr.models import ResumableUpload
from flaskr.transactions import end_read
from flaskr.web.intake import CHUNK, media
from flaskr.web.links import absolute, file_path
from flaskr.web.outcomes import tell
from flaskr.web.security import csrf
from flaskr.web.uploading import (
    Outcome,
    idempotency_key,
    max_file_bytes,
    picture_limits,
    read_batch,
    read_keep,
    read_position,
    read_visibility,
    tell_fault,
)
from flaskr.web.users import account, token_account

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,termination,checksum,expiration"
PIECE_TYPE = "application/offset+octet-stream"
FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}

bp = Blueprint("tus", __name__, url_prefix="/files")


class UnsupportedVersionError(DomainError):
    """The client speaks another version of the protocol, or none."""

    code = "unsupported_version"
    status = 412
    message = message_("Tus-Resumable has to be %(version)s.")


class PieceTypeError(DomainError):
    """The body is not said to be a piece of a file."""

    code = "wrong_type"
    status = 415
    message = message_("The Content-Type of a piece has to be %(type)s.")


@bp.before_request
def admit() -> None:
    """Admit accounts, by token or cookie, and let bodies be read that are no forms."""
    if request.method == "OPTIONS":
        return
    request.max_content_length = max_file_bytes()
    if token_account("upload") is None:
        account()
        if request.mimetype in FORMS:
            raise PieceTypeError(type=PIECE_TYPE)  # to look for a token in it would read it
        csrf.protect()
    end_read(db.session)  # the body is read next, and may be slow
    if request.method != "GET" and request.headers.get("Tus-Resumable") != VERSION:
        raise UnsupportedVersionError(version=VERSION)


@bp.after_request
def say_version(response: Response) -> Response:
    """Set what every answer carries."""
    response.headers["Tus-Resumable"] = VERSION
    response.headers["Cache-Control"] = "no-store"
    if response.status_code == UnsupportedVersionError.status:
        response.headers["Tus-Version"] = VERSION
    return response


@bp.route("/", methods=("OPTIONS",), strict_slashes=False)
@bp.route("/<key>", methods=("OPTIONS",))
def options(key: str = "") -> Response:  # noqa: ARG001 - the same for every upload
    """Tell what this server can do."""
    response = make_response("", 204)
    response.headers["Tus-Version"] = VERSION
    response.headers["Tus-Extension"] = EXTENSIONS
    response.headers["Tus-Max-Size"] = str(max_file_bytes())
    response.headers["Tus-Checksum-Algorithm"] = ",".join(ALGORITHMS)
    return response


@bp.post("/", strict_slashes=False)
def create() -> Response:
    """Make an upload, and take its first piece if there is one.

    An announcement that comes again, because its answer was lost, is answered with the upload as it
    is by then.
    """
    if "Upload-Concat" in request.headers:
        raise InvalidHeaderError(name="Upload-Concat")
    announced = announcement()
    checksum = parse_checksum(request.headers.get("Upload-Checksum"))
    if request.mimetype != PIECE_TYPE and (request.content_length or 0) > 0:
        raise PieceTypeError(type=PIECE_TYPE)
    check_length(announced.length)
    upload, is_new = resumable.create(db.session, media(), account(), announced, lasting())
    address = absolute(url_for(".upload", key=upload.key))
    if request.mimetype == PIECE_TYPE and not upload.offset:  # else it has come before
        upload = take_first_piece(upload, checksum, is_new=is_new)
    response = make_response("", 201)
    response.headers["Location"] = address
    return tell_state(response, upload)


@bp.route("/<key>", methods=("GET", "HEAD", "PATCH", "DELETE", "POST"))
def upload(key: str) -> Response:
    """Tell of an upload, go on with it, or give it up; GET tells what became of it."""
    method = request.method
    if method == "POST":  # where PATCH and DELETE do not get through
        method = request.headers.get("X-HTTP-Method-Override", "").upper()
    if method not in ANSWERS:
        raise MethodNotAllowed(("GET", "HEAD", "PATCH", "DELETE"))
    return ANSWERS[method](find(key))


def tell_progress(upload: ResumableUpload) -> Response:
    """Tell how far the upload is (HEAD)."""
    response = make_response("", 200)
    response.headers["Upload-Length"] = str(upload.length)
    if upload.metadata_header:
        response.headers["Upload-Metadata"] = upload.metadata_header
    return tell_state(response, upload)


def tell_result(upload: ResumableUpload) -> Response:
    """Tell what became of the upload, as POST /tuchuang/ would have (GET)."""
    if upload.image is None:
        raise IncompleteUploadError
    if upload.image.deleted is not None:
        raise NotFoundError
    known = upload.image.created < upload.created
    taken = Upload(upload.image, None, known)
    return make_response(jsonify(tell(Outcome([taken]), upload.batch)))


def go_on(upload: ResumableUpload) -> Response:
    """Take a piece (PATCH)."""
    if request.mimetype != PIECE_TYPE:
        raise PieceTypeError(type=PIECE_TYPE)
    offset = parse_bytes("Upload-Offset", request.headers.get("Upload-Offset"))
    checksum = parse_checksum(request.headers.get("Upload-Checksum"))
    if offset != upload.offset:
        raise OffsetMismatchError
    if offset < upload.length:
        upload = receive(upload, offset, checksum)
    return tell_state(make_response("", 204), upload)


def give_up(upload: ResumableUpload) -> Response:
    """End the upload; its picture stays, if it has become one (DELETE)."""
    resumable.end(db.session, media(), upload)
    return make_response("", 204)


ANSWERS: dict[str, Callable[[ResumableUpload], Response]] = {
    "GET": tell_result,
    "HEAD": tell_progress,
    "PATCH": go_on,
    "DELETE": give_up,
}


def announcement() -> Announcement:
    """Return what the request says of a file that is to come.

    Raises InvalidHeaderError, InvalidKeepError, InvalidIdempotencyKeyError.
    """
    length = parse_bytes("Upload-Length", request.headers.get("Upload-Length"))
    said = request.headers.get("Upload-Metadata", "")
    told = parse_metadata(said)
    return Announcement(
        length=length,
        name=told.get("filename") or told.get("name") or "",
        batch=read_batch(told.get("batch", "")),
        keep=read_keep(told.get("keep", "")),
        visibility=read_visibility(told.get("visibility", "")),
        position=read_position(told.get("position", "")),
        idempotency_key=idempotency_key(),
        metadata_header=said,
    )


def lasting() -> Allowance:
    """Return how much an account may leave unfinished, and how long, from the settings."""
    return Allowance(
        max_file_bytes(), current_app.config["MAX_UNFINISHED_BYTES"], upload_lifetime()
    )


def upload_lifetime() -> timedelta:
    return timedelta(days=current_app.config["UPLOAD_DAYS"])


def take_first_piece(
    upload: ResumableUpload, checksum: Sum | None, *, is_new: bool
) -> ResumableUpload:
    """Take the piece that came with the announcement.

    Whoever gets an error learns no address to go on at, so an upload that is new ends then. After a
    fault of ours that passes there is no error: the client learns how far it came, and goes on from
    there. So it does if another request, which announced the same, goes on with the upload by now.
    """
    key = upload.key
    try:
        try:
            return receive(upload, 0, checksum, is_new=is_new)
        except (OffsetMismatchError, UploadLockedError):
            db.session.rollback()
        except (OSError, SQLAlchemyError) as error:
            tell_fault(error)
        except DomainError as error:
            if not resumable.passes(error):
                raise
        return find(key)
    except NotFoundError:  # that other request has ended it: announced once more, it is made anew
        raise UploadLockedError from None


def receive(
    upload: ResumableUpload, offset: int, checksum: Sum | None, *, is_new: bool = False
) -> ResumableUpload:
    """Append the body; take the picture in if that was all of it. Return the upload as it is then.

    One that is new ends if that fails for good. Raises PieceTooLongError, and what
    `library.resumable.Reception` raises.
    """
    key = upload.key
    check_length(upload.length - offset)
    pieces = iter(partial(request.stream.read, CHUNK), b"")
    with resumable.append(db.session, media(), upload, offset, upload_lifetime()) as reception:
        try:
            reception.receive(pieces, checksum)
            if reception.complete:
                reception.finish(take_in)
        except BaseException as error:
            if is_new and not may_go_on(error):
                reception.abandon()
            raise
    return find(key)


def may_go_on(error: BaseException) -> bool:
    """Tell whether it was a fault of ours that passes."""
    if isinstance(error, DomainError):
        return resumable.passes(error)
    return isinstance(error, OSError | SQLAlchemyError)


def check_length(most: int) -> None:
    """Raise PieceTooLongError if the body says that it is longer than `most` bytes."""
    if (request.content_length or 0) > most:
        raise PieceTooLongError


def take_in(arrival: Arrival) -> Upload:
    """Take the picture in, as if it had come in one request."""
    return accept(db.session, media(), account(), arrival, picture_limits())


def find(key: str) -> ResumableUpload:
    """Return the account's upload as it is now. Raises NotFoundError."""
    end_read(db.session)
    return resumable.find(db.session, media(), account(), key)


def tell_state(response: Response, upload: ResumableUpload) -> Response:
    """Say in headers how far the upload is, and where its picture is once it is complete."""
    headers = response.headers
    headers["Upload-Offset"] = str(upload.offset)
    if upload.image is None:
        headers["Upload-Expires"] = http_date(upload.expires)
        return response
    headers["Upload-Image-Key"] = upload.image.key
    headers["Upload-Image-Url"] = absolute(file_path(upload.image))
    headers["Upload-Image-Page"] = absolute(url_for("tuchuang.image", key=upload.image.key))
    return response
