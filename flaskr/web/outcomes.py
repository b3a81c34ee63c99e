"""What a program is told of the files it sent, whichever way they came."""

from collections.abc import Iterable

from flask import g, jsonify, make_response, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from flaskr.library import tokens
from flaskr.library.uploads import Upload, deletion_secret
from flaskr.models import Image
from flaskr.web.errors import describe
from flaskr.web.intake import media
from flaskr.web.links import absolute, file_path, image_card, is_shown_everywhere
from flaskr.web.uploading import Outcome, Refusal


def answer_json(outcome: Outcome[Upload], batch: str) -> Response:
    """Tell a script what arrived and what did not; an error only if nothing did."""
    body = tell(outcome, batch)
    if not outcome.accepted:
        return make_response(jsonify(body), outcome.refused[0].error.status)
    return make_response(jsonify(body), upload_status(outcome.accepted))


def tell(outcome: Outcome[Upload], batch: str) -> dict[str, object]:
    """Return the JSON of an outcome."""
    errors = [
        {"name": refusal.name, "code": refusal.error.code, "message": describe(refusal.error)}
        for refusal in outcome.refused
    ]
    if not outcome.accepted:
        first = outcome.refused[0]
        error = {"code": first.error.code, "message": name_refusal(first)}
        return {"error": error, "errors": errors}
    return {
        "files": [upload_json(upload) for upload in outcome.accepted],
        "errors": errors,
        "redirect": destination(outcome, batch),
    }


def upload_json(upload: Upload) -> dict[str, object]:
    """Return what programs are told of an upload; `known` says that the picture was here before."""
    return image_card(upload.image).as_json() | {"known": upload.known}


def upload_status(uploads: Iterable[Upload]) -> int:
    """Return the HTTP status: 201, or 200 where nothing new was made."""
    return 200 if all(upload.known or upload.repeated for upload in uploads) else 201


def destination(outcome: Outcome[Upload], batch: str) -> str:
    """Return where to go: the picture if it is one that browsers show, else the page of links."""
    if len(outcome.accepted) == 1 and not outcome.refused:
        image = outcome.accepted[0].image
        if is_shown_everywhere(image):
            return file_path(image)
    return url_for("tuchuang.uploads", batch=batch)


def name_refusal(refusal: Refusal) -> str:
    """Return what to tell of a refused file, with its name."""
    message = describe(refusal.error)
    if not refusal.name:
        return message
    return str(gettext("%(name)s: %(message)s", name=refusal.name, message=message))


def told_secret(upload: Upload) -> str | None:
    """Return what deletes the picture, as far as it is known and this sender's business.

    A token that may only upload learns it of what it has sent, not of what was there before:
    whoever has a picture could delete it everywhere else.
    """
    narrow = "token" in g and g.token.scope == tokens.SCOPES[0]
    return None if upload.known and narrow else upload.deletion_secret


def delete_url(upload: Upload) -> str | None:
    """Return the deletion link, as far as its secret is told."""
    return deletion_link(upload.image.key, told_secret(upload))


def image_delete_url(image: Image) -> str | None:
    """Return the deletion link of an image that was taken in before, as far as it is known."""
    return deletion_link(image.key, deletion_secret(media(), image))


def deletion_link(key: str, secret: str | None) -> str | None:
    if secret is None:
        return None
    return absolute(url_for("tuchuang.delete_by_link", key=key, token=secret))
