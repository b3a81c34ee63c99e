"""Taking in a picture that lies elsewhere."""

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from flaskr.errors import EmptyFileError, NoPictureError, UnsupportedTypeError
from flaskr.imaging import Limits
from flaskr.library.keys import digest
from flaskr.library.media import Media
from flaskr.library.uploads import Arrival, Keep, Upload, accept, repeat
from flaskr.models import User
from flaskr.remote import Download, Fetcher, parse_address
from flaskr.storage import SpooledFile
from flaskr.transactions import end_read

TELL_SECONDS = 0.1
"""How often progress is told, at the most."""


@dataclass(frozen=True)
class Order:
    """What is to be fetched. All but the address is as in an Arrival. No name: the one there."""

    address: str
    batch: str | None
    keep: Keep
    position: int = 0
    idempotency_key: str | None = None
    name: str = ""
    anew: bool = False
    visibility: str | None = None


@dataclass(frozen=True)
class Progress:
    """How many bytes have come; `total` of how many, as far as the other side tells."""

    received: int
    total: int | None


def fetch(
    session: Session,
    media: Media,
    fetcher: Fetcher,
    owner: User,
    order: Order,
    limits: Limits,
    max_bytes: int,
) -> Generator[Progress | Upload, None, None]:
    """Fetch a picture and take it in; tell how far it is, and at last what it has become.

    The first progress is told before anything is asked for, and the upload before it is committed,
    which is the caller's to do. Raises what `Fetcher.seat`, `parse_address`, `Fetcher.open` and
    `accept` raise, NoPictureError, and FileTooLargeError beyond `max_bytes`; nothing is kept then.
    """
    address = parse_address(order.address)
    with fetcher.seat(), media.spool.create(max_bytes) as file:
        arrival = Arrival(
            file,
            address.name,
            order.batch,
            order.keep,
            position=order.position,
            idempotency_key=order.idempotency_key,
            anew=order.anew,
            request_sha256=digest(order.address),
            visibility=order.visibility,
        )
        repeated = repeat(session, media, owner.id, arrival)
        if repeated is not None:
            yield repeated
            return
        end_read(session)  # the other side may be slow
        yield Progress(0, None)
        with fetcher.open(address, max_bytes) as download:
            yield from receive(download, file)
        try:
            named = replace(arrival, name=order.name or download.name)
            yield accept(session, media, owner, named, limits)
        except (UnsupportedTypeError, EmptyFileError):
            raise NoPictureError from None


def receive(download: Download, file: SpooledFile) -> Iterator[Progress]:
    """Write what comes into the spool."""
    told = 0.0
    for chunk in download.read():
        file.write(chunk)
        if time.monotonic() - told >= TELL_SECONDS:
            told = time.monotonic()
            yield Progress(file.size, download.total)
    file.finish()
    yield Progress(file.size, file.size)
