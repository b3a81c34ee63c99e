"""Pictures that come otherwise than in a form: as the body of a request, or by their address."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager

from flask import current_app, request

from flaskr.db import committed, db
from flaskr.library.fetching import Order, fetch
from flaskr.library.uploads import Upload
from flaskr.web.intake import CHUNK, ReceivedFile, expect_one_file, file_limit, media
from flaskr.web.limits import count_fetch
from flaskr.web.uploading import (
    idempotency_key,
    max_file_bytes,
    picture_limits,
    read_keep,
    read_position,
    read_visibility,
)
from flaskr.web.users import account


@contextmanager
def body_file(name: str) -> Iterator[ReceivedFile]:
    """Give the body of the request, whatever its type, as a file of this name.

    It is removed at the end unless it was taken in. Raises FileTooLargeError by way of Werkzeug,
    and OSError.
    """
    limit = file_limit()
    expect_one_file(limit)
    part = ReceivedFile(media().spool.create(limit), "", name, request.mimetype)
    try:
        while chunk := request.stream.read(CHUNK):
            part.write(chunk)
        part.finish()
        yield part
    finally:
        part.close()


def order_of(said: Mapping[str, str], batch: str) -> Order:
    """Return what is to be fetched: the address in `url`, kept as the fields beside it say.

    What they leave out is as the account has it. Raises InvalidKeepError, InvalidVisibilityError,
    InvalidIdempotencyKeyError.
    """
    return Order(
        said.get("url", "").strip(),
        batch,
        read_keep(said.get("keep", "")),
        position=read_position(said.get("position", "")),
        idempotency_key=idempotency_key(),
        visibility=read_visibility(said.get("visibility", "")),
    )


def take_address(order: Order, finish: Callable[[Upload], object] = lambda _: None) -> Upload:
    """Fetch a picture, take it in and commit it; before that, `finish` gets it.

    Raises TooManyAttemptsError, and what `library.fetching.fetch` raises.
    """
    count_fetch(account().name_key)
    fetcher = current_app.extensions["tuchuang.fetcher"]
    size = max_file_bytes()
    events = fetch(db.session, media(), fetcher, account(), order, picture_limits(), size)
    with closing(events), committed():
        upload = next(event for event in events if isinstance(event, Upload))
        finish(upload)
    return upload
