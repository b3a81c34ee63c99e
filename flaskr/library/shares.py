"""Shares: links by which others see an image, a selection or an album as it is now.

A share ends when it is revoked, when its time is over or when it was viewed as often as it may be.
What lies behind it ends with it: every file is asked for through the share. A view is a visit of
VISIT, which its visitor's browser proves by what `sign_visit` made; one that began before the last
view was used goes on to its end.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from time import monotonic
from typing import Any, NamedTuple

from sqlalchemy import Subquery, func, select, tuple_, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from flaskr.errors import BusyError, DomainError, NotFoundError, message_
from flaskr.library import archive
from flaskr.library.accounts import hash_link_password
from flaskr.library.aliases import read_alias
from flaskr.library.archive import Archive, Chosen
from flaskr.library.chosen import MOST, own_ids
from flaskr.library.guarded_links import EndPassedError, GuardedLinks
from flaskr.library.keys import digest, new_key
from flaskr.library.media import Media
from flaskr.library.shown import HOPELESS, copy_name, known_name, shown_name
from flaskr.library.texts import one_line, short_enough
from flaskr.models import Album, AlbumImage, Blob, Image, Share, ShareImage, User, now
from flaskr.storage import MissingFileError
from flaskr.transactions import begin_write, end_read

VISIT = timedelta(hours=1)
MAX_TEXT = 200
MOST_VIEWS = 1_000_000
PREPARING = 20
"""How many seconds an archive may take before it begins, to make what strangers are given."""

LINKS = GuardedLinks(Share, "share", "visit", VISIT)
find = LINKS.find
find_own = LINKS.find_own
hold = LINKS.hold
token_of = LINKS.token_of
sign_visit = LINKS.sign_visit
is_visit = LINKS.is_visit


class ShareEndedError(DomainError):
    """The share was there and is no more. Which way it ended says the class."""

    code = "share_ended"
    status = 410


class ShareRevokedError(ShareEndedError):
    """Its owner took the share back."""

    code = "share_revoked"
    message = message_("Whoever shared this has revoked the link.")


class ShareExpiredError(ShareEndedError):
    """The share's time is over."""

    code = "share_expired"
    message = message_("This link has expired. Ask whoever shared it for a new one.")


class ShareUsedUpError(ShareEndedError):
    """The share was viewed as often as it may be."""

    code = "share_used_up"
    message = message_(
        "This link was opened as often as it may be. Ask whoever shared it for a new one."
    )


ENDINGS: dict[type[ShareEndedError], str] = {
    ShareRevokedError: "revoked",
    ShareExpiredError: "expired",
    ShareUsedUpError: "used_up",
}
"""How a share can have ended, in a word for programs."""


class ViewLimitError(DomainError):
    """A share cannot be viewed so often."""

    code = "invalid_view_limit"
    status = 422
    message = message_("Write a number from 1 to %(most)s, or nothing for any number.")


@dataclass(frozen=True)
class Terms:
    """What is said of a share, and what it asks for.

    `password` is None to leave it as it is, empty for none. `note` is for the owner alone.
    """

    name: str = ""
    note: str = ""
    password: str | None = None
    expires: datetime | None = None
    most_views: int | None = None


class Listed(NamedTuple):
    """A share among others: how many images it shows, what it is called, and its first image.

    It is called by its title, its album's name, or as its first image; nothing if there is none
    any more.
    """

    share: Share
    images: int
    called: str = ""
    first: Image | None = None


class Beside(NamedTuple):
    """The images before and after one in a share."""

    previous: Image | None
    next: Image | None


# ---- make and change ------------------------------------------------------------------------


def of_images(
    session: Session, media: Media, owner: User, keys: Iterable[str], terms: Terms
) -> Share:
    """Share images in the order they were named.

    Raises what `chosen.own_ids` and `keep` raise.
    """
    terms, password = check(terms), hashed(terms)
    ids = list(chain.from_iterable(own_ids(session, owner, keys)))
    share = keep(session, media, owner, terms, password)
    session.add_all(
        ShareImage(share_id=share.id, image_id=id_, position=place) for place, id_ in enumerate(ids)
    )
    session.flush()
    return share


def of_album(session: Session, media: Media, owner: User, album: Album, terms: Terms) -> Share:
    """Share what is directly in an album, now and later. Raises what `keep` raises."""
    id_ = album.id
    terms, password = check(terms), hashed(terms)
    begin_write(session)
    return keep(session, media, owner, terms, password, id_)


def keep(
    session: Session,
    media: Media,
    owner: User,
    terms: Terms,
    password: str | None,
    album_id: int | None = None,
) -> Share:
    """Record a share of nothing yet, or of an album, within a write transaction.

    Raises TextTooLongError, LinkPasswordError, EndPassedError, ViewLimitError.
    """
    key = new_key()
    share = Share(
        key=key,
        owner_id=owner.id,
        token_sha256=digest(LINKS.new_token(media, key)),
        album_id=album_id,
        name=terms.name,
        note=terms.note,
        password=password,
        expires=terms.expires,
        most_views=terms.most_views,
    )
    session.add(share)
    session.flush()
    return share


def revise(session: Session, owner: User, share: Share, terms: Terms) -> None:
    """Change what is said of a share, and what it asks for. Raises what `keep` raises.

    A moment that it has had before may have passed.
    """
    said = asdict(terms)
    if terms.password is None:
        del said["password"]
    amend(session, owner, share, said)


def amend(session: Session, owner: User, share: Share, said: Mapping[str, Any]) -> None:
    """Change those of a share's terms that `said` names, as `revise` does for all of them."""
    checked = check(Terms(**said), before=share.expires)
    terms = replace(checked, password=hashed(checked))
    held = hold(session, owner, share.key)
    for name in said:
        setattr(held, name, getattr(terms, name))
    session.flush()


def revoke(session: Session, owner: User, share: Share) -> None:
    """End a share at once; to revoke it again changes nothing."""
    held = hold(session, owner, share.key)
    held.revoked = held.revoked or now()
    session.flush()


def check(terms: Terms, before: datetime | None = None) -> Terms:
    """Return the terms as they are kept. Raises what `keep` does for them."""
    views, expires = terms.most_views, terms.expires
    if views is not None and not 1 <= views <= MOST_VIEWS:
        raise ViewLimitError(most=MOST_VIEWS)
    if expires is not None and expires <= now() and expires != before:
        raise EndPassedError
    name = short_enough(one_line(terms.name), MAX_TEXT)
    note = short_enough(one_line(terms.note), MAX_TEXT)
    return Terms(name, note, terms.password, expires, views)


def hashed(terms: Terms) -> str | None:
    """Hash the password, if there is one: slow, so before the write. Raises LinkPasswordError."""
    return hash_link_password(terms.password) if terms.password else None


# ---- find and list --------------------------------------------------------------------------


def list_own(
    session: Session, owner: User, before: str | None, size: int, *, image: Image | None = None
) -> list[Listed]:
    """Return up to `size` of the owner's shares, newest first, older than the one with that key.

    With `image` those that name it, or an album that it is in.
    """
    query = select(Share).where(Share.owner_id == owner.id)
    if image is not None:
        named = select(ShareImage.share_id).where(ShareImage.image_id == image.id)
        inside = select(AlbumImage.album_id).where(AlbumImage.image_id == image.id)
        query = query.where(Share.id.in_(named) | Share.album_id.in_(inside))
    if before is not None:
        anchor = select(Share.id).where(Share.key == before, Share.owner_id == owner.id)
        query = query.where(Share.id < anchor.scalar_subquery())
    found = session.scalars(query.order_by(Share.id.desc()).limit(size)).all()
    return gather(session, found)


def gather(session: Session, found: Sequence[Share]) -> list[Listed]:
    """Return what lists tell of shares, in as many statements for many as for one."""
    albums = {share.album_id for share in found if share.album_id is not None}
    named = session.execute(select(Album.id, Album.name).where(Album.id.in_(albums)))
    album_names = {id_: name for id_, name in named}  # noqa: C416 - rows
    in_albums = count_each(session, AlbumImage.album_id, AlbumImage.image_id, albums)
    chosen = {share.id for share in found if share.album_id is None}
    in_shares = count_each(session, ShareImage.share_id, ShareImage.image_id, chosen)
    first_of_albums = first_in(session, AlbumImage.album_id, AlbumImage, albums)
    first_of_chosen = first_in(session, ShareImage.share_id, ShareImage, chosen)
    listed = []
    for share in found:
        if share.album_id is not None:
            images, called = in_albums.get(share.album_id, 0), album_names.get(share.album_id, "")
            first = first_of_albums.get(share.album_id)
        else:
            images, first = in_shares.get(share.id, 0), first_of_chosen.get(share.id)
            called = first.title or first.name if first else ""
        listed.append(Listed(share, images, share.name or called, first))
    return listed


def count_each(
    session: Session,
    place: InstrumentedAttribute[int],
    member: InstrumentedAttribute[int],
    ids: Collection[int],
) -> dict[int, int]:
    """Return how many living images are in each place that has any."""
    query = select(place, func.count()).join(Image, Image.id == member)
    query = query.where(place.in_(ids), *Image.lives()).group_by(place)
    return {id_: number for id_, number in session.execute(query)}  # noqa: C416 - rows


def first_in(
    session: Session,
    place: InstrumentedAttribute[int],
    member: type[AlbumImage | ShareImage],
    ids: Collection[int],
) -> dict[int, Image]:
    """Return the first living image of each place that has any."""
    number = func.row_number().over(partition_by=place, order_by=(member.position, member.image_id))
    query = select(place.label("place"), member.image_id, number.label("number"))
    query = query.join(Image, Image.id == member.image_id)
    ranked = query.where(place.in_(ids), *Image.lives()).subquery()
    rows = session.execute(select(ranked).where(ranked.c.number == 1)).all()
    wanted = Image.living().where(Image.id.in_({row.image_id for row in rows}))
    found = {image.id: image for image in session.scalars(wanted)}
    return {row.place: found[row.image_id] for row in rows if row.image_id in found}


def count_revocable(session: Session, album: Album) -> int:
    """Return how many shares of an album would be revoked if it was deleted."""
    query = select(func.count(Share.id)).where(Share.album_id == album.id, Share.revoked.is_(None))
    return session.scalar(query) or 0


# ---- who may see it -------------------------------------------------------------------------


def is_guarded(share: Share) -> bool:
    """Tell whether its link alone opens nothing: a visit has to begin with a password or a view."""
    return share.password is not None or share.most_views is not None


def check_living(share: Share) -> None:
    """Raise ShareRevokedError or ShareExpiredError for a share that has ended for everybody."""
    if share.revoked is not None:
        raise ShareRevokedError
    if share.expires is not None and share.expires <= now():
        raise ShareExpiredError


def is_used_up(share: Share) -> bool:
    """Tell whether there is no view left for anybody new."""
    return share.most_views is not None and share.views >= share.most_views


def state(share: Share) -> ShareEndedError | None:
    """Return how the share has ended, or None while others can open it."""
    try:
        check_living(share)
    except ShareEndedError as ended:
        return ended
    return ShareUsedUpError() if is_used_up(share) else None


def begin_visit(session: Session, share: Share) -> None:
    """Count a view. However many come at once, no more begin than there are views left.

    Raises what `state` returns.
    """
    id_, at = share.id, now()
    begin_write(session)
    counting = update(Share).where(
        Share.id == id_,
        Share.revoked.is_(None),
        Share.expires.is_(None) | (Share.expires > at),
        Share.most_views.is_(None) | (Share.views < Share.most_views),
    )
    begun = counting.values(views=Share.views + 1, last_viewed=at).returning(Share.id)
    if session.scalar(begun) is None:
        fresh = session.get(Share, id_, populate_existing=True)
        raise NotFoundError if fresh is None else state(fresh) or ShareUsedUpError()


# ---- what is in it --------------------------------------------------------------------------


def members(share: Share) -> Subquery:
    """Return the places of the share's images: `image_id` and `position`."""
    if share.album_id is not None:
        query = select(AlbumImage.image_id, AlbumImage.position)
        return query.where(AlbumImage.album_id == share.album_id).subquery("member")
    chosen = select(ShareImage.image_id, ShareImage.position)
    return chosen.where(ShareImage.share_id == share.id).subquery("member")


def count(session: Session, share: Share) -> int:
    """Return how many images the share shows."""
    member = members(share)
    query = Image.living().join(member, member.c.image_id == Image.id)
    return session.scalar(query.with_only_columns(func.count(Image.id))) or 0


def list_keys(session: Session, share: Share, most: int) -> Sequence[str]:
    """Return the keys of the share's images, up to `most`, in order."""
    member = members(share)
    query = Image.living().join(member, member.c.image_id == Image.id)
    query = query.order_by(member.c.position, member.c.image_id).limit(most)
    return session.scalars(query.with_only_columns(Image.key)).all()


def list_page(session: Session, share: Share, number: int, size: int) -> Sequence[Image]:
    """Return the images of a page, the first of which has the number 1."""
    member = members(share)
    query = Image.living().join(member, member.c.image_id == Image.id)
    query = query.order_by(member.c.position, member.c.image_id)
    return session.scalars(query.offset((number - 1) * size).limit(size)).all()


def find_image(session: Session, share: Share, alias: str) -> Image:
    """Return the image that the share calls so (library.aliases). Raises NotFoundError."""
    member = members(share)
    query = Image.living().join(member, member.c.image_id == Image.id)
    id_ = read_alias(share, alias)
    image = None if id_ is None else session.scalar(query.where(Image.id == id_))
    if image is None:
        raise NotFoundError
    return image


def beside(session: Session, share: Share, image: Image) -> Beside:
    """Return the images before and after one of the share's."""
    member = members(share)
    position, id_ = member.c.position, member.c.image_id
    own = select(position).where(id_ == image.id).scalar_subquery()
    here, there = tuple_(position, id_), tuple_(own, image.id)
    query = Image.living().join(member, id_ == Image.id)
    before = query.where(here < there).order_by(position.desc(), id_.desc())
    after = query.where(here > there).order_by(position, id_)
    return Beside(session.scalar(before.limit(1)), session.scalar(after.limit(1)))


def archive_of(session: Session, media: Media, share: Share) -> Archive:
    """Return the archive of the share's images, in order, without what cameras wrote.

    Raises NothingChosenError, TooManyChosenError, OSError, and BusyError where looking for what
    cameras wrote takes longer than PREPARING: what was found out is kept for the next time.
    """
    member = members(share)
    query = select(*archive.COLUMNS, Image.visibility).join(Blob, Image.blob_id == Blob.id)
    query = query.join(member, member.c.image_id == Image.id).where(*Image.lives())
    query = query.order_by(member.c.position, member.c.image_id)
    rows = session.execute(query.limit(MOST + 1)).all()
    end_read(session)
    chosen = [Chosen(*row[:-1]) for row in rows]
    if len(chosen) <= MOST:
        private = (row.visibility == "private" for row in rows)
        until = monotonic() + PREPARING
        chosen = [
            stripped(media, each, until) if hidden else each
            for each, hidden in zip(chosen, private, strict=True)
        ]
    return archive.of(session, media, chosen)


def stripped(media: Media, chosen: Chosen, until: float) -> Chosen:
    """Return what an archive for others has of a private image.

    Raises BusyError, also if it takes work and the clock is beyond `until` already.
    """
    sha256, extension = chosen.sha256, chosen.extension
    try:
        name = known_name(media, sha256, extension)
        if name is None:
            if monotonic() > until:
                raise BusyError
            name = shown_name(media, sha256, extension)
        return chosen._replace(stored=name, bytes=media.store.stat(name).size)
    except (NotFoundError, MissingFileError, *HOPELESS):
        # There is no such file, so the archive will name the picture as missing.
        return chosen._replace(stored=copy_name(sha256, extension))
