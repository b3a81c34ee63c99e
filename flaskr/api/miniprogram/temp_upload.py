"""One photo for each user, the last one sent: `POST /temp/upload/<openid>`."""

import re

from werkzeug.wrappers import Response

from flaskr.api.miniprogram.admission import admit_upload
from flaskr.api.miniprogram.photos import bp, created, photo_limit, photos, sent_photo
from flaskr.errors import InvalidOpenidError
from flaskr.web.intake import takes_files_up_to
from flaskr.web.uploading import take_set_file

OPENID = re.compile(r"[0-9]{1,64}|[A-Za-z0-9_-]{20,64}")
"""A number, as old back ends gave their users, or one of WeChat's own openids."""


@bp.post("/temp/upload/", defaults={"openid": ""})
@bp.post("/temp/upload/<path:openid>")
@takes_files_up_to(photo_limit)
def temp_upload(openid: str) -> Response:
    """Take the photo in; the one sent before for this openid, by the same account, goes."""
    admit_upload()
    slot = check_openid(openid)
    return created(take_set_file(photos(), sent_photo(), slot))


def check_openid(text: str) -> str:
    """Return the openid. Raises InvalidOpenidError for what is none.

    A client's `undefined` would otherwise be one slot for everybody.
    """
    if not OPENID.fullmatch(text):
        raise InvalidOpenidError
    return text
