"""What programs are told of images, in the words of `schemas`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flaskr.db import db
from flaskr.library import albums, tags
from flaskr.library.trash import is_gone
from flaskr.models import Image
from flaskr.web.links import image_card


def tell_image(image: Image) -> dict[str, Any]:
    """Return what is told of one image."""
    return tell_images([image])[0]


def tell_images(images: Sequence[Image]) -> list[dict[str, Any]]:
    """Return what is told of each image, in two queries for all of them."""
    ids = [image.id for image in images]
    tagged, shelved = tags.of_each(db.session, ids), albums.of_each(db.session, ids)
    return [
        image_card(image).as_json()
        | {
            "title": image.title,
            "alt": image.alt,
            "expires": moment(image.expires),
            "deleted": moment(image.deleted or image.expires) if is_gone(image) else None,
            "tags": tagged.get(image.id, []),
            "albums": shelved.get(image.id, []),
            "version": image.version,
            "revision": image.revision,
        }
        for image in images
    ]


def moment(at: datetime | None) -> str | None:
    """Return a moment as JSON has it."""
    return at.isoformat() if at else None
