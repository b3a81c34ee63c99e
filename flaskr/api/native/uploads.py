"""Pictures coming in: as a file of a form, as the body, or by their address."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from flask import Response as FlaskResponse
from flask import jsonify, make_response, request
from werkzeug.wrappers import Response

from flaskr.api.native import bp
from flaskr.api.native.operations import FORM_TYPE, JSON_TYPE, Answer, Operation, operation
from flaskr.api.native.reading import InvalidFieldError, InvalidJsonError, check_names, read_json
from flaskr.api.native.schemas import FILE, KEEP, SHOWN_TO, Schema, address, record, ref, text
from flaskr.api.native.telling import tell_image
from flaskr.api.shaping import close_after_upload
from flaskr.errors import (
    BrokenOffError,
    BusyError,
    EmptyFileError,
    FileTooLargeError,
    ForbiddenAddressError,
    HostNotFoundError,
    IdempotencyMismatchError,
    IncompleteImageError,
    InvalidAddressError,
    InvalidIdempotencyKeyError,
    InvalidKeepError,
    InvalidVisibilityError,
    NoFileError,
    NoPictureError,
    QuotaExceededError,
    SeveralFilesError,
    StorageFullError,
    TooComplexError,
    TooManyAttemptsError,
    TooManyFramesError,
    TooManyPixelsError,
    UnreachableError,
    UnreadableImageError,
    UnsupportedTypeError,
    message_,
)
from flaskr.library.keys import new_key
from flaskr.library.uploads import Upload
from flaskr.web.arriving import body_file, order_of, take_address
from flaskr.web.intake import (
    FORM_BYTES,
    MalformedFormError,
    ReceivedFile,
    expect_one_file,
    takes_files,
)
from flaskr.web.outcomes import delete_url, upload_status
from flaskr.web.uploading import (
    idempotency_key,
    max_file_bytes,
    sent_files,
    take_file,
)

HOLDS_ON = ("PicGo", "axios/")
"""How clients name themselves that end only once the connection has: PicGo's plug-ins do."""

FORM_TYPES = {FORM_TYPE, "application/x-www-form-urlencoded"}
UNNAMED = "image"

NAME = text(message_("The name of a picture that comes as the body."), examples=["lake.jpg"])
IDEMPOTENCY_KEY = text(
    message_(
        "A text of your own for this picture. If the same request comes again with it, because no "
        "answer came, no second picture is made."
    ),
    pattern="^[!-~]{1,200}$",
)
OPTIONS = {"keep": KEEP, "visibility": SHOWN_TO}
URL = address(
    message_("Where the picture lies, on a public web server."),
    examples=["https://example.org/lake.jpg"],
)
FORM = record("", {"file": FILE, **OPTIONS, "url": URL}, ("file", *OPTIONS, "url"))
BY_ADDRESS = record("", {"url": URL, **OPTIONS}, ("url", *OPTIONS))
PICTURE_ERRORS = (
    NoFileError,
    SeveralFilesError,
    MalformedFormError,
    FileTooLargeError,
    QuotaExceededError,
    UnsupportedTypeError,
    EmptyFileError,
    UnreadableImageError,
    IncompleteImageError,
    TooManyPixelsError,
    TooManyFramesError,
    TooComplexError,
    BusyError,
    StorageFullError,
)
"""What may be wrong with a picture that was sent, or be in its way."""

ADDRESS_ERRORS = (
    InvalidAddressError,
    ForbiddenAddressError,
    HostNotFoundError,
    UnreachableError,
    BrokenOffError,
    NoPictureError,
    TooManyAttemptsError,
)


def picture_bodies(form: Schema) -> dict[str, Schema]:
    """Return the bodies of an operation that takes one picture."""
    return {FORM_TYPE: form, "image/*": FILE, "application/octet-stream": FILE}


@bp.post("/images")
@takes_files
@operation(
    Operation(
        "images",
        message_("Upload a picture"),
        "upload",
        {
            201: Answer(message_("It is there."), ref("UploadedImage")),
            200: Answer(message_("You had it already."), ref("UploadedImage")),
        },
        more=message_(
            "Send it as the file of a form, as the body of the request, or say where it lies and "
            "it is fetched. One picture in a request. What a body does not say, its address can."
        ),
        query={"name": NAME, **OPTIONS},
        headers={"Idempotency-Key": IDEMPOTENCY_KEY},
        bodies={**picture_bodies(FORM), JSON_TYPE: BY_ADDRESS},
        errors=(
            *PICTURE_ERRORS,
            *ADDRESS_ERRORS,
            InvalidJsonError,
            InvalidKeepError,
            InvalidVisibilityError,
            InvalidFieldError,
            InvalidIdempotencyKeyError,
            IdempotencyMismatchError,
        ),
    )
)
def upload() -> Response:
    """Take one picture in and answer with its links.

    201, or 200 if the account had the picture already. `delete_url` is null where the secret in it
    is not known, or not told.
    """
    idempotency_key()  # a bad one is refused before the file is read
    taken = take_in()
    told = tell_image(taken.image) | {"known": taken.known, "delete_url": delete_url(taken)}
    return make_response(jsonify(told), upload_status([taken]))


def take_in() -> Upload:
    """Take in what the request carries, in whichever way."""
    if request.mimetype == JSON_TYPE:
        request.max_content_length = FORM_BYTES
        return fetch(read_json(BY_ADDRESS))
    if request.mimetype in FORM_TYPES:
        expect_one_file(max_file_bytes())
        if "file" not in request.files and request.form.get("url"):
            check_names(request.form, FORM["properties"])
            return fetch(request.form)
    with sent_picture(FORM) as part:
        return take_file(part, new_key())


def fetch(said: Mapping[str, str]) -> Upload:
    """Take in the picture at the address in `url`. Raises NoFileError if it is empty."""
    options = {name: said.get(name) or request.args.get(name, "") for name in OPTIONS}
    order = order_of({"url": said.get("url", ""), **options}, new_key())
    if not order.address:
        raise NoFileError
    return take_address(order)


@contextmanager
def sent_picture(form: Schema) -> Iterator[ReceivedFile]:
    """Give the one file that the request carries, in the field `file` of a form or as its body.

    Raises NoFileError, SeveralFilesError, and InvalidFieldError for what the form may not have.
    """
    if request.mimetype in FORM_TYPES:
        expect_one_file(max_file_bytes())
        check_names((*request.form, *request.files), form["properties"])
        sent = sent_files()
        if not sent:
            raise NoFileError
        if len(sent) > 1:
            raise SeveralFilesError
        yield sent[0]
        return
    with body_file(request.args.get("name") or UNNAMED) as part:
        if part.error is None and not part.spooled.size and not request.mimetype:
            raise NoFileError
        yield part


@bp.after_request
def let_go(response: FlaskResponse) -> FlaskResponse:
    """Close the connection of a client that holds on to it; others keep theirs."""
    if request.user_agent.string.startswith(HOLDS_ON):
        return close_after_upload(response)
    return response
