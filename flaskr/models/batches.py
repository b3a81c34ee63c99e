"""What was uploaded together."""

from collections.abc import Sequence

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from flaskr.models.base import Base, BigId
from flaskr.models.images import Image


class BatchEntry(Base):
    """An image's place in a batch. An image that was sent twice can be in several batches.

    `position` is what the sender said; images with the same one follow in the order they came.
    """

    __tablename__ = "batch_entry"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    batch: Mapped[str] = mapped_column(String(12))
    image_id: Mapped[int] = mapped_column(ForeignKey("image.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(default=0)

    image: Mapped[Image] = relationship(innerjoin=True)

    __table_args__ = (UniqueConstraint("owner_id", "batch", "image_id"), Base.__table_args__)

    @classmethod
    def any_exists(cls, session: Session, owner_id: int, batch: str) -> bool:
        """Tell whether the owner has sent anything in this batch, deleted since or not."""
        query = select(cls.id).where(cls.owner_id == owner_id, cls.batch == batch).limit(1)
        return session.scalar(query) is not None

    @classmethod
    def images(cls, session: Session, owner_id: int, batch: str) -> Sequence[Image]:
        """Return the owner's living images of one batch, in their order."""
        query = (
            Image.living()
            .join(cls, cls.image_id == Image.id)
            .where(cls.owner_id == owner_id, cls.batch == batch)
        )
        return session.scalars(query.order_by(cls.position, cls.id)).all()
