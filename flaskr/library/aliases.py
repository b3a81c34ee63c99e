"""What a share calls its images: names that open nothing anywhere else.

The key of an image is its direct link, which outlives any share. An alias is the image's id,
encrypted with the share's key, which visitors are not told; the start of an HMAC over the id serves
as the nonce (as in SIV, RFC 5297). So it can be read without a look at all images of a share.
"""

import hmac

from flaskr.library.keys import decode, encode
from flaskr.models import Image, Share

CHECK_BYTES = 5
ID_BYTES = 6
ALIAS_LENGTH = 16
"""Characters of base58 for both."""


def alias_of(share: Share, image: Image) -> str:
    """Return what the share calls the image: always the same, and in no other share."""
    id_ = image.id.to_bytes(ID_BYTES)
    check = check_of(share, id_)
    return encode(check + masked(share, check, id_))


def read_alias(share: Share, alias: str) -> int | None:
    """Return the id of the image that the share calls so; None for what no image is called."""
    data = decode(alias, CHECK_BYTES + ID_BYTES)
    if data is None:
        return None
    check, hidden = data[:CHECK_BYTES], data[CHECK_BYTES:]
    id_ = masked(share, check, hidden)
    return int.from_bytes(id_) if hmac.compare_digest(check, check_of(share, id_)) else None


def check_of(share: Share, id_: bytes) -> bytes:
    return hmac.digest(share.key.encode(), b"alias:" + id_, "sha256")[:CHECK_BYTES]


def masked(share: Share, check: bytes, data: bytes) -> bytes:
    """Hide an id, or bring it to light again."""
    mask = hmac.digest(share.key.encode(), b"mask:" + check, "sha256")
    return bytes(one ^ other for one, other in zip(data, mask, strict=False))
