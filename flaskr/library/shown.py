"""What others are given of a private picture: its content, without what the camera wrote.

An owner's backup keeps every byte. Whoever sees it through a share or a signed link is given a copy
that lost its metadata, made once and kept among the variants.
"""

from dataclasses import asdict

from flaskr.imaging.facts import Facts
from flaskr.imaging.limits import ANY_SIZE
from flaskr.library.making import PATIENCE, sole_maker
from flaskr.library.media import Media, blob_name, variant_name
from flaskr.library.variants import clear, exists, local_copy
from flaskr.storage.spool import LOCK

MOST_KNOWN = 100_000
"""How many contents are remembered to hold no metadata."""


def shown_name(media: Media, sha256: str, extension: str) -> str:
    """Return the stored name of what others are given of a private picture's content.

    The first time takes as long as a look at the file, or as taking it in. Raises NotFoundError
    when its bytes are gone, BusyError when too many wait, what DecodePool.run raises, and OSError.
    """
    name = variant_name(sha256, f"clean.{extension}")
    if sha256 in media.clean:
        return blob_name(sha256)
    if exists(media, name):
        return name
    with local_copy(media, blob_name(sha256)) as source:
        told = media.decoders.run("clean", source=str(source), extension=extension)
    if told["clean"]:
        remember(media, sha256)
        return blob_name(sha256)
    with media.making.seat(), sole_maker(media.spool.folder / f"{sha256}-clean{LOCK}"):
        return name if exists(media, name) else make(media, name, sha256)


def make(media: Media, name: str, sha256: str) -> str:
    """Store the copy without metadata; return its name, or the original's where there is none."""
    target, thumbnail = media.spool.new_path(), media.spool.new_path()
    try:
        with local_copy(media, blob_name(sha256)) as source:
            facts = Facts.from_json(
                media.decoders.run(
                    "intake",
                    patience=PATIENCE,
                    source=str(source),
                    clean=str(target),
                    thumbnail=str(thumbnail),
                    limits=asdict(ANY_SIZE),
                )
            )
        if facts.clean is None:
            remember(media, sha256)
            return blob_name(sha256)
        clear(media, name)
        media.store.put(name, target, durable=False)
        return name
    finally:
        target.unlink(missing_ok=True)
        thumbnail.unlink(missing_ok=True)


def remember(media: Media, sha256: str) -> None:
    """Note that the content holds no metadata, which never changes."""
    if len(media.clean) >= MOST_KNOWN:
        media.clean.clear()
    media.clean.add(sha256)
