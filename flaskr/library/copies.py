"""Copies of pictures in the places of upload sets, where other servers serve them.

A copy lies under the public name of its `SetFile`. It is put before the row that names it is
committed, and taken away after the commit that ends it: no row points at nothing. What a killed
process leaves behind is taken away by `library.set_collect.collect_sets`.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO

from sqlalchemy.orm import Session

from flaskr.library.media import Media, blob_name
from flaskr.library.sets import Place
from flaskr.library.variants import local_copy
from flaskr.models import Image, SetFile
from flaskr.storage import Spool, SpooledFile
from flaskr.transactions import after_commit

CHUNK = 1024 * 1024


def put_picture(media: Media, place: Place, name: str, sha256: str) -> None:
    """Put a copy of the content into the place. Raises NotFoundError, OSError."""
    with local_copy(media, blob_name(sha256)) as source:
        put_copy(media, place, name, source)


def put_copy(media: Media, place: Place, name: str, source: Path) -> None:
    """Put a copy of a file into the place. Raises OSError.

    It is no link: whoever may write to the place shall not write into our bytes.
    """
    with source.open("rb") as content, copied(media.spool, content) as copy:
        put(place, name, copy.path)


def put(place: Place, name: str, source: Path) -> None:
    """Put a file of the spool into the place, which may be on another volume. Raises OSError."""
    try:
        place.store.put(name, source)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with source.open("rb") as content, copied(place.spool, content) as copy:
            place.store.put(name, copy.path)


@contextmanager
def copied(spool: Spool, content: BinaryIO) -> Iterator[SpooledFile]:
    """Give a copy of an open file in the spool; it goes afterwards, unless it was moved away."""
    with spool.create() as copy:
        while chunk := content.read(CHUNK):
            copy.write(chunk)
        copy.finish()
        yield copy


@contextmanager
def removing(place: Place, name: str) -> Iterator[None]:
    """Remove a file from the place if what follows fails."""
    try:
        yield
    except BaseException:
        with suppress(OSError):
            place.store.delete(name)
        raise


def restore(session: Session, media: Media, image: Image) -> None:
    """Put every copy of a picture that is shown again. Raises NotFoundError, OSError."""
    for name, place in places_of(session, media, image):
        put_picture(media, place, name, image.blob.sha256)


def renew(session: Session, media: Media, image: Image) -> None:
    """Put every copy of a picture anew, once the transaction that changes its content is over."""
    sha256 = image.blob.sha256
    for name, place in places_of(session, media, image):
        after_commit(session, partial(replace, media, place, name, sha256))


def replace(media: Media, place: Place, name: str, sha256: str) -> None:
    """Put a copy of the content in the place of another one. Raises NotFoundError, OSError.

    Killed in between, we leave a copy missing; `library.set_check` tells and mends it.
    """
    place.store.delete(name)
    put_picture(media, place, name, sha256)


def withdraw(session: Session, media: Media, image: Image) -> None:
    """Take every copy of a picture away, once the transaction is committed that hides it."""
    for name, place in places_of(session, media, image):
        after_commit(session, partial(place.store.delete, name))


def are_kept(media: Media) -> bool:
    """Tell whether any upload set has a place where copies can lie."""
    return any(upload_set.place for upload_set in media.sets.values())


def places_of(session: Session, media: Media, image: Image) -> Iterator[tuple[str, Place]]:
    """Yield where copies of the picture lie, and under which names."""
    if not are_kept(media):
        return
    for set_name, name in SetFile.names_of(session, image.id):
        found = media.sets.get(set_name)
        if found is not None and found.place is not None:
            yield name, found.place
