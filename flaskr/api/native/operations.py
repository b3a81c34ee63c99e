"""What is documented of a view, beside the view: `document` makes the OpenAPI file of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, NamedTuple, TypeVar

from flask import request

from flaskr.api.native.reading import InvalidFieldError, check_names
from flaskr.api.native.schemas import Schema
from flaskr.errors import (
    DomainError,
    InvalidTokenError,
    ScopeError,
    TooManyRequestsError,
    UnavailableError,
)
from flaskr.web.users import token_required

View = TypeVar("View", bound=Callable[..., Any])

JSON_TYPE = "application/json"
FORM_TYPE = "multipart/form-data"


class Answer(NamedTuple):
    """What an answer means, and its content: a schema, of JSON unless `type` says otherwise."""

    says: str
    content: Schema | None = None
    type: str = JSON_TYPE


@dataclass(frozen=True)
class Operation:
    """A view as programs are told of it.

    `query` and `headers` are parameters by name, `bodies` what may be sent by media type, `answers`
    by status; `errors` are those beside what every operation may answer.
    """

    group: str
    says: str
    scope: str | None
    answers: Mapping[int, Answer]
    more: str = ""
    query: Mapping[str, Schema] = field(default_factory=dict)
    headers: Mapping[str, Schema] = field(default_factory=dict)
    bodies: Mapping[str, Schema] = field(default_factory=dict)
    errors: tuple[type[DomainError], ...] = ()

    def all_errors(self) -> list[type[DomainError]]:
        """Return every error that is to be expected, each code once for a status."""
        usual = (InvalidTokenError, ScopeError, TooManyRequestsError) if self.scope else ()
        listed = (*usual, InvalidFieldError, *self.errors, UnavailableError)
        return list({(each.status, each.code): each for each in listed}.values())


OPERATIONS: dict[Callable[..., Any], Operation] = {}
"""The operation of each view."""


def operation(told: Operation) -> Callable[[View], View]:
    """Document a view, and admit only requests with a token of the operation's scope.

    Their addresses may have no parameter that is not documented: InvalidFieldError.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(**values: Any) -> Any:
            check_names(request.args, told.query)
            return view(**values)

        guarded = token_required(told.scope)(checked) if told.scope else checked
        OPERATIONS[guarded] = told
        return guarded  # type: ignore[return-value]  # it takes and gives the same

    return decorate


def json_body(schema: Schema) -> dict[str, Schema]:
    """Return the bodies of an operation that takes JSON."""
    return {JSON_TYPE: schema}
