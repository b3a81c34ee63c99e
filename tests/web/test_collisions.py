"""Pictures with the same MD5 are different pictures: guarantee 7."""

import hashlib
from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image as Pillow

from flaskr.library.check import check
from flaskr.library.collect import Keeping, collect
from flaskr.models import Blob
from tests.collisions import pairs
from tests.factories import count_rows

AT_ONCE = Keeping(trash=timedelta(0), grace=timedelta(0))


def pixels(content: bytes) -> bytes:
    with Pillow.open(BytesIO(content)) as picture:
        return picture.convert("RGB").tobytes()


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def send(owner, content: bytes, keep: str):
    (told,) = owner.upload_json(("picture.bmp", content), keep=keep).json["files"]
    return told


@pytest.mark.parametrize("pair", pairs(), ids=range(1, 7))
def test_the_pairs_are_what_they_say(pair):
    one, other = pair
    assert md5(one) == md5(other)
    assert pixels(one) != pixels(other)


@pytest.mark.parametrize("keep", ["share", "backup"])
@pytest.mark.parametrize("pair", pairs(), ids=range(1, 7))
def test_each_link_gives_its_own_pixels_also_when_the_other_is_collected(
    owner, session, media, pair, keep
):
    told = [send(owner, content, keep) for content in pair]
    assert told[0]["md5"] == told[1]["md5"]
    assert count_rows(session, Blob) == 2
    for content, one in zip(pair, told, strict=True):
        assert owner.get(one["path"]).data == content
        assert pixels(owner.get(one["path"].replace(".bmp", ".png")).data) == pixels(content)

    gone, kept = told
    owner.submit(f"/tuchuang/images/{gone['key']}/delete")
    assert collect(session, media, AT_ONCE).blobs == 1
    assert owner.get(gone["path"]).status_code == 404
    assert owner.get(kept["path"]).data == pair[1]
    assert check(session, media).faults == []
