"""The account: who it is, what is set for it, how much it keeps."""

from typing import Any

from flask import g, jsonify, url_for
from werkzeug.wrappers import Response

from flaskr.api.native import bp
from flaskr.api.native.operations import Answer, Operation, json_body, operation
from flaskr.api.native.reading import InvalidFieldError, InvalidJsonError, read_json
from flaskr.api.native.schemas import PROFILE_CHANGES, ref
from flaskr.api.native.telling import moment
from flaskr.db import db
from flaskr.errors import InvalidLinkFormError, InvalidLinkTemplateError, message_
from flaskr.imaging.formats import EXTENSIONS
from flaskr.library import accounts, trash
from flaskr.library import profile as library_profile
from flaskr.library import usage as library
from flaskr.library.uploads import VISIBILITY
from flaskr.models import User, now
from flaskr.web.intake import media
from flaskr.web.links import absolute
from flaskr.web.uploading import read_keep
from flaskr.web.users import account

MONTHS = 12


@bp.get("/profile")
@operation(
    Operation(
        "account",
        message_("Look at your account"),
        "upload",
        {200: Answer(message_("What there is to tell of it."), ref("Profile"))},
    )
)
def profile() -> Response:
    """Tell of the account, and of the token that the request carries."""
    return jsonify(tell(account()))


@bp.patch("/profile")
@operation(
    Operation(
        "account",
        message_("Change your settings"),
        "admin",
        {200: Answer(message_("Your account as it is now."), ref("Profile"))},
        bodies=json_body(PROFILE_CHANGES),
        errors=(
            InvalidJsonError,
            InvalidFieldError,
            InvalidLinkFormError,
            InvalidLinkTemplateError,
        ),
    )
)
def change_profile() -> Response:
    """Change how uploads are kept, who sees them, and how links are written."""
    said = read_json(PROFILE_CHANGES)
    user = account()
    if "keep" in said:
        accounts.set_keep(db.session, user, read_keep(said["keep"]))
    if "default_visibility" in said:
        accounts.set_default_visibility(db.session, user, said["default_visibility"])
    if "public_page" in said:
        library_profile.switch(db.session, user, on=said["public_page"])
    if said.keys() & {"link_form", "link_template", "copy_links"}:
        accounts.set_links(
            db.session,
            user,
            form=said.get("link_form"),
            template=said.get("link_template"),
            copy=said.get("copy_links"),
        )
    db.session.commit()
    return jsonify(tell(user))


@bp.get("/usage")
@operation(
    Operation(
        "account",
        message_("See how much you keep"),
        "upload",
        {200: Answer(message_("How much, of how much, and of what."), ref("Usage"))},
    )
)
def usage() -> Response:
    """Tell how much the account keeps."""
    owner, session = account(), db.session
    used, gone = library.of(session, media().quota, owner.id), trash.measure(session, owner)
    return jsonify(
        images=used.images,
        bytes=used.bytes,
        most_images=used.most_images,
        most_bytes=used.most_bytes,
        trash={"images": gone.images, "bytes": gone.bytes},
        types=[
            {"type": EXTENSIONS[each.name].type, "images": each.images, "bytes": each.bytes}
            for each in library.by_type(session, owner)
        ],
        months=[
            {"month": f"{each.month:%Y-%m}", "images": each.images, "bytes": each.bytes}
            for each in library.by_month(session, owner, now(), MONTHS)
        ],
    )


def tell(user: User) -> dict[str, Any]:
    """Return what is told of the account that asks."""
    page = absolute(url_for("short_links.profile", username=user.username))
    return {
        "username": user.username,
        "is_admin": user.is_admin,
        "created": moment(user.created),
        "scope": g.token.scope,
        "keep": user.keep,
        "default_visibility": user.default_visibility or VISIBILITY["share"],
        "link_form": user.link_form,
        "link_template": user.link_template,
        "copy_links": user.copy_links,
        "public_page": user.profile,
        "public_page_url": page if user.profile else None,
    }
