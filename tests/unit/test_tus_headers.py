"""The grammar of tus headers."""

import base64
import hashlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flaskr.api.tus_headers import (
    ALGORITHMS,
    InvalidHeaderError,
    parse_bytes,
    parse_checksum,
    parse_metadata,
)

KEYS = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=","), min_size=1
)
ANYTHING = st.text(st.characters(max_codepoint=255))


def b64(value: bytes) -> str:
    return base64.b64encode(value).decode()


@given(st.dictionaries(KEYS, st.text(st.characters(exclude_categories=["Cs"])), max_size=8))
def test_what_was_said_is_read(told):
    header = ",".join(f"{key} {b64(value.encode())}" for key, value in told.items())
    assert parse_metadata(header) == told


@given(ANYTHING)
def test_anything_is_read_or_refused(text):
    for parse in (parse_metadata, parse_checksum, lambda text: parse_bytes("X", text)):
        with suppress(InvalidHeaderError):
            parse(text)


@given(st.integers(min_value=0, max_value=10**18 - 1))
def test_a_number_of_bytes_is_read(number):
    assert parse_bytes("Upload-Length", str(number)) == number


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@given(pieces=st.lists(st.binary()), other=st.binary())
def test_a_checksum_holds_for_its_bytes_only(algorithm, pieces, other):
    content = b"".join(pieces)
    checksum = parse_checksum(f"{algorithm} {b64(hashlib.new(algorithm, content).digest())}")
    assert checksum is not None
    for piece in pieces:
        checksum.update(piece)
    assert checksum.matches()
    checksum.update(other)
    assert checksum.matches() == (other == b"")
