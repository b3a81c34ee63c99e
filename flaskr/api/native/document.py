"""The OpenAPI file, made of what stands beside the views."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any, NamedTuple

from flask import current_app, jsonify, request
from flask_babel import force_locale, get_locale, gettext
from werkzeug.routing import Rule
from werkzeug.wrappers import Response

from flaskr.api.native import bp
from flaskr.api.native.operations import JSON_TYPE, OPERATIONS, Answer, Operation
from flaskr.api.native.schemas import COMPONENTS, Schema, key, ref, text, whole
from flaskr.errors import message_
from flaskr.models import MAX_ID
from flaskr.web.links import absolute

VERSION = "1"
"""Goes up when what worked no longer does."""

PARAMETER = re.compile(r"<(?:(\w+)[^<>:]*:)?(\w+)>")
KEPT = 16
"""For how many languages, addresses and names it is kept: anybody may ask, and often."""

METHODS = ("POST", "GET", "PATCH", "DELETE")
"""As they follow each other where one address has several."""

GROUPS = {
    "images": message_("Pictures"),
    "trash": message_("The trash"),
    "albums": message_("Albums"),
    "tags": message_("Tags"),
    "shares": message_("Shares"),
    "tokens": message_("Tokens"),
    "account": message_("Your account"),
}
PATHS: Mapping[str, Schema] = {
    "key": key(message_("The key of the picture, the album or the share.")),
    "image_key": key(message_("The key of the picture.")),
    "number": whole(message_("The number of the content."), examples=[1]),
    "token_id": whole(message_("The number of the token."), 0, MAX_ID, examples=[7]),
    "name": text(message_("The name of the tag, with `%2F` for a slash."), minLength=1),
}
"""What stands in addresses, by its name."""

RATE = {
    "X-RateLimit-Limit": whole(message_("How many requests a minute the token is good for.")),
    "X-RateLimit-Remaining": whole(message_("How many of them are left.")),
    "X-RateLimit-Reset": whole(message_("When all are there again, in seconds since 1970.")),
}


class Place(NamedTuple):
    """An operation and where it is: a method, a path with names in braces."""

    name: str
    method: str
    path: str
    parameters: tuple[str, ...]
    operation: Operation


@bp.get("/openapi.json")
def openapi() -> Response:
    """Send the OpenAPI file, in the language that is asked for, unless the client has it."""
    text = written(str(get_locale()), absolute(""), current_app.config["SITE_NAME"])
    response = current_app.response_class(text, mimetype=JSON_TYPE)
    response.headers["Cache-Control"] = "private, no-cache"  # its language may be another next time
    response.add_etag()
    response.make_conditional(request)
    return response


@lru_cache(KEPT)
def written(locale: str, server: str, name: str) -> bytes:
    """Return the OpenAPI file of a service at this address, of this name."""
    with force_locale(locale):
        return jsonify(document(server, name)).get_data()


def places() -> list[Place]:
    """Return every documented operation, in the order of GROUPS, addresses and METHODS."""
    groups = list(GROUPS)
    found = [
        place_of(rule, OPERATIONS[view])
        for rule in current_app.url_map.iter_rules()
        if (view := current_app.view_functions[rule.endpoint]) in OPERATIONS
    ]

    def order(place: Place) -> tuple[int, str, int]:
        return groups.index(place.operation.group), place.path, METHODS.index(place.method)

    return sorted(found, key=order)


def place_of(rule: Rule, told: Operation) -> Place:
    """Return where an operation is."""
    method = next(each for each in METHODS if each in (rule.methods or ()))
    names = tuple(name for _, name in PARAMETER.findall(rule.rule))
    path = PARAMETER.sub(r"{\2}", rule.rule)
    return Place(rule.endpoint.rpartition(".")[2], method, path, names, told)


def document(server: str, name: str) -> dict[str, Any]:
    """Return the OpenAPI document of the native API at an address, by the name of the site."""
    paths: dict[str, dict[str, Any]] = {}
    for place in places():
        paths.setdefault(place.path, {})[place.method.lower()] = describe(place)
    told: dict[str, Any] = translated(
        {
            "openapi": "3.1.0",
            "info": {
                "title": name,
                "version": VERSION,
                "description": message_(
                    "Upload, find and look after your pictures. Send a token as "
                    "`Authorization: Bearer …`; make one in your settings."
                ),
            },
            "servers": [{"url": server}],
            "tags": [{"name": group, "description": title} for group, title in GROUPS.items()],
            "paths": paths,
            "components": {
                "schemas": COMPONENTS,
                "securitySchemes": {
                    "token": {
                        "type": "http",
                        "scheme": "bearer",
                        "description": message_(
                            "A token. Its scope is `upload`, `library` or `admin`; a wider one "
                            "includes the narrower ones."
                        ),
                    }
                },
                "headers": {header: {"schema": schema} for header, schema in RATE.items()},
            },
        }
    )
    return told


def describe(place: Place) -> dict[str, Any]:
    """Return an operation as OpenAPI has it."""
    told = place.operation
    described: dict[str, Any] = {
        "operationId": place.name,
        "tags": [told.group],
        "summary": told.says,
        "description": told.more,
        "security": [{"token": [told.scope]}] if told.scope else [],
        "parameters": [
            *(parameter(name, "path", PATHS[name]) for name in place.parameters),
            *(parameter(name, "query", schema) for name, schema in told.query.items()),
            *(parameter(name, "header", schema) for name, schema in told.headers.items()),
        ],
        "responses": {
            **{str(status): answer(each) for status, each in told.answers.items()},
            **{str(status): refusal(codes) for status, codes in codes_of(told).items()},
        },
    }
    if told.bodies:
        described["requestBody"] = {
            "required": True,
            "content": {type_: {"schema": schema} for type_, schema in told.bodies.items()},
        }
    return described


def parameter(name: str, place: str, schema: Schema) -> dict[str, Any]:
    """Return a parameter; those of a path are never left out."""
    return {
        "name": name,
        "in": place,
        "required": place == "path",
        "description": schema["description"],
        "schema": {each: value for each, value in schema.items() if each != "description"},
    }


def answer(told: Answer) -> dict[str, Any]:
    """Return what is answered when all goes well."""
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in RATE}
    content = {} if told.content is None else {"content": {told.type: {"schema": told.content}}}
    return {"description": told.says, "headers": headers, **content}


def refusal(codes: Iterable[str]) -> dict[str, Any]:
    """Return what is answered when something is wrong; the codes are those of the error."""
    return {
        "description": ", ".join(f"`{code}`" for code in codes),
        "content": {JSON_TYPE: {"schema": ref("Error")}},
    }


def codes_of(told: Operation) -> dict[int, list[str]]:
    """Return the codes of the errors that an operation may answer, by status."""
    codes: dict[int, list[str]] = {}
    for error in sorted(told.all_errors(), key=lambda each: each.status):
        codes.setdefault(error.status, []).append(error.code)
    return codes


def translated(told: Any) -> Any:
    """Return the same in the language of the request; texts that are empty are left out."""
    if isinstance(told, list | tuple):
        return [translated(each) for each in told]
    if not isinstance(told, Mapping):
        return told
    kept = {}
    for name, value in told.items():
        if name in {"description", "summary"} and isinstance(value, str):
            if value:
                kept[name] = str(gettext(value))
        else:
            kept[name] = translated(value)
    return kept


def reason(status: int) -> str:
    """Return what HTTP calls a status."""
    return HTTPStatus(status).phrase
