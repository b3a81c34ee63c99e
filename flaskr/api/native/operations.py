"""What is documented of a view, beside the view: `document` makes the OpenAPI file of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

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
        listed = (*usual, *self.errors, UnavailableError)
        return list({(each.status, each.code): each for each in listed}.values())


OPERATIONS: dict[Callable[..., Any], Operation] = {}
"""The operation of each view."""


def operation(told: Operation) -> Callable[[View], View]:
    """Document a view, and admit only requests with a token of the operation's scope."""

    def decorate(view: View) -> View:
        guarded = token_required(told.scope)(view) if told.scope else view
        OPERATIONS[guarded] = told
        return guarded  # type: ignore[return-value]  # it takes and gives the same

    return decorate


def json_body(schema: Schema) -> dict[str, Schema]:
    """Return the bodies of an operation that takes JSON."""
    return {JSON_TYPE: schema}
