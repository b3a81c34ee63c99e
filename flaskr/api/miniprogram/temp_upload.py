"""One photo for each user, the last one sent: `POST /temp/upload/<openid>`."""

import re

from werkzeug.wrappers import Response

from flaskr.api.admission import admit_upload, may_replace
from flaskr.api.miniprogram.photos import (
    bp,
    created,
    photo_limit,
    photos,
    sent_name,
    sent_photo,
)
from flaskr.errors import InvalidOpenidError
from flaskr.web.intake import takes_files_up_to
from flaskr.web.uploading import take_set_file

OPENID = re.compile(r"[0-9]{1,64}|[A-Za-z0-9_-]{20,64}")
"""A number, as old back ends gave their users, or one of WeChat's own openids."""


@bp.post("/temp/upload/", defaults={"openid": ""}, strict_slashes=False)
@bp.post("/temp/upload/<whatever:openid>")
@takes_files_up_to(photo_limit)
def temp_upload(openid: str) -> Response:
    """Take the photo in; the one sent before for this openid, by the same account, goes.

    Guests' photos stay unless guests may delete: an openid is no secret.
    """
    owner = admit_upload()
    check_openid(openid)
    photo = sent_photo()
    slot = openid if may_replace(owner, photos(), openid) else None
    return created(take_set_file(photos(), photo, sent_name(photo), slot))


def check_openid(text: str) -> None:
    """Raise InvalidOpenidError for what is none.

    A client's `undefined` would otherwise be one slot for everybody.
    """
    if not OPENID.fullmatch(text):
        raise InvalidOpenidError
