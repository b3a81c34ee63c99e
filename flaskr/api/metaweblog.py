"""MetaWeblog over XML-RPC, as blog editors speak it: `newMediaObject`, which takes a picture.

The password is a token; the user's name may be anything, for the token says who it is. All answers
are HTTP 200: what is wrong stands in a fault.
"""

from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import Any
from xmlrpc.client import Fault, dumps

from flask import Blueprint, Response, current_app, request

from flaskr.api.admission import admit_token
from flaskr.api.shaping import close_after_upload, shape_errors, tell
from flaskr.api.taking import Said, take
from flaskr.api.xmlrpc_call import Call, NoCallError, read_call
from flaskr.errors import (
    DomainError,
    InvalidTokenError,
    NoFileError,
    NotAdmittedError,
    ScopeError,
    message_,
)
from flaskr.web.base64_text import BLANKS
from flaskr.web.intake import (
    CHUNK,
    Base64File,
    expect_picture,
    file_limit,
    media,
    takes_files,
)
from flaskr.web.links import absolute, image_card
from flaskr.web.uploading import max_file_bytes

PASSWORD = 2
"""Which parameter is the password, from 0 on, in all methods."""

STRUCT = 3
BLOG_ID = "1"


class NoSuchMethodError(DomainError):
    """There is no method of this name."""

    code = "no_such_method"
    status = 404
    message = message_("Only pictures can be sent here, not posts. Post where your blog is.")


CODES: dict[type[DomainError], int] = {
    InvalidTokenError: 403,
    NoCallError: -32700,
    NoSuchMethodError: -32601,
    NotAdmittedError: 403,
    ScopeError: 401,
}
"""The codes of faults that editors know; of others it is the HTTP status that would fit."""

bp = Blueprint("metaweblog", __name__)
bp.after_request(close_after_upload)


def answer(value: Any) -> Response:
    """Return a value, or a fault, as XML."""
    told = value if isinstance(value, Fault) else (value,)
    text = dumps(told, methodresponse=True, encoding="utf-8")
    return current_app.response_class(text, mimetype="text/xml")


def refuse(error: DomainError, status: int) -> Response:
    """Return an error as a fault."""
    response = answer(Fault(CODES.get(type(error), status), tell(error)))
    response.status_code = status if status == 405 else 200
    return response


shape_errors(bp, refuse)


@bp.post("/xmlrpc")
@takes_files
def call_method() -> Response:
    """Call the method that the body names. Its Base64 is read once the password is known."""
    expect_picture(max_file_bytes(), "bits")
    with closing(Call(receive)) as call:
        read_call(iter(partial(request.stream.read, CHUNK), b""), call)
        method = METHODS.get(call.method)
        if method is None:
            raise NoSuchMethodError
        if call.file is None:
            admit_token(call.text_param(PASSWORD).strip(), "upload")
        return answer(method(call))


def receive(call: Call) -> Base64File:
    """Let a picture come to a method that takes one, from whoever has a token.

    Its text may be indented, as any in XML. Raises NoSuchMethodError, and what `admit_token`
    raises.
    """
    if METHODS.get(call.method) is not new_media_object:
        raise NoSuchMethodError
    admit_token(call.text_param(PASSWORD).strip(), "upload")
    return Base64File(media().spool.create(file_limit()), "bits", BLANKS)


def new_media_object(call: Call) -> dict[str, str]:
    """Take the picture of the call's struct in. Raises NoFileError."""
    params = call.params
    sent = params[STRUCT] if len(params) > STRUCT else None
    if not isinstance(sent, dict):
        raise NoFileError
    file = sent.get("bits")
    if not isinstance(file, Base64File):
        raise NoFileError
    name = sent.get("name")
    upload = take(file, Said(name=name if isinstance(name, str) else ""))
    card = image_card(upload.image)
    return {
        "id": card.key,
        "file": f"{card.key}.{upload.image.blob.extension}",
        "url": card.url,
        "type": card.type,
    }


def get_users_blogs(_call: Call) -> list[dict[str, Any]]:
    """Tell of the one blog that editors want to know of before they send anything."""
    name, site = current_app.config["SITE_NAME"], absolute("/")
    return [{"blogid": BLOG_ID, "blogName": name, "url": site, "isAdmin": False}]


METHODS: dict[str, Callable[[Call], Any]] = {
    "metaWeblog.newMediaObject": new_media_object,
    "wp.uploadFile": new_media_object,
    "blogger.getUsersBlogs": get_users_blogs,
    "metaWeblog.getUsersBlogs": get_users_blogs,
}
