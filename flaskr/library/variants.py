"""Variants of stored pictures: named, made once, kept, and safe to delete at any time."""

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import cast, get_args

from flaskr.errors import NotFoundError, TooComplexError, UnreadableImageError
from flaskr.imaging import VARIANT_FORMATS, Fit, Spec
from flaskr.library.keys import encode
from flaskr.library.making import PATIENCE, sole_maker
from flaskr.library.media import Media, blob_name, variant_name
from flaskr.storage import MissingFileError
from flaskr.storage.spool import LOCK

LADDER = (64, 96, 128, 160, 240, 320, 480, 640, 800, 960, 1280, 1600, 1920, 2560)
"""The sizes anybody may ask for, in pixels. Others need a signature: each costs time and room."""

EXTENSIONS = {format_.extension: format_ for format_ in VARIANT_FORMATS}
MAX_SIDE = 16_384
SIGNATURE_BYTES = 16


def parse_spec(extension: str, asked: Mapping[str, str]) -> Spec:
    """Read what a link asks for: `w`, `h`, `fit` and `still` of its query.

    Raises NotFoundError for what no variant can be.
    """
    fit = asked.get("fit", "inside")
    if extension not in EXTENSIONS or fit not in get_args(Fit):
        raise NotFoundError
    return Spec(
        extension,
        parse_side(asked.get("w")),
        parse_side(asked.get("h")),
        cast("Fit", fit),
        still="still" in asked,
    )


def parse_side(text: str | None) -> int | None:
    """Read a bound in pixels. Raises NotFoundError."""
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 5 and 1 <= int(text) <= MAX_SIDE):
        raise NotFoundError
    return int(text)


def on_ladder(spec: Spec) -> bool:
    """Tell whether anybody may ask for this size: one bound, a square, or the picture's own."""
    bounds = {side for side in (spec.width, spec.height) if side is not None}
    return len(bounds) <= 1 and bounds.issubset(LADDER)


def signature(secret_key: str, key: str, spec: Spec) -> str:
    """Return what allows one size of one image that is not on the ladder: 128 bits.

    The spec is as it was asked for, whatever the size of the picture.
    """
    text = f"variant:{key}:{spec_name(spec)}"
    mac = hmac.new(secret_key.encode(), text.encode(), hashlib.sha256).digest()
    return encode(mac[:SIGNATURE_BYTES])


def spec_name(spec: Spec) -> str:
    """Return the last part of the variant's stored name."""
    parts = []
    if spec.width is not None:
        parts.append(f"w{spec.width}")
    if spec.height is not None:
        parts.append(f"h{spec.height}")
    if spec.fit == "cover":
        parts.append("cover")
    if spec.still:
        parts.append("still")
    return f"{'-'.join(parts) or 'full'}.{spec.extension}"


def ensure(media: Media, sha256: str, extension: str, spec: Spec) -> str:
    """Return the stored name of a variant of the blob, which is made if it is not there.

    However many ask at once, in however many processes, one makes it and the others wait. Raises
    NotFoundError when the blob's bytes are gone, BusyError when too many wait or waiting took too
    long, what DecodePool.run raises, be it now or some minutes ago, and OSError.
    """
    name = variant_name(sha256, spec_name(spec))
    if exists(media, name):
        return name
    media.making.check_hope(name)
    lock = media.spool.folder / f"{sha256}-{spec_name(spec)}{LOCK}"
    with media.making.seat(), sole_maker(lock):
        if not exists(media, name):
            media.making.check_hope(name)  # whoever had the lock before us may have failed
            make(media, name, sha256, extension, spec)
    return name


def exists(media: Media, name: str) -> bool:
    """Tell whether the store has this file.

    An empty one is what a power cut leaves of a variant that was not on the disk yet.
    """
    try:
        return media.store.stat(name).size > 0
    except MissingFileError:
        return False


def make(media: Media, name: str, sha256: str, extension: str, spec: Spec) -> None:
    """Make a variant in a child process and store it."""
    target = media.spool.new_path()
    with local_copy(media, blob_name(sha256)) as source:
        try:
            media.decoders.run(
                "variant",
                patience=PATIENCE,
                source=str(source),
                extension=extension,
                spec=asdict(spec),
                target=str(target),
            )
            clear(media, name)
            media.store.put(name, target, durable=False)
        except (TooComplexError, UnreadableImageError) as error:
            media.making.give_up(name, error)
            raise
        finally:
            target.unlink(missing_ok=True)


def clear(media: Media, name: str) -> None:
    """Remove an empty file, which would be in the way of a whole one."""
    with suppress(MissingFileError):
        if not media.store.stat(name).size:
            media.store.delete(name)


@contextmanager
def local_copy(media: Media, name: str) -> Iterator[Path]:
    """Give a path under which a stored file can be read on this machine."""
    path = media.store.local_path(name)
    if path is not None:
        if not path.exists():
            raise NotFoundError
        yield path
        return
    with media.spool.create() as copy:
        try:
            with media.store.open(name) as source:
                while chunk := source.read(1024 * 1024):
                    copy.write(chunk)
        except MissingFileError:
            raise NotFoundError from None
        copy.finish()
        yield copy.path
