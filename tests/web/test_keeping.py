"""Share or backup: what is removed from a picture, and who may see it."""

import hashlib

import pytest

from flaskr.models import Image
from tests.factories import CANARY, jpeg


@pytest.fixture
def photo() -> bytes:
    content = jpeg(80, 40, orientation=6)
    assert CANARY.encode() in content
    return content


def send(owner, content: bytes, **fields: str):
    (told,) = owner.upload_json(("photo.jpg", content), **fields).json["files"]
    return told


def test_a_shared_photo_says_nothing_of_where_it_was_taken(owner, guest, photo):
    told = send(owner, photo)
    for address in (told["path"], told["thumbnail"], told["path"].replace(".jpg", ".webp")):
        assert CANARY.encode() not in guest.get(address).data
    assert (told["width"], told["height"]) == (40, 80)
    assert told["visibility"] == "unlisted"


def test_a_backup_is_every_byte_of_the_file(owner, photo):
    told = send(owner, photo, keep="backup")
    assert told["sha256"] == hashlib.sha256(photo).hexdigest()
    assert owner.get(told["path"]).data == photo


def test_a_backup_is_its_owners_alone(owner, guest, photo):
    told = send(owner, photo, keep="backup")
    for address in (told["path"], told["thumbnail"], told["path"].replace(".jpg", ".webp")):
        assert guest.get(address).status_code == 404
        answer = owner.get(address)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "private, no-store"


def test_an_account_can_back_up_everything(owner, session, photo):
    page = "/settings/uploads"
    assert owner.submit(page, {"keep": "backup"}, page=page).status_code == 303
    assert send(owner, photo)["visibility"] == "private"
    assert send(owner, photo, keep="share")["visibility"] == "unlisted"
    assert {image.visibility for image in session.query(Image)} == {"private", "unlisted"}


def test_an_unknown_way_of_keeping_is_refused_rather_than_guessed(owner, photo):
    answer = owner.upload_json(("photo.jpg", photo), keep="private")
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "invalid_keep")
    assert "backup" in answer.json["error"]["message"]
    assert send(owner, photo, keep="")["visibility"] == "unlisted"


def test_a_setting_that_does_not_exist_is_not_saved(owner, session):
    page = "/settings/uploads"
    assert owner.submit(page, {"keep": "nonsense"}, page=page).status_code == 200


def test_a_damaged_backup_is_refused_too(owner, photo):
    answer = owner.upload_json(("photo.jpg", photo[:-20]), keep="backup")
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "incomplete_image")
