"""The account's tokens: listed, made, revoked."""

from typing import Any

from flask import g, jsonify, make_response
from werkzeug.wrappers import Response

from flaskr.api.native import bp
from flaskr.api.native.operations import Answer, Operation, json_body, operation
from flaskr.api.native.reading import InvalidFieldError, InvalidJsonError, read_json
from flaskr.api.native.schemas import NEW_TOKEN, record, ref, several
from flaskr.api.native.telling import moment
from flaskr.db import db
from flaskr.errors import (
    NotFoundError,
    TextTooLongError,
    TokenExpiryError,
    TooManyTokensError,
    message_,
)
from flaskr.library import tokens as library
from flaskr.models import MAX_ID, Token
from flaskr.web.users import account


@bp.get("/tokens")
@operation(
    Operation(
        "tokens",
        message_("List tokens"),
        "admin",
        {200: Answer(message_("The newest first."), record("", {"tokens": several(ref("Token"))}))},
    )
)
def list_tokens() -> Response:
    """List the account's tokens."""
    return jsonify(tokens=[tell(each) for each in library.list_own(db.session, account())])


@bp.post("/tokens")
@operation(
    Operation(
        "tokens",
        message_("Make a token"),
        "admin",
        {201: Answer(message_("The token, with its text."), ref("NewToken"))},
        bodies=json_body(NEW_TOKEN),
        errors=(
            InvalidJsonError,
            InvalidFieldError,
            TextTooLongError,
            TokenExpiryError,
            TooManyTokensError,
        ),
    )
)
def make_token() -> Response:
    """Make a token, and show its text this once."""
    said = read_json(NEW_TOKEN)
    made = library.create(
        db.session,
        account(),
        name=said.get("name", ""),
        scope=said.get("scope", "upload"),
        expires=said.get("expires"),
    )
    db.session.commit()
    return make_response(jsonify(tell(made.token) | {"token": made.secret}), 201)


@bp.delete(f"/tokens/<int(max={MAX_ID}):token_id>")
@operation(
    Operation(
        "tokens",
        message_("Revoke a token"),
        "admin",
        {204: Answer(message_("It works no longer."))},
        errors=(NotFoundError,),
    )
)
def revoke_token(token_id: int) -> Response:
    """Revoke one of the account's tokens."""
    library.revoke(db.session, account(), token_id)
    db.session.commit()
    return make_response("", 204)


@bp.delete("/tokens/current")
@operation(
    Operation(
        "tokens",
        message_("Revoke the token that this request carries"),
        "upload",
        {204: Answer(message_("It works no longer."))},
        errors=(NotFoundError,),
    )
)
def revoke_current_token() -> Response:
    """Revoke the token that the request carries."""
    library.revoke(db.session, account(), g.token.id)
    db.session.commit()
    return make_response("", 204)


def tell(token: Token) -> dict[str, Any]:
    """Return what is told of a token, which is not its text."""
    return {
        "id": token.id,
        "name": token.name,
        "scope": token.scope,
        "created": moment(token.created),
        "expires": moment(token.expires),
        "last_used": moment(token.last_used),
        "current": token.id == g.token.id,
    }
