"""An account's public page: its public images, and the albums that it shows. Off by default."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from flaskr.errors import NotFoundError
from flaskr.library import gallery
from flaskr.library.accounts import name_key
from flaskr.library.gallery import Filter, Neighbours, Page, Sort
from flaskr.library.keys import is_key
from flaskr.models import Album, AlbumImage, Image, User
from flaskr.transactions import begin_write

PUBLIC = "public"


@dataclass(frozen=True)
class PublicAlbum:
    """An album as everybody sees it: how many public images are in it, and the first of them."""

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


def albums_of(session: Session, user: User) -> list[PublicAlbum]:
    """Return the albums that the account shows to everybody, in their order."""
    query = select(Album).where(Album.owner_id == user.id, Album.public.is_(True))
    albums = session.scalars(query.order_by(Album.position, Album.id)).all()
    numbers = count_public(session, albums)
    return [
        PublicAlbum(album, numbers.get(album.id, 0), cover(session, album))
        for album in albums
        if numbers.get(album.id)
    ]


def count_public(session: Session, albums: Sequence[Album]) -> dict[int, int]:
    """Return how many public images are in each album that has any."""
    query = Image.living().join(AlbumImage, AlbumImage.image_id == Image.id)
    query = query.where(
        AlbumImage.album_id.in_([album.id for album in albums]), Image.visibility == PUBLIC
    )
    counted = query.with_only_columns(AlbumImage.album_id, func.count(Image.id))
    return {id_: number for id_, number in session.execute(counted.group_by(AlbumImage.album_id))}  # noqa: C416 - rows


def cover(session: Session, album: Album) -> Image | None:
    """Return the public image that stands for an album: the chosen one, or the first."""
    query = Image.living().join(AlbumImage, AlbumImage.image_id == Image.id)
    query = query.where(AlbumImage.album_id == album.id, Image.visibility == PUBLIC)
    chosen = session.scalar(query.where(Image.id == album.cover_id)) if album.cover_id else None
    return chosen or session.scalar(
        query.order_by(AlbumImage.position, AlbumImage.image_id).limit(1)
    )
