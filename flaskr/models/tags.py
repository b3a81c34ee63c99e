"""Tags, and the images that have them."""

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from flaskr.models.base import Base, BigId


class Tag(Base):
    """A tag of one owner's. `name_key` is the name as it is compared; see library.search.fold."""

    __tablename__ = "tag"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(64))
    name_key: Mapped[str] = mapped_column(String(128))

    __table_args__ = (UniqueConstraint("owner_id", "name_key"), Base.__table_args__)


class ImageTag(Base):
    """That an image has a tag."""

    __tablename__ = "image_tag"

    image_id: Mapped[int] = mapped_column(
        ForeignKey("image.id", ondelete="CASCADE"), primary_key=True
    )
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id", ondelete="CASCADE"), primary_key=True)

    __table_args__ = (Index("ix_image_tag_tag_id_image_id", "tag_id", "image_id"),)
