"""Accounts, and the tokens that speak for them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

from sqlalchemy import BigInteger, ForeignKey, String, false, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from flaskr.models.base import Base, BigId, Moment, now


class User(Base):
    """An account. `name_key` is the name as it is compared; see library.accounts.

    `external_id` is set for accounts that are made on demand and have no password: `wechat:` and
    an openid, or `guest`. What `used_…` counts and who keeps it says library.usage; a `quota_…` of
    None is that of the settings. With `profile` there is a public page of the account;
    `default_visibility` is that of uploads which say nothing, None for unlisted.
    """

    __tablename__ = "user"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    username: Mapped[str] = mapped_column(String(80))
    name_key: Mapped[str] = mapped_column(String(160), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    is_admin: Mapped[bool] = mapped_column(default=False)
    session_version: Mapped[int] = mapped_column(default=1)
    keep: Mapped[str] = mapped_column(String(8), default="share", server_default="share")
    link_form: Mapped[str] = mapped_column(String(16), default="url", server_default="url")
    link_template: Mapped[str] = mapped_column(String(500), default="", server_default=text("''"))
    copy_links: Mapped[bool] = mapped_column(default=False, server_default=false())
    external_id: Mapped[str | None] = mapped_column(String(160), unique=True)
    created: Mapped[datetime] = mapped_column(Moment, default=now)
    used_images: Mapped[int] = mapped_column(default=0, server_default="0")
    used_bytes: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    quota_images: Mapped[int | None]
    quota_bytes: Mapped[int | None] = mapped_column(BigInteger)
    profile: Mapped[bool] = mapped_column(default=False, server_default=false())
    default_visibility: Mapped[str | None] = mapped_column(String(8))

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

    @classmethod
    def of(cls, session: Session, user_id: int) -> Sequence[Self]:
        """Return the account's tokens, newest first."""
        query = select(cls).where(cls.user_id == user_id)
        return session.scalars(query.order_by(cls.id.desc())).all()

    @classmethod
    def count_of(cls, session: Session, user_id: int) -> int:
        """Return how many tokens the account has."""
        return session.scalar(select(func.count()).where(cls.user_id == user_id)) or 0
