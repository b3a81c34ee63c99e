"""Files of upload sets."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    Select,
    String,
    UniqueConstraint,
    and_,
    or_,
    select,
)
from sqlalchemy.orm import (
    Mapped,
    Session,
    contains_eager,
    mapped_column,
    relationship,
)

from flaskr.models.base import Base, BigId, Moment, now
from flaskr.models.images import Image


class SetFile(Base):
    """A file of an upload set under its public `name`; library.set_files has the verbs.

    A picture's content is that of its image. A document has none: `bytes` and `sha256` tell of the
    file in the set's own store. Of those with the same `slot` (an openid) an owner has one.
    """

    __tablename__ = "set_file"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    set_name: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(40))
    owner_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    image_id: Mapped[int | None] = mapped_column(
        ForeignKey("image.id", ondelete="SET NULL"), index=True
    )
    slot: Mapped[str | None] = mapped_column(String(64))
    original: Mapped[str] = mapped_column(String(255))
    bytes: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64))
    created: Mapped[datetime] = mapped_column(Moment, default=now)
    deleted: Mapped[datetime | None] = mapped_column(Moment)

    image: Mapped[Image | None] = relationship()

    __table_args__ = (
        UniqueConstraint("set_name", "name"),
        Index("ix_set_file_owner_id_set_name_id", "owner_id", "set_name", "id"),
        Index("ix_set_file_owner_id_slot", "owner_id", "slot"),
        Base.__table_args__,
    )

    @classmethod
    def living(cls) -> Select[Self]:
        """Start a query for files that are not deleted, with their images."""
        there = or_(and_(Image.id.is_not(None), *Image.lives()), cls.sha256.is_not(None))
        # An inner join to the blob would drop documents.
        blob = contains_eager(cls.image).joinedload(Image.blob, innerjoin=False)
        query = select(cls).outerjoin(cls.image).options(blob)
        return query.where(cls.deleted.is_(None), there)

    @classmethod
    def by_name(cls, session: Session, set_name: str, name: str) -> Self | None:
        """Return the set's file of this name, whoever owns it, or None."""
        return session.scalar(cls.living().where(cls.set_name == set_name, cls.name == name))

    @classmethod
    def page(
        cls, session: Session, owner_id: int, set_name: str, before: str | None, size: int
    ) -> Sequence[Self]:
        """Return up to `size` of the owner's files of the set, older than the name `before`."""
        own = cls.living().where(cls.owner_id == owner_id, cls.set_name == set_name)
        if before is not None:
            anchor = select(cls.id).where(
                cls.name == before, cls.set_name == set_name, cls.owner_id == owner_id
            )
            own = own.where(cls.id < anchor.scalar_subquery())
        return session.scalars(own.order_by(cls.id.desc()).limit(size)).all()

    @classmethod
    def has_had(cls, session: Session, owner_id: int, set_name: str, name: str) -> bool:
        """Tell whether the owner has a file of this name in the set, deleted or not."""
        own = select(cls.id).where(cls.owner_id == owner_id, cls.set_name == set_name)
        return session.scalar(own.where(cls.name == name)) is not None

    @classmethod
    def names_of(cls, session: Session, image_id: int) -> Sequence[tuple[str, str]]:
        """Return the set and the public name of every file that is this image."""
        query = select(cls.set_name, cls.name).where(cls.image_id == image_id)
        return [(set_name, name) for set_name, name in session.execute(query)]

    @classmethod
    def in_slot(cls, session: Session, owner_id: int, set_name: str, slot: str) -> Sequence[Self]:
        """Return the owner's files with this slot."""
        own = cls.living().where(cls.owner_id == owner_id, cls.set_name == set_name)
        return session.scalars(own.where(cls.slot == slot)).all()
