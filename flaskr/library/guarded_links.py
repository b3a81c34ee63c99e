"""What shares and drop boxes have in common: a link that opens by its token, and visits of it.

A token follows from the row's key and the instance's secret key, so it can be shown again; only its
SHA-256 is kept. A visit is what somebody's browser proves to have begun, or to have been let into.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from flaskr.errors import ExpiryPassedError, NotFoundError, message_
from flaskr.library.keys import derive_secret, digest, is_key
from flaskr.library.media import Media
from flaskr.models import DropBox, Share, User, now
from flaskr.transactions import begin_write

MAX_TOKEN = 64
"""No token of ours is longer."""

Link = TypeVar("Link", Share, DropBox)


class EndPassedError(ExpiryPassedError):
    """A link cannot end in the past; it need not end at all."""

    message = message_("This moment has passed. Choose a later one, or leave the field empty.")


@dataclass(frozen=True)
class GuardedLinks(Generic[Link]):
    """All links of one kind; what they and their visits are signed for, how long a visit lasts."""

    kind: type[Link]
    purpose: str
    visit_purpose: str
    visit: timedelta

    def find(self, session: Session, token: str) -> Link:
        """Return what is behind a link, whatever has become of it. Raises NotFoundError."""
        if len(token) > MAX_TOKEN:
            raise NotFoundError
        query = select(self.kind).where(self.kind.token_sha256 == digest(token))
        link = session.scalar(query)
        if link is None:
            raise NotFoundError
        return link

    def find_own(self, session: Session, owner: User, key: str) -> Link:
        """Return a link of the owner's. Raises NotFoundError, also for somebody else's."""
        query = select(self.kind).where(self.kind.key == key, self.kind.owner_id == owner.id)
        link = session.scalar(query) if is_key(key) else None
        if link is None:
            raise NotFoundError
        return link

    def hold(self, session: Session, owner: User, key: str) -> Link:
        """Start a write transaction and return the owner's link. Raises NotFoundError."""
        owner_id = owner.id
        begin_write(session)
        query = select(self.kind).where(self.kind.key == key, self.kind.owner_id == owner_id)
        link = session.scalar(query.with_for_update().execution_options(populate_existing=True))
        if link is None:
            raise NotFoundError
        return link

    def new_token(self, media: Media, key: str) -> str:
        """Return the text of the link of the row with that key."""
        return derive_secret(media.secret_key, self.purpose, key)

    def token_of(self, media: Media, link: Link) -> str | None:
        """Return the text of a link; None if it was made with another secret key."""
        token = self.new_token(media, link.key)
        return token if hmac.compare_digest(digest(token), link.token_sha256) else None

    def sign_visit(self, media: Media, link: Link, at: datetime | None = None) -> str:
        """Return what proves, for as long as a visit lasts, that one has begun."""
        until = str(int(((at or now()) + self.visit).timestamp()))
        return f"{until}.{self.visit_secret(media, link, until)}"

    def is_visit(self, media: Media, link: Link, proof: str) -> bool:
        """Tell whether a visit has begun, and is not over; a new password ends it."""
        until, _, given = proof.partition(".")
        secret = self.visit_secret(media, link, until)
        if not hmac.compare_digest(secret.encode(), given.encode()):
            return False
        return int(until) > now().timestamp()

    def visit_secret(self, media: Media, link: Link, until: str) -> str:
        """Return what only we can tell of a visit."""
        about = f"{link.key}:{until}:{digest(link.password or '')}"
        return derive_secret(media.secret_key, self.visit_purpose, about)
