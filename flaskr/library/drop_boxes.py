"""Drop boxes: links by which others upload into somebody's album, and see nothing else.

A box takes pictures until it is closed, its time is over or it has as many as it may. What comes is
its owner's, without what cameras wrote. Where the owner wants to look first it is private, and in
no album, until it is accepted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ScalarSelect, Select, delete, func, select, update
from sqlalchemy.orm import Session

from flaskr.errors import (
    DomainError,
    NotFoundError,
    QuotaExceededError,
    message_,
)
from flaskr.imaging import FORMATS, Limits
from flaskr.library import albums, editing, trash
from flaskr.library.accounts import hash_link_password
from flaskr.library.chosen import distinct, pieces
from flaskr.library.guarded_links import EndPassedError, GuardedLinks
from flaskr.library.keys import digest, new_key
from flaskr.library.media import Media
from flaskr.library.texts import one_line, short_enough
from flaskr.library.uploads import Arrival, accept
from flaskr.models import Album, Drop, DropBox, Image, User, now
from flaskr.storage import ArrivedFile
from flaskr.transactions import begin_write

VISIT = timedelta(hours=12)
"""How long the password holds once it was named."""

MAX_TEXT = 200
MAX_SENDER = 100
MOST_IMAGES = 1_000_000

EXTENSIONS = tuple(format_.extension for format_ in FORMATS)

LINKS = GuardedLinks(DropBox, "drop-box", "drop-visit", VISIT)
find = LINKS.find
find_own = LINKS.find_own
hold = LINKS.hold
token_of = LINKS.token_of
sign_visit = LINKS.sign_visit


class DropBoxEndedError(DomainError):
    """The drop box was there and takes nothing any more. Which way it ended says the class."""

    code = "drop_box_ended"
    status = 410


class DropBoxClosedError(DropBoxEndedError):
    """Its owner closed the drop box."""

    code = "drop_box_closed"
    message = message_("Whoever collected pictures here has closed this drop box.")


class DropBoxExpiredError(DropBoxEndedError):
    """The drop box's time is over."""

    code = "drop_box_expired"
    message = message_(
        "The time for sending pictures here is over. Ask whoever gave you the link for a new one."
    )


class DropBoxFullError(DropBoxEndedError):
    """The drop box has as many pictures as it may."""

    code = "drop_box_full"
    message = message_(
        "This drop box has all the pictures that it takes. Ask whoever gave you the link for more "
        "room."
    )


class NoRoomError(DomainError):
    """The owner keeps as much as they may; how much that is does not concern others."""

    code = "no_room"
    status = 413
    message = message_("There is no room for this picture here. Tell whoever gave you the link.")


class SenderError(DomainError):
    """Who sends pictures has to say who they are."""

    code = "invalid_sender"
    status = 422
    message = message_("Write your name, in up to %(most)s characters.")


class ImageLimitError(DomainError):
    """A drop box cannot take so many pictures."""

    code = "invalid_image_limit"
    status = 422
    message = message_("Write a number from 1 to %(most)s, or nothing for any number.")


class SizeLimitError(DomainError):
    """No picture can be held to this size."""

    code = "invalid_size_limit"
    status = 422
    message = message_("Write a size above 0, or nothing for any that this site takes.")


class SizeBeyondError(SizeLimitError):
    """No file so large is taken anywhere here."""

    message = message_("This site takes files up to %(limit)s. Write no more, or nothing.")


@dataclass(frozen=True)
class Terms:
    """What is said of a drop box, and what it takes.

    `name` and `note` are for those who send. `password` is None to leave it as it is, empty for
    none. `most_bytes` bounds one file; `types` are extensions, none for all pictures.
    """

    name: str = ""
    note: str = ""
    password: str | None = None
    expires: datetime | None = None
    most_images: int | None = None
    most_bytes: int | None = None
    types: Sequence[str] = ()
    needs_approval: bool = False


@dataclass(frozen=True)
class Sending:
    """A file that somebody sends: its name where it came from, and their own.

    `idempotency_key` is the same if it is sent once more because no answer came.
    """

    file: ArrivedFile
    name: str
    sender: str
    idempotency_key: str | None = None


class Listed(NamedTuple):
    """A drop box among others: its album, and how many pictures wait to be accepted."""

    box: DropBox
    album: Album
    waiting: int


class Sent(NamedTuple):
    """A picture that came, and what is known of its way."""

    drop: Drop
    image: Image


class Sender(NamedTuple):
    """Somebody who sent pictures, by the name they typed, and how many are there still."""

    name: str
    images: int


# ---- make and change ------------------------------------------------------------------------


def create(
    session: Session, media: Media, owner: User, album: Album | str, terms: Terms
) -> DropBox:
    """Make a drop box for an album of the owner's, or for a new one of this name.

    Raises TextTooLongError, LinkPasswordError, EndPassedError, ImageLimitError, SizeLimitError,
    and what `albums.create` raises.
    """
    checked, password = check(terms), hashed(terms)
    if isinstance(album, str):
        album = albums.create(session, owner, album)
    key, owner_id, album_id = new_key(), owner.id, album.id
    box = DropBox(
        key=key,
        owner_id=owner_id,
        token_sha256=digest(LINKS.new_token(media, key)),
        album_id=album_id,
        password=password,
    )
    begin_write(session)
    write(box, checked)
    session.add(box)
    session.flush()
    return box


def revise(session: Session, owner: User, box: DropBox, album: Album, terms: Terms) -> None:
    """Change what is said of a drop box, what it takes and where that goes from now on.

    Raises what `create` raises, and NotFoundError. A moment that it has had before may have passed.
    """
    checked = check(terms, before=box.expires)
    password = hashed(terms) if terms.password is not None else box.password
    key, album_id = box.key, album.id
    held = hold(session, owner, key)
    held.password, held.album_id = password, album_id
    write(held, checked)
    session.flush()


def close(session: Session, owner: User, box: DropBox) -> None:
    """Take nothing any more."""
    held = hold(session, owner, box.key)
    held.closed = held.closed or now()
    session.flush()


def reopen(session: Session, owner: User, box: DropBox) -> None:
    """Take pictures again, as far as time and number allow."""
    held = hold(session, owner, box.key)
    held.closed = None
    session.flush()


def remove(session: Session, owner: User, box: DropBox) -> None:
    """Delete a drop box. What came stays; what waits stays private."""
    held = hold(session, owner, box.key)
    session.execute(delete(DropBox).where(DropBox.id == held.id))


def write(box: DropBox, terms: Terms) -> None:
    """Write terms that have been checked."""
    box.name, box.note, box.expires = terms.name, terms.note, terms.expires
    box.most_images, box.most_bytes = terms.most_images, terms.most_bytes
    box.types, box.needs_approval = " ".join(terms.types), terms.needs_approval


def check(terms: Terms, before: datetime | None = None) -> Terms:
    """Return the terms as they are kept. Raises what `create` does for them."""
    if terms.most_images is not None and not 1 <= terms.most_images <= MOST_IMAGES:
        raise ImageLimitError(most=MOST_IMAGES)
    if terms.most_bytes is not None and not 1 <= terms.most_bytes < 2**63:
        raise SizeLimitError
    if terms.expires is not None and terms.expires <= now() and terms.expires != before:
        raise EndPassedError
    chosen = tuple(extension for extension in EXTENSIONS if extension in terms.types)
    return replace(
        terms,
        name=short_enough(one_line(terms.name), MAX_TEXT),
        note=short_enough(one_line(terms.note), MAX_TEXT),
        types=() if chosen == EXTENSIONS else chosen,
    )


def hashed(terms: Terms) -> str | None:
    """Hash the password, if there is one: slow, so before the write. Raises LinkPasswordError."""
    return hash_link_password(terms.password) if terms.password else None


# ---- find and list --------------------------------------------------------------------------


def list_own(session: Session, owner: User, before: str | None, size: int) -> list[Listed]:
    """Return up to `size` of the owner's boxes, newest first, older than the one with that key."""
    query = select(DropBox, Album, count_waiting()).join(Album, DropBox.album_id == Album.id)
    query = query.where(DropBox.owner_id == owner.id).order_by(DropBox.id.desc()).limit(size)
    if before is not None:
        anchor = select(DropBox.id).where(DropBox.key == before, DropBox.owner_id == owner.id)
        query = query.where(DropBox.id < anchor.scalar_subquery())
    return [Listed(*row) for row in session.execute(query)]


def of_album(session: Session, album: Album) -> int:
    """Return how many drop boxes end with an album."""
    query = select(func.count(DropBox.id)).where(DropBox.album_id == album.id)
    return session.scalar(query) or 0


def state(box: DropBox) -> DropBoxEndedError | None:
    """Return how the drop box has ended, or None while it takes pictures."""
    if box.closed is not None:
        return DropBoxClosedError()
    if box.expires is not None and box.expires <= now():
        return DropBoxExpiredError()
    if box.most_images is not None and box.images >= box.most_images:
        return DropBoxFullError()
    return None


def check_open(box: DropBox) -> None:
    """Raise what `state` returns."""
    if ended := state(box):
        raise ended


def is_visit(media: Media, box: DropBox, proof: str) -> bool:
    """Tell whether somebody may send: there is no password, or they proved that they know it."""
    return box.password is None or LINKS.is_visit(media, box, proof)


# ---- what comes -----------------------------------------------------------------------------


def take(session: Session, media: Media, box: DropBox, sending: Sending, limits: Limits) -> Image:
    """Take a picture in. However many come at once, no more are taken than the box may have.

    Raises what `state` returns, SenderError, NoRoomError, and what `uploads.accept` raises, save
    QuotaExceededError. Commit after each picture: no earlier write may be pending.
    """
    sender = check_sender(sending.sender)
    check_open(box)
    id_, key, types = box.id, box.key, tuple(box.types.split())
    owner = session.get_one(User, box.owner_id)
    arrival = Arrival(
        sending.file,
        sending.name,
        batch=None,
        keep="share",
        visibility="private",  # until it is known where it goes
        anew=True,  # whether the owner has it already is nobody's business
        idempotency_key=own_repetition(key, sending.idempotency_key),
    )
    try:
        upload = accept(session, media, owner, arrival, replace(limits, extensions=types))
    except QuotaExceededError:
        raise NoRoomError from None
    image = upload.image
    if session.scalar(select(Drop.id).where(Drop.image_id == image.id)) is None:
        record(session, owner, id_, image, sender)
    return image


def record(session: Session, owner: User, box_id: int, image: Image, sender: str) -> None:
    """Count a picture and put it where it goes, within the write transaction that made it.

    Raises what `state` returns, and NotFoundError if the box was deleted meanwhile.
    """
    counting = update(DropBox).where(
        DropBox.id == box_id,
        DropBox.closed.is_(None),
        DropBox.expires.is_(None) | (DropBox.expires > now()),
        DropBox.most_images.is_(None) | (DropBox.images < DropBox.most_images),
    )
    counting = counting.values(images=DropBox.images + 1).returning(DropBox.id)
    if session.scalar(counting.execution_options(synchronize_session=False)) is None:
        fresh = session.get(DropBox, box_id, populate_existing=True)
        raise NotFoundError if fresh is None else state(fresh) or DropBoxFullError()
    box = session.get_one(DropBox, box_id, populate_existing=True)
    drop = Drop(drop_box_id=box_id, image_id=image.id, sender=sender)
    session.add(drop)
    if not box.needs_approval:
        drop.approved = now()
        image.visibility = owner.default_visibility or "unlisted"
        session.flush()
        albums.add_images(session, owner, session.get_one(Album, box.album_id), [image.key])
    session.flush()


def check_sender(name: str) -> str:
    """Return the name of who sends, as it is kept. Raises SenderError."""
    name = one_line(name)
    if not 1 <= len(name) <= MAX_SENDER:
        raise SenderError(most=MAX_SENDER)
    return name


def own_repetition(box_key: str, idempotency_key: str | None) -> str | None:
    """Return the key of a repetition among those of this box: others choose keys as they like."""
    return None if idempotency_key is None else digest(f"{box_key}:{idempotency_key}")


# ---- what came ------------------------------------------------------------------------------


def sent(box: DropBox, *, waiting: bool) -> Select[Drop, Image]:
    """Start a query for what came and lives, accepted or `waiting`, newest first."""
    query = select(Drop, Image).join(Image, Drop.image_id == Image.id)
    query = query.where(Drop.drop_box_id == box.id, *Image.lives())
    return query.where(Drop.approved.is_(None) == waiting).order_by(Drop.id.desc())


def list_waiting(session: Session, box: DropBox, size: int) -> list[Sent]:
    """Return up to `size` pictures that wait to be accepted, oldest first."""
    query = sent(box, waiting=True).order_by(None).order_by(Drop.id)
    return [Sent(*row) for row in session.execute(query.limit(size))]


def list_sent(
    session: Session, box: DropBox, before: int | None, size: int, *, sender: str | None = None
) -> list[Sent]:
    """Return up to `size` accepted pictures, newest first; with `sender`, of that name only."""
    query = sent(box, waiting=False)
    if before is not None:
        query = query.where(Drop.id < before)
    if sender is not None:
        query = query.where(Drop.sender == sender)
    return [Sent(*row) for row in session.execute(query.limit(size))]


def list_senders(session: Session, box: DropBox, size: int) -> list[Sender]:
    """Return up to `size` of those whose accepted pictures are there, the busiest first."""
    images = func.count(Drop.id)
    query = sent(box, waiting=False).with_only_columns(Drop.sender, images).order_by(None)
    query = query.group_by(Drop.sender).order_by(images.desc(), Drop.sender).limit(size)
    return [Sender(*row) for row in session.execute(query)]


def waiting_in(session: Session, box: DropBox) -> int:
    """Return how many pictures wait to be accepted in a drop box."""
    return session.scalar(select(count_waiting()).where(DropBox.id == box.id)) or 0


def count_waiting() -> ScalarSelect[int]:
    """The number of pictures that wait to be accepted in the drop box of the row."""
    waiting = select(func.count(Drop.id)).join(Image, Drop.image_id == Image.id)
    waiting = waiting.where(Drop.drop_box_id == DropBox.id, *Image.lives())
    return waiting.where(Drop.approved.is_(None)).correlate(DropBox).scalar_subquery()


def approve(session: Session, media: Media, owner: User, box: DropBox, keys: Iterable[str]) -> int:
    """Accept pictures: they go to the album, for those to see whom the account's uploads show.

    Return how many. Raises NothingChosenError, TooManyChosenError, NotFoundError if none of them
    waits, and what `editing.set_visibility` raises. No earlier write may be pending.
    """
    id_, album_id = box.id, box.album_id
    waiting = waiting_among(session, id_, keys)
    visibility = owner.default_visibility or "unlisted"
    if visibility != "private":
        editing.set_visibility(session, media, owner, waiting, visibility)
    album = session.get_one(Album, album_id)
    albums.add_images(session, owner, album, waiting)
    noting = update(Drop).where(Drop.drop_box_id == id_, Drop.approved.is_(None))
    for some in pieces(waiting):
        ids = select(Image.id).where(Image.key.in_(some))
        session.execute(noting.where(Drop.image_id.in_(ids)).values(approved=now()))
    return len(waiting)


def refuse(
    session: Session, media: Media, owner: User, box: DropBox, keys: Iterable[str]
) -> list[str]:
    """Put pictures that wait into the trash; others may come in their place.

    Return their keys. Raises as `approve` does.
    """
    id_ = box.id
    waiting = waiting_among(session, id_, keys)
    gone = trash.discard(session, media, owner, waiting)
    removed = 0
    for some in pieces(gone):
        ids = select(Image.id).where(Image.key.in_(some))
        removal = delete(Drop).where(Drop.drop_box_id == id_, Drop.image_id.in_(ids))
        removed += len(session.scalars(removal.returning(Drop.id)).all())
    room = update(DropBox).where(DropBox.id == id_).values(images=DropBox.images - removed)
    session.execute(room)
    return gone


def waiting_among(session: Session, box_id: int, keys: Iterable[str]) -> list[str]:
    """Return those of the keys whose pictures wait. Raises as `approve` does."""
    wanted = distinct(keys)
    found: set[str] = set()
    for some in pieces(wanted):
        query = select(Image.key).join(Drop, Drop.image_id == Image.id).where(Image.key.in_(some))
        query = query.where(Drop.drop_box_id == box_id, Drop.approved.is_(None), *Image.lives())
        found.update(session.scalars(query))
    if not found:
        raise NotFoundError
    return [key for key in wanted if key in found]
