"""Tags: listed, put on pictures, renamed, merged, deleted."""

from typing import Any

from flask import jsonify, make_response
from werkzeug.wrappers import Response

from flaskr.api.native import bp
from flaskr.api.native.albums import BODY_ERRORS
from flaskr.api.native.operations import Answer, Operation, json_body, operation
from flaskr.api.native.reading import InvalidFieldError, read_json, read_query
from flaskr.api.native.schemas import (
    KEYS,
    TAG_CHANGES,
    TAGS,
    record,
    ref,
    several,
    text,
    whole,
)
from flaskr.db import db
from flaskr.errors import (
    DomainError,
    NoTagError,
    NotFoundError,
    TagNameError,
    TooManyTagsError,
    message_,
)
from flaskr.library import tags as library
from flaskr.library.search import fold
from flaskr.library.tags import Used
from flaskr.web.users import account

MOST_TYPED = 200
"""Characters of the start of a name that are looked at."""

LIST = {
    "start": text(
        message_("Only tags that start so, the most used first, as many as one suggests.")
    )
}
PUT_ON = record(
    "",
    {
        "names": {
            **TAGS,
            "minItems": 1,
            "description": message_("The tags, made if they are new."),
        },
        "keys": KEYS,
    },
)


class TagTakenError(DomainError):
    """There is another tag of this name, and nothing says that both are to become one."""

    code = "tag_taken"
    status = 409
    message = message_("There is a tag “%(name)s” already. With “merge” both become one.")


@bp.get("/tags")
@operation(
    Operation(
        "tags",
        message_("List tags"),
        "library",
        {200: Answer(message_("By name."), record("", {"tags": several(ref("Tag"))}))},
        query=LIST,
        errors=(InvalidFieldError,),
    )
)
def list_tags() -> Response:
    """List the tags that the account's images have, or suggest some."""
    asked = read_query(LIST)
    if "start" in asked:
        found = library.suggest(db.session, account(), asked["start"][:MOST_TYPED])
    else:
        found = library.list_own(db.session, account())
    return jsonify(tags=[tell(each) for each in found])


@bp.post("/tags")
@operation(
    Operation(
        "tags",
        message_("Put tags on pictures"),
        "library",
        {
            200: Answer(
                message_("How many pictures have changed."),
                record("", {"changed": whole(examples=[2])}),
            )
        },
        more=message_("A tag is there as long as a picture has it."),
        bodies=json_body(PUT_ON),
        errors=(*BODY_ERRORS, NoTagError, TagNameError, TooManyTagsError),
    )
)
def put_tags_on() -> Response:
    """Put tags on images."""
    said = read_json(PUT_ON)
    changed = library.put_on(db.session, account(), said["keys"], said["names"])
    db.session.commit()
    return jsonify(changed=changed)


@bp.patch("/tags/<tag:name>", merge_slashes=False)
@operation(
    Operation(
        "tags",
        message_("Rename a tag, or merge it with another"),
        "library",
        {200: Answer(message_("The tag as it is now."), ref("Tag"))},
        bodies=json_body(TAG_CHANGES),
        errors=(*BODY_ERRORS, TagNameError, TagTakenError),
    )
)
def rename_tag(name: str) -> Response:
    """Rename a tag; onto a name that another one has only if that is meant."""
    said = read_json(TAG_CHANGES)
    own, new = library.find_own(db.session, account(), name), library.check_name(said["name"])
    if fold(new) != own.name_key and not said.get("merge") and exists(new):
        raise TagTakenError(name=new)
    used = library.rename(db.session, account(), own.name, new)
    db.session.commit()
    return jsonify(tell(used))


@bp.delete("/tags/<tag:name>", merge_slashes=False)
@operation(
    Operation(
        "tags",
        message_("Delete a tag"),
        "library",
        {204: Answer(message_("No picture has it any more."))},
        errors=(NotFoundError,),
    )
)
def delete_tag(name: str) -> Response:
    """Take a tag off all images."""
    library.remove(db.session, account(), name)
    db.session.commit()
    return make_response("", 204)


def exists(name: str) -> bool:
    """Tell whether the account has a tag of this name."""
    try:
        library.find_own(db.session, account(), name)
    except NotFoundError:
        return False
    return True


def tell(used: Used) -> dict[str, Any]:
    return {"name": used.name, "images": used.images}
