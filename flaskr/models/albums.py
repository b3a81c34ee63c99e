"""Albums, and the images in them."""

from datetime import datetime
from typing import Self

from sqlalchemy import ForeignKey, Index, String, Text, false, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from flaskr.models.base import Base, BigId, Moment, now


class Album(Base):
    """An album, below `parent_id` if that is set. `position` orders those that lie side by side.

    `revision` goes up with every change. A `public` one is on its owner's public page.
    """

    __tablename__ = "album"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(12), unique=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    # No action: checked once the statement is through, so that an account can go with all albums.
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("album.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    description: Mapped[str] = mapped_column(Text, default="")
    position: Mapped[int] = mapped_column(default=0)
    cover_id: Mapped[int | None] = mapped_column(
        ForeignKey("image.id", ondelete="SET NULL"), index=True
    )
    revision: Mapped[int] = mapped_column(default=1)
    public: Mapped[bool] = mapped_column(default=False, server_default=false())
    created: Mapped[datetime] = mapped_column(Moment, default=now)

    __table_args__ = (
        Index("ix_album_owner_id_parent_id", "owner_id", "parent_id"),
        Base.__table_args__,
    )

    @classmethod
    def owned(cls, session: Session, owner_id: int, key: str) -> Self | None:
        """Return the owner's album with this key, or None."""
        return session.scalar(select(cls).where(cls.key == key, cls.owner_id == owner_id))


class AlbumImage(Base):
    """An image's place in an album. It may be in several albums."""

    __tablename__ = "album_image"

    album_id: Mapped[int] = mapped_column(
        ForeignKey("album.id", ondelete="CASCADE"), primary_key=True
    )
    image_id: Mapped[int] = mapped_column(
        ForeignKey("image.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    position: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        Index("ix_album_image_album_id_position", "album_id", "position", "image_id"),
    )
