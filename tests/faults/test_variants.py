"""Variants after a power cut, and after they could not be made."""

import pytest

from flaskr.errors import TooComplexError
from flaskr.library.media import variant_name
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
    assert client.get(path).status_code == 200
