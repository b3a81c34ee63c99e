"""Albums: made, named, nested, ordered by hand, filled, deleted. Their images are never theirs.

An image may be in several albums, and stays in the library whatever becomes of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, ScalarSelect, delete, func, inspect, literal, select, update
from sqlalchemy.orm import Session, aliased

from flaskr.errors import (
    AlbumCycleError,
    AlbumDepthError,
    AlbumGoneError,
    AlbumNameError,
    EditConflictError,
    NotFoundError,
    TooManyAlbumsError,
)
from flaskr.library.chosen import in_batches, one_at_a_time, own_ids, pieces, touch
from flaskr.library.keys import is_key, new_key
from flaskr.library.texts import is_visible, lines, one_line, short_enough
from flaskr.models import Album, AlbumImage, Image, Share, User, now
from flaskr.transactions import begin_write

MAX_NAME = 100
MAX_DESCRIPTION = 5000
MAX_DEPTH = 8
MAX_ALBUMS = 5000


@dataclass(frozen=True)
class Entry:
    """An album in the outline of all: how deep it lies, 0 on top."""

    key: str
    name: str
    depth: int


@dataclass(frozen=True)
class Shelf:
    """An album as lists show it: living images in it, albums in it, its cover if it has one."""

    album: Album
    images: int
    albums: int
    cover: Image | None


@dataclass(frozen=True)
class Saying:
    """What is said of an album; `public` is None to leave it as it is."""

    name: str
    description: str
    public: bool | None = None


# ---- find and list --------------------------------------------------------------------------


def find_own(session: Session, owner: User, key: str) -> Album:
    """Return an album of the owner's. Raises NotFoundError, also for somebody else's."""
    album = Album.owned(session, owner.id, key) if is_key(key) else None
    if album is None:
        raise NotFoundError
    return album


def find_numbered(session: Session, owner: User, id_: int) -> Album:
    """Return an album of the owner's by its id, for clients that know them so.

    Raises NotFoundError, also for somebody else's.
    """
    album = session.scalar(select(Album).where(Album.id == id_, Album.owner_id == owner.id))
    if album is None:
        raise NotFoundError
    return album


def outline(session: Session, owner: User, most: int = MAX_ALBUMS) -> list[Entry]:
    """Return all albums of the owner's, each followed by those in it, in their order.

    If there are more than `most`, up to so many of those on top.
    """
    grove = Grove.of(session, owner.id, most + 1)
    if len(grove.names) <= most:
        return list(grove.walk(None, 0))
    query = select(Album.key, Album.name).where(Album.owner_id == owner.id, beside(None))
    rows = session.execute(query.order_by(Album.position, Album.id).limit(most))
    return [Entry(key, name, 0) for key, name in rows]


def shelves(session: Session, owner: User, parent: Album | None) -> list[Shelf]:
    """Return the albums directly in `parent` (None: on top), in their order."""
    inner = aliased(Album)
    query = (
        select(
            Album,
            count_images(),
            select(func.count()).where(inner.parent_id == Album.id).scalar_subquery(),
            cover_id(),
        )
        .where(Album.owner_id == owner.id, beside(parent.id if parent else None))
        .order_by(Album.position, Album.id)
    )
    rows = session.execute(query).all()
    covers = by_id(session, [row[3] for row in rows if row[3] is not None])
    return [
        Shelf(album, images, albums, covers.get(cover)) for album, images, albums, cover in rows
    ]


def shelf(session: Session, album: Album) -> Shelf:
    """Return one album as lists show it."""
    inner = aliased(Album)
    albums = select(func.count()).where(inner.parent_id == Album.id).scalar_subquery()
    query = select(count_images(), albums, cover_id()).where(Album.id == album.id)
    images, below, cover = session.execute(query).one()
    return Shelf(album, images, below, by_id(session, [cover]).get(cover))


def path_to(session: Session, album: Album) -> Sequence[Album]:
    """Return the albums that this one lies in, the outermost first."""
    above = select(Album.id, Album.parent_id, literal(0).label("height"))
    up = above.where(Album.id == album.id).cte("up", recursive=True)
    step = select(Album.id, Album.parent_id, up.c.height + 1).join(up, Album.id == up.c.parent_id)
    up = up.union_all(step.where(up.c.height < MAX_DEPTH))
    query = select(Album).join(up, Album.id == up.c.id).where(Album.id != album.id)
    return session.scalars(query.order_by(up.c.height.desc())).all()


def albums_of(session: Session, image: Image) -> Sequence[Album]:
    """Return the albums that the image is in, by name."""
    query = select(Album).join(AlbumImage, AlbumImage.album_id == Album.id)
    return session.scalars(query.where(AlbumImage.image_id == image.id).order_by(Album.name)).all()


def of_each(session: Session, ids: Sequence[int]) -> dict[int, list[str]]:
    """Return the keys of the albums that many images are in; one in none is left out."""
    found: dict[int, list[str]] = {}
    for some in pieces(ids):
        query = select(AlbumImage.image_id, Album.key).join(Album, AlbumImage.album_id == Album.id)
        query = query.where(AlbumImage.image_id.in_(some)).order_by(Album.name, Album.id)
        for id_, key in session.execute(query):
            found.setdefault(id_, []).append(key)
    return found


def count_images() -> ScalarSelect[int]:
    """The number of living images in the album of the row."""
    inside = Image.living().with_only_columns(func.count(Image.id))
    inside = inside.join(AlbumImage, AlbumImage.image_id == Image.id)
    return inside.where(AlbumImage.album_id == Album.id).correlate(Album).scalar_subquery()


def cover_id() -> ScalarSelect[int | None]:
    """The id of the cover of the album of the row: the chosen one while it lives, or the first."""
    chosen = Image.living().with_only_columns(Image.id).where(Image.id == Album.cover_id)
    first = Image.living().with_only_columns(Image.id)
    first = first.join(AlbumImage, AlbumImage.image_id == Image.id)
    first = first.where(AlbumImage.album_id == Album.id)
    first = first.order_by(AlbumImage.position, AlbumImage.image_id).limit(1)
    return select(
        func.coalesce(
            chosen.correlate(Album).scalar_subquery(), first.correlate(Album).scalar_subquery()
        )
    ).scalar_subquery()


def by_id(session: Session, ids: Sequence[int | None]) -> dict[int, Image]:
    """Return living images by their ids."""
    found: dict[int, Image] = {}
    for some in pieces([id_ for id_ in ids if id_ is not None]):
        images = session.scalars(Image.living().where(Image.id.in_(some)))
        found.update({image.id: image for image in images})
    return found


def beside(parent_id: int | None) -> ColumnElement[bool]:
    """The album lies directly in that one (None: on top)."""
    return Album.parent_id.is_(None) if parent_id is None else Album.parent_id == parent_id


# ---- the tree -------------------------------------------------------------------------------


@dataclass
class Grove:
    """All albums of one owner as a tree of ids; `below` has the children of each in their order."""

    names: dict[int, tuple[str, str]] = field(default_factory=dict)
    parents: dict[int, int | None] = field(default_factory=dict)
    below: dict[int | None, list[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, session: Session, owner_id: int, most: int = MAX_ALBUMS) -> "Grove":
        """Read up to `most` of an owner's albums."""
        grove = cls()
        columns = (Album.id, Album.parent_id, Album.key, Album.name)
        query = select(*columns).where(Album.owner_id == owner_id)
        query = query.order_by(Album.position, Album.id).limit(most)
        for id_, parent_id, key, name in session.execute(query):
            grove.names[id_] = key, name
            grove.parents[id_] = parent_id
            grove.below.setdefault(parent_id, []).append(id_)
        return grove

    def walk(self, parent_id: int | None, depth: int) -> Iterable[Entry]:
        """Yield the albums below one, each before those in it."""
        for id_ in self.below.get(parent_id, []):
            yield Entry(*self.names[id_], depth)
            yield from self.walk(id_, depth + 1)

    def depth(self, id_: int | None) -> int:
        """Return how many albums there are from the top down to this one, itself included."""
        count = 0
        while id_ is not None and count <= MAX_DEPTH:
            count += 1
            id_ = self.parents[id_]
        return count

    def height(self, id_: int) -> int:
        """Return how many albums lie in each other from this one down, itself included."""
        return 1 + max((self.height(child) for child in self.below.get(id_, [])), default=0)

    def contains(self, outer: int, inner: int | None) -> bool:
        """Tell whether `inner` is `outer`, or lies in it."""
        while inner is not None:
            if inner == outer:
                return True
            inner = self.parents[inner]
        return False


# ---- make and change ------------------------------------------------------------------------


def create(
    session: Session, owner: User, name: str, *, parent: Album | None = None, description: str = ""
) -> Album:
    """Make an album, after those that lie beside it.

    Raises AlbumNameError, TextTooLongError, AlbumDepthError, TooManyAlbumsError, and AlbumGoneError
    if `parent` was deleted meanwhile.
    """
    parent_id = id_of(parent) if parent else None
    made = Album(
        key=new_key(),
        owner_id=owner.id,
        parent_id=parent_id,
        name=check_name(name),
        description=check_description(description),
    )
    one_at_a_time(session, owner)
    grove = Grove.of(session, made.owner_id)
    if len(grove.parents) >= MAX_ALBUMS:
        raise TooManyAlbumsError(most=MAX_ALBUMS)
    check_place(grove, parent_id, 1)
    made.position = next_position(session, made.owner_id, parent_id)
    session.add(made)
    session.flush()
    return made


def describe(
    session: Session, album: Album, name: str, description: str, *, revision: int | None = None
) -> None:
    """Give an album a name and a description.

    With `revision` only if that is its still. Raises EditConflictError (`now` is what it is called
    and said to be), AlbumNameError, TextTooLongError, NotFoundError.
    """
    name, description = check_name(name), check_description(description)
    hold(session, album)
    if revision is not None and revision != album.revision:
        raise EditConflictError(now={"name": album.name, "description": album.description})
    album.name, album.description = name, description
    album.revision += 1
    session.flush()


def nest(session: Session, owner: User, album: Album, parent: Album | None) -> None:
    """Put an album into another one (None: on top), after those that are there.

    Raises AlbumCycleError, AlbumDepthError, AlbumGoneError, NotFoundError.
    """
    id_, parent_id = id_of(album), id_of(parent) if parent else None
    one_at_a_time(session, owner)
    grove = Grove.of(session, owner.id)
    if id_ not in grove.parents:
        raise NotFoundError
    if grove.parents[id_] == parent_id:
        return
    if parent_id is not None and parent_id in grove.parents and grove.contains(id_, parent_id):
        raise AlbumCycleError
    check_place(grove, parent_id, grove.height(id_))
    album.position = next_position(session, owner.id, parent_id)
    album.parent_id = parent_id
    album.revision += 1
    session.flush()


def revise(
    session: Session,
    owner: User,
    album: Album,
    said: Saying,
    parent: Album | None,
    *,
    revision: int,
) -> None:
    """Say this of an album from now on, and let it lie there, if its revision is that still.

    Raises what `describe` and `nest` raise.
    """
    describe(session, album, said.name, said.description, revision=revision)
    if said.public is not None:
        album.public = said.public
    nest(session, owner, album, parent)


def remove(session: Session, owner: User, album: Album) -> None:
    """Delete an album. Its images stay; the albums in it take its place; its shares are revoked.

    That many images have changed is noted in several transactions, before the one that deletes.
    Raises NotFoundError if it is gone.
    """
    id_ = id_of(album)
    for some in in_batches(session, image_ids(session, id_)):
        one_at_a_time(session, owner)
        touch(session, some)
    one_at_a_time(session, owner)
    grove = Grove.of(session, owner.id)
    if id_ not in grove.parents:
        raise NotFoundError
    parent_id, children = grove.parents[id_], grove.below.get(id_, [])
    siblings = grove.below[parent_id]
    at = siblings.index(id_)
    moved = update(Album).where(Album.parent_id == id_)
    session.execute(moved.values(parent_id=parent_id, revision=Album.revision + 1))
    end_shares(session, id_)
    session.execute(delete(Album).where(Album.id == id_))
    renumber(session, [*siblings[:at], *children, *siblings[at + 1 :]])


def end_shares(session: Session, id_: int) -> None:
    """Revoke what shares an album. Their owner still finds them, under its name."""
    name = select(Album.name).where(Album.id == id_).scalar_subquery()
    ending = update(Share).where(Share.album_id == id_)
    ending = ending.values(
        name=func.coalesce(func.nullif(Share.name, ""), name),
        revoked=func.coalesce(Share.revoked, now()),
    )
    session.execute(ending.execution_options(synchronize_session=False))


def check_name(name: str) -> str:
    """Return the name as it is kept. Raises AlbumNameError."""
    name = one_line(name)
    if not 1 <= len(name) <= MAX_NAME or not is_visible(name):
        raise AlbumNameError(most=MAX_NAME)
    return name


def check_description(text: str) -> str:
    """Return the description as it is kept. Raises TextTooLongError."""
    return short_enough(lines(text), MAX_DESCRIPTION)


def check_place(grove: Grove, parent_id: int | None, height: int) -> None:
    """Raise AlbumDepthError if what is `height` albums deep has no room; AlbumGoneError."""
    if parent_id is not None and parent_id not in grove.parents:
        raise AlbumGoneError
    if grove.depth(parent_id) + height > MAX_DEPTH:
        raise AlbumDepthError(most=MAX_DEPTH)


def next_position(session: Session, owner_id: int, parent_id: int | None) -> int:
    last = select(func.max(Album.position)).where(Album.owner_id == owner_id, beside(parent_id))
    highest = session.scalar(last)
    return 0 if highest is None else highest + 1


def renumber(session: Session, ids: Sequence[int]) -> None:
    """Give the albums their places in this order."""
    if ids:
        session.execute(
            update(Album), [{"id": id_, "position": place} for place, id_ in enumerate(ids)]
        )


def hold(session: Session, album: Album) -> None:
    """Start a write transaction in which the album is there still. Raises NotFoundError."""
    begin_write(session)
    query = select(Album).where(Album.id == id_of(album))
    fresh = query.with_for_update().execution_options(populate_existing=True)
    if session.scalar(fresh) is None:
        raise NotFoundError


def id_of(album: Album) -> int:
    """Return an album's id without a look at its row, which may be gone since a commit."""
    (id_,) = inspect(album).identity or (0,)
    return int(id_)


# ---- what is in them ------------------------------------------------------------------------


def add_images(session: Session, owner: User, album: Album, keys: Iterable[str]) -> int:
    """Put images at the end of an album; those that are in it stay where they are.

    Returns how many came. Raises what `chosen.own_ids` raises, and NotFoundError if the album is
    gone.
    """
    id_, number = id_of(album), 0
    for ids in own_ids(session, owner, keys):
        hold(session, album)
        inside = select(AlbumImage.image_id).where(AlbumImage.album_id == id_)
        there = set(session.scalars(inside.where(AlbumImage.image_id.in_(ids))))
        new = [each for each in ids if each not in there]
        last = select(func.max(AlbumImage.position)).where(AlbumImage.album_id == id_)
        start = (session.scalar(last) or 0) + 1
        session.add_all(
            AlbumImage(album_id=id_, image_id=each, position=start + place)
            for place, each in enumerate(new)
        )
        changed(session, album, new)
        number += len(new)
    return number


def take_images(session: Session, owner: User, album: Album, keys: Iterable[str]) -> int:
    """Take images out of an album; return how many. Raises what `add_images` raises."""
    id_, number = id_of(album), 0
    for ids in own_ids(session, owner, keys):
        hold(session, album)
        removal = delete(AlbumImage).where(AlbumImage.album_id == id_, AlbumImage.image_id.in_(ids))
        gone = sorted(session.scalars(removal.returning(AlbumImage.image_id)))
        if album.cover_id in gone:
            album.cover_id = None
        changed(session, album, gone)
        number += len(gone)
    return number


def set_cover(session: Session, album: Album, image: Image | None) -> None:
    """Show the album by this image; None: by its first.

    Raises NotFoundError if the image is not in the album.
    """
    id_ = image.id if image else None
    hold(session, album)
    if id_ is not None and session.get(AlbumImage, (album.id, id_)) is None:
        raise NotFoundError
    album.cover_id = id_
    album.revision += 1
    session.flush()


def set_albums(session: Session, owner: User, image: Image, keys: Iterable[str]) -> None:
    """Put an image into exactly these albums, at the end of those it was not in.

    Within a write transaction. Raises AlbumGoneError for an album that is not the owner's.
    """
    one_at_a_time(session, owner)
    try:
        wanted = {find_own(session, owner, key).id for key in dict.fromkeys(keys)}
    except NotFoundError:
        raise AlbumGoneError from None
    there = set(session.scalars(select(AlbumImage.album_id).where(AlbumImage.image_id == image.id)))
    for id_ in there - wanted:
        album = session.get_one(Album, id_)
        session.delete(session.get_one(AlbumImage, (id_, image.id)))
        album.cover_id = None if album.cover_id == image.id else album.cover_id
        album.revision += 1
    for id_ in sorted(wanted - there):
        last = select(func.max(AlbumImage.position)).where(AlbumImage.album_id == id_)
        position = (session.scalar(last) or 0) + 1
        session.add(AlbumImage(album_id=id_, image_id=image.id, position=position))
        session.get_one(Album, id_).revision += 1
    session.flush()


def image_ids(session: Session, album_id: int) -> Sequence[int]:
    """Return the ids of all images in an album in their order, those in the trash too."""
    query = select(AlbumImage.image_id).where(AlbumImage.album_id == album_id)
    return session.scalars(query.order_by(AlbumImage.position, AlbumImage.image_id)).all()


def number(session: Session, album: Album, ids: Sequence[int]) -> None:
    """Give the album's images their places in this order; only what changes is written."""
    query = select(AlbumImage.image_id, AlbumImage.position)
    query = query.where(AlbumImage.album_id == album.id)
    before = {id_: position for id_, position in session.execute(query)}  # noqa: C416 - rows
    places = [
        {"album_id": album.id, "image_id": id_, "position": place}
        for place, id_ in enumerate(ids)
        if before[id_] != place
    ]
    if places:
        session.execute(update(AlbumImage), places)


def changed(session: Session, album: Album, ids: Sequence[int]) -> None:
    """Note that the album has changed, and so have the images that came or went."""
    if ids:
        album.revision += 1
        session.flush()
        touch(session, ids)
