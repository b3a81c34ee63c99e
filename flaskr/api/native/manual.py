"""The page for people about the API, made of the same as the OpenAPI file."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import current_app, render_template
from flask_babel import force_locale, get_locale, gettext
from markupsafe import Markup, escape

from flaskr.api.native import bp
from flaskr.api.native.document import (
    GROUPS,
    KEPT,
    PATHS,
    Place,
    codes_of,
    places,
    reason,
)
from flaskr.api.native.operations import FORM_TYPE, JSON_TYPE, Answer
from flaskr.api.native.reading import expected
from flaskr.api.native.schemas import COMPONENTS, Schema
from flaskr.web.links import absolute

CODE = re.compile("`([^`]+)`")
SHOWN = 2
"""How many of the fields that may be left out an example has."""

EXAMPLE_FILE = "lake.jpg"


@dataclass(frozen=True)
class Row:
    """A parameter or a field: its name, what it has to be, what it means."""

    name: str
    kind: str
    says: Markup
    required: bool


@dataclass(frozen=True)
class Reply:
    """An answer: its status, what it means, and of which shapes it is made."""

    status: int
    reason: str
    says: Markup
    shapes: list[str]


@dataclass(frozen=True)
class Entry:
    """An operation as the page shows it. `fields` are those of a body, by its media type."""

    name: str
    method: str
    path: str
    says: str
    more: Markup
    scope: str
    parameters: list[Row]
    fields: dict[str, list[Row]]
    replies: list[Reply]
    errors: list[tuple[int, str, list[str]]]
    samples: list[str]


@bp.get("/docs")
def docs() -> str:
    """Show what the API can do, and how to ask for it."""
    requests: int = current_app.config["TOKEN_REQUESTS"]
    return render_template(
        "api/docs.html", manual=written(str(get_locale()), absolute(""), requests)
    )


@lru_cache(KEPT)
def written(locale: str, server: str, requests: int) -> Markup:
    """Return all of the page that is the same for whoever asks, at this address, in this language.

    `requests` is how many a token is good for, a minute.
    """
    with force_locale(locale):
        entries = [(place.operation.group, entry(place)) for place in places()]
        text = render_template(
            "api/_manual.html",
            groups=[
                (name, gettext(title), [each for group, each in entries if group == name])
                for name, title in GROUPS.items()
            ],
            shapes=[
                (name, coded(schema["description"]), list(rows(schema)))
                for name, schema in COMPONENTS.items()
            ],
            first_sample=upload_sample(f"{server}/api/images"),
            requests=requests,
        )
    return Markup(text)  # noqa: S704 - a template has escaped it


def entry(place: Place) -> Entry:
    """Return an operation as the page shows it."""
    told = place.operation
    parameters = [
        *(row(name, PATHS[name], required=True) for name in place.parameters),
        *(row(name, schema, required=False) for name, schema in told.query.items()),
        *(row(name, schema, required=False) for name, schema in told.headers.items()),
    ]
    bodies = {type_: schema for type_, schema in told.bodies.items() if "properties" in schema}
    return Entry(
        name=place.name,
        method=place.method,
        path=place.path,
        says=gettext(told.says),
        more=coded(told.more),
        scope=told.scope or "",
        parameters=parameters,
        fields={type_: list(rows(schema)) for type_, schema in bodies.items()},
        replies=[reply(status, each) for status, each in told.answers.items()],
        errors=[(status, reason(status), codes) for status, codes in codes_of(told).items()],
        samples=samples(place),
    )


def reply(status: int, told: Answer) -> Reply:
    """Return an answer as the page shows it."""
    names = re.findall(r"#/components/schemas/(\w+)", json.dumps(told.content or {}))
    return Reply(status, reason(status), coded(told.says), names)


def row(name: str, schema: Schema, *, required: bool) -> Row:
    """Return a field as the page shows it."""
    return Row(name, kind(schema), coded(schema.get("description", "")), required)


def rows(schema: Schema, inside: str = "") -> Iterator[Row]:
    """Yield the fields of an object, each followed by those in it."""
    for name, each in schema["properties"].items():
        yield row(inside + name, each, required=name in schema["required"])
        items = each.get("items", each)
        if "properties" in items:
            yield from rows(items, f"{inside}{name}{'[]' if items is not each else ''}.")


def kind(schema: Schema) -> str:
    """Return in words what a field has to be."""
    if schema.get("format") == "binary":
        return str(gettext("a file"))
    items = schema.get("items", {})
    if "$ref" in items:
        return str(gettext("a list of %(shape)s", shape=items["$ref"].rpartition("/")[2]))
    return expected(schema)


def coded(text: str) -> Markup:
    """Return a text in the language of the request, with what is between backticks as code."""
    if not text:
        return Markup()
    return Markup(CODE.sub(r"<code>\1</code>", str(escape(gettext(text)))))  # noqa: S704 - escaped


# ---- examples -------------------------------------------------------------------------------


def samples(place: Place) -> list[str]:
    """Return commands that do it, one for each way in which something may be sent."""
    told, path = place.operation, place.path
    for name in place.parameters:
        path = path.replace(f"{{{name}}}", str(PATHS[name].get("examples", ["lake"])[0]))
    address = absolute(path)
    said = [name for name, schema in told.query.items() if "examples" in schema]
    if place.method == "GET" and said:
        address += f"?{said[0]}={told.query[said[0]]['examples'][0]}"
    if not told.bodies:
        saved = any(each.type != JSON_TYPE for each in told.answers.values())
        return [curl(place.method, address, [f"-o {EXAMPLE_FILE}"] if saved else [])]
    return [
        upload_sample(address)
        if type_ == FORM_TYPE
        else curl(place.method, address, sending(type_, schema))
        for type_, schema in told.bodies.items()
        if type_ != "application/octet-stream"
    ]


def upload_sample(address: str) -> str:
    """Return the command that sends a file in a form."""
    return curl("GET", address, [f"-F file=@{EXAMPLE_FILE}"])


def sending(type_: str, schema: Schema) -> list[str]:
    """Return the options of a command that send such a body."""
    if type_ == JSON_TYPE:
        body = json.dumps(example(schema), ensure_ascii=False)
        return [f'-H "Content-Type: {JSON_TYPE}"', f"-d {shlex.quote(body)}"]
    return ['-H "Content-Type: image/jpeg"', f"--data-binary @{EXAMPLE_FILE}"]


def curl(method: str, address: str, options: list[str]) -> str:
    """Return a command; curl finds out by itself when GET would be wrong for a form."""
    asked = [] if method == "GET" else [f"-X {method}"]
    lines = [
        " ".join(["curl", *asked, shlex.quote(address)]),
        '-H "Authorization: Bearer $TOKEN"',
        *options,
    ]
    return " \\\n  ".join(lines)


def example(schema: Schema) -> Any:
    """Return a value that fits."""
    if "examples" in schema:
        return schema["examples"][0]
    if "enum" in schema:
        return schema["enum"][0]
    kinds = schema["type"]
    match kinds[0] if isinstance(kinds, list) else kinds:
        case "object":
            return example_of(schema)
        case "array":
            return [example(schema["items"])]
        case other:
            return {"boolean": True, "integer": schema.get("minimum")}.get(other, "…")


def example_of(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object with all fields that it must have, and the first of those it may have."""
    properties = schema["properties"]
    shown = {*schema["required"], *list(properties)[:SHOWN]}
    return {name: example(each) for name, each in properties.items() if name in shown}
