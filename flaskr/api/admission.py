"""Who may: whoever has a token, and guests where the settings admit them. Cookies do not count.

All of it comes before the body is read.
"""

from collections.abc import Callable

from flask import current_app, g, request

from flaskr.db import db
from flaskr.errors import NotAdmittedError
from flaskr.library import accounts, set_files
from flaskr.library.sets import UploadSet
from flaskr.models import User
from flaskr.transactions import end_read
from flaskr.web.limits import (
    count_form,
    count_guest_deletion,
    count_guest_upload,
    forget_form,
)
from flaskr.web.users import redeem, token_account

GUEST_UPLOADS, GUEST_DELETES = "GUEST_UPLOADS", "GUEST_DELETES"
SCHEMES = {"bearer", "basic", "token", "client-id"}
"""What clients write before a token in `Authorization`, if anything."""


def header_token() -> str:
    """Return the token in the header `Authorization`, whatever stands before it; or nothing."""
    said = request.headers.get("Authorization", "").strip()
    kind, _, token = said.partition(" ")
    if kind.lower() in SCHEMES:
        return token.strip()
    return said


def admit_token(secret: str, scope: str) -> User:
    """Return the account of a token of `scope`, which the request goes on as.

    Raises NotAdmittedError where there is none, InvalidTokenError, ScopeError,
    TooManyRequestsError.
    """
    if not secret:
        raise NotAdmittedError
    user = redeem(secret, scope)
    end_read(db.session)  # the body is read next, and may be slow
    return user


def admit_by_form(field: str, admit: Callable[[str], User]) -> User:
    """Return the account of the token in a field of the form, which is read for that.

    Raises what `admit` raises for the token, what reading the form raises, and TooManyAttemptsError
    where too many forms led to that, or are being read.
    """
    count_form()
    user = admit(request.form.get(field, "").strip())
    forget_form()
    return user


def admit_sender(secret: str) -> User:
    """Return the account of a token, or where there is none that of guests, if they may upload.

    Raises what `admit_token` raises, TooManyAttemptsError.
    """
    return admit_token(secret, "upload") if secret else admit_guest()


def admit_upload() -> User:
    """Return the account that the upload will belong to.

    Raises InvalidTokenError, ScopeError, NotAdmittedError, TooManyAttemptsError.
    """
    user = token_account("upload")
    return admit_guest() if user is None else user


def admit_guest() -> User:
    """Return the guests' account. Raises NotAdmittedError, TooManyAttemptsError."""
    require_guests(GUEST_UPLOADS)
    count_guest_upload()
    guest = accounts.guest(db.session)
    db.session.commit()
    g.token_account = guest
    g.guest_upload = True
    return guest


def admit_further_upload() -> None:
    """Count one more file of a request that was admitted: the limit is on files.

    Raises TooManyAttemptsError.
    """
    if g.get("guest_upload"):
        count_guest_upload()


def may_replace(owner: User, found: UploadSet, slot: str) -> bool:
    """Tell whether an upload may take the place of what its account has in the slot.

    Guests share an account, and whoever sends a slot's name would delete somebody else's file: so
    they may where they may delete, and as often. Raises TooManyAttemptsError.
    """
    if not g.get("guest_upload"):
        return True
    if not current_app.config[GUEST_DELETES]:
        return False
    if set_files.has_slot(db.session, owner, found, slot):
        count_guest_deletion()
    return True


def admit_reader() -> User | None:
    """Return the account whose backups may be read; None if that of the guests is not made yet.

    Raises InvalidTokenError, ScopeError, NotAdmittedError.
    """
    user = token_account("library")
    if user is not None:
        return user
    require_guests(GUEST_UPLOADS)
    return accounts.find_guest(db.session)


def admit_lister() -> User:
    """Return the account whose backups may be listed: never that of the guests, who are many.

    Raises InvalidTokenError, ScopeError, NotAdmittedError.
    """
    user = token_account("library")
    if user is None:
        raise NotAdmittedError
    return user


def admit_deletion() -> User | None:
    """Return the account whose backups may be deleted; None if that of the guests is not made yet.

    Raises InvalidTokenError, ScopeError, NotAdmittedError, TooManyAttemptsError.
    """
    user = token_account("library")
    if user is not None:
        return user
    require_guests(GUEST_DELETES)
    count_guest_deletion()
    return accounts.find_guest(db.session)


def require_guests(setting: str) -> None:
    """Raise NotAdmittedError unless the setting admits requests without a token."""
    if not current_app.config[setting]:
        raise NotAdmittedError
