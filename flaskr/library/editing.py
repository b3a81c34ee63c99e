"""What is said of an image, and who may see it: changed for one image, or for many at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from flaskr.errors import (
    BackupNotSharedError,
    EditConflictError,
    ExpiryPassedError,
    InvalidVisibilityError,
    TooManyChosenError,
)
from flaskr.library import albums, copies, tags, versions
from flaskr.library.chosen import distinct, one_at_a_time, own_ids, pieces
from flaskr.library.media import Media, blob_name
from flaskr.library.search import refresh
from flaskr.library.texts import lines, one_line, short_enough
from flaskr.library.variants import local_copy
from flaskr.library.versions import PRIVATE
from flaskr.models import Blob, Image, User, now
from flaskr.transactions import end_read

MAX_TITLE = 200
MAX_ALT = 1000
VISIBILITIES = ("public", "unlisted", PRIVATE)
MOST_SHARED = 200
"""How many private images can be shared at once: each is opened to see whether it may be."""


class Expiry(NamedTuple):
    """When an image goes to the trash by itself; None: never."""

    at: datetime | None


@dataclass(frozen=True)
class Changes:
    """What is to be said of an image from now on; None leaves a thing as it is.

    `albums` are keys.
    """

    title: str | None = None
    alt: str | None = None
    visibility: str | None = None
    expiry: Expiry | None = None
    tags: Sequence[str] | None = None
    albums: Sequence[str] | None = None


def present(session: Session, image: Image) -> dict[str, Any]:
    """Return what is said of an image now, under the names of `Changes`, and its revision."""
    return {
        "title": image.title,
        "alt": image.alt,
        "visibility": image.visibility,
        "expires": image.expires,
        "tags": list(tags.tags_of(session, image)),
        "albums": [album.key for album in albums.albums_of(session, image)],
        "revision": image.revision,
    }


def edit(
    session: Session,
    media: Media,
    owner: User,
    image: Image,
    changes: Changes,
    *,
    kept: int,
    revision: int | None = None,
) -> Image:
    """Change what is said of an image, all of it or nothing.

    With `revision` only if that is the image's still: EditConflictError has what it is `now`. An
    image that is private no longer loses its metadata, by a new version; `kept` is how many of
    those stay. Raises TextTooLongError, InvalidVisibilityError, ExpiryPassedError, what
    `tags.set_tags`, `albums.set_albums` and `versions.strip` raise, and NotFoundError. No earlier
    write may be pending.
    """
    checked = check(changes)
    id_ = image.id
    if revision is not None and revision != image.revision:
        raise EditConflictError(now=present(session, image))
    sharing = checked.visibility not in {None, PRIVATE}
    stripped = sharing and image.visibility == PRIVATE
    if stripped:
        try:  # checked again in there, within the transaction
            versions.strip(session, media, image, kept=kept, revision=revision)
        except EditConflictError:
            raise EditConflictError(now=present(session, versions.hold(session, id_))) from None
        revision = None
    one_at_a_time(session, owner)
    held = versions.hold(session, id_)
    became_private = sharing and not stripped and held.visibility == PRIVATE
    if became_private or (revision is not None and revision != held.revision):
        raise EditConflictError(now=present(session, held))
    write(session, media, owner, held, checked)
    return held


def write(session: Session, media: Media, owner: User, image: Image, changes: Changes) -> None:
    """Write changes that have been checked, within a write transaction."""
    if changes.tags is not None:
        tags.set_tags(session, owner, image, changes.tags)
    if changes.albums is not None:
        albums.set_albums(session, owner, image, changes.albums)
    for name in ("title", "alt", "visibility"):
        value = getattr(changes, name)
        if value is not None:
            setattr(image, name, value)
    if changes.expiry is not None:
        image.expires = changes.expiry.at
    image.revision += 1
    image.changed = now()
    session.flush()
    refresh(session, [image.id])
    show_copies(session, media, image)


def check(changes: Changes) -> Changes:
    """Return the changes as they are kept. Raises what `edit` does for them."""
    if changes.visibility is not None:
        check_visibility(changes.visibility)
    expiry = changes.expiry
    if expiry is not None and expiry.at is not None and expiry.at <= now():
        raise ExpiryPassedError
    return Changes(
        title=None if changes.title is None else short_enough(one_line(changes.title), MAX_TITLE),
        alt=None if changes.alt is None else short_enough(lines(changes.alt), MAX_ALT),
        visibility=changes.visibility,
        expiry=expiry,
        tags=changes.tags,
        albums=changes.albums,
    )


def check_visibility(visibility: str) -> str:
    """Return the visibility if it is one. Raises InvalidVisibilityError."""
    if visibility not in VISIBILITIES:
        raise InvalidVisibilityError
    return visibility


def set_visibility(
    session: Session, media: Media, owner: User, keys: Iterable[str], visibility: str
) -> int:
    """Set who may see images; return how many have changed.

    Raises InvalidVisibilityError, BackupNotSharedError if one is private and holds metadata,
    TooManyChosenError if many are private, and what `chosen.own_ids` raises. No earlier write may
    be pending.
    """
    check_visibility(visibility)
    wanted = distinct(keys)
    safe = [] if visibility == PRIVATE else shareable(session, media, owner, wanted)
    changed = 0
    for ids in own_ids(session, owner, wanted):
        setting = update(Image).where(
            Image.id.in_(ids),
            Image.visibility != visibility,
            # One may have become private since, or have got another content.
            (Image.visibility != PRIVATE) | Image.blob_id.in_(safe),
        )
        values = {"visibility": visibility, "revision": Image.revision + 1, "changed": now()}
        shown = session.scalars(setting.values(values).returning(Image.id)).all()
        if copies.are_kept(media):
            for image in session.scalars(select(Image).where(Image.id.in_(shown))):
                show_copies(session, media, image)
        changed += len(shown)
    return changed


def show_copies(session: Session, media: Media, image: Image) -> None:
    """Let upload sets have copies of an image unless it is private."""
    if image.visibility == PRIVATE:
        copies.withdraw(session, media, image)
    else:
        copies.restore(session, media, image)


def shareable(session: Session, media: Media, owner: User, keys: Sequence[str]) -> list[int]:
    """Return the ids of the contents of those that are private, once none holds metadata.

    Raises BackupNotSharedError, TooManyChosenError.
    """
    contents: dict[int, tuple[str, str]] = {}
    for some in pieces(keys):
        query = select(Blob.id, Blob.sha256, Blob.extension).join(Image, Image.blob_id == Blob.id)
        query = query.where(Image.key.in_(some), Image.owner_id == owner.id, *Image.lives())
        query = query.where(Image.visibility == PRIVATE)
        contents.update({id_: (sha256, ending) for id_, sha256, ending in session.execute(query)})
    if len(contents) > MOST_SHARED:
        raise TooManyChosenError(most=MOST_SHARED)
    end_read(session)
    held = sum(not is_clean(media, sha256, ending) for sha256, ending in contents.values())
    if held:
        raise BackupNotSharedError(count=held)
    return list(contents)


def is_clean(media: Media, sha256: str, extension: str) -> bool:
    """Tell whether content holds no metadata."""
    with local_copy(media, blob_name(sha256)) as source:
        told = media.decoders.run("clean", source=str(source), extension=extension)
    return bool(told["clean"])
