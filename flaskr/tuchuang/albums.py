"""Albums: all that lie on top."""

from dataclasses import dataclass

from flask import render_template, url_for

from flaskr.db import db
from flaskr.library import albums as library
from flaskr.library.albums import Shelf
from flaskr.tuchuang import bp
from flaskr.web.tiles import Tile, tiles_of
from flaskr.web.users import account, login_required


@dataclass(frozen=True)
class ShelfCard:
    """What a page of albums shows of one: what is directly in it, and its cover if it has one."""

    key: str
    name: str
    page: str
    images: int
    albums: int
    cover: Tile | None


@bp.get("/albums")
@login_required
def albums() -> str:
    """List the albums that lie in no other."""
    shelves = library.shelves(db.session, account(), None)
    return render_template("tuchuang/albums.html", shelves=[card(shelf) for shelf in shelves])


def card(shelf: Shelf) -> ShelfCard:
    """Gather what is shown of an album."""
    album = shelf.album
    covers = tiles_of([shelf.cover] if shelf.cover else [])
    return ShelfCard(
        key=album.key,
        name=album.name,
        page=url_for("tuchuang.images", album=album.key),
        images=shelf.images,
        albums=shelf.albums,
        cover=covers[0] if covers else None,
    )
