"""Files that their owner alone may see: earlier contents of an image, and what is in the trash."""

from werkzeug.wrappers import Response

from flaskr.db import db
from flaskr.library import images, trash, versions
from flaskr.tuchuang import bp
from flaskr.tuchuang.files import send
from flaskr.web.users import account, login_required


@bp.get("/images/<key:key>/versions/<int:number>.<extension>")
@login_required
def version(key: str, number: int, extension: str) -> Response:
    """Send one content of an image, or a variant of it; the query is that of a direct link."""
    image = images.find_own(db.session, account(), key)
    return send(versions.as_direct(image, versions.find(db.session, image, number)), extension)


@bp.get("/trash/<key:key>.<extension>")
@login_required
def trashed(key: str, extension: str) -> Response:
    """Send an image that is in the trash, or a variant of it."""
    image = trash.find_own(db.session, account(), key)
    return send(
        versions.as_direct(image, versions.find(db.session, image, image.version)), extension
    )
