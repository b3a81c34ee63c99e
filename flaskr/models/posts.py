"""The blog's posts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

from sqlalchemy import (
    ForeignKey,
    Index,
    String,
    Text,
    false,
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
    """A blog post; `body` is Markdown.

    A draft is its author's alone. `published` is when it ceased to be one for the first time.
    """

    __tablename__ = "post"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    created: Mapped[datetime] = mapped_column(Moment, default=now)
    updated: Mapped[datetime] = mapped_column(Moment, default=now)
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    draft: Mapped[bool] = mapped_column(default=False, server_default=false())
    published: Mapped[datetime | None] = mapped_column(Moment, default=now)
    cover_id: Mapped[int | None] = mapped_column(
        ForeignKey("image.id", ondelete="SET NULL"), index=True
    )

    author: Mapped[User] = relationship(lazy="joined", innerjoin=True)

    __table_args__ = (Index("ix_post_published_id", "published", "id"), Base.__table_args__)

    @classmethod
    def page(cls, session: Session, before: int | None, size: int) -> Sequence[Self]:
        """Return up to `size` posts, newest first, older than the post with id `before`."""
        query = select(cls).order_by(cls.id.desc()).limit(size)
        if before is not None:
            query = query.where(cls.id < before)
        return session.scalars(query).all()


class PostTag(Base):
    """That a post has a tag. `name_key` is the name as it is compared; see library.search.fold."""

    __tablename__ = "post_tag"

    post_id: Mapped[int] = mapped_column(
        ForeignKey("post.id", ondelete="CASCADE"), primary_key=True
    )
    name_key: Mapped[str] = mapped_column(String(128), primary_key=True)
    name: Mapped[str] = mapped_column(String(64))

    __table_args__ = (Index("ix_post_tag_name_key_post_id", "name_key", "post_id"),)
