"""The native API. Every request carries a Bearer token; cookies do not count here."""

from flask import Blueprint, jsonify, make_response, request, url_for
from werkzeug.wrappers import Response

from flaskr.errors import NoFileError, SeveralFilesError
from flaskr.library.keys import new_key
from flaskr.web.errors import FORM_OVERHEAD
from flaskr.web.intake import takes_files
from flaskr.web.links import absolute, image_card
from flaskr.web.uploading import max_file_bytes, sent_files, take_file
from flaskr.web.users import token_required

bp = Blueprint("api", __name__, url_prefix="/api")


@bp.post("/images")
@takes_files
@token_required("upload")
def upload() -> Response:
    """Take one picture in (multipart field `file`) and answer 201 with its links."""
    request.max_content_length = max_file_bytes() + FORM_OVERHEAD
    sent = sent_files()
    if not sent:
        raise NoFileError
    if len(sent) > 1:
        raise SeveralFilesError
    taken = take_file(sent[0], new_key())
    card = image_card(taken.image)
    deletion = url_for("tuchuang.delete_by_link", key=taken.image.key, token=taken.deletion_secret)
    return make_response(jsonify(card.as_json() | {"delete_url": absolute(deletion)}), 201)
