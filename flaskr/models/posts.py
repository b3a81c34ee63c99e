"""The blog's posts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

from sqlalchemy import (
    ForeignKey,
    String,
    Text,
    select,
)
from sqlalchemy.orm import (
    Mapped,
    Session,
    mapped_column,
    relationship,
)

from flaskr.models.accounts import User
from flaskr.models.base import Base, BigId, Moment, now


class Post(Base):
    """A blog post; `body` is Markdown."""

    __tablename__ = "post"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    created: Mapped[datetime] = mapped_column(Moment, default=now)
    updated: Mapped[datetime] = mapped_column(Moment, default=now)
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)

    author: Mapped[User] = relationship(lazy="joined", innerjoin=True)

    @classmethod
    def page(cls, session: Session, before: int | None, size: int) -> Sequence[Self]:
        """Return up to `size` posts, newest first, older than the post with id `before`."""
        query = select(cls).order_by(cls.id.desc()).limit(size)
        if before is not None:
            query = query.where(cls.id < before)
        return session.scalars(query).all()
