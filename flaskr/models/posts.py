"""The blog's posts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    Text,
    and_,
    false,
    func,
    or_,
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
from flaskr.models.images import Image


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
    published: Mapped[datetime | None] = mapped_column(Moment)
    cover_id: Mapped[int | None] = mapped_column(
        ForeignKey("image.id", ondelete="SET NULL"), index=True
    )

    author: Mapped[User] = relationship(lazy="joined", innerjoin=True)
    cover: Mapped[Image | None] = relationship(lazy="selectin")
    tags: Mapped[list["PostTag"]] = relationship(
        lazy="selectin",
        order_by="PostTag.name_key",
        cascade="all, delete-orphan",
        passive_deletes=True,
    )

    __table_args__ = (Index("ix_post_published_id", "published", "id"), Base.__table_args__)

    @classmethod
    def page(
        cls, session: Session, before: int | None, size: int, *, tag: str | None = None
    ) -> Sequence[Self]:
        """Return up to `size` published posts, newest first, older than the post with id `before`.

        With `tag`, a name as it is compared, only those that have it.
        """
        query = select(cls).where(cls.draft.is_(False))
        query = query.order_by(cls.published.desc(), cls.id.desc()).limit(size)
        if tag is not None:
            query = query.join(PostTag, PostTag.post_id == cls.id).where(PostTag.name_key == tag)
        if before is not None:
            query = query.where(cls.older_than(session, before))
        return session.scalars(query).all()

    @classmethod
    def older_than(cls, session: Session, before: int) -> ColumnElement[bool]:
        """The post comes after that one in the order of `page`.

        If that one was deleted meanwhile, its id tells about where it was.
        """
        moment = session.scalar(select(cls.published).where(cls.id == before))
        if moment is None:
            return cls.id < before
        same = and_(cls.published == moment, cls.id < before)
        return or_(cls.published < moment, same)

    @classmethod
    def draft_page(
        cls, session: Session, author_id: int, before: int | None, size: int
    ) -> Sequence[Self]:
        """Return up to `size` of the author's drafts, newest first, with ids below `before`."""
        query = cls.drafts(author_id).order_by(cls.id.desc()).limit(size)
        if before is not None:
            query = query.where(cls.id < before)
        return session.scalars(query).all()

    @classmethod
    def count_drafts(cls, session: Session, author_id: int) -> int:
        """Return how many drafts the author has."""
        query = cls.drafts(author_id).with_only_columns(func.count(cls.id))
        return session.scalar(query) or 0

    @classmethod
    def drafts(cls, author_id: int) -> Select[Self]:
        """Start a query for the author's drafts."""
        return select(cls).where(cls.author_id == author_id, cls.draft.is_(True))


class PostTag(Base):
    """That a post has a tag. `name_key` is the name as it is compared; see library.search.fold."""

    __tablename__ = "post_tag"

    post_id: Mapped[int] = mapped_column(
        ForeignKey("post.id", ondelete="CASCADE"), primary_key=True
    )
    name_key: Mapped[str] = mapped_column(String(128), primary_key=True)
    name: Mapped[str] = mapped_column(String(64))

    __table_args__ = (Index("ix_post_tag_name_key_post_id", "name_key", "post_id"),)
