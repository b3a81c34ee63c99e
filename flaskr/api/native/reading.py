"""What a program has sent, held against the schema that documents it.

Types, choices and names are checked here. How long a text may be is the library's to say: it
counts once the text is as it will be kept.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from flask import request
from flask_babel import gettext

from flaskr.api.native.schemas import Schema
from flaskr.errors import DomainError, InvalidPlaceError, message_
from flaskr.models import MAX_ID

MOST_SHOWN = 60
"""How many characters of a name that we do not know are told back."""

KINDS: dict[str, type] = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}


class InvalidJsonError(DomainError):
    """The body is no JSON object."""

    code = "invalid_json"
    status = 400
    message = message_("The body of this request has to be a JSON object.")


class InvalidFieldError(DomainError):
    """A field of the request, or a parameter of its address, is not as it has to be."""

    code = "invalid_field"
    status = 422
    message = message_("“%(field)s” has to be %(expected)s.")


class InvalidCursorError(InvalidPlaceError):
    """The cursor is none that an answer has told."""

    message = message_("“cursor” leads to no page. Leave it out to begin with the first one.")


class UnknownFieldError(InvalidFieldError):
    """Nobody knows a field of this name."""

    message = message_("There is no “%(field)s” here. Known are: %(known)s.")


class NothingKnownError(InvalidFieldError):
    """The address has a parameter, and takes none."""

    message = message_("There is no “%(field)s” here: this address takes no parameters.")


class MissingFieldError(InvalidFieldError):
    """A field is missing."""

    message = message_("“%(field)s” is missing.")


def read_json(schema: Schema) -> dict[str, Any]:
    """Return the JSON object that the request carries.

    Raises InvalidJsonError, InvalidFieldError.
    """
    try:
        sent = json.loads(request.get_data())
    except (ValueError, RecursionError):
        raise InvalidJsonError from None
    if not isinstance(sent, dict):
        raise InvalidJsonError
    read: dict[str, Any] = conform(sent, schema, "")
    return read


def read_query(parameters: Mapping[str, Schema]) -> dict[str, Any]:
    """Return those of the parameters that the address has, as their types.

    Raises InvalidFieldError.
    """
    read = {}
    for name, schema in parameters.items():
        if (said := request.args.get(name)) is not None:
            read[name] = conform(as_typed(said, schema), schema, name)
    return read


def check_names(sent: Iterable[str], known: Mapping[str, Schema], inside: str = "") -> None:
    """Raise UnknownFieldError for a name that is not known, which may be a slip of the pen.

    It is told back with `inside`, the field that it stands in, before it.
    """
    for name in sent:
        if name in known:
            continue
        field = inside + "".join(each if each.isprintable() else "?" for each in name[:MOST_SHOWN])
        if not known:
            raise NothingKnownError(field=field)
        raise UnknownFieldError(field=field, known=", ".join(known))


def as_typed(said: str, schema: Schema) -> Any:
    """Return what an address says as the type that is expected; the text if it is not like that."""
    if schema["type"] == "integer" and said.isascii() and said.isdecimal():
        return int(said[:20])
    return said


def conform(value: Any, schema: Schema, name: str) -> Any:
    """Return the value as it is used: texts without what no database holds, moments in UTC.

    Raises InvalidFieldError, which names the field.
    """
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if type(value) not in {KINDS[kind] for kind in kinds}:
        raise InvalidFieldError(field=name, expected=expected(schema))
    match value:
        case str():
            return conform_text(value, schema, name)
        case list():
            return conform_list(value, schema, name)
        case dict():
            return conform_record(value, schema, name)
        case bool() | None:
            return value
    if not schema["minimum"] <= value <= schema["maximum"]:
        raise InvalidFieldError(field=name, expected=expected(schema))
    return value


def conform_text(value: str, schema: Schema, name: str) -> Any:
    """Return a text, or the moment that it is."""
    if value not in schema.get("enum", [value]):
        raise InvalidFieldError(field=name, expected=expected(schema))
    if schema.get("format") != "date-time":
        return "".join("\N{REPLACEMENT CHARACTER}" if unfit(each) else each for each in value)
    try:
        read = datetime.fromisoformat(value)
        if read.tzinfo is not None:
            return read.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise InvalidFieldError(field=name, expected=expected(schema))


def unfit(character: str) -> bool:
    """Tell whether a database cannot hold a character: NUL, half of a pair."""
    return character == "\0" or "\ud800" <= character <= "\udfff"


def conform_list(value: list[Any], schema: Schema, name: str) -> list[Any]:
    """Return a list with each of its items."""
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        raise InvalidFieldError(field=name, expected=expected(schema))
    return [conform(each, schema["items"], name) for each in value]


def conform_record(value: dict[str, Any], schema: Schema, name: str) -> dict[str, Any]:
    """Return an object with each of its fields. Raises what `conform` does for them."""
    known = schema["properties"]
    inside = f"{name}." if name else ""
    check_names(value, known, inside)
    for missing in schema["required"]:
        if missing not in value:
            raise MissingFieldError(field=inside + missing)
    return {each: conform(value[each], known[each], inside + each) for each in value}


def expected(schema: Schema) -> str:
    """Say in words what a field has to be."""
    if "enum" in schema:
        choices = ", ".join("null" if each is None else each for each in schema["enum"])
        return str(gettext("one of %(choices)s", choices=choices))
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    one, *others = (kind_text(kind, schema) for kind in kinds)
    for other in others:
        one = str(gettext("%(one)s or %(other)s", one=one, other=other))
    return one


def kind_text(kind: str, schema: Schema) -> str:
    """Return what people call a type."""
    match kind:
        case "integer":
            low, high = schema["minimum"], schema["maximum"]
            if high == MAX_ID:
                told = gettext("a whole number from %(low)s on", low=low)
            else:
                told = gettext("a whole number from %(low)s to %(high)s", low=low, high=high)
        case "boolean":
            told = gettext("true or false")
        case "array" if "maxItems" in schema:
            low, most = schema.get("minItems", 0), schema["maxItems"]
            told = gettext("a list of %(low)s to %(most)s", low=low, most=most)
        case "array":
            told = gettext("a list")
        case "object":
            told = gettext("an object")
        case "null":
            told = "null"
        case _ if schema.get("format") == "date-time":
            told = gettext("a moment with its zone, as 2027-01-31T18:00:00Z")
        case _:
            told = gettext("a text")
    return str(told)
