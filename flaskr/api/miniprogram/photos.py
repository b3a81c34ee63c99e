"""What the upload of one photo and the post with a photo share: field, envelope, upload set."""

from typing import cast

from flask import Blueprint, Response, request

from flaskr.api.miniprogram.envelopes import answer, tell
from flaskr.api.shaping import shape_errors
from flaskr.errors import DomainError, NoFileError, SeveralFilesError
from flaskr.library.sets import PHOTOS, UploadSet
from flaskr.models import SetFile
from flaskr.web.intake import FORM_BYTES, ReceivedFile, expect_one_file
from flaskr.web.sets import set_file_url, set_limit, upload_set

FIELD = "photo"

# The client shows these; they are part of the protocol, not texts of ours.
CREATED = "创建成功"
NO_PHOTO = "没有图片上传"
FAILED = "图片上传失败"

bp = Blueprint("miniprogram_photos", __name__)


def refuse(error: DomainError, status: int) -> Response:
    """Return the client's envelope of an error; old clients pass over `message`, the reason."""
    said = NO_PHOTO if isinstance(error, NoFileError) else FAILED
    body = {"error": 1, "data": {"msg": said, "url": ""}, "message": tell(error)}
    return answer(body, status)


shape_errors(bp, refuse)


def created(taken: SetFile) -> Response:
    return answer({"error": 0, "data": {"msg": CREATED, "url": set_file_url(taken)}})


def photos() -> UploadSet:
    return upload_set(PHOTOS)


def photo_limit() -> int:
    """Return the limit of a photo, in bytes."""
    return set_limit(photos())


def sent_photo() -> ReceivedFile:
    """Return the one photo of the request. Raises NoFileError, SeveralFilesError.

    More text than a form may have is read so far that it can be told from a large photo.
    """
    expect_one_file(photo_limit(), FORM_BYTES)
    sent = [part for parts in request.files.listvalues() for part in parts]
    if len(sent) > 1:
        raise SeveralFilesError
    photo = request.files.get(FIELD)
    if photo is None or not photo.filename:
        raise NoFileError
    return cast("ReceivedFile", photo)


def sent_name(photo: ReceivedFile) -> str:
    """Return the photo's own name; WeChat sends that of a temporary file, hence a field for it."""
    return request.form.get("filename", "").strip() or photo.filename or ""
