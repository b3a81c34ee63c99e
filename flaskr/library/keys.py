"""Keys and tokens that cannot be guessed."""

import hashlib
import hmac
import math
import re
import secrets

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
KEY_LENGTH = 12  # 70 bits
SECRET_BITS = 128

SECRET_LENGTH = math.ceil(SECRET_BITS / math.log2(len(BASE58)))

KEY_PATTERN = re.compile(f"[{BASE58}]{{{KEY_LENGTH}}}")
SECRET_PATTERN = re.compile(f"[{BASE58}]{{{SECRET_LENGTH}}}")


def new_key() -> str:
    """Make a key for an image or a batch: 12 characters of base58, 70 random bits."""
    return _random(KEY_LENGTH)


def new_secret() -> str:
    """Make a secret for a link or a token: base58, at least 128 random bits."""
    return _random(SECRET_LENGTH)


def derive_secret(secret_key: str, purpose: str, about: str) -> str:
    """Return the secret that always belongs to `about`: base58, 128 bits.

    Nobody can tell it without `secret_key`, so it can be told again without being stored.
    """
    made = hmac.digest(secret_key.encode(), f"{purpose}:{about}".encode(), "sha256")
    return encode(made[: SECRET_BITS // 8])


def digest(secret: str) -> str:
    """Return the SHA-256 (hex) under which a secret is stored.

    A plain hash is enough for secrets that are random; passwords need Argon2.
    """
    return hashlib.sha256(secret.encode()).hexdigest()


def is_key(text: str) -> bool:
    """Tell whether `text` looks like a key made by `new_key`."""
    return KEY_PATTERN.fullmatch(text) is not None


def is_secret(text: str) -> bool:
    """Tell whether `text` looks like a secret made by `new_secret`."""
    return SECRET_PATTERN.fullmatch(text) is not None


def encode(data: bytes) -> str:
    """Write bytes as base58, always the same length for the same number of bytes."""
    number = int.from_bytes(data)
    length = math.ceil(len(data) * 8 / math.log2(len(BASE58)))
    text = ""
    for _ in range(length):
        number, rest = divmod(number, len(BASE58))
        text = BASE58[rest] + text
    return text


def decode(text: str, size: int) -> bytes | None:
    """Read what `encode` wrote of `size` bytes; None for any other text."""
    number = 0
    for character in text:
        digit = BASE58.find(character)
        if digit < 0:
            return None
        number = number * len(BASE58) + digit
    if number.bit_length() > size * 8:
        return None
    data = number.to_bytes(size)
    return data if encode(data) == text else None


def _random(length: int) -> str:
    return "".join(secrets.choice(BASE58) for _ in range(length))
