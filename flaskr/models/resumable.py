"""Uploads that come in pieces, and requests that may come twice."""

from datetime import datetime
from typing import Self

from sqlalchemy import BigInteger, ForeignKey, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from flaskr.models.base import Base, BigId, Moment, now
from flaskr.models.images import Image


class ResumableUpload(Base):
    """A file on its way in, piece by piece; api.tus is how it comes.

    `offset` bytes of `length` are durable in the spool, under a name made of `key`. `image_id` is
    set once the picture has been taken in, and `offset` is `length` no sooner. `visibility` is None
    where it follows from `keep`. `metadata_header` is what the client said, as it said it.
    """

    __tablename__ = "resumable_upload"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(22), unique=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    length: Mapped[int] = mapped_column(BigInteger)
    offset: Mapped[int] = mapped_column(BigInteger, default=0)
    name: Mapped[str] = mapped_column(String(255))
    batch: Mapped[str] = mapped_column(String(12))
    position: Mapped[int] = mapped_column(default=0)
    keep: Mapped[str] = mapped_column(String(8))
    visibility: Mapped[str | None] = mapped_column(String(8))
    idempotency_key: Mapped[str | None] = mapped_column(String(200))
    metadata_header: Mapped[str] = mapped_column("metadata", Text, default="")
    image_id: Mapped[int | None] = mapped_column(
        ForeignKey("image.id", ondelete="CASCADE"), index=True
    )
    created: Mapped[datetime] = mapped_column(Moment, default=now)
    expires: Mapped[datetime] = mapped_column(Moment, index=True)

    image: Mapped[Image | None] = relationship()

    @classmethod
    def owned(cls, session: Session, owner_id: int, key: str) -> Self | None:
        """Return the owner's upload with this key as it is now, or None."""
        query = select(cls).where(cls.key == key, cls.owner_id == owner_id)
        return session.scalar(query.execution_options(populate_existing=True))


class IdempotencyKey(Base):
    """Which image a request with this key of the client's led to.

    `content_sha256` stands for the request: for the file before anything was stripped, or for the
    address from which it was to be fetched, and for how it was to be kept. `created` is the image's
    own moment if this request made the image.
    """

    __tablename__ = "idempotency_key"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(200))
    content_sha256: Mapped[str] = mapped_column(String(64))
    image_id: Mapped[int] = mapped_column(ForeignKey("image.id", ondelete="CASCADE"), index=True)
    created: Mapped[datetime] = mapped_column(Moment, default=now, index=True)

    image: Mapped[Image] = relationship(innerjoin=True)

    __table_args__ = (UniqueConstraint("owner_id", "key"), Base.__table_args__)

    @property
    def made_image(self) -> bool:
        """Whether the image was not here before the request."""
        return self.created == self.image.created

    @classmethod
    def of(cls, session: Session, owner_id: int, key: str) -> Self | None:
        """Return what the owner's request with this key led to, or None."""
        return session.scalar(select(cls).where(cls.key == key, cls.owner_id == owner_id))
