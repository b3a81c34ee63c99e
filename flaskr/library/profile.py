"""An account's public page: its public images, and the albums that it shows. Off by default."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from flaskr.errors import NotFoundError
from flaskr.library import gallery
from flaskr.library.accounts import name_key
from flaskr.library.albums import by_id
from flaskr.library.gallery import Filter, Neighbours, Page, Sort
from flaskr.library.keys import is_key
from flaskr.models import Album, AlbumImage, Image, User
from flaskr.transactions import begin_write

PUBLIC = "public"


@dataclass(frozen=True)
class PublicAlbum:
    """An album as everybody sees it: how many public images are in it, and its cover.

    That is the one that was chosen, if it is among them, or the first.
    """

    album: Album
    images: int
    cover: Image | None


def switch(session: Session, user: User, *, on: bool) -> None:
    """Give the account a public page, or take it away."""
    begin_write(session)
    user.profile = on


def find(session: Session, username: str) -> User:
    """Return the account with a public page of that name. Raises NotFoundError."""
    user = User.by_name_key(session, name_key(username))
    if user is None or not user.profile:
        raise NotFoundError
    return user


def find_album(session: Session, user: User, key: str) -> Album:
    """Return an album that the account shows to everybody. Raises NotFoundError."""
    album = Album.owned(session, user.id, key) if is_key(key) else None
    if album is None or not album.public:
        raise NotFoundError
    return album


def find_image(session: Session, user: User, album: Album | None, key: str) -> Image:
    """Return a public image of the account's, of that album's if one is given.

    Raises NotFoundError.
    """
    query = Image.living().where(
        Image.key == key, Image.owner_id == user.id, Image.visibility == PUBLIC
    )
    if album is not None:
        query = query.join(AlbumImage, AlbumImage.image_id == Image.id)
        query = query.where(AlbumImage.album_id == album.id)
    image = session.scalar(query)
    if image is None:
        raise NotFoundError
    return image


def list_page(session: Session, user: User, album: Album | None, cursor: str, size: int) -> Page:
    """Return a page of the public images of the account, or of its album, in its order."""
    return gallery.list_page(session, user, wanted(album), order(album), cursor, size=size)


def beside(session: Session, user: User, album: Album | None, image: Image) -> Neighbours:
    """Return the public images before and after one."""
    return gallery.neighbours(session, user, image, wanted(album), order(album))


def wanted(album: Album | None) -> Filter:
    return Filter(visibility=PUBLIC, album=None if album is None else album.id)


def order(album: Album | None) -> Sort:
    return Sort.NEWEST if album is None else Sort.POSITION


def list_albums(session: Session, user: User, start: int, size: int) -> list[PublicAlbum]:
    """Return up to `size` of the albums that the account shows to everybody, in their order.

    Those before `start`, counted from 0, are passed over. One without public images is left out.
    """
    inside = Image.living().join(AlbumImage, AlbumImage.image_id == Image.id)
    inside = inside.where(AlbumImage.album_id == Album.id, Image.visibility == PUBLIC)
    inside = inside.correlate(Album)
    ids = inside.with_only_columns(Image.id)
    first = ids.order_by(AlbumImage.position, AlbumImage.image_id).limit(1).scalar_subquery()
    chosen = ids.where(Image.id == Album.cover_id).scalar_subquery()
    images = inside.with_only_columns(func.count(Image.id)).scalar_subquery()
    query = select(Album, images, func.coalesce(chosen, first))
    query = query.where(Album.owner_id == user.id, Album.public.is_(True), ids.exists())
    query = query.order_by(Album.position, Album.id).offset(start).limit(size)
    rows = session.execute(query).all()
    covers = by_id(session, [row[2] for row in rows])
    return [PublicAlbum(album, images, covers.get(cover)) for album, images, cover in rows]
