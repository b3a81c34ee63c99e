"""Content."""

from datetime import datetime
from typing import Self

from sqlalchemy import (
    BigInteger,
    String,
    select,
)
from sqlalchemy.orm import (
    Mapped,
    Session,
    mapped_column,
)

from flaskr.models.base import Base, BigId, Moment, now


class Blob(Base):
    """Content: one row for each SHA-256, shared by every image that has it.

    `width` and `height` are pixels as shown, after the EXIF orientation. `md5` (hex) is for
    clients that look pictures up by it, never for identity. `phash` tells how alike pictures look
    (library.lookalikes). `unreferenced` is when the last image
    went, as far as was noticed; whether there is one tells the image table alone.
    """

    __tablename__ = "blob"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    md5: Mapped[str] = mapped_column(String(32), index=True)
    bytes: Mapped[int] = mapped_column(BigInteger)
    type: Mapped[str] = mapped_column(String(40))
    extension: Mapped[str] = mapped_column(String(8))
    width: Mapped[int]
    height: Mapped[int]
    frames: Mapped[int]
    created: Mapped[datetime] = mapped_column(Moment, default=now)
    unreferenced: Mapped[datetime | None] = mapped_column(Moment)
    phash: Mapped[int | None] = mapped_column(BigInteger)

    @classmethod
    def need(cls, session: Session, sha256: str) -> Self:
        """Return the row of this content, which must exist."""
        return session.execute(select(cls).where(cls.sha256 == sha256)).scalar_one()
