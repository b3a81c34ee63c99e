"""What those see who have the link of a drop box: a page to send pictures from, no more."""

from functools import partial

from flask import (
    current_app,
    flash,
    g,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext, ngettext
from flask_login import current_user
from werkzeug.wrappers import Response

from flaskr.db import committed, db
from flaskr.errors import DomainError, NoFileError, TooManyAttemptsError, message_
from flaskr.imaging.formats import EXTENSIONS
from flaskr.library import drop_boxes
from flaskr.library.accounts import opens_link
from flaskr.library.drop_boxes import SenderError
from flaskr.models import DropBox, Image, User
from flaskr.transactions import end_read
from flaskr.tuchuang import short_links
from flaskr.tuchuang.shares import WrongLinkPasswordError
from flaskr.web.errors import answer_domain_error, describe
from flaskr.web.formats import wants_json
from flaskr.web.intake import ReceivedFile, media, takes_files_up_to
from flaskr.web.limits import check_link_password, count_drop, count_wrong_link_password
from flaskr.web.outcomes import name_refusal
from flaskr.web.uploading import (
    Outcome,
    Refusal,
    idempotency_key,
    max_file_bytes,
    picture_limits,
    sent_files,
    take_each,
    upload_context,
)

VISIT = "drop"
"""The cookie's name; its path tells one box's from another's."""

SENDER = "sender"
"""Key in the session: the name that was typed last."""


class PasswordWantedError(DomainError):
    """Nobody has named the box's password, or it was too long ago, or there is a new one."""

    code = "link_password_wanted"
    status = 403
    message = message_("The password of this link has to be named again. Nothing was sent.")


def largest_file() -> int:
    """Return how large a file may be that is sent to the drop box of this request, in bytes.

    Asked before any of it is read, so it turns away whoever may not send. Raises NotFoundError,
    what `drop_boxes.state` returns, and PasswordWantedError.
    """
    if "largest_drop" not in g:
        box = drop_boxes.find(db.session, (request.view_args or {})["token"])
        drop_boxes.check_open(box)
        require_password(box)
        g.largest_drop = most_bytes(box)
        end_read(db.session)  # the file is read next, and may be slow
    limit: int = g.largest_drop
    return limit


@short_links.route("/d/<token>", methods=("GET", "POST"))
@takes_files_up_to(largest_file)
def drop(token: str) -> Response:
    """Show the page to send pictures from; take them, one or many."""
    box = drop_boxes.find(db.session, token)
    drop_boxes.check_open(box)
    if request.method != "POST":
        return make_response(render_page(box, token)) if may_send(box) else ask(token)
    require_password(box)
    try:
        sender = drop_boxes.check_sender(request.form.get("sender", ""))
        session[SENDER] = sender
        outcome = take_each(sent_files(), partial(take, token, sender))
    except (NoFileError, SenderError) as error:
        if wants_json():
            raise
        return make_response(render_page(box, token, error), error.status)
    return answer_json(token, outcome) if wants_json() else answer_page(token, outcome)


@short_links.post("/d/<token>/visit")
def drop_visit(token: str) -> Response:
    """Let somebody in who names the password, and lead to the page."""
    box = drop_boxes.find(db.session, token)
    drop_boxes.check_open(box)
    leading = make_response(redirect(url_for(".drop", token=token), 303))
    if box.password is None:
        return leading
    try:
        check_link_password(box.key)
        if not opens_link(box.password, request.form.get("password", "")):
            count_wrong_link_password(box.key)
            raise WrongLinkPasswordError
    except (TooManyAttemptsError, WrongLinkPasswordError) as error:
        return ask(token, error)
    leading.set_cookie(
        VISIT,
        drop_boxes.sign_visit(media(), box),
        max_age=drop_boxes.VISIT,
        path=url_for(".drop", token=token),
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )
    return leading


# ---- who may send ---------------------------------------------------------------------------


def may_send(box: DropBox) -> bool:
    return drop_boxes.is_visit(media(), box, request.cookies.get(VISIT, ""))


def require_password(box: DropBox) -> None:
    """Raise PasswordWantedError where the box has a password that was not named yet."""
    if not may_send(box):
        raise PasswordWantedError


@short_links.errorhandler(PasswordWantedError)
def answer_locked(error: PasswordWantedError) -> Response:
    """Ask a person for the password; a script is told that it has to be named."""
    if wants_json():
        return answer_domain_error(error)
    db.session.rollback()
    return ask((request.view_args or {})["token"], error)


def most_bytes(box: DropBox) -> int:
    """Return how large a file the box takes, in bytes."""
    return min(box.most_bytes or max_file_bytes(), max_file_bytes())


# ---- what is sent ---------------------------------------------------------------------------


def take(token: str, sender: str, part: ReceivedFile) -> Image:
    """Take one file in and commit it. Raises what `drop_boxes.take` raises."""
    if part.error is not None:
        raise part.error
    if not part.filename:
        raise NoFileError
    with committed():
        box = drop_boxes.find(db.session, token)
        count_drop()
        sending = drop_boxes.Sending(part.spooled, part.filename, sender, idempotency_key())
        return drop_boxes.take(db.session, media(), box, sending, picture_limits())


def answer_json(token: str, outcome: Outcome[Image]) -> Response:
    """Tell a script what arrived and what did not: names, but no links; and how many may follow."""
    errors = [
        {"name": refusal.name, "code": refusal.error.code, "message": describe(refusal.error)}
        for refusal in outcome.refused
    ]
    if not outcome.accepted:
        first = outcome.refused[0]
        error = {"code": first.error.code, "message": name_refusal(first)}
        return make_response(jsonify(error=error, errors=errors), first.error.status)
    files = [{"name": image.name, "bytes": image.bytes} for image in outcome.accepted]
    box = drop_boxes.find(db.session, token)
    return make_response(
        jsonify(files=files, errors=errors, left=left_in(box), room=room_text(box)), 201
    )


def answer_page(token: str, outcome: Outcome[Image]) -> Response:
    """Thank for what arrived; say on the page what was refused."""
    count = len(outcome.accepted)
    if count:
        thanks = ngettext(
            "%(num)s picture is sent. Thank you!", "%(num)s pictures are sent. Thank you!", count
        )
        flash(thanks)
    if not outcome.refused:
        return redirect(url_for(".drop", token=token), 303)
    box = drop_boxes.find(db.session, token)
    page = render_page(box, token, refused=outcome.refused)
    return make_response(page, outcome.refused[0].error.status)


# ---- what they see --------------------------------------------------------------------------


def render_page(
    box: DropBox, token: str, error: DomainError | None = None, refused: list[Refusal] | None = None
) -> str:
    """Render the page; `error` is what is wrong with the whole form."""
    context = upload_context()
    types = [EXTENSIONS[extension] for extension in box.types.split()]
    if types:
        endings = [f".{format_.extension}" for format_ in types]
        context["accept"] = ",".join([*(format_.type for format_ in types), *endings])
        if "jpg" in box.types.split():
            context["accept"] += ",.jpeg"
        context["formats"] = ", ".join(format_.name for format_ in types)
    context["max_bytes"] = most_bytes(box)
    owner = db.session.get_one(User, box.owner_id)
    return render_template(
        "drops/drop.html",
        box=box,
        owner=owner.username,
        types=context["formats"] if types else "",
        room=room_text(box),
        sender=request.form.get("sender") or session.get(SENDER) or own_name(),
        sender_error=describe(error) if isinstance(error, SenderError) else "",
        errors=told(error, refused or []),
        action=url_for(".drop", token=token),
        **context,
    )


def left_in(box: DropBox) -> int | None:
    """Return how many more pictures the box takes; None for any number."""
    return None if box.most_images is None else max(0, box.most_images - box.images)


def room_text(box: DropBox) -> str:
    """Return the same in words; nothing for any number."""
    left = left_in(box)
    if left is None:
        return ""
    if not left:
        return str(gettext("the drop box is full"))
    return str(ngettext("%(num)s more is taken", "%(num)s more are taken", left))


def told(error: DomainError | None, refused: list[Refusal]) -> list[dict[str, str]]:
    """Return what is said above the form."""
    notices = [{"name": each.name, "message": describe(each.error)} for each in refused]
    if error is not None and not isinstance(error, SenderError):
        notices.append({"name": "", "message": describe(error)})
    return notices


def own_name() -> str:
    """Return what somebody who is logged in is called."""
    return str(current_user.username) if current_user.is_authenticated else ""


def ask(token: str, error: DomainError | None = None) -> Response:
    """Ask for the password; nothing is told of the box."""
    page = render_template(
        "drops/ask.html",
        action=url_for(".drop_visit", token=token),
        error=describe(error) if error else "",
    )
    response = make_response(page, error.status if error else 200)
    if isinstance(error, TooManyAttemptsError):
        response.headers["Retry-After"] = str(error.details["seconds"])
    return response
