"""Moving Markdown that lies on this machine, for the command."""

import posixpath
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, nullcontext
from dataclasses import dataclass, replace

from flask import current_app

from flaskr.db import db
from flaskr.errors import AlreadyThereError, WrittenMeanwhileError
from flaskr.library import mover
from flaskr.library.keys import new_key
from flaskr.library.mover import Moved, Order, Skipped, documents
from flaskr.library.mover.paths import Place, Writer
from flaskr.library.uploads import Upload
from flaskr.models import User
from flaskr.web.here import leads_to_picture
from flaskr.web.intake import media
from flaskr.web.links import shown_path
from flaskr.web.prose import own_addresses
from flaskr.web.uploading import max_file_bytes, picture_limits


@dataclass(frozen=True)
class Wishes:
    """How texts are to be moved; see Order."""

    here: str
    visibility: str | None
    former: Sequence[str]
    dry_run: bool


def move_place(owner: User, place: Place, wishes: Wishes) -> Iterator[Moved | Skipped]:
    """Move the Markdown of a place, commit and write it; give each text once that is done.

    One that cannot be read is skipped, and one where somebody else has written meanwhile.
    Raises what `mover.move` and the place's writer raise.
    """
    batch, owner_id = new_key(), owner.id
    with current_app.test_request_context():
        direct = own_addresses()
    order = Order(
        batch=batch,
        visibility=wishes.visibility,
        here=wishes.here,
        link=lambda image: wishes.here + shown_path(image),
        is_picture=lambda path: leads_to_picture(path, owner_id),
        limits=picture_limits(),
        max_bytes=max_file_bytes(),
        former=wishes.former,
        direct=direct,
        dry_run=wishes.dry_run,
    )
    fetcher = current_app.extensions["tuchuang.fetcher"]
    recorder = documents.Recorder(owner_id, batch, keep_text=False)
    writing = nullcontext() if wishes.dry_run else place.writer
    with ExitStack() as held:
        held.enter_context(current_app.test_request_context())  # addresses are made in one
        source, writer = held.enter_context(place.source), held.enter_context(writing)
        events = mover.move(db.session, media(), fetcher, owner, source, order)
        for event in held.enter_context(closing(events)):
            if isinstance(event, Upload):
                db.session.commit()
            elif isinstance(event, Skipped):
                yield event
            elif isinstance(event, Moved):
                if writer is not None:
                    named = replace(event, name=posixpath.join(place.folder, event.name))
                    recorder.record(db.session, named)
                    db.session.commit()
                yield written(writer, event)


def written(writer: Writer | None, moved: Moved) -> Moved | Skipped:
    """Write a text, unless nothing is to be written; say so if something else is there."""
    try:
        if writer is not None:
            writer.write(moved)
    except (WrittenMeanwhileError, AlreadyThereError) as error:
        return Skipped(moved.name, error)
    return moved
