"""From files in a request to images, or to reasons why not; and what a request says of them.

How their bytes come in is web.intake's; what comes otherwise than in a form is web.arriving's.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

from flask import current_app, request
from sqlalchemy.exc import SQLAlchemyError

from flaskr.db import committed, db, from_database_error
from flaskr.errors import (
    DomainError,
    InvalidIdempotencyKeyError,
    InvalidKeepError,
    NoFileError,
    SeveralFilesError,
    from_os_error,
)
from flaskr.imaging import FORMATS, Limits
from flaskr.imaging.formats import SVG
from flaskr.library.editing import check_visibility
from flaskr.library.keys import is_key, new_key
from flaskr.library.set_files import SetArrival, take
from flaskr.library.sets import UploadSet
from flaskr.library.uploads import KEEPS, Arrival, Keep, Upload, accept
from flaskr.models import SetFile
from flaskr.web.intake import ReceivedFile, media
from flaskr.web.users import account

IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,200}")
MAX_POSITION = 1_000_000

Taken = TypeVar("Taken")


def upload_context() -> dict[str, Any]:
    """Return what a page needs to take files in: limits, for the picker and for people.

    `accept` is that attribute of a file picker.
    """
    formats = [*FORMATS, *([SVG] if current_app.config["ALLOW_SVG"] else [])]
    types = [format_.type for format_ in formats]
    endings = [f".{format_.extension}" for format_ in formats]
    return {
        "accept": ",".join([*types, *endings, ".jpeg"]),
        "formats": ", ".join(format_.name for format_ in formats),
        "max_bytes": max_file_bytes(),
    }


@dataclass(frozen=True)
class Refusal:
    """A file that was not taken, and why."""

    name: str
    error: DomainError


@dataclass
class Outcome(Generic[Taken]):
    """What became of the files of one request."""

    accepted: list[Taken] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


def sent_files() -> list[ReceivedFile]:
    """Return the files that the request carries in its field `file`."""
    return cast("list[ReceivedFile]", request.files.getlist("file"))


def take_files(parts: Iterable[ReceivedFile], batch: str) -> Outcome[Upload]:
    """Take every file in for the account that asks. Raises what `take_each` raises."""
    return take_each(parts, lambda part: take_file(part, batch))


def take_each(
    parts: Iterable[ReceivedFile], take: Callable[[ReceivedFile], Taken]
) -> Outcome[Taken]:
    """Take every file in; one that is refused does not stop the others, a fault of ours does.

    Raises NoFileError when there is no file at all, SeveralFilesError when they share one
    Idempotency-Key.
    """
    parts = list(parts)
    if len(parts) > 1 and idempotency_key() is not None:
        raise SeveralFilesError
    outcome: Outcome[Taken] = Outcome()
    fault: DomainError | None = None
    for part in parts:
        name = part.filename or ""
        if fault is not None and name:
            outcome.refused.append(Refusal(name, fault))
            continue
        try:
            outcome.accepted.append(take(part))
        except NoFileError:
            continue
        except DomainError as error:
            outcome.refused.append(Refusal(name, error))
        except (OSError, SQLAlchemyError) as error:
            fault = tell_fault(error)
            outcome.refused.append(Refusal(name, fault))
    if not outcome.accepted and not outcome.refused:
        raise NoFileError
    return outcome


def tell_fault(error: OSError | SQLAlchemyError) -> DomainError:
    """Log that the volume or the database fails, and return what to tell people of it.

    Raises the error where it is another one.
    """
    told = from_os_error(error) if isinstance(error, OSError) else from_database_error(error)
    if told is None:
        raise error
    current_app.logger.error("could not store an upload", exc_info=error)
    return told


def take_file(part: ReceivedFile, batch: str) -> Upload:
    """Take one file in and commit it. Raises what `library.uploads.accept` raises."""
    if part.error is not None:
        raise part.error
    with committed():
        arrival = Arrival(
            part.spooled,
            part.filename or "",
            batch,
            chosen_keep(),
            position=read_position(request.form.get("position", "")),
            idempotency_key=idempotency_key(),
            visibility=chosen_visibility(),
        )
        return accept(db.session, media(), account(), arrival, picture_limits())


def take_set_file(
    found: UploadSet, part: ReceivedFile, name: str, slot: str | None = None
) -> SetFile:
    """Take one file into an upload set and commit it. Raises what `set_files.take` raises."""
    if part.error is not None:
        raise part.error
    with committed():
        arrival = SetArrival(part.spooled, name, slot)
        return take(db.session, media(), account(), found, arrival, picture_limits())


def chosen_keep() -> Keep:
    """Return how the upload is to be kept: as the request says, else as the account does.

    Raises InvalidKeepError for what is no way of keeping: to guess could publish a private picture.
    """
    return read_keep(said("keep"))


def said(name: str) -> str:
    """Return what the form says of an upload, or the address where there is none; else nothing."""
    return request.form.get(name) or request.args.get(name, "")


def read_keep(text: str) -> Keep:
    """Return the way of keeping that `text` names; the account's own if it is empty.

    Raises InvalidKeepError.
    """
    said = text or account().keep
    for keep in KEEPS:
        if said == keep:
            return keep
    raise InvalidKeepError(ways=", ".join(KEEPS))


def chosen_visibility() -> str | None:
    """Return who may see the upload: as the request says, else as the account does.

    Raises InvalidVisibilityError.
    """
    return read_visibility(said("visibility"))


def read_visibility(text: str) -> str | None:
    """Return the visibility that `text` names; the account's own if it is empty.

    Raises InvalidVisibilityError.
    """
    return check_visibility(text) if text else account().default_visibility


def read_batch(text: str) -> str:
    """Return the key of the batch that `text` names; a new one where it is none."""
    return text if is_key(text) else new_key()


def read_position(text: str) -> int:
    """Return a file's place in its batch; 0 where `text` names none."""
    if not (text.isascii() and text.isdecimal()):
        return 0
    return min(int(text[:8]), MAX_POSITION)


def idempotency_key() -> str | None:
    """Return the key that the client sends with every attempt at the same upload, or None.

    Raises InvalidIdempotencyKeyError for what is no key.
    """
    said = request.headers.get("Idempotency-Key")
    if said is not None and not IDEMPOTENCY_KEY.fullmatch(said):
        raise InvalidIdempotencyKeyError
    return said


def max_file_bytes() -> int:
    """Return the limit of one file in bytes."""
    limit: int = current_app.config["MAX_FILE_BYTES"]
    return limit


def picture_limits() -> Limits:
    """Return how big a picture may be, from the settings."""
    config = current_app.config
    return Limits(
        pixels=config["MAX_PIXELS"],
        side=config["MAX_SIDE"],
        frames=config["MAX_FRAMES"],
        total_pixels=config["MAX_TOTAL_PIXELS"],
        svg=config["ALLOW_SVG"],
    )
