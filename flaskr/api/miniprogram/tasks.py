"""A post with its picture in one request: `POST /tasks/create/`."""

import re
from itertools import pairwise

from flask import request
from flask_babel import gettext
from werkzeug.wrappers import Response

from flaskr.api.admission import admit_upload
from flaskr.api.miniprogram.photos import (
    bp,
    created,
    photo_limit,
    photos,
    sent_name,
    sent_photo,
)
from flaskr.db import committed, db
from flaskr.errors import InvalidTaskError
from flaskr.library import posts
from flaskr.library.link_forms import markdown_text
from flaskr.library.set_files import SetArrival, take
from flaskr.models import SetFile, User
from flaskr.web.intake import ReceivedFile, media, takes_files_up_to
from flaskr.web.sets import set_file_path
from flaskr.web.uploading import picture_limits

MAX_TITLE = 200
MAX_TEXT = 100_000

_LINE_START = re.compile(r"^(\d+(?=[.)])|(?=[#+=~|-]))(.)")
"""What would make a heading, a list, a table or a rule of a line."""


@bp.post("/tasks/create/", strict_slashes=False)
@takes_files_up_to(photo_limit)
def create_task() -> Response:
    """Publish a post of the form's fields with the photo, both or neither."""
    author = admit_upload()
    photo = sent_photo()
    title = " ".join(request.form.get("title", "").split())  # one line
    written = sum(len(value) for value in request.form.values())
    if not 1 <= len(title) <= MAX_TITLE or written > MAX_TEXT:
        raise InvalidTaskError(title=MAX_TITLE, text=MAX_TEXT)
    return created(publish(author, title, photo))


def publish(author: User, title: str, photo: ReceivedFile) -> SetFile:
    """Take the photo in, publish the post, commit both."""
    if photo.error is not None:
        raise photo.error
    with committed():
        arrival = SetArrival(photo.spooled, sent_name(photo))
        taken = take(db.session, media(), author, photos(), arrival, picture_limits())
        writing = posts.Writing(title, post_body(title, set_file_path(taken)))
        posts.create(db.session, author, writing)
    return taken


def post_body(title: str, picture: str) -> str:
    """Return the post in Markdown: the picture, the text, then the other fields as a list.

    The openid is left out: it names a person, and posts are public.
    """
    fields = {
        "tag": gettext("Tag"),
        "limit_time": gettext("Until"),
        "limit_num": gettext("Number of people"),
        "reward": gettext("Reward"),
        "problem_content": gettext("Questions"),
    }
    parts = [f"![{markdown_text(title)}]({picture})"]
    content = request.form.get("content", "").strip()
    if content:
        parts.append(plain(content))
    lines = [
        f"- **{label}:** {plain(value, indent='  ')}"
        for name, label in fields.items()
        if (value := request.form.get(name, "").strip())
    ]
    if lines:
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def plain(text: str, indent: str = "") -> str:
    """Return Markdown that shows `text` as it was typed, line by line.

    `indent` keeps further lines within the item of a list.
    """
    lines = markdown_text(text).splitlines()
    shown = [_LINE_START.sub(r"\1\\\2", line.strip()) for line in lines]
    ends = ["\\" if line and after else "" for line, after in pairwise([*shown, ""])]
    return f"\n{indent}".join(line + end for line, end in zip(shown, ends, strict=True))
