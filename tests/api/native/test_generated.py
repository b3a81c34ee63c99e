"""Requests made up from the OpenAPI file, right ones and wrong ones: none is a fault of ours.

`make fuzz` asks some thousands of times.
"""

import os
import socket
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode, checks
from schemathesis.specs.openapi import checks as openapi_checks
from sqlalchemy import delete, select

from flaskr.api.native.document import places
from flaskr.api.native.operations import OPERATIONS
from flaskr.models import Token
from flaskr.remote import Fetcher
from flaskr.remote.resolving import Resolver
from flaskr.transactions import begin_write
from tests.factories import make_album, make_image, make_share, make_tag, make_token

CASES = int(os.environ.get("API_CASES", "10"))
"""How many requests there are for an operation, of which one that takes nothing needs fewer."""

NAMES = [view.__name__ for view in OPERATIONS]

CHECKS = (
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
)
UNUSUAL = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


def find_nothing(*_: object) -> Any:
    raise socket.gaierror(socket.EAI_NONAME, "no such host")


@pytest.fixture
def schema(app):
    """What the OpenAPI file says."""
    app.extensions["tuchuang.fetcher"] = Fetcher((), None, Resolver(find_nothing))
    return schemathesis.openapi.from_wsgi("/api/openapi.json", app)


@pytest.fixture
def things(session, ada, media):
    """Make things of ada's, and tell what stands in addresses for them."""

    def make(group: str) -> dict[str, object]:
        image = make_image(session, ada, store=media.store)
        make_tag(session, ada, "lake", [image])
        album = make_album(session, ada, images=[image])
        share, _ = make_share(session, media, ada, [image])
        trashed = make_image(session, ada, store=media.store, deleted=True)
        token = session.scalar(select(Token.id).where(Token.user_id == ada.id))
        keys = {"albums": album.key, "shares": share.key, "trash": trashed.key}
        key = keys.get(group, image.key)
        return {"key": key, "image_key": image.key, "number": 1, "token_id": token, "name": "lake"}

    return make


@pytest.mark.parametrize("name", NAMES)
def test_no_request_that_can_be_made_up_is_a_fault_of_ours(app, schema, things, session, ada, name):
    with app.test_request_context():
        (place,) = [each for each in places() if each.name == name]
    operation = schema[place.path][place.method]
    modes = [GenerationMode.POSITIVE]
    if place.parameters or place.operation.query or place.operation.bodies:
        modes.append(GenerationMode.NEGATIVE)
    cases = st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in modes))

    @settings(
        max_examples=CASES,
        suppress_health_check=UNUSUAL,
        phases=[Phase.generate],
    )
    @given(case=cases, real=st.booleans())
    def ask(case, real) -> None:
        session.rollback()
        begin_write(session)
        session.execute(delete(Token))
        session.commit()
        token = make_token(session, ada, "admin")
        if real:  # else hardly any request would get far
            told = things(place.operation.group)
            case.path_parameters = {each: told[each] for each in place.parameters}
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}
        case.validate_response(case.call(), checks=CHECKS)

    ask()
