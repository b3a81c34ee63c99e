"""Shares: links by which others see an image, a selection or an album."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from flaskr.models.base import Base, BigId, Moment, now


class Share(Base):
    """A link to the images of `album_id` as they are now, or to those that `ShareImage` names.

    Its token follows from `key` (library.shares); only the token's SHA-256 is kept. `views` counts
    visits, of which there are `most_views` at most; `last_viewed` is when the last one began.
    `password` is an Argon2 hash. From `expires` or `revoked` on, nothing is shown any more; the
    share of an album that is deleted is revoked with it.
    """

    __tablename__ = "share"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(12), unique=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    album_id: Mapped[int | None] = mapped_column(
        ForeignKey("album.id", ondelete="SET NULL"), index=True
    )
    name: Mapped[str] = mapped_column(String(200), default="")
    note: Mapped[str] = mapped_column(String(200), default="")
    password: Mapped[str | None] = mapped_column(String(255))
    expires: Mapped[datetime | None] = mapped_column(Moment)
    most_views: Mapped[int | None]
    views: Mapped[int] = mapped_column(default=0)
    last_viewed: Mapped[datetime | None] = mapped_column(Moment)
    revoked: Mapped[datetime | None] = mapped_column(Moment)
    created: Mapped[datetime] = mapped_column(Moment, default=now)

    __table_args__ = (Index("ix_share_owner_id_id", "owner_id", "id"), Base.__table_args__)


class ShareImage(Base):
    """An image's place in a share of chosen images."""

    __tablename__ = "share_image"

    share_id: Mapped[int] = mapped_column(
        ForeignKey("share.id", ondelete="CASCADE"), primary_key=True
    )
    image_id: Mapped[int] = mapped_column(
        ForeignKey("image.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    position: Mapped[int] = mapped_column(default=0)
