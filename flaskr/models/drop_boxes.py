"""Drop boxes: links by which others upload into somebody's album."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from flaskr.models.base import Base, BigId, Moment, now


class DropBox(Base):
    """A link by which others upload into an album of the owner's.

    Its token follows from `key`; only the token's SHA-256 is kept. `password` is an Argon2 hash.
    `images` counts what came, of which there are `most_images` at most, each of `most_bytes` at
    most. `types` are the extensions that are taken, with spaces between; none means all pictures.
    From `expires` or `closed` on, nothing is taken any more.
    """

    __tablename__ = "drop_box"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(12), unique=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    album_id: Mapped[int] = mapped_column(ForeignKey("album.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    note: Mapped[str] = mapped_column(String(200), default="")
    password: Mapped[str | None] = mapped_column(String(255))
    expires: Mapped[datetime | None] = mapped_column(Moment)
    most_images: Mapped[int | None]
    most_bytes: Mapped[int | None] = mapped_column(BigInteger)
    types: Mapped[str] = mapped_column(String(200), default="", server_default=text("''"))
    needs_approval: Mapped[bool] = mapped_column(default=False, server_default=false())
    closed: Mapped[datetime | None] = mapped_column(Moment)
    images: Mapped[int] = mapped_column(default=0, server_default="0")
    created: Mapped[datetime] = mapped_column(Moment, default=now)

    __table_args__ = (Index("ix_drop_box_owner_id_id", "owner_id", "id"), Base.__table_args__)


class Drop(Base):
    """That an image came through a drop box. `sender` is the name that was typed.

    Until it is `approved` it is private and in no album.
    """

    __tablename__ = "drop_box_image"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    drop_box_id: Mapped[int] = mapped_column(ForeignKey("drop_box.id", ondelete="CASCADE"))
    image_id: Mapped[int] = mapped_column(ForeignKey("image.id", ondelete="CASCADE"), unique=True)
    sender: Mapped[str] = mapped_column(String(100), default="")
    approved: Mapped[datetime | None] = mapped_column(Moment)
    created: Mapped[datetime] = mapped_column(Moment, default=now)

    __table_args__ = (
        Index("ix_drop_box_image_drop_box_id_id", "drop_box_id", "id"),
        Base.__table_args__,
    )
