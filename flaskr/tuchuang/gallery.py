"""The gallery: one's pictures, narrowed, sorted, page by page."""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from flask import redirect, render_template, request, url_for
from flask_babel import gettext
from markupsafe import Markup
from werkzeug.wrappers import Response

from flaskr.db import db
from flaskr.library import albums, gallery, search, tags
from flaskr.library.editing import VISIBILITIES
from flaskr.library.gallery import FIRST, Page, Sort
from flaskr.tuchuang import bp
from flaskr.tuchuang.asking import (
    USED,
    Asked,
    read,
    sort_text,
    type_choices,
    used_text,
    visibility_text,
)
from flaskr.web.tiles import Month, Tile, months, tiles_of
from flaskr.web.users import account, login_required

PAGE_SIZE = 60
LISTED = 500
"""How many albums and tags there are to choose from in a menu."""

BY_DATE = {Sort.NEWEST, Sort.OLDEST}
SYMBOLS = {"public": "globe", "unlisted": "link", "private": "lock"}


@bp.get("/images")
@login_required
def images() -> str | Response:
    """List one's pictures. A pasted link leads to its picture."""
    return show(read(request.args))


def show(asked: Asked) -> str | Response:
    """Render the page of a list that the address asks for."""
    cursor = request.args.get("cursor", FIRST)
    page = gallery.list_page(
        db.session, account(), asked.wanted, asked.sort, cursor, size=PAGE_SIZE
    )
    if len(page.images) == 1 and search.LINK.search(asked.wanted.text):
        return redirect(url_for(".image", key=page.images[0].key), 303)
    return render_template(
        "tuchuang/images.html",
        **page_context(asked, page),
        **tools_context(asked),
        cursor=cursor,
    )


def page_context(asked: Asked, page: Page) -> dict[str, Any]:
    """Return the pictures of a page and the ways to the pages beside it."""
    earlier, later = neighbour_texts(asked.sort)
    tiles = in_list(tiles_of(page.images), asked)
    return {
        "groups": group(tiles, asked.sort),
        "by_month": asked.sort in BY_DATE,
        "captioned": asked.sort not in BY_DATE or bool(asked.wanted.text),
        "first": asked.url(),
        "earlier": asked.url(cursor=page.previous) if page.previous is not None else None,
        "earlier_text": earlier,
        "later": asked.url(cursor=page.next) if page.next is not None else None,
        "later_text": later,
    }


def acts_context() -> dict[str, Any]:
    """Return what the bar needs that says what can be done with chosen pictures."""
    outline = albums.outline(db.session, account(), LISTED)
    return {
        "album_options": options((each.key, "— " * each.depth + each.name) for each in outline),
        "visibilities": [(each, SYMBOLS[each], visibility_text(each)) for each in VISIBILITIES],
    }


def tools_context(asked: Asked) -> dict[str, Any]:
    """Return what narrows and sorts the list, and what can be done with pictures."""
    acts = acts_context()
    usual = Sort.POSITION if asked.album else Sort.NEWEST
    orders = [each for each in Sort if each is not Sort.POSITION or asked.album]
    return {
        **acts,
        "words": asked.wanted.text,
        "query": asked.query,
        "is_narrowed": asked.is_narrowed,
        "chips": asked.chips(),
        "since": asked.query.get("since", ""),
        "until": asked.query.get("until", ""),
        "kept": {name: asked.query[name] for name in ("q", "sort") if name in asked.query},
        "choices": filter_choices(asked, acts["album_options"]),
        "sort_name": sort_text(asked.sort),
        "sorts": [
            {
                "text": sort_text(each),
                "url": asked.url(sort=None if each is usual else each.value),
                "current": each is asked.sort,
            }
            for each in orders
        ],
    }


def filter_choices(asked: Asked, album_options: Markup) -> list[dict[str, object]]:
    """Return the selects of the filter, in which what is asked for is, also beyond LISTED."""
    names = list(tags.names(db.session, account(), LISTED))
    if asked.tag and asked.tag.name not in names:
        names.append(asked.tag.name)
    if asked.album and not is_among(album_options, asked.album.key):
        album_options += options([(asked.album.key, asked.album.name)])
    visibilities = ((each, visibility_text(each)) for each in VISIBILITIES)
    listed = [
        ("type", gettext("Kind"), gettext("Every kind"), options(type_choices())),
        ("album", gettext("Album"), gettext("Every album"), album_options),
        ("tag", gettext("Tag"), gettext("Every tag"), options((name, name) for name in names)),
        ("visibility", gettext("Who can see it"), gettext("Any"), options(visibilities)),
        (
            "used",
            gettext("In posts and imported texts"),
            gettext("Any"),
            options((each, used_text(each)) for each in USED),
        ),
    ]
    return [
        {
            "name": name,
            "label": label,
            "any": any_,
            "options": choose(values, asked.query.get(name, "")),
        }
        for name, label, any_, values in listed
        if values
    ]


def options(values: Iterable[tuple[str, str]]) -> Markup:
    """Return the options of a select, from what is sent and what is read."""
    return written(tuple(values))


@lru_cache(maxsize=64)
def written(values: tuple[tuple[str, str], ...]) -> Markup:
    """Write options; kept, for hundreds of them would take longer than the rest of a page."""
    option = Markup('<option value="{}">{}</option>')
    return Markup("").join(option.format(value, text) for value, text in values)


def is_among(written_options: Markup, value: str) -> bool:
    """Tell whether one of the options is of that value."""
    return start_of_option(value) in written_options


def choose(written_options: Markup, value: str) -> Markup:
    """Mark the option of that value as the chosen one."""
    option = start_of_option(value)
    return written_options.replace(option, option + Markup(" selected"), 1)


def start_of_option(value: str) -> Markup:
    return Markup('<option value="{}"').format(value)


def in_list(tiles: list[Tile], asked: Asked) -> list[Tile]:
    """Return the tiles with pages from which one goes on through this list."""
    words = urlencode(asked.query)
    return [replace(tile, page=f"{tile.page}?{words}") for tile in tiles] if words else tiles


def group(tiles: list[Tile], sort: Sort) -> list[Month]:
    """Return the tiles under their months, or all in one where they are in another order."""
    if sort in BY_DATE or not tiles:
        return list(months(tiles))
    return [Month("", tiles[0].created, tiles)]


def neighbour_texts(sort: Sort) -> tuple[str, str]:
    """Return what the pages before and after are called."""
    texts = {
        Sort.NEWEST: (gettext("Newer"), gettext("Older")),
        Sort.OLDEST: (gettext("Older"), gettext("Newer")),
    }
    return texts.get(sort, (gettext("Previous"), gettext("Next")))
