"""Variants after a power cut, and after they could not be made."""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from flaskr.errors import TooComplexError
from flaskr.imaging import Spec
from flaskr.library.making import sole_maker, try_lock
from flaskr.library.media import variant_name
from flaskr.library.variants import ensure
from tests.factories import make_image, png, put


def test_a_variant_that_a_power_cut_left_empty_is_made_anew(client, session, ada, media):
    image = make_image(session, ada, png(400, 300), store=media.store)
    put(media.store, variant_name(image.blob.sha256, "w64.webp"), b"")
    for _ in range(2):
        answer = client.get(f"/tuchuang/download/{image.key}.webp?w=64")
        assert (answer.status_code, answer.data[:4]) == (200, b"RIFF")


@pytest.mark.parametrize("error", [TooComplexError(), OSError(28, "no room")])
def test_a_variant_that_cannot_be_made_leaves_nothing(
    client, session, ada, media, monkeypatch, error
):
    def fail(*_: object, **__: object) -> None:
        raise error

    image = make_image(session, ada, png(400, 300), store=media.store)
    path = f"/tuchuang/download/{image.key}.webp?w=64"
    with monkeypatch.context() as failing:
        failing.setattr(type(media.decoders), "run", fail)
        assert client.get(path).status_code == (422 if error.args == ({},) else 507)
    assert list(media.spool.folder.iterdir()) == []
    # A full disk has room again soon; a picture does not get simpler.
    assert client.get(path).status_code == (422 if error.args == ({},) else 200)


def test_a_lock_whose_file_was_removed_keeps_nobody_out(tmp_path):
    path = tmp_path / "a.lock"
    first = try_lock(path)
    assert first is not None
    assert try_lock(path) is None
    path.unlink()  # as its holder does when it leaves
    second = try_lock(path)
    assert second is not None
    os.close(first)
    assert try_lock(path) is None
    os.close(second)


def test_who_waited_for_a_holder_that_left_waits_for_the_next_one(tmp_path):
    """They come and go, each failing or not: never two at once, and no file stays."""
    path = tmp_path / "a.lock"
    inside: list[int] = []
    most: list[int] = []

    def hold(number: int) -> None:
        with suppress(ValueError), sole_maker(path):
            inside.append(number)
            most.append(len(inside))
            inside.remove(number)
            raise ValueError

    with ThreadPoolExecutor(8) as everybody:
        list(everybody.map(hold, range(200)))
    assert max(most) == 1
    assert len(most) == 200
    assert list(tmp_path.iterdir()) == []


def test_one_that_is_there_already_is_not_removed_for_another(session, ada, media, monkeypatch):
    image = make_image(session, ada, png(400, 300), store=media.store)
    name = variant_name(image.blob.sha256, "w64.webp")

    def made_elsewhere(*_: object, target: str, **__: object) -> None:
        put(media.store, name, b"whole")
        Path(target).write_bytes(b"another")

    monkeypatch.setattr(type(media.decoders), "run", made_elsewhere)
    ensure(media, image.blob.sha256, "png", Spec("webp", 64))
    assert media.store.read(name) == b"whole"
