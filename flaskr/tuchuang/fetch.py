"""Pictures by their address: the server fetches them."""

import json
from collections.abc import Iterator
from contextlib import closing

from flask import current_app, request, stream_with_context
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from flaskr.db import db
from flaskr.errors import DomainError
from flaskr.library.fetching import Order, Progress, fetch
from flaskr.library.uploads import Upload
from flaskr.tuchuang import bp
from flaskr.tuchuang.upload import answer_page
from flaskr.web.arriving import order_of
from flaskr.web.formats import LINES, wants_json, wants_lines
from flaskr.web.intake import media
from flaskr.web.limits import count_fetch
from flaskr.web.outcomes import answer_json, tell
from flaskr.web.uploading import (
    Outcome,
    Refusal,
    max_file_bytes,
    picture_limits,
    read_batch,
    tell_fault,
)
from flaskr.web.users import account, login_required


@bp.post("/fetch", endpoint="fetch")
@login_required
def fetch_picture() -> Response:
    """Fetch the picture at the form's `url` and take it in, as the upload page takes files.

    A script that reads lines is told how far it is; the last line is what an upload answers.
    """
    batch = read_batch(request.form.get("batch", ""))
    order = order_of(request.form, batch)
    count_fetch(account().name_key)
    if wants_lines():
        return answer_lines(order, batch)
    *_, outcome = (event for event in follow(order) if isinstance(event, Outcome))
    return answer_json(outcome, batch) if wants_json() else answer_page(outcome, batch)


def follow(order: Order) -> Iterator[Progress | Outcome[Upload]]:
    """Fetch and commit. Give how far it is, and at last what became of it."""
    outcome: Outcome[Upload] = Outcome()
    fetcher = current_app.extensions["tuchuang.fetcher"]
    size = max_file_bytes()
    events = fetch(db.session, media(), fetcher, account(), order, picture_limits(), size)
    try:
        with closing(events):
            for event in events:
                if isinstance(event, Upload):
                    db.session.commit()
                    outcome.accepted.append(event)
                else:
                    yield event
    except DomainError as error:
        outcome.refused.append(Refusal(order.address, error))
    except (OSError, SQLAlchemyError) as error:
        outcome.refused.append(Refusal(order.address, tell_fault(error)))
    finally:
        if not outcome.accepted:
            db.session.rollback()
    yield outcome


def answer_lines(order: Order, batch: str) -> Response:
    """Answer by a line for each event, as it happens."""

    def lines() -> Iterator[str]:
        db.session.add(account())  # a session ends with its request; this is the answer's own
        for event in follow(order):
            yield line(event, batch)

    response = current_app.response_class(stream_with_context(lines()), mimetype=LINES)
    response.headers["X-Accel-Buffering"] = "no"  # nginx would keep the lines until it has enough
    return response


def line(event: Progress | Outcome[Upload], batch: str) -> str:
    """Return an event as one line of JSON."""
    if isinstance(event, Outcome):
        return json.dumps(tell(event, batch)) + "\n"
    return json.dumps({"received": event.received, "total": event.total}) + "\n"
