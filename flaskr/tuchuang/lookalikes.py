"""Pictures that look alike: copies of one another, and those like a certain one."""

from dataclasses import dataclass

from flask import jsonify, render_template
from werkzeug.wrappers import Response

from flaskr.db import db
from flaskr.library import images
from flaskr.library import lookalikes as library
from flaskr.library.lookalikes import Copies
from flaskr.tuchuang import bp
from flaskr.tuchuang.gallery import PAGE_SIZE, acts_context
from flaskr.web.filters import filesize
from flaskr.web.formats import wants_json
from flaskr.web.links import image_card
from flaskr.web.tiles import Tile, tiles_of
from flaskr.web.users import account, login_required

MOST_GROUPS = 60
MOST_COPIES = 24
"""How many of one group are shown."""


@dataclass(frozen=True)
class Group:
    """Copies of one picture, the largest first; `spare` is how many bytes the others take."""

    tiles: list[Tile]
    number: int
    spare: int


@bp.get("/duplicates")
@login_required
def duplicates() -> str:
    """List what is there more than once, as far as eyes can tell; the most to win first."""
    found = library.copies(db.session, account(), most=MOST_GROUPS)
    groups = [group(each) for each in found]
    return render_template(
        "tuchuang/duplicates.html",
        groups=groups,
        spare=sum(each.spare for each in groups),
        size_of=size_of,
        **acts_context(),
    )


@bp.get("/images/<key:key>/similar")
@login_required
def similar(key: str) -> str | Response:
    """List what looks like a picture, the nearest first; a script is told how many there are."""
    own = images.find_own(db.session, account(), key)
    found = library.looks_like(db.session, own, most=PAGE_SIZE)
    if wants_json():
        return jsonify(count=len(found))
    return render_template(
        "tuchuang/similar.html", image=image_card(own), found=tiles_of(found), **acts_context()
    )


def group(found: Copies) -> Group:
    """Gather what is shown of copies."""
    return Group(tiles_of(found.images[:MOST_COPIES]), len(found.images), found.spare_bytes)


def size_of(tile: Tile) -> str:
    """Say how big a picture is."""
    return f"{tile.width} × {tile.height} · {filesize(tile.bytes)}"
