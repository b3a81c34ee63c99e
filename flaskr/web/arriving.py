"""Pictures that come otherwise than in a form: as the body of a request, or by their address."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from flask import current_app, request

from flaskr.db import db
from flaskr.library.fetching import Order, fetch
from flaskr.library.keys import new_key
from flaskr.library.uploads import Keep, Upload
from flaskr.web.intake import CHUNK, ReceivedFile, expect_one_file, file_limit, media
from flaskr.web.limits import count_fetch
from flaskr.web.uploading import chosen_keep, idempotency_key, max_file_bytes, picture_limits
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


def take_address(
    address: str,
    *,
    keep: Keep | None = None,
    name: str = "",
    anew: bool = False,
    finish: Callable[[Upload], object] = lambda _: None,
) -> Upload:
    """Fetch the picture at an address, take it in and commit it; before that, `finish` gets it.

    It is kept as the account does unless `keep` says otherwise, and named as where it comes from
    unless `name` does. Raises TooManyAttemptsError, and what `library.fetching.fetch` raises.
    """
    order = Order(
        address.strip(),
        new_key(),
        keep or chosen_keep(),
        idempotency_key=idempotency_key(),
        name=name,
        anew=anew,
    )
    count_fetch(account().name_key)
    fetcher = current_app.extensions["tuchuang.fetcher"]
    size = max_file_bytes()
    events = fetch(db.session, media(), fetcher, account(), order, picture_limits(), size)
    try:
        with closing(events):
            upload = next(event for event in events if isinstance(event, Upload))
            finish(upload)
            db.session.commit()
    except BaseException:
        db.session.rollback()
        raise
    return upload
