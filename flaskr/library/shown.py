"""What others are given of a private picture: its content, without what the camera wrote.

An owner's backup keeps every byte. Whoever sees it through a share or a signed link is given a copy
that lost its metadata, made once and kept among the variants.
"""

from dataclasses import asdict
from pathlib import Path

from flaskr.errors import TooComplexError, UnreadableImageError, UnsupportedTypeError
from flaskr.imaging.facts import Facts
from flaskr.imaging.limits import ANY_SIZE
from flaskr.library.making import PATIENCE, sole_maker
from flaskr.library.media import Media, blob_name, variant_name
from flaskr.library.variants import clear, exists, local_copy
from flaskr.storage.spool import LOCK

MOST_KNOWN = 100_000
"""How many contents are remembered to hold no metadata."""

HOPELESS = (TooComplexError, UnreadableImageError, UnsupportedTypeError)
"""What says of a picture that no copy can be made of it, however often one tries."""


def shown_name(media: Media, sha256: str, extension: str) -> str:
    """Return the stored name of what others are given of a private picture's content.

    The first time takes as long as a look at the file, or as taking it in: what was found is kept
    among the variants. Raises NotFoundError when its bytes are gone, BusyError when too many wait,
    what DecodePool.run raises, be it now or some minutes ago, and OSError.
    """
    name = known_name(media, sha256, extension)
    if name is not None:
        return name
    copy = copy_name(sha256, extension)
    media.making.check_hope(copy)
    lock = media.spool.folder / f"{sha256}-clean{LOCK}"
    with media.making.seat(), sole_maker(lock):
        name = known_name(media, sha256, extension)
        if name is not None:
            return name
        media.making.check_hope(copy)  # whoever had the lock before us may have failed
        try:
            return find_out(media, sha256, extension)
        except HOPELESS as error:
            media.making.give_up(copy, error)
            raise


def copy_name(sha256: str, extension: str) -> str:
    """Return the stored name of the copy without metadata, if there is one."""
    return variant_name(sha256, f"clean.{extension}")


def mark_name(sha256: str) -> str:
    """Return the stored name of what says that the content holds no metadata."""
    return variant_name(sha256, "clean.none")


def known_name(media: Media, sha256: str, extension: str) -> str | None:
    """Return what `shown_name` does, without a look at the picture; None if that takes one."""
    if sha256 in media.clean:
        return blob_name(sha256)
    copy = copy_name(sha256, extension)
    if exists(media, copy):
        return copy
    if exists(media, mark_name(sha256)):
        remember(media, sha256)
        return blob_name(sha256)
    return None


def find_out(media: Media, sha256: str, extension: str) -> str:
    """Look for metadata, store a copy without it or note that there is none; return as above."""
    name = copy_name(sha256, extension)
    target, thumbnail = media.spool.new_path(), media.spool.new_path()
    try:
        with local_copy(media, blob_name(sha256)) as source:
            if not holds_any(media, source, extension) or not strip(
                media, source, target, thumbnail
            ):
                name = mark_name(sha256)
                target.write_text("There is nothing to be taken out of this picture.\n")
        clear(media, name)
        media.store.put(name, target, durable=False)
    finally:
        target.unlink(missing_ok=True)
        thumbnail.unlink(missing_ok=True)
    if name != mark_name(sha256):
        return name
    remember(media, sha256)
    return blob_name(sha256)


def holds_any(media: Media, source: Path, extension: str) -> bool:
    """Tell whether a file holds metadata."""
    told = media.decoders.run("clean", patience=PATIENCE, source=str(source), extension=extension)
    return not told["clean"]


def strip(media: Media, source: Path, target: Path, thumbnail: Path) -> bool:
    """Write a file without metadata to `target`; tell whether it is another one."""
    told = media.decoders.run(
        "intake",
        patience=PATIENCE,
        source=str(source),
        clean=str(target),
        thumbnail=str(thumbnail),
        limits=asdict(ANY_SIZE),
    )
    return Facts.from_json(told).clean is not None


def remember(media: Media, sha256: str) -> None:
    """Note that the content holds no metadata, which never changes."""
    if len(media.clean) >= MOST_KNOWN:
        media.clean.clear()
    media.clean.add(sha256)
