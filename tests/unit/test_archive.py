"""The ZIP: what it holds, how long it says it is, what it takes to make it."""

import tracemalloc
import zipfile
from datetime import UTC, datetime
from io import BytesIO
from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flaskr.errors import NotFoundError, NothingChosenError
from flaskr.library import albums, archive
from flaskr.library.archive import Archive, BrokenArchiveError, Member, Names
from flaskr.library.media import blob_name
from flaskr.storage import Store
from tests.factories import make_image, png

MOMENT = datetime(2026, 5, 1, 12, 30, 6, tzinfo=UTC)


def written(made: Archive, store) -> bytes:
    content = b"".join(made.pieces(store))
    assert len(content) == made.size
    return content


def opened(made: Archive, store) -> zipfile.ZipFile:
    found = zipfile.ZipFile(BytesIO(written(made, store)))
    assert found.testzip() is None
    return found


@pytest.fixture
def pictures(session, ada, media):
    names = ["a.png", "A.png", "图片.png", "a.png", "photo.jpg"]
    return [
        make_image(session, ada, png(number=1000 + number), store=media.store, name=name)
        for number, name in enumerate(names)
    ]


def test_every_picture_is_in_it_under_a_name_of_its_own(session, ada, bob, media, pictures):
    theirs = make_image(session, bob, store=media.store)
    keys = [image.key for image in (*pictures, theirs)]
    with opened(archive.of_images(session, media, ada, keys), media.store) as found:
        assert found.namelist() == ["a.png", "A (2).png", "图片.png", "a (3).png", "photo.png"]
        assert [found.read(name) for name in found.namelist()] == [
            png(number=1000 + number) for number in range(5)
        ]


def test_an_albums_order_is_kept(session, ada, media, pictures):
    album = albums.create(session, ada, "a")
    albums.add_images(session, ada, album, [image.key for image in reversed(pictures)])
    session.commit()
    with opened(archive.of_album(session, media, album), media.store) as found:
        assert found.namelist()[0] == "photo.png"
        assert len(found.namelist()) == 5


def test_what_is_missing_is_named(session, ada, media, pictures):
    media.store.delete(blob_name(pictures[2].blob.sha256))
    made = archive.of_images(session, media, ada, [image.key for image in pictures])
    with opened(made, media.store) as found:
        assert "图片.png" not in found.namelist()
        assert found.read("MISSING.txt").decode() == "图片.png\r\n"


def test_what_goes_missing_meanwhile_breaks_it_off(session, ada, media, pictures):
    made = archive.of_images(session, media, ada, [image.key for image in pictures])
    media.store.delete(blob_name(pictures[2].blob.sha256))
    with pytest.raises(BrokenArchiveError):
        written(made, media.store)


def test_nothing_is_no_archive(session, ada, bob, media, pictures):
    with pytest.raises(NothingChosenError):
        archive.of_images(session, media, ada, [])
    with pytest.raises(NotFoundError):
        archive.of_images(session, media, bob, [pictures[0].key])
    album = albums.create(session, ada, "a")
    session.commit()
    with pytest.raises(NothingChosenError):
        archive.of_album(session, media, album)


class Zeros:
    """A store of files that are nothing but zeros."""

    def __init__(self, size: int) -> None:
        self.size = size

    def open(self, _name: str):
        left = self.size

        def read(length: int) -> bytes:
            nonlocal left
            piece = bytes(min(length, left))
            left -= len(piece)
            return piece

        class File(SimpleNamespace):
            def __enter__(self):
                return self

            def __exit__(self, *_: object) -> None:
                pass

        return File(read=read)


def test_ten_thousand_pictures_take_little_memory():
    size = 100_000
    made = Archive([Member(b"%d.png" % n, MOMENT, size, stored="x") for n in range(10_000)])
    tracemalloc.start()
    try:
        total = sum(len(piece) for piece in made.pieces(cast("Store", Zeros(size))))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert total == made.size > 10**9
    assert peak < 8 * 2**20


def test_more_than_16_bits_can_count():
    made = Archive([Member(b"%d" % n, MOMENT, 1, text=b"x") for n in range(70_000)])
    with opened(made, None) as found:
        assert len(found.namelist()) == 70_000


def test_what_32_bits_cannot_hold_is_told_in_64(monkeypatch):
    monkeypatch.setattr(archive, "MOST_32", 300)
    texts = [b"a" * 100, b"b" * 400, b"c" * 10]
    made = Archive([Member(b"%d" % n, MOMENT, len(t), text=t) for n, t in enumerate(texts)])
    content = written(made, None)
    # The patched bound stands in for 0xFFFFFFFF in the fields, so only the extras are looked at.
    extra = content.index(b"\x01\x00\x10\x00")
    assert content[extra + 4 : extra + 20] == (400).to_bytes(8, "little") * 2
    assert b"PK\x06\x06" in content
    assert b"PK\x06\x07" in content


def test_moments_are_told(session, ada, media, pictures):
    pictures[0].created = MOMENT
    session.commit()
    made = archive.of_images(session, media, ada, [pictures[0].key])
    with opened(made, media.store) as found:
        (info,) = found.infolist()
        assert info.date_time == (2026, 5, 1, 12, 30, 6)
        assert info.flag_bits == archive.UTF_8
        assert info.compress_type == zipfile.ZIP_STORED
    assert archive.clock(datetime(1970, 1, 1, tzinfo=UTC)) == (0, 33)


@pytest.mark.parametrize(
    ("name", "extension", "given"),
    [
        ("CON.png", "png", "_CON.png"),
        ("a:b?.png", "png", "a_b_.png"),
        ("photo.heic", "jpg", "photo.jpg"),
        ("photo.JPEG", "jpg", "photo.JPEG"),
        ("no ending", "png", "no ending.png"),
        (".png", "png", "png.png"),
        ("...", "png", "image.png"),
        ("x" * 300 + ".png", "png", "x" * 200 + ".png"),
        ("图" * 120 + ".png", "png", "图" * 66 + ".png"),
        ("x" + "e\u0301" * 120 + ".png", "png", "x" + "e\u0301" * 66 + ".png"),
        ("x" * 199 + "e\u0301.png", "png", "x" * 199 + ".png"),
    ],
)
def test_names_suit_every_file_system(name, extension, given):
    assert Names().give(name, extension) == given


@given(st.lists(st.sampled_from(["图" * 120, "图" * 99, "😀" * 60, "con"]), max_size=30))
def test_every_file_system_has_room_for_names(names):
    giver = Names()
    for name in names:
        assert len(giver.give(f"{name}.jpeg", "jpg").encode()) <= 255


@given(st.lists(st.text(max_size=20), max_size=30))
def test_no_two_files_have_one_name(names):
    giver = Names()
    given = [giver.give(name, "png") for name in names]
    assert len({archive.key(name) for name in given}) == len(names)
    for name in given:
        assert not set(name) & archive.FORBIDDEN
        assert name.isprintable()
        assert name.strip(" .") == name
        name.encode()
