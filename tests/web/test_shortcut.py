"""The short way past Flask: it is taken where it may be, and nobody can tell."""

import sqlite3
from datetime import timedelta

import pytest

from flaskr.models import now
from flaskr.tuchuang import files
from tests.browsing import Browser
from tests.factories import jpeg, make_image


@pytest.fixture
def image(session, ada, media):
    return make_image(session, ada, jpeg(80, 40), store=media.store, name="狗.jpg")


@pytest.fixture
def long_way(make_app):
    app = make_app()
    app.wsgi_app = app.wsgi_app.beyond
    return Browser(app)


@pytest.fixture
def asked_flask(app, monkeypatch):
    """The keys that Flask's view was asked for."""
    asked = []
    visible = files.visible

    def noted(key):
        asked.append(key)
        return visible(key)

    monkeypatch.setattr(files, "visible", noted)
    return asked


PLAIN: tuple[dict[str, str], ...] = (
    {"If-None-Match": "*"},
    {"Range": "bytes=1-5"},
    {"Accept": "image/webp"},
    {},
)


@pytest.mark.parametrize("headers", PLAIN)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("ending", ["jpg", "jpeg", "jpg?download", "auto", "webp?w=64"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_both_ways_say_the_same(
    guest, long_way, asked_flask, image, method, ending, headers, scheme
):
    path = f"/i/{image.key}.{ending}"
    long_way.get(path, headers=headers)  # a variant is there from now on
    asked_flask.clear()
    options = {"method": method, "headers": headers, "base_url": f"{scheme}://localhost"}
    short = guest.open(path, **options)
    assert asked_flask == []
    long = long_way.open(path, **options)
    assert asked_flask == [image.key]
    assert (short.status, short.data) == (long.status, long.data)
    assert sorted(short.headers) == sorted(long.headers)


def test_a_picture_with_an_expiry_takes_the_short_way_until_then(
    guest, session, image, asked_flask, caplog
):
    image.expires = now() + timedelta(days=1)
    session.commit()
    assert guest.get(f"/i/{image.key}.jpg").data == jpeg(80, 40)
    assert asked_flask == []
    image.expires = now() - timedelta(seconds=5)
    session.commit()
    assert guest.get(f"/i/{image.key}.jpg").status_code == 404
    assert "the short way failed" not in caplog.text


def test_a_private_picture_is_left_to_flask(guest, owner, session, image, asked_flask):
    image.visibility = "private"
    session.commit()
    assert guest.get(f"/i/{image.key}.jpg").status_code == 404
    answer = owner.get(f"/i/{image.key}.jpg")
    assert (answer.status_code, answer.data) == (200, jpeg(80, 40))
    assert answer.cache_control.no_store
    assert asked_flask == [image.key] * 2


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_left_to_flask(guest, image, method):
    answer = guest.open(f"/tuchuang/download/{image.key}.jpg", method=method)
    assert answer.status_code == (200 if method == "OPTIONS" else 405)


def test_a_made_up_host_is_refused_for_pictures_too(guest, image):
    answer = guest.get(f"/i/{image.key}.jpg", headers={"Host": "evil.example"})
    assert answer.status_code == 400


def test_a_fault_on_the_short_way_is_no_fault_of_the_answer(app, guest, image, monkeypatch, caplog):
    def broken(*_):
        raise sqlite3.OperationalError("unable to open database file")

    monkeypatch.setattr(app.wsgi_app, "_find", broken)
    assert guest.get(f"/i/{image.key}.jpg").data == jpeg(80, 40)
    assert "the short way failed" in caplog.text


def test_the_first_of_two_counts_as_in_flask(guest, long_way, image):
    path = f"/i/{image.key}.webp?w=64&w=96&fit=cover&h=64&h="
    long_way.get(path)
    assert guest.get(path).get_etag() == long_way.get(path).get_etag()
