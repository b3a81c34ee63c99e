"""Upload sets: a form for each, its files by their public names."""

from typing import Any

from flask import current_app, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileAllowed, FileField, FileRequired
from werkzeug.wrappers import Response

from flaskr.db import db
from flaskr.errors import DomainError, NotFoundError, SeveralFilesError
from flaskr.library import set_files, variants
from flaskr.library.sets import UploadSet
from flaskr.models import DirectImage, SetFile
from flaskr.transactions import end_read
from flaskr.tuchuang import bp, short_links
from flaskr.tuchuang.direct import read_link
from flaskr.tuchuang.files import visible
from flaskr.web.delivery import Caching, Delivery, Headers, StoredFile, answer_file
from flaskr.web.errors import describe
from flaskr.web.intake import media, takes_files_up_to
from flaskr.web.links import attachment_header
from flaskr.web.sets import asked_set_limit, set_file_card, set_limit, upload_set
from flaskr.web.uploading import sent_files, take_set_file
from flaskr.web.users import account, login_required

PAGE_SIZE = 30


class SetForm(FlaskForm):
    """A file for an upload set."""

    file = FileField(_l("File"))

    def __init__(self, found: UploadSet, **given: Any) -> None:
        super().__init__(**given)
        extensions = ", ".join(sorted(found.allowed))
        refusal = gettext(
            "This set does not take such files. It takes: %(kinds)s.", kinds=extensions
        )
        self.file.validators = [
            FileRequired(gettext("Choose a file first.")),
            FileAllowed(found, refusal),
        ]


@bp.route("/sets/<set_name>", methods=("GET", "POST"))
@login_required
@takes_files_up_to(asked_set_limit)
def set_page(set_name: str) -> Response:
    """Show a set's form and one's own files; take one file."""
    found = upload_set(set_name)
    form = SetForm(found)
    status = 200
    if form.validate_on_submit():
        try:
            taken = take_only_file(found)
        except DomainError as error:
            form.file.errors = [*form.file.errors, describe(error)]
            status = error.status
        else:
            flash(gettext("“%(name)s” is uploaded.", name=taken.original))
            return redirect(url_for(".set_page", set_name=set_name), 303)
    elif form.is_submitted():
        status = 422
    return make_response(render_set_page(found, form), status)


def take_only_file(found: UploadSet) -> SetFile:
    """Take the file of the form in. Raises SeveralFilesError, for none may be lost unsaid."""
    sent = sent_files()
    if len(sent) > 1:
        raise SeveralFilesError
    return take_set_file(found, sent[0], sent[0].filename or "")


def render_set_page(found: UploadSet, form: SetForm) -> str:
    before = asked_place(found)
    files = set_files.list_own(db.session, account(), found, before=before, size=PAGE_SIZE + 1)
    shown = files[:PAGE_SIZE]
    address = url_for(".set_page", set_name=found.name)
    more = len(files) > PAGE_SIZE
    older = url_for(".set_page", set_name=found.name, before=shown[-1].name) if more else None
    return render_template(
        "tuchuang/set.html",
        form=form,
        set_name=found.name,
        accept=",".join(f".{extension}" for extension in sorted(found.allowed)),
        kinds=", ".join(sorted(found.allowed)),
        max_bytes=set_limit(found),
        files=[set_file_card(file) for file in shown],
        older=older,
        newest=address if before else None,
    )


def asked_place(found: UploadSet) -> str | None:
    """Return the file that the page begins after; None for the first page, or if it is none."""
    before = request.args.get("before")
    if before is not None and not set_files.is_own(db.session, account(), found, before):
        return None
    return before


@bp.route("/sets/<set_name>/<name>/delete", methods=("GET", "POST"))
@login_required
def delete_set_file(set_name: str, name: str) -> str | Response:
    """Ask, then delete: a document, or a picture from everywhere."""
    upload_set(set_name)
    own = set_files.find_own(db.session, account(), set_name, name)
    back = url_for(".set_page", set_name=set_name)
    if request.method != "POST":
        return render_template("tuchuang/delete_file.html", file=set_file_card(own), back=back)
    set_files.delete(db.session, media(), own)
    db.session.commit()
    flash(gettext("“%(name)s” is deleted; its links no longer work.", name=own.original))
    return redirect(back, 303)


@short_links.get("/_uploads/<set_name>/<name>")
def set_file(set_name: str, name: str) -> Response:
    """Send a file of a set: a picture as by its direct link, a document to be saved."""
    found = upload_set(set_name)
    file = set_files.find(db.session, set_name, name)
    if file.image is not None:
        to_save = [attachment(file)] if found.only_saved and "download" not in request.args else []
        return send_picture(visible(file.image.key), to_save)
    if found.place is None:
        raise NotFoundError
    delivery = document(file)
    end_read(db.session)
    # nginx knows the folder `files` only, so a document is sent from here.
    status, headers, body = answer_file(request.environ, found.place.store, delivery, "")
    return Response(body, status, headers, direct_passthrough=True)


def send_picture(image: DirectImage, more: Headers) -> Response:
    """Send a picture, or the variant that `?w=`, `?h=` and `?fit=` ask for."""
    end_read(db.session)  # a variant may have to be made
    config = current_app.config
    wanted = read_link(image, image.extension, request.args, "", config)
    if wanted.spec is not None:
        variants.ensure(media(), image.sha256, image.extension, wanted.spec)
    asked = wanted.delivery
    delivery = Delivery(asked.file, asked.caching, [*asked.more, *more])
    status, headers, body = answer_file(
        request.environ, media().store, delivery, config["ACCEL_PREFIX"]
    )
    return Response(body, status, headers, direct_passthrough=True)


def document(file: SetFile) -> Delivery:
    """Return how a document is sent: to be saved under its original name."""
    stored = StoredFile(file.name, set_files.media_type(file.name), file.sha256 or "")
    caching = Caching(public=True, max_age=current_app.config["LINK_MAX_AGE"])
    return Delivery(stored, caching, [attachment(file)])


def attachment(file: SetFile) -> tuple[str, str]:
    return "Content-Disposition", attachment_header(file.original)
