"""lsky-pro: its v1 below /api/v1, and the upload of the old 1.x at /api/upload.

A failure that people can do something about is HTTP 200 with `status: false`: its clients show the
message of no other answer.
"""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from flask import Blueprint, Response, g, jsonify, request
from flask_babel import format_timedelta, gettext

from flaskr.api.admission import admit_by_form, admit_sender, admit_token, header_token
from flaskr.api.asking import asked_page, sent_text
from flaskr.api.logging_in import make_token
from flaskr.api.shaping import close_after_upload, shape_errors, tell
from flaskr.api.taking import Said, delete, find_album, sent_file, take
from flaskr.db import db
from flaskr.errors import DomainError, WrongCredentialsError
from flaskr.library import albums, tokens, usage
from flaskr.library.details import sha1
from flaskr.library.gallery import Filter, Sort
from flaskr.library.numbered import AlbumSort, NumberedPage, album_page, image_page
from flaskr.library.uploads import Upload
from flaskr.models import Album, Image
from flaskr.web.intake import expect_picture, media, takes_files
from flaskr.web.links import ImageCard, absolute, image_card, lasting_thumbnail
from flaskr.web.outcomes import delete_url, image_delete_url
from flaskr.web.uploading import max_file_bytes

PAGE_SIZE = 40
KILOBYTE = 1024
STRATEGY = 1
"""The one strategy of storing there is here."""

SORTS = {
    "newest": Sort.NEWEST,
    "earliest": Sort.OLDEST,
    "utmost": Sort.LARGEST,
    "least": Sort.SMALLEST,
}
ALBUM_SORTS = {
    "newest": AlbumSort.NEWEST,
    "earliest": AlbumSort.OLDEST,
    "most": AlbumSort.MOST,
    "least": AlbumSort.LEAST,
}
OLD_UPLOAD = "/api/upload"

Item = TypeVar("Item")

bp = Blueprint("lsky", __name__, url_prefix="/api")
bp.after_request(close_after_upload)


# ---- envelopes ------------------------------------------------------------------------------


def envelope(data: object = None, message: str = "success", *, status: bool = True) -> Response:
    return jsonify(status=status, message=message, data={} if data is None else data)


def refuse(error: DomainError, status: int) -> Response:
    """Return the envelope of an error. Only what is no matter of the request has its own status."""
    if request.path == OLD_UPLOAD:
        return old_envelope(401 if status == 401 else 500, tell(error))
    response = envelope(message=tell(error), status=False)
    own = status in {401, 405, 429} or status >= 500
    response.status_code = status if own and not isinstance(error, WrongCredentialsError) else 200
    return response


def old_envelope(code: int, message: str, data: Mapping[str, Any] | None = None) -> Response:
    """Return the envelope of 1.x, whose clients read either `msg` or `message`."""
    return jsonify(code=code, msg=message, message=message, data=data or {}, time=int(time.time()))


shape_errors(bp, refuse)


# ---- accounts and tokens --------------------------------------------------------------------


@bp.post("/v1/tokens")
def log_in() -> Response:
    """Make a token; accounts here have no e-mail address, so their name stands for it."""
    name = sent_text("email", "username")
    return envelope({"token": make_token(name, sent_text("password"), tokens.LSKY)})


@bp.delete("/v1/tokens")
def revoke_tokens() -> Response:
    """Revoke the tokens that were made here for a password, and the one that asks.

    Others are not its business: a token of this scope may be narrower than they are.
    """
    user = admit_token(header_token(), "library")
    tokens.drop_named(db.session, user, [tokens.LSKY], also=g.token)
    db.session.commit()
    return envelope()


@bp.get("/v1/profile")
def profile() -> Response:
    """Tell of the account."""
    user = admit_token(header_token(), "upload")
    used = usage.of(db.session, media().quota, user.id)
    most = used.all_bytes(media().spool.free_bytes())
    told = {
        "name": user.username,
        "username": user.username,
        "email": "",
        "avatar": "",
        "url": absolute("/"),
        "capacity": kilobytes(most),
        "used_capacity": kilobytes(used.bytes),
        "size": kilobytes(used.bytes),
        "image_num": used.images,
        "album_num": album_page(db.session, user, AlbumSort.NEWEST, 1, size=1).total,
        "registered_ip": "",
    }
    return envelope(told)


@bp.get("/v1/strategies")
def strategies() -> Response:
    """Tell of the one strategy there is; a guest is told, too."""
    if header_token():
        admit_token(header_token(), "upload")
    return envelope({"strategies": [{"id": STRATEGY, "name": gettext("Default")}]})


# ---- pictures -------------------------------------------------------------------------------


@bp.post("/v1/upload")
@takes_files
def upload() -> Response:
    """Take the picture in the field `file`. Who may see it and where it lies is not asked here."""
    admit_sender(header_token())
    taken = take(sent_file("file"), Said(album=sent_album()))
    image = taken.image
    told = picture(image, delete_url(taken))
    return envelope(told | {"sha1": sha1(media(), image.blob)})


@bp.post("/upload")
@takes_files
def upload_to_old() -> Response:
    """Take the picture in the field `image`, as 1.x does.

    A token in the header comes before one in the form, for which the body has to be read.
    """
    secret = request.headers.get("token", "").strip() or header_token()
    if secret:
        admit_token(secret, "upload")
    else:
        expect_picture(max_file_bytes())
        admit_by_form("token", admit_sender)
    return old_envelope(200, "success", old_picture(take(sent_file("image", "file"))))


def old_picture(upload: Upload) -> dict[str, object]:
    """Return what 1.x tells of a picture; its size is in bytes."""
    card = image_card(upload.image)
    return {
        "id": card.key,
        "name": card.name,
        "url": card.url,
        "size": card.bytes,
        "mime": card.type,
        "sha1": sha1(media(), upload.image.blob),
        "md5": card.md5,
        "delete": delete_url(upload),
    }


@bp.get("/v1/images")
def list_images() -> Response:
    """List the account's pictures, 40 a page."""
    user = admit_token(header_token(), "library")
    said = request.args
    album = find_album(user, said["album_id"]).id if said.get("album_id") else None
    wanted = Filter(
        text=said.get("keyword") or said.get("q") or "",
        visibility="public" if said.get("permission") == "public" else None,
        hidden=said.get("permission") == "private",
        album=album,
    )
    sort = SORTS.get(said.get("order", ""), Sort.NEWEST)
    found = image_page(db.session, user, wanted, sort, asked_page(), size=PAGE_SIZE)
    return envelope(paginator(found, listed))


@bp.delete("/v1/images/<key>")
def delete_image(key: str) -> Response:
    """Delete a picture. One client writes a colon before the key, which the server overlooks."""
    delete(key.removeprefix(":"), lambda: admit_token(header_token(), "library"))
    return envelope(message=gettext("Deleted."))


def picture(image: Image, deletion: str | None) -> dict[str, Any]:
    """Return what clients are told of a picture, with its deletion link. Sizes are in kilobytes."""
    card = image_card(image)
    name = f"{card.key}.{image.blob.extension}"
    return {
        "key": card.key,
        "name": name,
        "pathname": card.path.lstrip("/"),
        "origin_name": card.name,
        "size": kilobytes(card.bytes),
        "mimetype": card.type,
        "extension": image.blob.extension,
        "md5": card.md5,
        "sha1": "",
        "links": links(image, card) | {"delete_url": deletion},
    }


def links(image: Image, card: ImageCard) -> dict[str, str | None]:
    markdown = card.links["markdown"]
    return {
        "url": card.url,
        "html": card.links["html"],
        "bbcode": card.links["bbcode"],
        "markdown": markdown,
        "markdown_with_link": f"[{markdown}]({card.url})",
        "thumbnail_url": lasting_thumbnail(image),
    }


def listed(image: Image) -> dict[str, Any]:
    """Return what the list tells of a picture; to tell its SHA-1 would take reading it."""
    ago = image.created - datetime.now(UTC)
    return picture(image, image_delete_url(image)) | {
        "width": image.blob.width,
        "height": image.blob.height,
        "human_date": format_timedelta(ago, add_direction=True),
        "date": f"{image.created:%Y-%m-%d %H:%M:%S}",
    }


# ---- albums ---------------------------------------------------------------------------------


@bp.get("/v1/albums")
def list_albums() -> Response:
    """List the account's albums, 40 a page."""
    user = admit_token(header_token(), "library")
    sort = ALBUM_SORTS.get(request.args.get("order", ""), AlbumSort.NEWEST)
    found = album_page(db.session, user, sort, asked_page(), size=PAGE_SIZE)
    return envelope(paginator(found, album_told))


@bp.delete("/v1/albums/<album_id>")
def delete_album(album_id: str) -> Response:
    """Delete an album; its pictures stay."""
    user = admit_token(header_token(), "library")
    albums.remove(db.session, user, find_album(user, album_id))
    db.session.commit()
    return envelope(message=gettext("Deleted."))


def album_told(row: tuple[Album, int]) -> dict[str, Any]:
    album, images = row
    return {
        "id": album.id,
        "name": album.name,
        "intro": album.description,
        "image_num": images,
    }


# ---- what is common -------------------------------------------------------------------------


def sent_album() -> str:
    """Return the album that the form names; clients also say in words that there is none."""
    said = request.form.get("album_id", "").strip()
    return "" if said in {"0", "null", "undefined"} else said


def paginator(page: NumberedPage[Item], tell_item: Callable[[Item], Any]) -> dict[str, Any]:
    """Return a page as Laravel does."""
    return {
        "current_page": page.number,
        "last_page": page.last,
        "per_page": page.size,
        "total": page.total,
        "data": [tell_item(item) for item in page.items],
    }


def kilobytes(count: int) -> float:
    return round(count / KILOBYTE, 2)
