"""What a list of pictures is asked for in an address: words, filters, an order."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode

from flask import url_for
from flask_babel import gettext

from flaskr.db import db
from flaskr.imaging import FORMATS
from flaskr.imaging.formats import EXTENSIONS, SVG
from flaskr.library import albums, tags
from flaskr.library.editing import VISIBILITIES
from flaskr.library.gallery import Filter, Sort
from flaskr.library.search import MOST_TEXT
from flaskr.models import MAX_ID, Album, Tag
from flaskr.web.filters import medium_date
from flaskr.web.users import account

MOST_DIGITS = 20
USED = {"yes": True, "no": False}
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Chip:
    """A filter as people read it, and the address of the list without it."""

    text: str
    without: str


@dataclass(frozen=True)
class Asked:
    """What a list is to show. `query` has what of the address was understood, in its words."""

    wanted: Filter
    sort: Sort
    query: dict[str, str]
    album: Album | None = None
    tag: Tag | None = None
    days: dict[str, date] = field(default_factory=dict)

    @property
    def is_narrowed(self) -> bool:
        """Tell whether there may be pictures that are not shown."""
        return bool(self.query.keys() - {"sort"})

    def url(self, **changed: str | None) -> str:
        """Return the address of this list with other words; None takes one out.

        All of an album, and all that has a tag, have addresses of their own.
        """
        query = {name: value for name, value in (self.query | changed).items() if value}
        path = url_for("tuchuang.images")
        match sorted(query.keys() - {"sort", "cursor"}):
            case ["album"]:
                path = url_for("tuchuang.album", key=query.pop("album"))
            case ["tag"]:
                path = url_for("tuchuang.tag", name=query.pop("tag"))
        return f"{path}?{urlencode(query)}" if query else path

    def chips(self) -> list[Chip]:
        """Return every filter, to be read and taken out."""
        texts = {
            "q": gettext("“%(words)s”", words=self.wanted.text),
            "type": EXTENSIONS[self.wanted.extension].name if self.wanted.extension else "",
            "album": gettext("Album: %(name)s", name=self.album.name) if self.album else "",
            "tag": gettext("Tag: %(name)s", name=self.tag.name) if self.tag else "",
            "visibility": visibility_text(self.wanted.visibility or ""),
            "used": used_text(self.query.get("used", "")),
            "since": self._day("since", gettext("From %(date)s", date="{}")),
            "until": self._day("until", gettext("To %(date)s", date="{}")),
        }
        return [
            Chip(texts[name], self.url(**{name: None})) for name in self.query if texts.get(name)
        ]

    def _day(self, name: str, text: str) -> str:
        day = self.days.get(name)
        return text.format(medium_date(day)) if day else ""


def read(args: Mapping[str, str]) -> Asked:
    """Read the words of an address; what makes no sense counts as not said.

    Raises NotFoundError for an album or a tag that is not the account's.
    """
    said = {name: args.get(name, "").replace("\0", "").strip() for name in NAMES}
    album = albums.find_own(db.session, account(), said["album"]) if said["album"] else None
    tag = tags.find_own(db.session, account(), said["tag"]) if said["tag"] else None
    extension = said["type"] if said["type"] in EXTENSIONS else ""
    visibility = said["visibility"] if said["visibility"] in VISIBILITIES else ""
    used = said["used"] if said["used"] in USED else ""
    days = {name: day for name in ("since", "until") if (day := read_day(said[name]))}
    usual = Sort.POSITION if album else Sort.NEWEST
    sort = read_sort(said["sort"], usual)
    understood = {
        "q": said["q"][:MOST_TEXT],
        "album": album.key if album else "",
        "tag": tag.name if tag else "",
        "type": extension,
        "visibility": visibility,
        "used": used,
        **{name: day.isoformat() for name, day in days.items()},
        "sort": "" if sort is usual else sort.value,
    }
    wanted = Filter(
        text=understood["q"],
        extension=extension or None,
        visibility=visibility or None,
        album=album.id if album else None,
        tag=tag.id if tag else None,
        used=USED.get(used),
        since=start_of(days["since"]) if "since" in days else None,
        until=end_of(days["until"]) if "until" in days else None,
    )
    query = {name: value for name, value in understood.items() if value}
    return Asked(wanted, sort, query, album, tag, days)


NAMES = ("q", "album", "tag", "type", "visibility", "used", "since", "until", "sort")


def read_day(text: str) -> date | None:
    """Return the day that `2026-11-21` is."""
    with suppress(ValueError):
        return date.fromisoformat(text)
    return None


def read_sort(text: str, usual: Sort) -> Sort:
    """Return the order of that name; by hand only where that is usual."""
    with suppress(ValueError):
        sort = Sort(text)
        if sort is not Sort.POSITION:
            return sort
    return usual


def read_number(text: str) -> int | None:
    """Return the number of a revision or a version that a form tells; None if it tells none."""
    if not (text.isascii() and text.isdecimal()):
        return None
    return min(int(text[:MOST_DIGITS]), MAX_ID)


def start_of(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def end_of(day: date) -> datetime | None:
    """Return when the day is over, in UTC; None for the last one there is."""
    return None if day == date.max else start_of(day + DAY)


def type_choices() -> list[tuple[str, str]]:
    """Return the kinds of pictures there may be, and their names."""
    return [(each.extension, each.name) for each in (*FORMATS, SVG)]


def visibility_text(visibility: str) -> str:
    """Return what people call it."""
    texts = {
        "public": gettext("Public"),
        "unlisted": gettext("Unlisted"),
        "private": gettext("Only you"),
    }
    return str(texts.get(visibility, ""))


def used_text(used: str) -> str:
    """Return what people call pictures that are used, and those that are not."""
    texts = {"yes": gettext("Used somewhere"), "no": gettext("Not used")}
    return str(texts.get(used, ""))


def sort_text(sort: Sort) -> str:
    """Return what people call an order."""
    texts = {
        Sort.NEWEST: gettext("Newest first"),
        Sort.OLDEST: gettext("Oldest first"),
        Sort.LARGEST: gettext("Largest first"),
        Sort.SMALLEST: gettext("Smallest first"),
        Sort.NAME: gettext("Name, A to Z"),
        Sort.NAME_DOWN: gettext("Name, Z to A"),
        Sort.POSITION: gettext("As arranged"),
    }
    return str(texts[sort])
