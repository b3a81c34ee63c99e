"""The contents that images had before."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from flaskr.models.base import Base, BigId, Moment, now
from flaskr.models.blobs import Blob


class ImageVersion(Base):
    """What an image was before its content was replaced; the current one is in its own row.

    `number` counts from 1 and is never given twice for one image; `created` is when the next
    content came.
    """

    __tablename__ = "image_version"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    image_id: Mapped[int] = mapped_column(ForeignKey("image.id", ondelete="CASCADE"))
    number: Mapped[int]
    blob_id: Mapped[int] = mapped_column(ForeignKey("blob.id", ondelete="RESTRICT"), index=True)
    name: Mapped[str] = mapped_column(String(255))
    created: Mapped[datetime] = mapped_column(Moment, default=now)

    blob: Mapped[Blob] = relationship(lazy="joined", innerjoin=True)

    __table_args__ = (UniqueConstraint("image_id", "number"), Base.__table_args__)
