"""Rows for the database and pictures in memory, made for tests."""

import hashlib
import secrets
import struct
import zlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pillow_heif
from PIL import Image as Pillow
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from flaskr.errors import NotThereError
from flaskr.library import (
    accounts,
    albums,
    drop_boxes,
    keys,
    media,
    mover,
    posts,
    resumable,
    search,
    set_files,
    shares,
    tags,
    tokens,
    usage,
)
from flaskr.library.mover import documents
from flaskr.library.sets import UploadSet
from flaskr.models import (
    Album,
    Base,
    BatchEntry,
    Blob,
    Document,
    Drop,
    DropBox,
    Image,
    Post,
    ResumableUpload,
    SetFile,
    Share,
    User,
)
from flaskr.storage import Store

PASSWORD = "correct horse battery"
CANARY = "canary-of-private-data"

_numbers = count(1000)  # smaller ones are for tests that name theirs

# ---- rows -----------------------------------------------------------------------------------


def make_user(
    session: Session, username: str = "ada", password: str = PASSWORD, *, is_admin: bool = False
) -> User:
    user = accounts.create(session, username, password, is_admin=is_admin)
    session.commit()
    return user


def make_token(
    session: Session, user: User, scope: str = "upload", expires: datetime | None = None
) -> str:
    made = tokens.create(session, user, scope=scope)
    made.token.expires = expires
    session.commit()
    return made.secret


def make_post(
    session: Session,
    author: User,
    title: str = "A title",
    body: str = "A text",
    *,
    tags: Sequence[str] = (),
    cover: str = "",
    draft: bool = False,
) -> Post:
    post = posts.create(session, author, posts.Writing(title, body, tags, cover, draft))
    session.commit()
    return post


def make_posts(session: Session, author: User, number: int) -> list[Post]:
    return [make_post(session, author, title=f"post {order}") for order in range(number)]


def make_blob(session: Session, content: bytes | None = None, store: Store | None = None) -> Blob:
    """A blob's row; its bytes are put into `store` if one is given."""
    content = png(number=next(_numbers)) if content is None else content
    sha256 = hashlib.sha256(content).hexdigest()
    with Pillow.open(BytesIO(content)) as picture:
        width, height = picture.size
        frames = getattr(picture, "n_frames", 1)
        extension = {"JPEG": "jpg"}.get(picture.format or "", (picture.format or "").lower())
    blob = Blob(
        sha256=sha256,
        md5=hashlib.md5(content, usedforsecurity=False).hexdigest(),
        bytes=len(content),
        type=f"image/{'jpeg' if extension == 'jpg' else extension}",
        extension=extension,
        width=width,
        height=height,
        frames=frames,
    )
    session.add(blob)
    session.commit()
    if store is not None:
        put(store, media.blob_name(sha256), content)
    return blob


def make_image(  # one argument for each thing that a test may care about
    session: Session,
    owner: User,
    content: bytes | None = None,
    *,
    store: Store | None = None,
    name: str = "photo.png",
    batch: str = "",
    deletion_secret: str = "secret",
    deleted: bool = False,
) -> Image:
    image = Image(
        key=keys.new_key(),
        owner_id=owner.id,
        blob=make_blob(session, content, store),
        name=name,
        deletion_sha256=keys.digest(deletion_secret),
        deleted=datetime.now(UTC) if deleted else None,
    )
    search.write_texts(image)
    usage.claim(session, usage.UNLIMITED, owner.id, bytes=image.bytes, images=1)
    entry = BatchEntry(owner_id=owner.id, batch=batch or keys.new_key(), image=image)
    session.add_all([image, entry])
    session.commit()
    return image


def make_album(
    session: Session,
    owner: User,
    name: str = "An album",
    *,
    parent: Album | None = None,
    images: Sequence[Image] = (),
) -> Album:
    album = albums.create(session, owner, name, parent=parent)
    session.commit()
    if images:
        albums.add_images(session, owner, album, [image.key for image in images])
        album.revision = 1
        session.commit()
    return album


def make_share(
    session: Session,
    kept: media.Media,
    owner: User,
    subject: Sequence[Image] | Album,
    **terms: Any,
) -> tuple[Share, str]:
    """A share, and its token."""
    asked = shares.Terms(**terms)
    if isinstance(subject, Album):
        share = shares.of_album(session, kept, owner, subject, asked)
    else:
        share = shares.of_images(session, kept, owner, [image.key for image in subject], asked)
    session.commit()
    token = shares.token_of(kept, share)
    assert token is not None
    return share, token


def make_drop_box(
    session: Session,
    kept: media.Media,
    owner: User,
    album: Album | str = "From others",
    **terms: Any,
) -> tuple[DropBox, str]:
    """A drop box, and its token."""
    box = drop_boxes.create(session, kept, owner, album, drop_boxes.Terms(**terms))
    session.commit()
    token = drop_boxes.token_of(kept, box)
    assert token is not None
    return box, token


def make_drop(
    session: Session, box: DropBox, image: Image, sender: str = "Eve", *, waiting: bool = False
) -> Drop:
    """An image that came through a drop box; it is not put into the album."""
    approved = None if waiting else datetime.now(UTC)
    drop = Drop(drop_box_id=box.id, image_id=image.id, sender=sender, approved=approved)
    image.visibility = "private" if waiting else image.visibility
    box.images += 1
    session.add(drop)
    session.commit()
    return drop


def publish(session: Session, owner: User, image: Image, album: Album) -> None:
    """Give the owner a public page with a public picture and a public album on it."""
    owner.profile, album.public, image.visibility = True, True, "public"
    session.commit()


def make_tag(session: Session, owner: User, name: str, images: Sequence[Image]) -> None:
    tags.put_on(session, owner, [image.key for image in images], [name])
    session.commit()


def make_document(
    session: Session, owner: User, upload_set: UploadSet, content: bytes = b"words"
) -> SetFile:
    """A document of an upload set that has a place of its own."""
    document = SetFile(
        set_name=upload_set.name,
        name=set_files.new_name("txt"),
        owner_id=owner.id,
        original="notes.txt",
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )
    session.add(document)
    session.commit()
    assert upload_set.place is not None
    put(upload_set.place.store, document.name, content)
    return document


def make_moved(
    session: Session, owner: User, batch: str, image: Image, name: str = "notes/a.md"
) -> Document:
    """A text that was moved; it mentions the image, and one that was left."""
    left = [mover.Left("gone.png", NotThereError())]
    moved = mover.Moved(name, b"before", b"after", 1, left, [f"/i/{image.key}.png"])
    document = documents.Recorder(owner.id, batch).record(session, moved)
    session.commit()
    return document


def make_unfinished(session: Session, owner: User, kept: media.Media) -> ResumableUpload:
    """An upload that waits for its bytes."""
    announced = resumable.Announcement(1000, "late.png", keys.new_key(), "share")
    allowance = resumable.Allowance(10**6, 10**6, timedelta(days=1))
    upload, _ = resumable.create(session, kept, owner, announced, allowance)
    return upload


def put(store: Store, name: str, content: bytes) -> None:
    """Put bytes into a store on this machine."""
    target = store.local_path(name)
    assert target is not None
    root = target.parents[len(Path(name).parts) - 1]
    root.mkdir(parents=True, exist_ok=True)
    draft = root / f"{secrets.token_hex(8)}.draft"
    draft.write_bytes(content)
    store.put(name, draft)
    draft.unlink(missing_ok=True)


def count_rows(session: Session, table: type[Base]) -> int:
    """How many rows the table has now, whatever the session saw before."""
    session.rollback()
    return session.scalar(select(func.count()).select_from(table)) or 0


# ---- pictures -------------------------------------------------------------------------------


def drawing(width: int = 48, height: int = 32, number: int = 0, mode: str = "RGB") -> Pillow.Image:
    """A picture whose left half is red and whose right half is blue; `number` makes it unique."""
    picture = Pillow.new("RGB", (width, height), (220, 20, 20))
    picture.paste((20, 20, 220), (width // 2, 0, width, height))
    corner = (number >> 16 & 255, number >> 8 & 255, number & 255)
    picture.paste(corner, (0, 0, max(1, width // 4), max(1, height // 4)))
    return picture.convert(mode)


def noise(width: int = 200, height: int = 200, number: int = 1) -> Pillow.Image:
    """A picture that hardly compresses, another one for each number."""
    dots = Random(number).randbytes(width * height * 3)
    return Pillow.frombytes("RGB", (width, height), dots)


def encode(picture: Pillow.Image, format_: str, **options: object) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, format_, **options)
    return buffer.getvalue()


def exif(orientation: int = 1) -> Pillow.Exif:
    """What a phone writes: camera, orientation, place."""
    tags = Pillow.Exif()
    tags[0x010F] = f"Phone {CANARY}"
    tags[0x0112] = orientation
    tags[0x8825] = {1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)}
    return tags


@cache
def jpeg(
    width: int = 48, height: int = 32, orientation: int | None = None, number: int = 0
) -> bytes:
    """A JPEG; with EXIF, the place where it was taken included, if `orientation` is given."""
    options = {} if orientation is None else {"exif": exif(orientation)}
    return encode(drawing(width, height, number), "JPEG", **options)


@cache
def png(width: int = 48, height: int = 32, number: int = 0) -> bytes:
    return encode(drawing(width, height, number), "PNG")


def _frames(number: int) -> list[Pillow.Image]:
    return [drawing(number=37 * order + 1) for order in range(number)]


def animation(format_: str, frames: int = 3) -> bytes:
    first, *rest = _frames(frames)
    return encode(first, format_, save_all=True, append_images=rest, duration=40)


@cache
def apng(frames: int = 3) -> bytes:
    return animation("PNG", frames)


@cache
def gif(frames: int = 3) -> bytes:
    return animation("GIF", frames)


@cache
def webp(frames: int = 1) -> bytes:
    return animation("WEBP", frames)


@cache
def avif() -> bytes:
    return encode(drawing(), "AVIF")


@cache
def heic() -> bytes:
    content = BytesIO()
    pillow_heif.from_pillow(drawing()).save(content)
    return content.getvalue()


@cache
def bmp() -> bytes:
    return encode(drawing(), "BMP")


@cache
def tiff() -> bytes:
    return encode(drawing(), "TIFF")


@cache
def mpo() -> bytes:
    """Two pictures in one JPEG, as phones write them for depth and wide views."""
    return animation("MPO", 2)


KINDS: dict[str, tuple[Callable[[], bytes], str, str, int]] = {
    "JPEG": (jpeg, "image/jpeg", "jpg", 1),
    "MPO": (mpo, "image/jpeg", "jpg", 1),
    "PNG": (png, "image/png", "png", 1),
    "APNG": (apng, "image/png", "png", 3),
    "GIF": (gif, "image/gif", "gif", 3),
    "WebP": (webp, "image/webp", "webp", 1),
    "AVIF": (avif, "image/avif", "avif", 1),
    "HEIC": (heic, "image/heic", "heic", 1),
    "BMP": (bmp, "image/bmp", "bmp", 1),
    "TIFF": (tiff, "image/tiff", "tiff", 1),
}
"""Every kind taken: how to make one, its type, its extension, its number of frames."""


# ---- pictures that mean harm, or came to it -------------------------------------------------


def truncated(content: bytes, part: float = 0.5) -> bytes:
    return content[: int(len(content) * part)]


def html_in_jpeg() -> bytes:
    """A picture that is a page to whoever looks for tags."""
    return encode(drawing(), "JPEG", comment=b"<html><script>alert(1)</script></html>") + b"<html>"


def gif_with_archive() -> bytes:
    """GIFAR: a picture from its start, an archive from its end."""
    return gif() + b"PK\x05\x06" + bytes(18)


def _png_chunk(kind: bytes, body: bytes) -> bytes:
    checksum = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum)


def png_claiming(width: int, height: int) -> bytes:
    """A tiny PNG whose header claims a size; its data is far too short for it."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = (
        _png_chunk(b"IHDR", header),
        _png_chunk(b"IDAT", zlib.compress(bytes(1000))),
        _png_chunk(b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def pixel_bomb() -> bytes:
    return png_claiming(30_000, 30_000)


@cache
def many_frames(frames: int = 600) -> bytes:
    first, *rest = [Pillow.new("L", (1, 1), order % 251) for order in range(frames)]
    return encode(first, "GIF", save_all=True, append_images=rest, duration=10)


NOT_PICTURES = {
    "text": b"just some words",
    "page": b"<!doctype html><script>alert(1)</script>",
    "drawing": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "archive": b"PK\x05\x06" + bytes(18),
    "script": b"#!/bin/sh\necho\n",
}
