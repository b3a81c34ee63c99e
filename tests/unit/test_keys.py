"""Keys and secrets."""

import hashlib
import math
from collections import Counter

import pytest

from flaskr.library.keys import BASE58, digest, is_key, new_key, new_secret


def test_a_key_has_seventy_random_bits():
    keys = [new_key() for _ in range(2000)]
    assert len(set(keys)) == len(keys)
    assert all(is_key(key) for key in keys)
    assert math.log2(len(BASE58)) * 12 >= 70


def test_every_character_is_used_at_every_place():
    keys = [new_key() for _ in range(3000)]
    for place in range(12):
        assert len(Counter(key[place] for key in keys)) == len(BASE58)


def test_a_secret_has_at_least_128_random_bits():
    secret = new_secret()
    assert set(secret) <= set(BASE58)
    assert math.log2(len(BASE58)) * len(secret) >= 128
    assert new_secret() != secret


def test_characters_that_look_alike_are_left_out():
    assert not set("0OIl") & set(BASE58)
    assert len(set(BASE58)) == 58


@pytest.mark.parametrize(
    "text", ["", "short", "1" * 11, "1" * 13, "0" * 12, "1" * 11 + "\n", "1" * 12 + "\n", "../" * 4]
)
def test_what_is_no_key_is_not_taken_for_one(text):
    assert not is_key(text)


def test_a_secret_is_stored_as_its_hash():
    assert digest("secret") == hashlib.sha256(b"secret").hexdigest()
