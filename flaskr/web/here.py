"""What addresses of this host lead to."""

from flask import current_app
from werkzeug.exceptions import HTTPException

from flaskr.db import db
from flaskr.models import Image, SetFile

PICTURES = {"tuchuang.download", "short_links.download"}
SHARED = {"short_links.share_file", "short_links.share_picture"}
"""Pictures of shares, which end with these: that is said there."""


def leads_to_picture(path: str, reader_id: int) -> bool:
    """Tell whether a path, without its query, leads to a picture that this account may see."""
    if not path.isprintable():  # no database takes all of it
        return False
    try:
        endpoint, said = current_app.url_map.bind("").match(path, method="GET")
    except HTTPException:
        return False
    if endpoint in PICTURES:
        image = Image.by_key(db.session, said["key"])
        return image is not None and (image.owner_id == reader_id or image.visibility != "private")
    if endpoint == "short_links.set_file":
        return SetFile.by_name(db.session, said["set_name"], said["name"]) is not None
    return endpoint in SHARED
