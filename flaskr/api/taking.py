"""What all clients' shapes have in common: a picture sent, what is said of it, its deletion.

Who may is api.admission's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import cast

from flask import g, request

from flaskr.db import committed, db
from flaskr.errors import NoFileError, NotFoundError, message_
from flaskr.library import albums, editing, images, tags
from flaskr.library.editing import Changes, Expiry
from flaskr.library.fetching import Order
from flaskr.library.keys import KEY_LENGTH, is_key, new_key
from flaskr.library.uploads import Arrival, Upload, accept, deletion_secret
from flaskr.models import Album, Image, User
from flaskr.web.arriving import take_address
from flaskr.web.intake import Base64File, ReceivedFile, expect_picture, media
from flaskr.web.outcomes import told_secret
from flaskr.web.uploading import max_file_bytes, picture_limits
from flaskr.web.users import account

UNNAMED = "."
"""Nothing is left of this as a name, so the picture is called “image” with the ending that fits."""

Sent = ReceivedFile | str
"""A picture as it came: a file, or the address where it lies."""


class NoSuchAlbumError(NotFoundError):
    """The account has no such album."""

    message = message_("There is no such album. Check what the settings say of it.")


@dataclass(frozen=True)
class Said:
    """What a client says of a picture. `album` is what the client knows an album by."""

    name: str = ""
    title: str = ""
    alt: str = ""
    tags: Sequence[str] = ()
    album: str = ""
    expires: datetime | None = None


NOTHING = Said()


def sent_file(*fields: str) -> ReceivedFile:
    """Return the file in the first of these fields that has one. Raises NoFileError."""
    expect_picture(max_file_bytes())
    for field in fields:
        part = request.files.get(field)
        if part is not None and part.filename:
            return cast("ReceivedFile", part)
    raise NoFileError


def sent_picture(field: str) -> Sent:
    """Return the picture in this field: a file, Base64, or an address. Raises NoFileError."""
    expect_picture(max_file_bytes(), field)
    part = request.files.get(field)
    if isinstance(part, Base64File) or (part is not None and part.filename):
        return cast("ReceivedFile", part)
    address = (request.form.get(field) or request.args.get(field) or "").strip()
    if not address:
        raise NoFileError
    return address


def take(sent: Sent, said: Said = NOTHING) -> Upload:
    """Take a picture in for the account that asks, with what is said of it, and commit.

    It is always shared, for these clients want a link that works. What the account has already is
    answered as it is, and only comes into the album. Raises what `accept`, `take_address` and
    `editing.edit` raise; nothing is kept then.
    """
    album = find_album(account(), said.album) if said.album else None
    changes = editing.check(
        Changes(
            title=said.title or None,
            alt=said.alt or None,
            expiry=Expiry(said.expires) if said.expires else None,
            tags=[tags.check_name(name) for name in said.tags] or None,
            albums=[album.key] if album else None,
        )
    )
    finish = partial(note, album, changes)
    # Guests share an account: what one has sent is not another's to be told of, or to delete.
    anew = said.expires is not None or "guest_upload" in g
    if isinstance(sent, str):
        order = Order(sent.strip(), new_key(), "share", name=said.name, anew=anew)
        return take_address(order, finish)
    if sent.error is not None:
        raise sent.error
    name = said.name or sent.filename or UNNAMED
    with committed():
        arrival = Arrival(sent.spooled, name, new_key(), "share", anew=anew)
        upload = accept(db.session, media(), account(), arrival, picture_limits())
        finish(upload)
    return upload


def note(album: Album | None, changes: Changes, upload: Upload) -> None:
    """Write what is said of an upload that is not committed yet."""
    if not upload.known and changes != Changes():
        editing.write(db.session, media(), account(), upload.image, changes)
    elif album is not None:
        albums.add_images(db.session, account(), album, [upload.image.key])


def find_album(owner: User, text: str) -> Album:
    """Return the owner's album by its number or its key. Raises NoSuchAlbumError."""
    try:
        if text.isascii() and text.isdecimal() and len(text) < KEY_LENGTH:
            return albums.find_numbered(db.session, owner, int(text))
        return albums.find_own(db.session, owner, text)
    except NotFoundError:
        raise NoSuchAlbumError from None


def upload_hash(upload: Upload) -> str:
    """Return what deletes an upload through a client's own address for that: key and secret.

    Where the secret is not told it is the key alone, with which a token of scope `library` can.
    """
    return upload.image.key + (told_secret(upload) or "")


def deletion_hash(image: Image) -> str:
    """Return the same of an image that was taken in before."""
    return image.key + (deletion_secret(media(), image) or "")


def delete(text: str, admit: Callable[[], User]) -> None:
    """Delete the image of a deletion hash; by its key alone, only that of the admitted account.

    Raises NotFoundError, and what `admit` raises.
    """
    key, secret = text[:KEY_LENGTH], text[KEY_LENGTH:]
    owner = None if secret else admit()
    if not is_key(key):
        raise NotFoundError
    if owner is None:
        image = images.find_by_deletion_secret(db.session, key, secret)
    else:
        image = images.find_own(db.session, owner, key)
    images.delete(db.session, media(), image)
    db.session.commit()
