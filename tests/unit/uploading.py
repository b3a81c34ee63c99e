"""Uploads without child processes: for what happens between store and database."""

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from sqlalchemy.orm import Session

from flaskr.imaging import DecodePool, Limits
from flaskr.library.keys import new_key
from flaskr.library.media import Media
from flaskr.library.uploads import Arrival, Upload, accept
from flaskr.models import User
from tests.factories import png

LIMITS = Limits(pixels=10**6, side=10**4, frames=10, total_pixels=10**6)


class Opened:
    """Stands in for the decoders: every file is a small PNG."""

    THUMBNAIL = b"the thumbnail"

    def run(self, _task: str, *, thumbnail: str, **_: Any) -> dict[str, Any]:
        Path(thumbnail).write_bytes(self.THUMBNAIL)
        size = {"width": 48, "height": 32, "frames": 1}
        return {"extension": "png", **size, "clean": None, "phash": 0}


def without_children(media: Media) -> Media:
    return replace(media, decoders=cast("DecodePool", Opened()))


def upload(
    session: Session,
    media: Media,
    owner: User,
    content: bytes | None = None,
    *,
    anew: bool = True,
    **said: Any,
) -> Upload:
    """Take a picture in and commit it, as a view does; `said` is what its sender says of it."""
    with media.spool.create() as file:
        file.write(png() if content is None else content)
        file.finish()
        told: dict[str, Any] = {"name": "picture.png", "batch": new_key(), "keep": "backup", **said}
        arrival = Arrival(file, anew=anew, **told)
        accepted = accept(session, without_children(media), owner, arrival, LIMITS)
        session.commit()
    return accepted
