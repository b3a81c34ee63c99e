"""Variants of stored pictures: named, made once, kept, and safe to delete at any time."""

import fcntl
import hashlib
import hmac
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import cast, get_args
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flaskr.errors import BusyError, NotFoundError
from flaskr.imaging import VARIANT_FORMATS, Fit, Spec
from flaskr.library.keys import encode, is_key
from flaskr.library.media import Media, blob_name, variant_name
from flaskr.storage import MissingFileError

LADDER = (64, 96, 128, 160, 240, 320, 480, 640, 800, 960, 1280, 1600, 1920, 2560)
"""The sizes anybody may ask for, in pixels. Others need a signature: each costs time and room."""

EXTENSIONS = {format_.extension: format_ for format_ in VARIANT_FORMATS}
MAX_SIDE = 16_384
SIGNATURE_BYTES = 16
WAIT_SECONDS = 10
POLL_SECONDS = 0.02


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
    """Tell whether anybody may ask for this size."""
    return all(side is None or side in LADDER for side in (spec.width, spec.height))


def signature(secret_key: str, key: str, spec: Spec) -> str:
    """Return what allows one size of one image that is not on the ladder: 128 bits."""
    text = f"variant:{key}:{spec_name(spec)}"
    mac = hmac.new(secret_key.encode(), text.encode(), hashlib.sha256).digest()
    return encode(mac[:SIGNATURE_BYTES])


def sign_address(secret_key: str, address: str) -> str:
    """Return the address of a variant with the signature that lets anybody have its size.

    Raises NotFoundError if it is not the address of a variant.
    """
    parts = urlsplit(address)
    key, dot, extension = parts.path.rpartition("/")[2].partition(".")
    asked = [(name, value) for name, value in parse_qsl(parts.query) if name != "s"]
    if not dot or not is_key(key):
        raise NotFoundError
    signed = signature(secret_key, key, parse_spec(extension, dict(asked)))
    return urlunsplit(parts._replace(query=urlencode([*asked, ("s", signed)])))


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
    NotFoundError when the blob's bytes are gone, BusyError when waiting took too long, what
    DecodePool.run raises, and OSError.
    """
    name = variant_name(sha256, spec_name(spec))
    if exists(media, name):
        return name
    with sole_maker(media.spool.folder / f"{sha256}-{spec_name(spec)}.lock"):
        if not exists(media, name):
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
                source=str(source),
                extension=extension,
                spec=asdict(spec),
                target=str(target),
            )
            media.store.delete(name)  # an empty one would be in the way
            media.store.put(name, target, durable=False)
        finally:
            target.unlink(missing_ok=True)


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


@contextmanager
def sole_maker(path: Path) -> Iterator[None]:
    """Hold a lock that others, in this process and in others, wait for.

    The kernel lets go of it if its holder dies. Raises BusyError after WAIT_SECONDS.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        until = time.monotonic() + WAIT_SECONDS
        while True:
            with suppress(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            if time.monotonic() > until:
                raise BusyError
            time.sleep(POLL_SECONDS)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)
    finally:
        os.close(descriptor)
