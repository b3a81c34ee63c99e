"""Public pages: an account's public pictures, and the albums that it shows to everybody."""

from dataclasses import dataclass

from flask import render_template, request, url_for
from flask_babel import gettext

from flaskr.db import db
from flaskr.library import profile as library
from flaskr.library.gallery import FIRST
from flaskr.models import Album, Image, User
from flaskr.tuchuang import short_links
from flaskr.tuchuang.shares import page_number
from flaskr.web.links import absolute, files_folder
from flaskr.web.showing import Place, Shown, card, oembed_link, show

PAGE_SIZE = 60


@dataclass(frozen=True)
class Shelf:
    """A public album among others."""

    name: str
    page: str
    images: int
    cover: Shown | None
    albums: int = 0


@short_links.get("/u/<username>")
def profile(username: str) -> str:
    """Show the public pictures of an account, newest first, and its public albums."""
    return render_grid(library.find(db.session, username), None)


@short_links.get("/u/<username>/albums")
def public_albums(username: str) -> str:
    """Show the public albums of an account, page by page."""
    user, number = library.find(db.session, username), page_number()
    shelves, further = read_shelves(user, number)
    return render_template(
        "shares/public.html",
        title=gettext("Albums"),
        above=home_of(user, None),
        username=user.username,
        shelves=shelves,
        shelf_text=gettext("Albums"),
        previous=albums_page(user, number - 1) if number > 1 else None,
        next=further,
        **card_context(albums_page(user, number), place_of(user, None), None),
    )


@short_links.get("/u/<username>/albums/<key:key>")
def public_album(username: str, key: str) -> str:
    """Show the public pictures of a public album, in its order."""
    user = library.find(db.session, username)
    return render_grid(user, library.find_album(db.session, user, key))


@short_links.get("/u/<username>/<key:key>")
def public_picture(username: str, key: str) -> str:
    """Show one public picture, and the ways to those beside it."""
    user = library.find(db.session, username)
    return render_picture(user, None, library.find_image(db.session, user, None, key))


@short_links.get("/u/<username>/albums/<key:album_key>/<key:key>")
def public_album_picture(username: str, album_key: str, key: str) -> str:
    """Show one public picture of a public album, and the ways to those beside it."""
    user = library.find(db.session, username)
    album = library.find_album(db.session, user, album_key)
    return render_picture(user, album, library.find_image(db.session, user, album, key))


def home_of(user: User, album: Album | None) -> str:
    """Return the path of the page that has these pictures."""
    if album is None:
        return url_for("short_links.profile", username=user.username)
    return url_for("short_links.public_album", username=user.username, key=album.key)


def place_of(user: User, album: Album | None) -> Place:
    """Return where the public pictures are: their files at their own addresses."""
    return Place(files_folder(), f"{home_of(user, album)}/")


def albums_page(user: User, number: int) -> str:
    return url_for("short_links.public_albums", username=user.username, page=number)


def read_shelves(user: User, number: int) -> tuple[list[Shelf], str | None]:
    """Return a page of the public albums, and the way to the next page if there is one."""
    start = (number - 1) * PAGE_SIZE
    found = library.list_albums(db.session, user, start, PAGE_SIZE + 1)
    further = albums_page(user, number + 1) if len(found) > PAGE_SIZE else None
    return [shelf(user, each) for each in found[:PAGE_SIZE]], further


def shelf(user: User, public: library.PublicAlbum) -> Shelf:
    """Gather what is shown of a public album among others."""
    return Shelf(
        public.album.name,
        home_of(user, public.album),
        public.images,
        show(public.cover, place_of(user, public.album)) if public.cover else None,
    )


def render_grid(user: User, album: Album | None) -> str:
    """Render a page of public pictures; above the first of an account, its albums."""
    cursor = request.args.get("cursor", FIRST)
    page = library.list_page(db.session, user, album, cursor, PAGE_SIZE)
    home, place = home_of(user, album), place_of(user, album)
    first = page.images[0] if page.images else None
    on_top = album is None and page.previous is None
    shelves, further = read_shelves(user, 1) if on_top else ([], None)
    return render_template(
        "shares/public.html",
        title=album.name if album else user.username,
        description=album.description if album else "",
        above=home_of(user, None) if album else None,
        username=user.username,
        shelves=shelves,
        shelf_text=gettext("Albums"),
        more_albums=further,
        pictures=[show(image, place) for image in page.images],
        previous=f"{home}?cursor={page.previous}" if page.previous is not None else None,
        next=f"{home}?cursor={page.next}" if page.next is not None else None,
        **card_context(home, place, first),
    )


def render_picture(user: User, album: Album | None, image: Image) -> str:
    """Render one public picture."""
    place = place_of(user, album)
    beside = library.beside(db.session, user, album, image)
    picture = show(image, place)
    return render_template(
        "shares/picture.html",
        title=picture.title,
        picture=picture,
        back=home_of(user, album),
        back_text=album.name if album else user.username,
        previous=show(beside.previous, place) if beside.previous else None,
        next=show(beside.next, place) if beside.next else None,
        **card_context(picture.page, place, image),
    )


def card_context(home: str, place: Place, image: Image | None) -> dict[str, object]:
    """Return what other sites are told of a page."""
    return {
        "address": absolute(home),
        "card": card(image, place) if image else None,
        "oembed": oembed_link(absolute(place.pages + image.key)) if image else None,
        "listed": True,
    }
