"""What the admin is told of the whole site."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from flaskr.library.accounts import GUEST
from flaskr.models import Base, Blob, Image, Post, SetFile, User


@dataclass(frozen=True)
class Figures:
    """Numbers of rows; `bytes` is what the pictures of the library take, each content once."""

    accounts: int
    wechat_accounts: int
    images: int
    guest_images: int
    trashed: int
    documents: int
    posts: int
    bytes: int


def count_all(session: Session) -> Figures:
    """Count everything."""

    def count(table: type[Base], *conditions: ColumnElement[bool]) -> int:
        return session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0

    guest = select(User.id).where(User.external_id == GUEST).scalar_subquery()
    return Figures(
        accounts=count(User, User.external_id.is_(None)),
        wechat_accounts=count(User, User.external_id.startswith("wechat:")),
        images=count(Image, Image.deleted.is_(None)),
        guest_images=count(Image, Image.deleted.is_(None), Image.owner_id == guest),
        trashed=count(Image, Image.deleted.is_not(None)),
        documents=count(SetFile, SetFile.sha256.is_not(None), SetFile.deleted.is_(None)),
        posts=count(Post),
        bytes=session.scalar(select(func.coalesce(func.sum(Blob.bytes), 0))) or 0,
    )
