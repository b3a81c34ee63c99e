"""The orientation is read as browsers read it."""

import struct

import pytest

from flaskr.imaging.metadata import exif
from tests.unit.metadata import samples

SHORT, LONG = 3, 4


def block(order, *entries):
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}IH", 8, len(entries))
    return head + b"".join(struct.pack(f"{order}HHIHH", *entry, 0) for entry in entries)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_either_byte_order_is_read(order, orientation):
    entries = ((0x010F, 2, 1, 0), (0x0112, SHORT, 1, orientation))
    assert exif.orientation(block(order, *entries)) == orientation
    assert exif.orientation(exif.PREFIX + block(order, *entries)) == orientation


@pytest.mark.parametrize(
    "entry", [(0x0112, SHORT, 1, 9), (0x0112, SHORT, 2, 6), (0x0112, LONG, 1, 6)]
)
def test_what_browsers_do_not_heed_is_upright(entry):
    assert exif.orientation(block("<", entry)) == exif.UPRIGHT


@pytest.mark.parametrize("orientation", exif.TURNED)
def test_a_minimal_block_tells_the_orientation_and_nothing_else(orientation):
    made = exif.minimal(orientation)
    assert exif.orientation(made) == orientation
    read = samples.exif()
    read.load(made)
    assert dict(read) == {samples.ORIENTATION: orientation}


def test_every_cut_is_read_without_an_exception():
    whole = samples.exif(6).tobytes()
    assert exif.orientation(whole) == 6
    for size in range(len(whole)):
        assert exif.orientation(whole[:size]) in {1, 6}
