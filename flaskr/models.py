"""Tables, and queries on their own rows.

No table knows HTTP; a `Session` always comes in as an argument. Moments are UTC and aware.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, Self, cast

from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    bindparam,
    or_,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    contains_eager,
    mapped_column,
    relationship,
)

NAMING_CONVENTION = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

# SQLite gives automatic row ids to INTEGER PRIMARY KEY columns only.
BigId = BigInteger().with_variant(Integer, "sqlite")
MAX_ID = 2**63 - 1
"""No row has a larger id; a database refuses to compare one with a larger number."""


def now() -> datetime:
    """Return the present moment, in UTC."""
    return datetime.now(UTC)


class Moment(TypeDecorator[datetime]):
    """A moment in UTC. SQLite forgets the zone, so it is put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - the signature is SQLAlchemy's
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - the signature is SQLAlchemy's
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """What all tables share."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    # An id is never given twice: a link or a cookie of a deleted row must not lead to a new one.
    __table_args__: Any = {"sqlite_autoincrement": True}  # noqa: RUF012 - as SQLAlchemy declares it

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {getattr(self, 'id', '?')}>"


def insert_if_absent(session: Session, table: type[Base], **values: Any) -> None:
    """Insert a row unless a unique column already holds the same value."""
    dialect = session.get_bind().dialect.name
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    target = cast("Table", table.__table__)
    session.execute(insert(target).values(**values).on_conflict_do_nothing())


class User(Base):
    """An account. `name_key` is the name as it is compared; see library.accounts.

    `external_id` is set for accounts that are made on demand and have no password: `wechat:` and
    an openid, or `guest`.
    """

    __tablename__ = "user"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    username: Mapped[str] = mapped_column(String(80))
    name_key: Mapped[str] = mapped_column(String(160), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    is_admin: Mapped[bool] = mapped_column(default=False)
    session_version: Mapped[int] = mapped_column(default=1)
    keep: Mapped[str] = mapped_column(String(8), default="share", server_default="share")
    external_id: Mapped[str | None] = mapped_column(String(160), unique=True)
    created: Mapped[datetime] = mapped_column(Moment, default=now)

    @classmethod
    def by_external_id(cls, session: Session, external_id: str) -> Self | None:
        """Return the account made on demand for this id, or None."""
        return session.scalar(select(cls).where(cls.external_id == external_id))

    @classmethod
    def by_name_key(cls, session: Session, name_key: str) -> Self | None:
        """Return the account of that name, or None."""
        return session.scalar(select(cls).where(cls.name_key == name_key))

    @classmethod
    def any_exists(cls, session: Session) -> bool:
        """Tell whether there is any account that somebody registered or an admin made."""
        return session.scalar(select(cls.id).where(cls.external_id.is_(None)).limit(1)) is not None

    @classmethod
    def lock_table(cls, session: Session) -> None:
        """Keep others from adding accounts until the transaction ends.

        On SQLite the write lock does that already.
        """
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text('LOCK TABLE "user" IN SHARE ROW EXCLUSIVE MODE'))


class Token(Base):
    """An API token; only the SHA-256 of its text is kept."""

    __tablename__ = "token"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(100), default="")
    scope: Mapped[str] = mapped_column(String(20))
    secret_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    created: Mapped[datetime] = mapped_column(Moment, default=now)
    expires: Mapped[datetime | None] = mapped_column(Moment)
    last_used: Mapped[datetime | None] = mapped_column(Moment)

    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)

    @classmethod
    def by_secret(cls, session: Session, secret_sha256: str) -> Self | None:
        """Return the token whose text has this SHA-256, or None."""
        return session.scalar(select(cls).where(cls.secret_sha256 == secret_sha256))

    @classmethod
    def named(cls, session: Session, user_id: int, name: str) -> Sequence[Self]:
        """Return the account's tokens of that name, newest first."""
        query = select(cls).where(cls.user_id == user_id, cls.name == name)
        return session.scalars(query.order_by(cls.id.desc())).all()


class Post(Base):
    """A blog post; `body` is Markdown."""

    __tablename__ = "post"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    created: Mapped[datetime] = mapped_column(Moment, default=now)
    updated: Mapped[datetime] = mapped_column(Moment, default=now)
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)

    author: Mapped[User] = relationship(lazy="joined", innerjoin=True)

    @classmethod
    def page(cls, session: Session, before: int | None, size: int) -> Sequence[Self]:
        """Return up to `size` posts, newest first, older than the post with id `before`."""
        query = select(cls).order_by(cls.id.desc()).limit(size)
        if before is not None:
            query = query.where(cls.id < before)
        return session.scalars(query).all()


class Blob(Base):
    """Content: one row for each SHA-256, shared by every image that has it.

    `width` and `height` are pixels as shown, after the EXIF orientation. `md5` (hex) is for
    clients that look pictures up by it, never for identity. `unreferenced` is when the last image
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

    @classmethod
    def need(cls, session: Session, sha256: str) -> Self:
        """Return the row of this content, which must exist."""
        return session.execute(select(cls).where(cls.sha256 == sha256)).scalar_one()


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


class Image(Base):
    """One upload of a blob. `batch` groups what was uploaded together.

    `visibility` is `public` (listed), `unlisted` (whoever has the link) or `private` (its owner).
    """

    __tablename__ = "image"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(12), unique=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    blob_id: Mapped[int] = mapped_column(ForeignKey("blob.id", ondelete="RESTRICT"), index=True)
    name: Mapped[str] = mapped_column(String(255))
    batch: Mapped[str] = mapped_column(String(12))
    visibility: Mapped[str] = mapped_column(
        String(8), default="unlisted", server_default="unlisted"
    )
    deletion_sha256: Mapped[str] = mapped_column(String(64))
    created: Mapped[datetime] = mapped_column(Moment, default=now)
    deleted: Mapped[datetime | None] = mapped_column(Moment)

    blob: Mapped[Blob] = relationship(lazy="joined", innerjoin=True)

    __table_args__ = (
        Index("ix_image_owner_id_id", "owner_id", "id"),
        Index("ix_image_owner_id_batch", "owner_id", "batch"),
        Base.__table_args__,
    )

    @classmethod
    def living(cls) -> Select[Self]:
        """Start a query for images that are not deleted."""
        return select(cls).where(cls.deleted.is_(None))

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
    def of_batch(cls, session: Session, owner_id: int, batch: str) -> Sequence[Self]:
        """Return the owner's images of one batch, in the order they came."""
        query = cls.living().where(cls.owner_id == owner_id, cls.batch == batch)
        return session.scalars(query.order_by(cls.id)).all()

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
        besides: int | None = None,
    ) -> Self | None:
        """Return the owner's newest private image with this content, or None.

        The one with the id `besides` is passed over.
        """
        query = cls.backups(owner_id).join(Blob, cls.blob_id == Blob.id).limit(1)
        if md5 is not None:
            query = query.where(Blob.md5 == md5)
        if sha256 is not None:
            query = query.where(Blob.sha256 == sha256)
        if besides is not None:
            query = query.where(cls.id != besides)
        return session.scalar(query)


class SetFile(Base):
    """A file of an upload set under its public `name`; library.set_files has the verbs.

    A picture's content is that of its image. A document has none: `bytes` and `sha256` tell of the
    file in the set's own store. Of those with the same `slot` (an openid) an owner has one.
    """

    __tablename__ = "set_file"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    set_name: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(40))
    owner_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    image_id: Mapped[int | None] = mapped_column(
        ForeignKey("image.id", ondelete="SET NULL"), index=True
    )
    slot: Mapped[str | None] = mapped_column(String(64))
    original: Mapped[str] = mapped_column(String(255))
    bytes: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64))
    created: Mapped[datetime] = mapped_column(Moment, default=now)
    deleted: Mapped[datetime | None] = mapped_column(Moment)

    image: Mapped[Image | None] = relationship()

    __table_args__ = (
        UniqueConstraint("set_name", "name"),
        Index("ix_set_file_owner_id_set_name_id", "owner_id", "set_name", "id"),
        Index("ix_set_file_owner_id_slot", "owner_id", "slot"),
        Base.__table_args__,
    )

    @classmethod
    def living(cls) -> Select[Self]:
        """Start a query for files that are not deleted, with their images."""
        there = or_(Image.id.is_not(None) & Image.deleted.is_(None), cls.sha256.is_not(None))
        # An inner join to the blob would drop documents.
        blob = contains_eager(cls.image).joinedload(Image.blob, innerjoin=False)
        query = select(cls).outerjoin(cls.image).options(blob)
        return query.where(cls.deleted.is_(None), there)

    @classmethod
    def by_name(cls, session: Session, set_name: str, name: str) -> Self | None:
        """Return the set's file of this name, whoever owns it, or None."""
        return session.scalar(cls.living().where(cls.set_name == set_name, cls.name == name))

    @classmethod
    def page(
        cls, session: Session, owner_id: int, set_name: str, before: str | None, size: int
    ) -> Sequence[Self]:
        """Return up to `size` of the owner's files of the set, older than the name `before`."""
        own = cls.living().where(cls.owner_id == owner_id, cls.set_name == set_name)
        if before is not None:
            anchor = select(cls.id).where(
                cls.name == before, cls.set_name == set_name, cls.owner_id == owner_id
            )
            own = own.where(cls.id < anchor.scalar_subquery())
        return session.scalars(own.order_by(cls.id.desc()).limit(size)).all()

    @classmethod
    def in_slot(cls, session: Session, owner_id: int, set_name: str, slot: str) -> Sequence[Self]:
        """Return the owner's files with this slot."""
        own = cls.living().where(cls.owner_id == owner_id, cls.set_name == set_name)
        return session.scalars(own.where(cls.slot == slot)).all()


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
    )
    .join(Blob, Image.blob_id == Blob.id)
    .where(Image.key == bindparam("key"), Image.deleted.is_(None))
)
