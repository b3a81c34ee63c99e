"""What a program is told of the files it sent, whichever way they came."""

from flask import jsonify, make_response, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from flaskr.web.errors import describe
from flaskr.web.links import file_path, image_card, is_shown_everywhere
from flaskr.web.uploading import Outcome, Refusal


def answer_json(outcome: Outcome, batch: str) -> Response:
    """Tell a script what arrived and what did not; an error only if nothing did."""
    cards = [image_card(upload.image) for upload in outcome.accepted]
    errors = [
        {"name": refusal.name, "code": refusal.error.code, "message": describe(refusal.error)}
        for refusal in outcome.refused
    ]
    if cards:
        body: dict[str, object] = {
            "files": [card.as_json() for card in cards],
            "errors": errors,
            "redirect": destination(outcome, batch),
        }
        return make_response(jsonify(body), 201)
    first = outcome.refused[0]
    body = {"error": {"code": first.error.code, "message": name_refusal(first)}, "errors": errors}
    return make_response(jsonify(body), first.error.status)


def destination(outcome: Outcome, batch: str) -> str:
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
