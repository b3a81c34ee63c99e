"""How much an account keeps, drawn: its quota as a bar, kinds and months as charts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flaskr.db import db
from flaskr.imaging.formats import EXTENSIONS
from flaskr.library import trash, usage
from flaskr.models import User, now
from flaskr.web.intake import media
from flaskr.web.users import account

MONTHS = 12
SCALE = 100
"""How high the highest bar is drawn."""


@dataclass(frozen=True)
class Bar:
    """One bar of a chart: what it stands for, and its share of the longest one in per cent."""

    label: str
    moment: datetime | None
    images: int
    bytes: int
    share: int


@dataclass(frozen=True)
class Room:
    """How much of a quota is used; `most` is None where there is none."""

    used: int
    most: int | None

    @property
    def percent(self) -> int:
        return min(SCALE, self.used * SCALE // self.most) if self.most else 0


def usage_context() -> dict[str, Any]:
    """Return what the page about the account's space shows."""
    owner = account()
    session = db.session
    return {
        **rooms(owner),
        "kinds": bars(
            (EXTENSIONS[each.name].name if each.name in EXTENSIONS else each.name, None, each)
            for each in usage.by_type(session, owner)
        ),
        "months": bars(
            (f"{each.month:%Y-%m}", each.month, each)
            for each in usage.by_month(session, owner, now(), MONTHS)
        ),
        "trash": trash.measure(session, owner),
    }


def rooms(owner: User) -> dict[str, Room]:
    """Return how much of the quotas is used."""
    used = usage.of(db.session, media().quota, owner.id)
    return {
        "pictures": Room(used.images, used.most_images),
        "space": Room(used.bytes, used.most_bytes),
    }


def bars(rows: Iterable[tuple[str, datetime | None, Any]]) -> list[Bar]:
    """Return bars as long as their bytes."""
    listed = list(rows)
    longest = max((row.bytes for _, _, row in listed), default=0)
    return [
        Bar(
            label,
            moment,
            row.images,
            row.bytes,
            max(1, round(row.bytes * SCALE / longest)) if row.bytes and longest else 0,
        )
        for label, moment, row in listed
    ]
