"""How lists that are narrowed stay quick, whether little or much is left of them.

Either one condition leaves so few images that they can be gathered and sorted; or each leaves so
many that a page is full soon, if one goes along the order, or an index that has the same order, and
drops what does not fit.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

FEW = 1500
"""Gathering so many takes about as long as finding a page among 128,000 of which so many fit."""


class Index(NamedTuple):
    """An index that can be gone along in the order of ids: an entry's number less `first` is one.

    Of its entries up to `last`, `matching` picks those that count.
    """

    number: ColumnElement[int]
    first: int
    last: int
    matching: ColumnElement[bool]

    def at(self, id_: int) -> int:
        """Return the number of an id's entry, or of the nearest."""
        return min(max(self.first, self.first + id_), self.last)

    @property
    def ids(self) -> Select[int]:
        return select(self.number - self.first).where(self.matching)


class Narrowing(NamedTuple):
    """A condition told twice: as the ids of the images that may fulfil it, and of one image.

    Without `ids`, the database finds the quickest way by itself. `along` is where they are from, if
    it has an order.
    """

    ids: Select[int] | None
    condition: ColumnElement[bool]
    along: Index | None = None


def few(session: Session, narrowings: Iterable[Narrowing]) -> Sequence[int] | None:
    """Return the ids of the narrowing that leaves the fewest images; None if all leave many."""
    fewest = None
    for narrowing in narrowings:
        if narrowing.ids is not None:
            ids = session.scalars(narrowing.ids.limit(FEW + 1)).all()
            if len(ids) <= FEW and (fewest is None or len(ids) < len(fewest)):
                fewest = ids
    return fewest
