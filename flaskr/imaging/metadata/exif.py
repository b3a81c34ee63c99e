"""The one tag of Exif that is part of how a picture looks: its orientation.

Exif 3.0 (CIPA DC-008) section 4.6.5 puts it into IFD 0 of a TIFF 6.0 structure: tag 0x0112, one
SHORT. Like browsers we heed nothing else: no orientation of another type, none from XMP.
"""

import struct
from typing import Literal

UPRIGHT = 1
TURNED = range(2, 9)
PREFIX = b"Exif\0\0"
# An Exif block that says nothing: a TIFF header and an empty IFD.
EMPTY = b"MM\0*\0\0\0\x08\0\0\0\0\0\0"

_TAG, _SHORT = 0x0112, 3
_ORDERS: dict[bytes, Literal["<", ">"]] = {b"II*\0": "<", b"MM\0*": ">"}


def orientation(tiff: bytes) -> int:
    """Return the orientation, 1 to 8, that a block of Exif tells; 1 if it is damaged or silent."""
    tiff = tiff.removeprefix(PREFIX)
    order = _ORDERS.get(tiff[:4])
    if order is None or len(tiff) < 8:
        return UPRIGHT
    (at,) = struct.unpack_from(f"{order}I", tiff, 4)
    if at + 2 > len(tiff):
        return UPRIGHT
    (count,) = struct.unpack_from(f"{order}H", tiff, at)
    entries = tiff[at + 2 : at + 2 + 12 * count]
    entries = entries[: len(entries) // 12 * 12]
    for tag, kind, values, value in struct.iter_unpack(f"{order}HHIHxx", entries):
        if (tag, kind, values) == (_TAG, _SHORT, 1) and value in TURNED:
            return int(value)
    return UPRIGHT


def minimal(orientation_: int) -> bytes:
    """Return a block of Exif that tells `orientation_` and nothing else."""
    return EMPTY[:8] + struct.pack(">HHHIHxxI", 1, _TAG, _SHORT, 1, orientation_, 0)
