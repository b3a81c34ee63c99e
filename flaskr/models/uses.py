"""Where images are used: in posts, and in Markdown of one's own."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from flaskr.models.base import Base, BigId, Moment, now


class Document(Base):
    """Markdown that was imported; `name` is its path among what it came with, in one `batch`.

    `content` is its text with the new addresses, and empty once it is forgotten. `rewritten` counts
    those, `left_count` what stayed as it was. `left` lists that: an address, and why; `untold` of
    them are not in it. `kept` is how many bytes content and list take, 0 once they are forgotten.

    A `passing` one is no use of images, and goes when it is forgotten: a later text has taken its
    place, or it could not be moved and has no content; `left` says then why.
    """

    __tablename__ = "document"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    batch: Mapped[str] = mapped_column(String(12), index=True)
    name: Mapped[str] = mapped_column(String(500))
    created: Mapped[datetime] = mapped_column(Moment, default=now)
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    rewritten: Mapped[int] = mapped_column(default=0)
    left_count: Mapped[int] = mapped_column(default=0)
    left: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list, deferred=True)
    untold: Mapped[int] = mapped_column(default=0)
    kept: Mapped[int] = mapped_column(default=0)
    passing: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        Index("ix_document_owner_id_id", "owner_id", "id"),
        Index("ix_document_owner_id_name", "owner_id", "name"),
        Base.__table_args__,
    )


class ImageUse(Base):
    """That a post or a document mentions an image; one of the two is set.

    `owner_id` is who wrote it: the image may be somebody else's.
    """

    __tablename__ = "image_use"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    image_id: Mapped[int] = mapped_column(ForeignKey("image.id", ondelete="CASCADE"), index=True)
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"))
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id", ondelete="CASCADE"))

    __table_args__ = (
        UniqueConstraint("post_id", "image_id"),
        UniqueConstraint("document_id", "image_id"),
        Base.__table_args__,
    )
