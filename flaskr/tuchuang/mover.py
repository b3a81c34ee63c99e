"""Moving Markdown here: the page for it, what came of it, and the texts that are known."""

import json
import posixpath
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing, nullcontext
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from itertools import groupby
from threading import Lock

from flask import (
    current_app,
    flash,
    g,
    make_response,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from flask_babel import ngettext
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from flaskr.db import db
from flaskr.errors import (
    AlreadyMovingError,
    BusyError,
    DomainError,
    NoFileError,
    NotFoundError,
    SeveralArchivesError,
)
from flaskr.library import mover, uses
from flaskr.library.editing import check_visibility
from flaskr.library.keys import is_key, new_key
from flaskr.library.mover import Moved, Order, Progress, Skipped, Source, documents
from flaskr.library.uploads import Upload
from flaskr.models import MAX_ID, Document, Image
from flaskr.transactions import end_read
from flaskr.tuchuang import bp
from flaskr.web.errors import describe, fill
from flaskr.web.formats import LINES, wants_json, wants_lines
from flaskr.web.here import leads_to_picture
from flaskr.web.intake import ReceivedFile, media, takes_files_up_to
from flaskr.web.limits import count_move, count_moved_picture
from flaskr.web.links import absolute, attachment_header, shown_path
from flaskr.web.prose import own_addresses
from flaskr.web.uploading import max_file_bytes, picture_limits, sent_files, tell_fault
from flaskr.web.users import account, login_required

LISTED = 50
MOST_CHOSEN = 1000
FETCH_SECONDS = 600
"""How long a move may fetch pictures from elsewhere: others wait for its seat."""

ACCEPT = ".md,.markdown,.zip,image/*"


def max_archive_bytes() -> int:
    """Return how large a file to be moved may be: as all files of a request together."""
    limit: int = current_app.config["MAX_BATCH_BYTES"]
    return limit


class Seats:
    """The moves that one process works on at once: each holds a thread and has much to read."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._taken: set[int] = set()
        self._lock = Lock()

    def check(self, account_id: int) -> None:
        """Raise AlreadyMovingError, or BusyError while all seats are taken."""
        if account_id in self._taken:
            raise AlreadyMovingError
        if len(self._taken) >= self._number:
            raise BusyError

    def take(self, account_id: int) -> None:
        """Take a seat for an account. Raises what `check` does."""
        with self._lock:
            self.check(account_id)
            self._taken.add(account_id)

    def leave(self, account_id: int) -> None:
        """Give the seat back."""
        self._taken.discard(account_id)


SEATS = Seats(2)


def largest_archive() -> int:
    """Return how large a file of this request may be, in bytes.

    Asked before any of it is read, so it turns away whoever would not get a seat. Raises what
    `Seats.check` does.
    """
    if "may_move" not in g:
        SEATS.check(account().id)
        g.may_move = True
        end_read(db.session)  # the files are read next, and may be slow
    return max_archive_bytes()


@dataclass(frozen=True)
class Known:
    """Texts of one move that are known: those on this page, and how many there are in `all`."""

    batch: str
    all: int
    texts: list[tuple[Document, int]]


@dataclass(frozen=True)
class Done:
    """How a move ended: with texts, maybe, and with a fault, maybe."""

    texts: int
    error: DomainError | None


@bp.route("/move", methods=("GET", "POST"))
@login_required
@takes_files_up_to(largest_archive)
def move() -> str | Response:
    """Show the page; move the Markdown that is sent, and lead to what came of it.

    A script that reads lines is told how far it is; the last line says where that is.
    """
    if request.method != "POST":
        return render_move()
    try:
        with ExitStack() as opening:
            take_seat(opening)
            count_move(account().name_key)
            source = opening.enter_context(opened(sent_files(), opening))
            order = read_order()
            files = opening.pop_all()
    except DomainError as error:
        return refuse(error)
    if wants_lines():
        return answer_lines(files, source, order)
    with files:
        *_, done = (event for event in follow(source, order) if isinstance(event, Done))
    if not done.texts:
        return refuse(done.error or NoFileError())
    if done.error is not None:
        flash(describe(done.error), "error")
    return redirect(url_for(".moved", batch=order.batch), 303)


@bp.get("/moves/<key:batch>")
@login_required
def moved(batch: str) -> str:
    """Say what came of a move, and let its texts be fetched.

    The texts with something to look at are shown, all of them if asked for.
    """
    said = documents.summary(db.session, account(), batch)
    any_left = bool(said.left or said.skipped)
    only_left = any_left and request.args.get("all") != "yes"
    after = id_of("after") or 0
    found = documents.of_batch(db.session, account(), batch, after, LISTED + 1, only_left=only_left)
    shown = found[:LISTED]
    everything = "yes" if any_left and not only_left else None
    this = partial(url_for, ".moved", batch=batch, all=everything)
    return render_template(
        "tuchuang/moved.html",
        batch=batch,
        said=said,
        documents=[(each, left_in(each)) for each in shown],
        more=this(after=shown[-1].id) if len(found) > LISTED else None,
        first=this() if after else None,
        any_left=any_left,
        only_left=only_left,
        kept=documents.KEPT.days,
    )


def left_in(document: Document) -> list[tuple[str, int, str]]:
    """Return the addresses that were left in a text, how often, and why, as people read it."""
    return [
        (each["address"], each.get("times", 1), fill(each["message"], each["details"]))
        for each in document.left
    ]


def id_of(name: str) -> int | None:
    """Return the id that the address has under this name, None without one."""
    written = request.args.get(name, "")
    return min(int(written[:20]), MAX_ID) if written.isascii() and written.isdecimal() else None


@bp.get("/moves/<key:batch>/download")
@login_required
def moved_texts(batch: str) -> Response:
    """Send the texts of a move: one as it is, several as a ZIP."""
    ids = documents.fetchable(db.session, account(), batch)
    if len(ids) == 1:
        name, text = documents.text_of(db.session, account(), ids[0])
        response = Response(text, mimetype="text/markdown")
        name = posixpath.basename(name)
    else:
        packed = documents.archive(db.session, account(), ids)
        response = Response(stream_with_context(packed), mimetype="application/zip")
        name = f"markdown-{batch}.zip"
    response.headers["Content-Disposition"] = attachment_header(name)
    return response


@bp.post("/move/forget")
@login_required
def forget_texts() -> Response:
    """Forget the chosen texts and moves: what only they mention is used no more."""
    ids = [int(each[:20]) for each in request.form.getlist("id") if each.isdecimal()]
    chosen = [each for each in ids if each <= MAX_ID][:MOST_CHOSEN]
    batches = [each for each in request.form.getlist("batch") if is_key(each)][:MOST_CHOSEN]
    number = uses.forget_documents(db.session, account(), chosen, batches)
    if not number:
        raise NotFoundError
    db.session.commit()
    flash(ngettext("%(num)s text is forgotten.", "%(num)s texts are forgotten.", number))
    return redirect(url_for(".move"), 303)


# ---- one move -------------------------------------------------------------------------------


def opened(parts: list[ReceivedFile], files: ExitStack) -> AbstractContextManager[Source]:
    """Return what opens the files that were sent: a ZIP, or Markdown and pictures.

    `files` keeps them longer than the request, for an answer that is still being made. Raises
    NoFileError, SeveralArchivesError, and why a file was not kept.
    """
    named = {part_path(part): part for part in parts if part.filename}
    if not named:
        raise NoFileError
    for part in named.values():
        if part.error is not None:
            raise part.error
    for part in named.values():
        files.callback(part.spooled.close)
        part.stream = BytesIO()
    archives = [path for path in named if path.lower().endswith(".zip")]
    if archives and len(named) > 1:
        raise SeveralArchivesError
    if archives:
        return mover.in_archive(named[archives[0]].spooled.path)
    return nullcontext(mover.of_files({path: part.spooled.path for path, part in named.items()}))


def take_seat(files: ExitStack) -> None:
    """Hold one of the seats until `files` are closed. Raises what `Seats.check` does."""
    account_id = account().id
    SEATS.take(account_id)
    g.may_move = True
    files.callback(SEATS.leave, account_id)


def part_path(part: ReceivedFile) -> str:
    """Return the path of a file among those it came with; a folder's files come with theirs."""
    path = posixpath.normpath("/" + (part.filename or "").replace("\\", "/"))
    return path.lstrip("/")


def read_order() -> Order:
    """Return how the form wants it.

    Raises InvalidVisibilityError, FormerAddressError and TooManyFormerError.
    """
    said = request.form.get("visibility", "")
    name_key, account_id = account().name_key, account().id
    return Order(
        batch=new_key(),
        visibility=check_visibility(said) if said else account().default_visibility,
        here=absolute("").rstrip("/"),
        link=link,
        is_picture=lambda path: leads_to_picture(path, account_id),
        limits=picture_limits(),
        max_bytes=max_file_bytes(),
        former=mover.read_former(request.form.get("former", "")),
        direct=own_addresses(),
        admit=lambda: count_moved_picture(name_key),
        fetch_seconds=FETCH_SECONDS,
    )


def link(image: Image) -> str:
    """Return the address by which a text shows the image."""
    return absolute(shown_path(image))


def follow(source: Source, order: Order) -> Iterator[Progress | Done]:
    """Move and commit. Give how far it is, and at last how it ended."""
    texts = 0
    error: DomainError | None = None
    skipped: list[Skipped] = []
    recorder = documents.Recorder(account().id, order.batch)
    fetcher = current_app.extensions["tuchuang.fetcher"]
    events = mover.move(db.session, media(), fetcher, account(), source, order)
    try:
        with closing(events):
            for event in events:
                if isinstance(event, Upload):
                    db.session.commit()
                elif isinstance(event, Moved):
                    recorder.record(db.session, event)
                    db.session.commit()
                    texts += 1
                elif isinstance(event, Skipped):
                    skipped.append(event)
                else:
                    yield event
        if texts:
            for each in skipped:
                recorder.skip(db.session, each)
            db.session.commit()
        elif skipped:
            error = skipped[0].error
    except DomainError as raised:
        error = raised
    except (OSError, SQLAlchemyError) as raised:
        error = tell_fault(raised)
    finally:
        db.session.rollback()
    yield Done(texts, error)


def answer_lines(files: ExitStack, source: Source, order: Order) -> Response:
    """Answer by a line for each event, as it happens."""

    def lines() -> Iterator[str]:
        db.session.add(account())  # a session ends with its request; this is the answer's own
        for event in follow(source, order):
            yield json.dumps(told(event, order.batch)) + "\n"

    response = current_app.response_class(stream_with_context(lines()), mimetype=LINES)
    response.call_on_close(files.close)  # also where nobody waits for the first line
    response.headers["X-Accel-Buffering"] = "no"  # nginx would keep the lines until it has enough
    return response


def told(event: Progress | Done, batch: str) -> dict[str, object]:
    """Return an event as scripts are told of it."""
    if isinstance(event, Progress):
        return {
            "done": event.done,
            "total": event.total,
            "name": event.name.encode(errors="replace").decode(),
            "pictures": event.pictures,
        }
    said: dict[str, object] = {}
    if event.texts:
        said["page"] = url_for(".moved", batch=batch)
    if event.error is not None:
        said["error"] = {"code": event.error.code, "message": describe(event.error)}
    return said


def refuse(error: DomainError) -> Response:
    """Tell a script of an error; show people the page again, with it."""
    if wants_json() or wants_lines():
        raise error
    db.session.rollback()
    return make_response(render_move(describe(error)), error.status)


def render_move(error: str = "") -> str:
    """Render the page: the form, and the texts that are known."""
    anchor = id_of("before")
    found = uses.documents_of(db.session, account(), anchor, LISTED + 1)
    shown: list[tuple[Document, int]] = list(found[:LISTED])
    moves = [(batch, list(texts)) for batch, texts in groupby(shown, lambda row: row[0].batch)]
    numbers = uses.documents_in(db.session, account(), [batch for batch, _ in moves])
    return render_template(
        "tuchuang/move.html",
        error=error,
        accept=ACCEPT,
        former=request.form.get("former", ""),
        visibility=request.form.get("visibility") or account().default_visibility or "unlisted",
        max_bytes=max_archive_bytes(),
        moves=[Known(batch, numbers.get(batch, 0), texts) for batch, texts in moves],
        older=url_for(".move", before=shown[-1][0].id) if len(found) > LISTED else None,
        newest=url_for(".move") if anchor is not None else None,
    )
