"""The upload sets of this app, and what pages and answers show of their files."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import current_app, request, url_for

from flaskr.errors import NotFoundError
from flaskr.library.link_forms import PictureLinks, document_forms
from flaskr.library.sets import UploadSet
from flaskr.models import SetFile
from flaskr.web.intake import media
from flaskr.web.links import absolute, pasted, thumbnail_path
from flaskr.web.users import own_template


def upload_sets() -> Mapping[str, UploadSet]:
    """Return the sets that the settings describe, by name."""
    return media().sets


def upload_set(name: str) -> UploadSet:
    """Return a set. Raises NotFoundError."""
    found = upload_sets().get(name)
    if found is None:
        raise NotFoundError
    return found


def set_limit(found: UploadSet) -> int:
    """Return the limit of one file of the set, in bytes."""
    return found.max_bytes or int(current_app.config["MAX_FILE_BYTES"])


def asked_set_limit() -> int:
    """Return the limit of one file of the set that the address of this request names."""
    return set_limit(upload_set((request.view_args or {}).get("set_name", "")))


def set_file_path(file: SetFile) -> str:
    """Return the file's link as it is written into posts: without our host."""
    url = upload_set(file.set_name).url
    if url:
        return url + file.name
    return url_for("short_links.set_file", set_name=file.set_name, name=file.name)


def set_file_url(file: SetFile) -> str:
    """Return the file's link, absolute."""
    path = set_file_path(file)
    return absolute(path) if path.startswith("/") else path


@dataclass(frozen=True)
class SetFileCard:
    """What a page shows of a file of a set. `thumbnail` is None for a document."""

    key: str
    name: str
    url: str
    thumbnail: str | None
    delete_page: str
    bytes: int
    created: datetime
    links: Mapping[str, str]


def set_file_card(file: SetFile) -> SetFileCard:
    """Gather what is shown of a file of a set."""
    url = set_file_url(file)
    image = file.image
    page = url_for("tuchuang.delete_set_file", set_name=file.set_name, name=file.name)
    return SetFileCard(
        key=file.name.partition(".")[0],
        name=file.original,
        url=url,
        thumbnail=thumbnail_path(image) if image is not None else None,
        delete_page=page,
        bytes=image.blob.bytes if image is not None else file.bytes or 0,
        created=file.created,
        links=PictureLinks(pasted(image, url, url), own_template())
        if image is not None
        else document_forms(url, file.original),
    )
