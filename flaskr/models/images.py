"""Images: uploads of content."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Self

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    Text,
    bindparam,
    func,
    select,
    text,
)
from sqlalchemy.orm import (
    Mapped,
    Session,
    mapped_column,
    relationship,
    validates,
)

from flaskr.models.base import Base, BigId, Moment, now
from flaskr.models.blobs import Blob


class DirectImage(NamedTuple):
    """What a direct link needs to know of an image, from one look-up by its key."""

    key: str
    owner_id: int
    visibility: str
    name: str
    sha256: str
    type: str
    extension: str
    width: int
    height: int
    frames: int
    version: int
    expires: datetime | None


def by_owner(name: str, *columns: str) -> Index:
    """An index to page through the images of one owner in the order of `columns`.

    What lists are narrowed by is in it, so that rows that do not count are never read.
    """
    living = text("deleted IS NULL")
    narrowing = ("created", "extension", "visibility")
    return Index(
        name, "owner_id", *columns, *narrowing, sqlite_where=living, postgresql_where=living
    )


class Image(Base):
    """One upload of a blob.

    `visibility` is `public` (listed), `unlisted` (whoever has the link) or `private` (its owner).
    `bytes` and `extension` are the blob's, `name_key` and `search_text` are made by library.search
    from what they are named after. `version` numbers the current content; `revision` goes up with
    every change. From `expires` on it is in the trash, whether or not that is noted in `deleted`.
    """

    __tablename__ = "image"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(12), unique=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    blob_id: Mapped[int] = mapped_column(ForeignKey("blob.id", ondelete="RESTRICT"), index=True)
    name: Mapped[str] = mapped_column(String(255))
    visibility: Mapped[str] = mapped_column(
        String(8), default="unlisted", server_default="unlisted"
    )
    deletion_sha256: Mapped[str] = mapped_column(String(64))
    created: Mapped[datetime] = mapped_column(Moment, default=now)
    deleted: Mapped[datetime | None] = mapped_column(Moment)
    title: Mapped[str] = mapped_column(String(200), default="", server_default=text("''"))
    alt: Mapped[str] = mapped_column(String(1000), default="", server_default=text("''"))
    bytes: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    extension: Mapped[str] = mapped_column(String(8), default="", server_default=text("''"))
    name_key: Mapped[str] = mapped_column(String(255), default="", server_default=text("''"))
    search_text: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    expires: Mapped[datetime | None] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    revision: Mapped[int] = mapped_column(default=1, server_default="1")
    changed: Mapped[datetime | None] = mapped_column(Moment, default=now)

    blob: Mapped[Blob] = relationship(lazy="joined", innerjoin=True)

    __table_args__ = (
        by_owner("ix_image_owner_id_id", "id"),
        by_owner("ix_image_owner_id_bytes", "bytes", "id"),
        by_owner("ix_image_owner_id_name_key", "name_key", "id"),
        Index(
            "ix_image_owner_id_deleted",
            *("owner_id", "deleted", "id"),
            sqlite_where=text("deleted IS NOT NULL"),
            postgresql_where=text("deleted IS NOT NULL"),
        ),
        Index(
            "ix_image_owner_id_expires",
            *("owner_id", "expires", "id"),
            sqlite_where=text("expires IS NOT NULL"),
            postgresql_where=text("expires IS NOT NULL"),
        ),
        Index("ix_image_owner_id_blob_id", "owner_id", "blob_id"),
        Base.__table_args__,
    )

    @validates("blob")
    def _copy_from_blob(self, _name: str, blob: Blob) -> Blob:
        self.bytes, self.extension = blob.bytes, blob.extension
        return blob

    @classmethod
    def living(cls) -> Select[Self]:
        """Start a query for images that are not deleted."""
        return select(cls).where(*cls.lives())

    @classmethod
    def lives(cls) -> tuple[ColumnElement[bool], ...]:
        """The image is neither deleted nor past its time, by the database's clock."""
        in_time = cls.expires.is_(None) | (cls.expires > func.current_timestamp())
        return cls.deleted.is_(None), in_time

    @classmethod
    def shown(cls) -> tuple[ColumnElement[bool], ...]:
        """The image lives, and others than its owner may see it: copies of it may lie about."""
        return *cls.lives(), cls.visibility != "private"

    @classmethod
    def by_key(cls, session: Session, key: str) -> Self | None:
        """Return the image with this key, whoever owns it, or None."""
        return session.scalar(cls.living().where(cls.key == key))

    @classmethod
    def direct(cls, session: Session, key: str) -> DirectImage | None:
        """Return what a direct link needs of the image with this key, or None.

        Plain columns: making objects of the rows would take longer than the look-up.
        """
        row = session.execute(DIRECT_IMAGE, {"key": key}).first()
        return None if row is None else DirectImage._make(row)

    @classmethod
    def owned(cls, session: Session, owner_id: int, key: str) -> Self | None:
        """Return the owner's image with this key, or None."""
        return session.scalar(cls.living().where(cls.key == key, cls.owner_id == owner_id))

    @classmethod
    def knows(cls, session: Session, owner_id: int, key: str) -> bool:
        """Tell whether the owner has an image with this key, deleted or not."""
        query = select(cls.id).where(cls.key == key, cls.owner_id == owner_id)
        return session.scalar(query) is not None

    @classmethod
    def page(cls, session: Session, owner_id: int, before: str | None, size: int) -> Sequence[Self]:
        """Return up to `size` of the owner's images, newest first.

        `before` is the key of an image of the owner's: only older ones are returned. The time
        needed does not grow with the depth of the page.
        """
        query = cls.living().where(cls.owner_id == owner_id).order_by(cls.id.desc()).limit(size)
        if before is not None:
            anchor = select(cls.id).where(cls.key == before, cls.owner_id == owner_id)
            query = query.where(cls.id < anchor.scalar_subquery())
        return session.scalars(query).all()

    @classmethod
    def backups(cls, owner_id: int) -> Select[Self]:
        """Start a query for the owner's private images, newest first."""
        own = cls.living().where(cls.owner_id == owner_id, cls.visibility == "private")
        return own.order_by(cls.id.desc())

    @classmethod
    def backup_page(
        cls, session: Session, owner_id: int, before: str | None, size: int
    ) -> Sequence[Self]:
        """Return up to `size` of the owner's private images, older than the one with that key."""
        query = cls.backups(owner_id).limit(size)
        if before is not None:
            anchor = select(cls.id).where(cls.key == before, cls.owner_id == owner_id)
            query = query.where(cls.id < anchor.scalar_subquery())
        return session.scalars(query).all()

    @classmethod
    def backup_of(
        cls,
        session: Session,
        owner_id: int,
        *,
        md5: str | None = None,
        sha256: str | None = None,
    ) -> Self | None:
        """Return the owner's newest private image with this content, or None."""
        query = cls.backups(owner_id).join(Blob, cls.blob_id == Blob.id).limit(1)
        if md5 is not None:
            query = query.where(Blob.md5 == md5)
        if sha256 is not None:
            query = query.where(Blob.sha256 == sha256)
        return session.scalar(query)


DIRECT_IMAGE = (
    select(
        Image.key,
        Image.owner_id,
        Image.visibility,
        Image.name,
        Blob.sha256,
        Blob.type,
        Blob.extension,
        Blob.width,
        Blob.height,
        Blob.frames,
        Image.version,
        Image.expires,
    )
    .join(Blob, Image.blob_id == Blob.id)
    .where(Image.key == bindparam("key"), *Image.lives())
)
