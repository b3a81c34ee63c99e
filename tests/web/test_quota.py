"""Uploads at a quota: refused in plain words, never over it, however many come at once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from flaskr.db import db
from flaskr.library import tokens, usage
from flaskr.library.usage import Quota
from flaskr.models import Blob, Image, User
from tests.calling import Caller
from tests.factories import count_rows, make_user, png
from tests.serving import Site

ROOM = 5


def upload(browser, content, **headers):
    return browser.upload(("a.png", content), **headers)


def stored(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture
def limited(app):
    """Set the quota of the settings."""

    def limit(images=0, bytes=0):
        media = app.extensions["tuchuang.media"]
        app.extensions["tuchuang.media"] = replace(media, quota=Quota(images, bytes))

    return limit


def test_what_is_over_the_quota_is_refused_with_both_numbers(limited, owner, session, instance):
    limited(bytes=200)
    content = png()
    assert upload(owner, content, headers={"Accept": "application/json"}).status_code == 201
    kept = stored(instance / "files")
    answer = upload(owner, png(number=1), headers={"Accept": "application/json"})
    assert answer.status_code == 413
    error = answer.json["error"]
    assert error["code"] == "quota_exceeded"
    assert f"{len(content)} B of 200 B" in error["message"]
    assert count_rows(session, Image) == count_rows(session, Blob) == 1
    assert stored(instance / "files") == kept


def test_bytes_that_others_have_stay_when_one_who_sends_them_has_no_room(
    limited, owner, other, session, instance
):
    content = png()
    upload(other, content)
    kept = stored(instance / "files")
    limited(bytes=len(content) - 1)
    assert upload(owner, content, headers={"Accept": "application/json"}).status_code == 413
    assert stored(instance / "files") == kept


def test_a_number_of_pictures_can_be_the_quota(limited, owner, session):
    limited(images=1)
    upload(owner, png())
    answer = upload(owner, png(number=1), headers={"Accept": "application/json"})
    assert answer.status_code == 413
    assert "1 of 1 pictures" in answer.json["error"]["message"]


def test_a_picture_that_is_there_already_takes_no_room(limited, owner, session, ada):
    for _ in range(2):
        upload(owner, png())
    session.expire_all()
    assert ada.used_images == 1


def test_sixteen_at_once_never_get_over_the_quota(tmp_path, migrated_database):
    contents = [png(number=1000 + number) for number in range(32)]
    size = max(map(len, contents))
    site = Site(tmp_path, migrated_database, QUOTA_BYTES=str(size * ROOM))
    app = site.make_app()
    with app.app_context():
        session = db.session
        ada = make_user(session)
        token = tokens.create(session, ada, scope="upload").secret
        session.commit()
    site.start("--workers", "2")
    try:
        caller = Caller(site, token)
        with ThreadPoolExecutor(16) as everybody:
            answers = list(everybody.map(caller.upload, contents))
    finally:
        site.stop()
    taken = [answer for answer in answers if answer.status == 201]
    assert {answer.status for answer in answers} == {201, 413}
    with app.app_context():
        session = db.session
        used = session.get_one(User, ada.id)
        kept = session.query(Image).all()
        assert len(kept) == len(taken) == used.used_images >= ROOM
        assert sum(image.bytes for image in kept) == used.used_bytes <= size * ROOM
        assert used.used_bytes + min(map(len, contents)) > size * ROOM
        assert usage.wrong_totals(session) == []
        files = {
            path.name for path in (site.instance / "files" / "blobs").rglob("*") if path.is_file()
        }
        assert files == {image.blob.sha256 for image in kept}
        db.engine.dispose()
