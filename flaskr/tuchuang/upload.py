"""The upload page: a plain form, and the address its script sends files to."""

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from flaskr.db import db
from flaskr.errors import NoFileError
from flaskr.library import images
from flaskr.library.keys import new_key
from flaskr.library.uploads import VISIBILITY, Upload
from flaskr.tuchuang import bp
from flaskr.web.errors import describe
from flaskr.web.formats import wants_json
from flaskr.web.intake import takes_files
from flaskr.web.links import ImageCard, image_card
from flaskr.web.outcomes import answer_json, destination
from flaskr.web.uploading import (
    Outcome,
    Refusal,
    idempotency_key,
    read_batch,
    sent_files,
    take_files,
    upload_context,
)
from flaskr.web.users import account, login_required

RECENT = 12


@bp.route("/", methods=("GET", "POST"))
@login_required
@takes_files
def upload() -> Response:
    """Show the page; take one file or many, or one with an `Idempotency-Key`."""
    if request.method != "POST":
        return make_response(render_upload_page(new_key()))
    idempotency_key()  # a bad one is refused before the files are read
    batch = read_batch(request.form.get("batch", ""))
    try:
        outcome = take_files(sent_files(), batch)
    except NoFileError as error:
        if wants_json():
            raise
        page = render_upload_page(batch, refused=[Refusal("", error)])
        return make_response(page, error.status)
    return answer_json(outcome, batch) if wants_json() else answer_page(outcome, batch)


@bp.get("/uploads/<key:batch>")
@login_required
def uploads(batch: str) -> str:
    """List the links of what was uploaded together."""
    cards = [image_card(image) for image in images.list_batch(db.session, account(), batch)]
    return render_template("tuchuang/uploads.html", images=cards, batch=batch)


def answer_page(outcome: Outcome[Upload], batch: str) -> Response:
    """Lead a browser to the links; say on the page what was refused."""
    if not outcome.refused:
        return redirect(destination(outcome, batch), 303)
    cards = [image_card(upload.image) for upload in outcome.accepted]
    page = render_upload_page(new_key(), cards, outcome.refused)
    return make_response(page, outcome.refused[0].error.status)


def render_upload_page(
    batch: str, arrived: list[ImageCard] | None = None, refused: list[Refusal] | None = None
) -> str:
    """Render the page with what arrived and what was refused, if anything was sent."""
    recent = images.list_own(db.session, account(), before=None, size=RECENT)
    return render_template(
        "tuchuang/upload.html",
        batch=batch,
        batch_url=url_for(".uploads", batch=batch),
        **upload_context(),
        keep=account().keep,
        visibility=account().default_visibility or VISIBILITY["share"],
        recent=[image_card(image) for image in recent],
        files=arrived or [],
        errors=[
            {"name": refusal.name, "message": describe(refusal.error)} for refusal in refused or []
        ],
    )
