"""The native API. Every request carries a Bearer token; cookies do not count here."""

from flask import Blueprint, jsonify, make_response, url_for
from werkzeug.wrappers import Response

from flaskr.errors import NoFileError, SeveralFilesError
from flaskr.library.keys import new_key
from flaskr.library.uploads import Upload
from flaskr.web.intake import expect_one_file, takes_files
from flaskr.web.links import absolute
from flaskr.web.outcomes import upload_json, upload_status
from flaskr.web.uploading import (
    idempotency_key,
    max_file_bytes,
    sent_files,
    take_file,
)
from flaskr.web.users import token_required

bp = Blueprint("api", __name__, url_prefix="/api")


@bp.post("/images")
@takes_files
@token_required("upload")
def upload() -> Response:
    """Take one picture in (multipart field `file`) and answer with its links.

    201, or 200 if the account had the picture already. Of one from before the instance's secret
    key was changed, `delete_url` is null.
    """
    idempotency_key()  # a bad one is refused before the file is read
    expect_one_file(max_file_bytes())
    sent = sent_files()
    if not sent:
        raise NoFileError
    if len(sent) > 1:
        raise SeveralFilesError
    taken = take_file(sent[0], new_key())
    told = upload_json(taken) | {"delete_url": delete_url(taken)}
    return make_response(jsonify(told), upload_status([taken]))


def delete_url(upload: Upload) -> str | None:
    """Return the deletion link, as far as its secret is known."""
    if upload.deletion_secret is None:
        return None
    key, token = upload.image.key, upload.deletion_secret
    return absolute(url_for("tuchuang.delete_by_link", key=key, token=token))
