"""tus 1.0 at /files/: what each request does and says."""

import base64
import errno
import hashlib
import io
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import select, update

from flaskr.db import db
from flaskr.library import resumable
from flaskr.library.check import check
from flaskr.library.collect import Collected, Keeping, collect
from flaskr.library.faults import Kind
from flaskr.library.media import blob_name
from flaskr.models import BatchEntry, Image, ResumableUpload, now
from flaskr.storage import PartialFile
from tests import factories
from tests.browsing import JSON, Browser
from tests.factories import count_rows, encode, jpeg, make_token, noise, png

FILES = "/files/"
VERSION = {"Tus-Resumable": "1.0.0"}
PIECE = "application/offset+octet-stream"
CONTENT = encode(noise(60, 60), "PNG")


def b64(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def sha1(content: bytes) -> bytes:
    return hashlib.sha1(content, usedforsecurity=False).digest()


def metadata(**told: str) -> str:
    return ",".join(f"{key} {b64(value)}" for key, value in told.items())


class Tus:
    """A client of the protocol, as simple as can be."""

    def __init__(self, browser: Browser, headers: Mapping[str, str]) -> None:
        self.browser = browser
        self.headers = {**VERSION, **headers}

    def ask(self, method: str, path: str, headers: Mapping[str, str] | None = None, **options):
        path = path.removeprefix("http://localhost")
        sent = {**self.headers, **(headers or {})}
        return self.browser.open(path, method=method, headers=sent, **options)

    def create(self, length: int = len(CONTENT), headers=None, content: bytes = b"", **told: str):
        told = told or {"filename": "狗.png"}
        sent = {"Upload-Length": str(length), "Upload-Metadata": metadata(**told)}
        options = {"data": content, "content_type": PIECE} if content else {}
        return self.ask("POST", FILES, {**sent, **(headers or {})}, **options)

    def start(self, length: int = len(CONTENT), **told: Any) -> str:
        answer = self.create(length, **told)
        assert answer.status_code == 201
        return str(answer.location)

    def patch(self, path: str, offset: int, content: bytes, headers=None, **options):
        sent = {"Upload-Offset": str(offset), **(headers or {})}
        if "input_stream" not in options:
            options["data"] = content
        return self.ask("PATCH", path, sent, content_type=PIECE, **options)

    def head(self, path: str):
        return self.ask("HEAD", path)

    def offset(self, path: str) -> int:
        return int(self.head(path).headers["Upload-Offset"])


@pytest.fixture
def tus(client, session, ada) -> Tus:
    return Tus(client, {"Authorization": f"Bearer {make_token(session, ada)}"})


@pytest.fixture
def stranger(client, session, bob) -> Tus:
    return Tus(client, {"Authorization": f"Bearer {make_token(session, bob)}"})


def body(stream: object, stated: int) -> dict[str, object]:
    """What makes Werkzeug's client send this, and state that length."""
    return {"wsgi.input": stream, "CONTENT_LENGTH": str(stated)}


def cut(tus: Tus, path: str, offset: int, arrived: bytes, stated: int, headers=None) -> None:
    """Send `arrived` of a piece of `length` bytes; nobody is there to read the answer."""
    stream = BytesIO(arrived)
    tus.patch(path, offset, b"", headers, environ_overrides=body(stream, stated))


def code(answer) -> tuple[int, str]:
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json["error"]["message"]
    return answer.status_code, answer.json["error"]["code"]


def spooled(media) -> list[str]:
    return [path.name for path in media.spool.folder.glob("*")]


def only_image(session) -> Image:
    session.rollback()
    (image,) = session.scalars(select(Image))
    assert isinstance(image, Image)
    return image


# ---- the protocol ---------------------------------------------------------------------------


def test_it_says_what_it_can_do_to_anybody(client):
    for path in (FILES, "/files/whatever"):
        answer = client.open(path, method="OPTIONS")
        assert (answer.status_code, answer.data) == (204, b"")
        told = {name: answer.headers[f"Tus-{name}"] for name in ("Version", "Extension")}
        extension = "creation,creation-with-upload,termination,checksum,expiration"
        assert told == {"Version": "1.0.0", "Extension": extension}
        assert answer.headers["Tus-Max-Size"] == str(32 * 1024 * 1024)
        algorithms = answer.headers["Tus-Checksum-Algorithm"].split(",")
        assert {"sha1", "sha256", "md5"} <= {*algorithms}


def test_a_file_in_three_pieces_becomes_a_picture(tus, client, session, media):
    created = tus.create()
    assert created.status_code == 201
    path = created.location
    assert path.startswith("http://localhost/files/")
    assert created.headers["Upload-Offset"] == "0"
    expires = parsedate_to_datetime(created.headers["Upload-Expires"])
    assert expires - datetime.now(UTC) > timedelta(days=6)
    for start, end in ((0, 100), (100, 5000)):
        answer = tus.patch(path, start, CONTENT[start:end])
        assert (answer.status_code, answer.data) == (204, b"")
        assert answer.headers["Upload-Offset"] == str(end)
        assert parsedate_to_datetime(answer.headers["Upload-Expires"]) >= expires
        state = tus.head(path)
        assert state.status_code == 200
        assert state.headers["Upload-Offset"] == str(end)
        assert state.headers["Upload-Length"] == str(len(CONTENT))
        assert state.headers["Cache-Control"] == "no-store"
        assert state.headers["Upload-Metadata"] == metadata(filename="狗.png")
    answer = tus.patch(path, 5000, CONTENT[5000:])
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(len(CONTENT)))
    image = only_image(session)
    url = f"http://localhost/tuchuang/download/{image.key}.png"
    for told in (answer, tus.head(path)):
        assert told.headers["Upload-Image-Key"] == image.key
        assert told.headers["Upload-Image-Url"] == url
        assert told.headers["Upload-Image-Page"].endswith(f"/tuchuang/images/{image.key}")
        assert "Upload-Expires" not in told.headers
    assert client.get(url).data == CONTENT
    assert image.name == "狗.png"
    assert spooled(media) == []


def test_what_became_of_it_can_be_asked_for(tus, stranger, session):
    path = tus.start()
    assert code(tus.ask("GET", path)) == (409, "upload_incomplete")
    tus.patch(path, 0, CONTENT)
    answer = tus.ask("GET", path)
    assert answer.status_code == 200
    (told,) = answer.json["files"]
    assert told["key"] == only_image(session).key
    assert (told["known"], answer.json["errors"]) == (False, [])
    assert answer.json["redirect"].startswith("/tuchuang/download/")
    assert code(stranger.ask("GET", path)) == (404, "not_found")


def test_the_first_piece_can_come_with_the_announcement(tus, session):
    answer = tus.create(content=CONTENT[:50])
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, "50")
    assert tus.patch(answer.location, 50, CONTENT[50:]).status_code == 204
    assert count_rows(session, Image) == 1


def test_the_whole_file_can_come_with_the_announcement(tus, session):
    answer = tus.create(content=CONTENT)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, str(len(CONTENT)))
    assert answer.headers["Upload-Image-Key"] == only_image(session).key


def test_a_piece_may_have_no_stated_length(tus, session):
    path = tus.start()
    environ = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    options = {
        "content_type": PIECE,
        "content_length": None,
        "environ_overrides": environ,
    }
    sent = {"Upload-Offset": "0"}
    answer = tus.ask("PATCH", path, sent, input_stream=BytesIO(CONTENT[:70]), **options)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, "70")
    sent = {"Upload-Offset": "70"}
    longer = BytesIO(CONTENT[70:] + b"x")
    assert tus.ask("PATCH", path, sent, input_stream=longer, **options).status_code == 413
    assert tus.offset(path) < len(CONTENT)
    assert count_rows(session, Image) == 0


def test_a_piece_at_another_place_changes_nothing(tus):
    path = tus.start()
    tus.patch(path, 0, CONTENT[:10])
    for offset in (0, 9, 11, len(CONTENT)):
        assert code(tus.patch(path, offset, CONTENT[10:20])) == (409, "offset_mismatch")
    assert tus.offset(path) == 10


def test_an_empty_piece_changes_nothing(tus):
    path = tus.start()
    answer = tus.patch(path, 0, b"")
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, "0")


def test_more_than_was_announced_is_refused(tus):
    path = tus.start()
    refused = tus.patch(path, 0, CONTENT + b"x", JSON)
    assert code(refused) == (413, "too_large")
    assert "announced" in refused.json["error"]["message"]
    assert tus.offset(path) == 0


def test_a_piece_after_the_last_one_changes_nothing(tus, session):
    path = tus.start()
    tus.patch(path, 0, CONTENT)
    answer = tus.patch(path, len(CONTENT), b"")
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(len(CONTENT)))
    assert answer.headers["Upload-Image-Key"] == only_image(session).key


@pytest.mark.parametrize("type_", ["application/json", "image/png", "", "multipart/form-data"])
def test_a_piece_of_another_type_is_refused(tus, type_):
    path = tus.start()
    sent = {"Upload-Offset": "0"}
    answer = tus.ask("PATCH", path, sent, data=CONTENT, content_type=type_)
    assert code(answer) == (415, "wrong_type")
    sent = {"Upload-Length": "7"}
    answer = tus.ask("POST", FILES, sent, data=b"content", content_type=type_ or "text/plain")
    assert code(answer) == (415, "wrong_type")
    assert tus.offset(path) == 0


@pytest.mark.parametrize("version", [None, "", "0.2.2", "1.0.1", "1.0.0, 2.0.0"])
def test_another_version_is_refused(tus, session, version):
    path = tus.start()
    del tus.headers["Tus-Resumable"]
    headers = {} if version is None else {"Tus-Resumable": version}
    answers = [
        tus.ask("POST", FILES, {**headers, "Upload-Length": "5"}),
        tus.patch(path, 0, CONTENT, headers),
        tus.ask("DELETE", path, headers),
    ]
    for answer in answers:
        assert code(answer) == (412, "unsupported_version")
        assert answer.headers["Tus-Version"] == "1.0.0"
    head = tus.ask("HEAD", path, headers)
    assert (head.status_code, head.headers["Tus-Version"]) == (412, "1.0.0")
    assert count_rows(session, ResumableUpload) == 1


@pytest.mark.parametrize("path", [FILES + "x", FILES + "1" * 22, FILES + "%00", FILES + "图" * 22])
@pytest.mark.parametrize("method", ["HEAD", "PATCH", "DELETE", "GET"])
def test_what_is_not_there_is_not_found(tus, path, method):
    options = {"data": b"x", "content_type": PIECE} if method == "PATCH" else {}
    answer = tus.ask(method, path, {"Upload-Offset": "0"}, **options)
    assert answer.status_code == 404
    assert answer.headers["Tus-Resumable"] == "1.0.0"


def test_an_upload_that_is_given_up_is_gone(tus, session, media):
    path = tus.start()
    tus.patch(path, 0, CONTENT[:10])
    answer = tus.ask("DELETE", path)
    assert (answer.status_code, answer.data) == (204, b"")
    assert tus.head(path).status_code == 404
    assert code(tus.patch(path, 10, CONTENT[10:])) == (404, "not_found")
    assert code(tus.ask("DELETE", path)) == (404, "not_found")
    assert spooled(media) == []
    assert count_rows(session, ResumableUpload) == 0


def test_giving_up_a_complete_upload_leaves_the_picture(tus, client):
    path = tus.start()
    url = tus.patch(path, 0, CONTENT).headers["Upload-Image-Url"]
    assert tus.ask("DELETE", path).status_code == 204
    assert tus.head(path).status_code == 404
    assert client.get(url).status_code == 200


def test_methods_may_hide_in_a_header(tus):
    path = tus.start()
    sent = {"X-HTTP-Method-Override": "PATCH", "Upload-Offset": "0"}
    answer = tus.ask("POST", path, sent, data=CONTENT[:10], content_type=PIECE)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, "10")
    assert tus.ask("POST", path, {"X-HTTP-Method-Override": "head"}).status_code == 200
    for none in ({}, {"X-HTTP-Method-Override": "PUT"}, {"X-HTTP-Method-Override": "POST"}):
        assert tus.ask("POST", path, none).status_code == 405
    assert tus.ask("POST", path, {"X-HTTP-Method-Override": "DELETE"}).status_code == 204
    assert tus.head(path).status_code == 404


# ---- checksums ------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "md5", "sha512"])
def test_a_piece_that_adds_up_is_taken_another_dropped(tus, algorithm):
    path = tus.start()
    right = f"{algorithm} {b64(hashlib.new(algorithm, CONTENT[:1000]).digest())}"
    wrong = {"Upload-Checksum": right}
    assert code(tus.patch(path, 0, CONTENT[1:1001], wrong)) == (460, "checksum_mismatch")
    assert tus.offset(path) == 0
    assert tus.patch(path, 0, CONTENT[:1000], {"Upload-Checksum": right}).status_code == 204
    assert tus.offset(path) == 1000


def test_the_last_piece_that_does_not_add_up_is_dropped(tus, session):
    path = tus.start()
    tus.patch(path, 0, CONTENT[:1000])
    wrong = {"Upload-Checksum": f"sha1 {b64(sha1(b'other'))}"}
    assert code(tus.patch(path, 1000, CONTENT[1000:], wrong)) == (460, "checksum_mismatch")
    assert tus.offset(path) == 1000
    assert count_rows(session, Image) == 0
    assert tus.patch(path, 1000, CONTENT[1000:]).status_code == 204


def test_a_piece_that_is_cut_counts_unless_it_has_a_checksum(tus):
    path = tus.start()
    cut(tus, path, 0, CONTENT[:300], len(CONTENT))
    assert tus.offset(path) == 300
    sum_ = f"sha1 {b64(sha1(CONTENT[300:]))}"
    rest = len(CONTENT) - 300
    cut(tus, path, 300, CONTENT[300:900], rest, {"Upload-Checksum": sum_})
    assert tus.offset(path) == 300
    assert tus.patch(path, 300, CONTENT[300:], {"Upload-Checksum": sum_}).status_code == 204


@pytest.mark.parametrize(
    "header",
    ["crc32 AAAA", "sha1", "sha1 ", "sha1 !!", "sha1 AAA", "", "狗".encode().decode("latin-1")],
)
def test_a_checksum_that_cannot_be_read_is_said(tus, session, header):
    path = tus.start()
    answer = tus.patch(path, 0, CONTENT[:10], {"Upload-Checksum": header})
    assert answer.status_code in {400, 460}
    assert (answer.status_code == 460) == (header in {"sha1", "sha1 "})
    assert tus.offset(path) == 0
    rows = count_rows(session, ResumableUpload)
    assert tus.create(content=CONTENT[:10], headers={"Upload-Checksum": header}).status_code >= 400
    assert count_rows(session, ResumableUpload) == rows


# ---- what is said of the file ---------------------------------------------------------------


@pytest.mark.parametrize("length", [None, "", "-1", "1.5", "x", "٣", "9" * 30, "1_0", " 5", "0x5"])
def test_a_length_that_is_none_is_refused(tus, session, media, length):
    headers = {} if length is None else {"Upload-Length": length.encode().decode("latin-1")}
    if length != " 5":  # white space around a value is no part of it
        assert code(tus.ask("POST", FILES, headers)) == (400, "invalid_header")
    deferred = tus.ask("POST", FILES, {"Upload-Defer-Length": "1"})
    assert code(deferred) == (400, "invalid_header")
    assert count_rows(session, ResumableUpload) == 0


def test_parts_of_an_upload_to_be_joined_are_refused(tus):
    for concat in ("partial", "final;/files/a /files/b"):
        answer = tus.create(headers={"Upload-Concat": concat})
        assert code(answer) == (400, "invalid_header")


@pytest.mark.parametrize(
    "said",
    [
        "filename",
        "filename ",
        "name " + b64("a\0b\r\n.png"),
        "filename " + b64("../../etc/passwd"),
        "filename " + b64(b"\xff\xfe"),
        "filename " + b64("长" * 1000),
        "filename " + b64("\u202egnp.exe"),
        "note , other " + b64("x"),
        "position " + b64("-1") + ",batch " + b64("../.."),
        "position " + b64("9" * 50) + ",batch " + b64("\0" * 12),
    ],
)
def test_odd_metadata_does_no_harm(tus, session, said):
    answer = tus.ask("POST", FILES, {"Upload-Length": str(len(CONTENT)), "Upload-Metadata": said})
    assert answer.status_code == 201
    assert tus.head(answer.location).headers["Upload-Metadata"].strip() == said.strip()
    assert tus.patch(answer.location, 0, CONTENT).status_code == 204
    name = only_image(session).name
    assert name
    assert len(name) <= 255
    assert "/" not in name
    assert "\0" not in name


@pytest.mark.parametrize(
    "said",
    [
        "filename !!!",
        "filename AAA",
        "filename AA AA",
        ",",
        "a AAAA,a AAAA",
        "filename AAAA,",
        "名 AAAA".encode().decode("latin-1"),
        "filename " + "A" * 10_000,
    ],
)
def test_metadata_that_cannot_be_read_is_refused(tus, session, said):
    answer = tus.ask("POST", FILES, {"Upload-Length": "5", "Upload-Metadata": said})
    assert code(answer) == (400, "invalid_header")
    assert count_rows(session, ResumableUpload) == 0


def test_a_file_without_a_name_gets_one(tus, session):
    answer = tus.ask("POST", FILES, {"Upload-Length": str(len(CONTENT))})
    tus.patch(answer.location, 0, CONTENT)
    assert only_image(session).name == "image.png"


def test_keep_batch_and_position_are_heeded(tus, session, client):
    batch = "batchbatch11"
    photo = jpeg(orientation=6)
    told = {"name": "b.jpg", "keep": "backup", "batch": batch, "position": "3"}
    path = tus.start(len(photo), **told)
    tus.patch(path, 0, photo)
    image = only_image(session)
    assert (image.name, image.visibility) == ("b.jpg", "private")
    assert image.blob.sha256 == hashlib.sha256(photo).hexdigest()
    entry = session.query(BatchEntry).one()
    assert (entry.batch, entry.position) == (batch, 3)


def test_a_way_of_keeping_that_is_none_is_refused(tus, session):
    assert code(tus.create(keep="public")) == (400, "invalid_keep")
    assert count_rows(session, ResumableUpload) == 0


def test_one_idempotency_key_makes_one_picture(tus, session):
    key = {"Idempotency-Key": "a-key"}
    first = tus.create(headers=key).location
    one = tus.patch(first, 0, CONTENT).headers["Upload-Image-Key"]
    second = tus.create(headers=key).location
    assert second != first
    assert tus.patch(second, 0, CONTENT).headers["Upload-Image-Key"] == one
    assert tus.ask("GET", first).json["files"][0]["known"] is False
    assert count_rows(session, Image) == 1
    other = png()
    third = tus.create(len(other), headers=key).location
    assert code(tus.patch(third, 0, other)) == (422, "idempotency_mismatch")
    assert tus.head(third).status_code == 404
    bad = tus.create(headers={"Idempotency-Key": "x" * 201})
    assert code(bad) == (400, "invalid_idempotency_key")


def test_an_announcement_that_comes_again_makes_no_second_upload(tus, session):
    key = {"Idempotency-Key": "a-key"}
    first = tus.create(headers=key, content=CONTENT[:10])
    again = tus.create(headers=key, content=CONTENT[:10])
    assert (again.status_code, again.location) == (201, first.location)
    assert again.headers["Upload-Offset"] == "10"
    assert count_rows(session, ResumableUpload) == 1
    longer = tus.create(len(CONTENT) + 1, headers=key)
    assert longer.location != first.location
    for kept in ({"keep": "backup"}, {"visibility": "private"}):
        assert tus.create(headers=key, **kept).location != first.location
    answer = tus.patch(first.location, 10, CONTENT[10:])
    assert answer.headers["Upload-Image-Key"]


# ---- who may --------------------------------------------------------------------------------


def test_an_upload_of_somebody_else_is_not_there(tus, stranger, session):
    path = tus.start()
    tus.patch(path, 0, CONTENT[:10])
    assert stranger.head(path).status_code == 404
    assert code(stranger.patch(path, 10, CONTENT[10:])) == (404, "not_found")
    assert code(stranger.ask("DELETE", path)) == (404, "not_found")
    assert tus.offset(path) == 10
    assert tus.patch(path, 10, CONTENT[10:]).status_code == 204
    assert stranger.head(path).status_code == 404


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, JSON])
def test_a_visitor_is_told_to_log_in(client, session, headers):
    visitor = Tus(client, headers)
    assert visitor.create().status_code == 401
    assert visitor.head(FILES + "1" * 22).status_code == 401
    assert count_rows(session, ResumableUpload) == 0


def test_a_page_sends_its_cookie_and_its_token(owner, session):
    without = Tus(owner, {})
    assert code(without.create()) == (400, "stale_form")
    page = Tus(owner, {"X-CSRFToken": owner.token()})
    path = page.start()
    for method in ("PATCH", "DELETE"):
        answer = without.ask(method, path, {"Upload-Offset": "0"}, content_type=PIECE)
        assert code(answer) == (400, "stale_form")
    assert page.patch(path, 0, CONTENT).status_code == 204
    assert without.ask("GET", path).status_code == 200
    assert count_rows(session, Image) == 1


def test_a_token_for_forms_in_the_body_does_not_count(owner, session):
    data = {"csrf_token": owner.token(), "file": (BytesIO(CONTENT), "a.png")}
    answer = owner.post(FILES, data=data, headers={**VERSION, "Upload-Length": "5"})
    assert code(answer) == (415, "wrong_type")
    assert count_rows(session, ResumableUpload) == 0


# ---- what is refused ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"just some words", (415, "unsupported_type")),
        (factories.truncated(jpeg()), (422, "incomplete_image")),
        (factories.pixel_bomb(), (422, "too_many_pixels")),
    ],
)
def test_what_is_no_picture_is_refused_at_the_end_and_gone(tus, session, media, content, expected):
    path = tus.start(len(content))
    tus.patch(path, 0, content[:5])
    assert code(tus.patch(path, 5, content[5:])) == expected
    assert tus.head(path).status_code == 404
    assert code(tus.create(len(content), content=content)) == expected
    assert spooled(media) == []
    assert count_rows(session, ResumableUpload) == count_rows(session, Image) == 0


def test_an_empty_file_is_refused_at_once(tus, session):
    assert code(tus.create(0)) == (422, "empty_file")
    assert count_rows(session, ResumableUpload) == 0


def test_a_file_over_the_limit_is_refused_before_it_comes(make_app, session, ada, media):
    token = {"Authorization": f"Bearer {make_token(session, ada)}"}
    tus = Tus(Browser(make_app(MAX_FILE_BYTES=1000)), token)
    assert code(tus.create(1001)) == (413, "too_large")
    assert code(tus.create(10**17)) == (413, "too_large")
    assert spooled(media) == []
    assert tus.create(1000).status_code == 201


def test_an_account_leaves_so_many_unfinished(make_app, session, ada, bob, monkeypatch, media):
    monkeypatch.setattr(resumable, "UNFINISHED", 3)
    app = make_app(MAX_UNFINISHED_BYTES=2000)
    by_ada, by_bob = (
        Tus(Browser(app), {"Authorization": f"Bearer {make_token(session, user)}"})
        for user in (ada, bob)
    )
    path = by_ada.start(1000)
    by_ada.start(1000)
    refused = by_ada.create(1)
    assert code(refused) == (429, "too_many_uploads")
    assert int(refused.headers["Retry-After"]) > 0
    assert by_bob.create(1500).status_code == 201
    by_ada.ask("DELETE", path)
    by_ada.start(10)
    by_ada.start(10)
    assert code(by_ada.create(10)) == (429, "too_many_uploads")
    assert len(spooled(media)) == 4
    assert by_bob.create(3000).status_code == 429


def test_at_the_limit_the_oldest_idle_upload_makes_room(tus, session, media, monkeypatch):
    monkeypatch.setattr(resumable, "UNFINISHED", 3)
    paths = [tus.start() for _ in range(3)]
    keys = [path.rpartition("/")[2] for path in paths]
    for key, minutes in ((keys[0], 61), (keys[1], 90)):
        row = session.query(ResumableUpload).filter_by(key=key).one()
        row.expires -= timedelta(minutes=minutes)
    session.commit()
    tus.patch(paths[0], 0, CONTENT[:10])  # somebody sends it again
    assert tus.create().status_code == 201
    assert [tus.head(path).status_code for path in paths] == [200, 404, 200]
    assert len(spooled(media)) == 3
    assert code(tus.create()) == (429, "too_many_uploads")


def test_what_is_idle_and_another_accounts_stays(tus, stranger, session, monkeypatch):
    monkeypatch.setattr(resumable, "UNFINISHED", 1)
    path = stranger.start()
    session.execute(update(ResumableUpload).values(expires=now() + timedelta(hours=1)))
    session.commit()
    tus.start()
    assert tus.create().status_code == 429
    assert stranger.offset(path) == 0


def test_one_file_may_be_larger_than_all_unfinished_ones_may_be(make_app, session, ada):
    token = {"Authorization": f"Bearer {make_token(session, ada)}"}
    tus = Tus(Browser(make_app(MAX_UNFINISHED_BYTES=10)), token)
    assert tus.create().status_code == 201
    assert tus.create().status_code == 429


def test_what_arrived_can_be_announced_again_beyond_the_quota(make_app, session, ada):
    key = {"Idempotency-Key": "a-key"}
    bearer = {"Authorization": f"Bearer {make_token(session, ada)}"}
    tus = Tus(Browser(make_app(QUOTA_IMAGES=1)), bearer)
    tus.patch(tus.create(headers=key).location, 0, CONTENT)
    assert code(tus.create()) == (413, "quota_exceeded")
    again = tus.create(headers=key).location
    assert tus.patch(again, 0, CONTENT).status_code == 204
    assert count_rows(session, Image) == 1


def test_what_is_beyond_the_quota_is_refused_before_it_comes(make_app, session, ada):
    token = {"Authorization": f"Bearer {make_token(session, ada)}"}
    tus = Tus(Browser(make_app(QUOTA_BYTES=len(CONTENT) - 1)), token)
    assert code(tus.create()) == (413, "quota_exceeded")
    assert count_rows(session, ResumableUpload) == 0


def test_a_volume_without_room_says_so_before_the_file_comes(tus, session, monkeypatch, media):
    monkeypatch.setattr(type(media.spool), "free_bytes", lambda _: 2 * len(CONTENT) - 1)
    answer = tus.create()
    assert code(answer) == (507, "storage_full")
    assert int(answer.headers["Retry-After"]) > 0
    assert count_rows(session, ResumableUpload) == 0


# ---- faults that pass -----------------------------------------------------------------------


@pytest.fixture
def fail(monkeypatch):
    """Let the disk fail after a picture was stored, before it is recorded; return what mends it."""

    def fail_with(error: int):
        def refuse(_session) -> None:
            raise OSError(error, os.strerror(error))

        patch = monkeypatch.context()
        patch.__enter__().setattr("flaskr.library.uploads.rely_on_bytes", refuse)
        return lambda: patch.__exit__(None, None, None)

    return fail_with


@pytest.mark.parametrize(("error", "status"), [(errno.ENOSPC, 507), (errno.EIO, 503)])
def test_after_a_fault_of_ours_the_last_byte_is_to_be_sent_again(
    tus, session, media, fail, error, status
):
    path = tus.start(keep="backup")
    mend = fail(error)
    for answer in (tus.patch(path, 0, CONTENT), tus.patch(path, len(CONTENT) - 1, CONTENT[-1:])):
        assert answer.status_code == status
        assert int(answer.headers["Retry-After"]) > 0
        assert tus.offset(path) == len(CONTENT) - 1
    mend()
    assert tus.patch(path, len(CONTENT) - 1, CONTENT[-1:]).status_code == 204
    assert only_image(session).blob.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert spooled(media) == []


def test_after_a_fault_a_file_that_came_whole_is_gone_on_with(tus, session, fail):
    mend = fail(errno.EIO)
    answer = tus.create(content=CONTENT)
    mend()
    assert answer.status_code == 201
    assert answer.headers["Upload-Offset"] == str(len(CONTENT) - 1)
    assert tus.patch(answer.location, len(CONTENT) - 1, CONTENT[-1:]).status_code == 204
    assert count_rows(session, Image) == 1


def test_what_the_store_was_given_is_not_written_to_again(tus, session, media, fail):
    path = tus.start(keep="backup")
    stored = media.store.local_path(blob_name(hashlib.sha256(CONTENT).hexdigest()))
    mend = fail(errno.EIO)
    tus.patch(path, 0, CONTENT)
    assert stored.read_bytes() == CONTENT
    mend()
    assert tus.patch(path, len(CONTENT) - 1, b"").status_code == 204
    assert stored.read_bytes() == CONTENT
    tus.patch(path, len(CONTENT) - 1, b"x")
    assert stored.read_bytes() == CONTENT


def test_a_first_piece_that_is_cut_leaves_nothing(tus, session, media):
    sent = {"Upload-Length": str(len(CONTENT))}
    stream = BytesIO(CONTENT[:100])
    tus.ask("POST", FILES, sent, content_type=PIECE, environ_overrides=body(stream, 900))
    assert count_rows(session, ResumableUpload) == 0
    assert spooled(media) == []


def test_a_picture_is_busy_while_it_is_taken_in(tus, media, monkeypatch):
    monkeypatch.setattr("flaskr.storage.partial.PATIENCE", 0.1)
    path = tus.start()
    tus.patch(path, 0, CONTENT[:10])
    key = path.rpartition("/")[2]
    with PartialFile(media.spool.path_of(key), len(CONTENT)) as file, file.locked():
        for answer in (tus.patch(path, 10, CONTENT[10:]), tus.ask("DELETE", path)):
            assert code(answer) == (423, "locked")
        assert tus.offset(path) == 10
    assert tus.patch(path, 10, CONTENT[10:]).status_code == 204


class Interrupted(io.RawIOBase):
    """A body in the middle of which something else happens."""

    def __init__(self, first: bytes, happens: Callable[[], object], rest: bytes) -> None:
        self.pieces = [first, rest]
        self.happens = happens

    def readinto(self, buffer) -> int:
        if len(self.pieces) == 1:
            self.happens()
        piece = self.pieces.pop(0) if self.pieces else b""
        buffer[: len(piece)] = piece
        return len(piece)


def test_a_request_that_hangs_does_not_keep_the_next_one_from_going_on(tus, session):
    path = tus.start()

    def resume() -> None:
        assert tus.offset(path) == 0
        assert tus.patch(path, 0, CONTENT[:500]).status_code == 204

    hanging = Interrupted(b"?" * 100, resume, b"?" * 50)
    late = tus.patch(path, 0, b"", environ_overrides=body(hanging, 150))
    assert code(late) == (409, "offset_mismatch")
    assert tus.offset(path) == 500
    tus.patch(path, 500, CONTENT[500:])
    assert only_image(session).blob.sha256 == hashlib.sha256(CONTENT).hexdigest()


def test_a_request_that_hangs_learns_that_the_next_one_made_a_picture(tus, session):
    path = tus.start()
    hanging = Interrupted(b"?", lambda: tus.patch(path, 0, CONTENT), b"??")
    late = tus.patch(path, 0, b"", environ_overrides=body(hanging, 3))
    assert code(late) == (409, "offset_mismatch")
    assert tus.head(path).headers["Upload-Image-Key"] == only_image(session).key


def create_twice(tus, first: bytes, happens: Callable[[], object], rest: bytes):
    """Announce with a body in the middle of which something else happens."""
    hanging = Interrupted(first, happens, rest)
    sent = {"Upload-Length": str(len(CONTENT)), "Idempotency-Key": "a-key"}
    environ = body(hanging, len(first) + len(rest))
    return tus.ask("POST", FILES, sent, content_type=PIECE, environ_overrides=environ)


def test_an_announcement_ends_no_upload_that_another_goes_on_with(tus, session):
    answers = []

    def again() -> None:
        answers.append(tus.create(headers={"Idempotency-Key": "a-key"}, content=CONTENT[:500]))

    late = create_twice(tus, b"?" * 100, again, b"?" * 50)
    assert [answer.status_code for answer in (late, *answers)] == [201, 201]
    assert late.location == answers[0].location
    assert late.headers["Upload-Offset"] == "500"
    assert tus.patch(late.location, 500, CONTENT[500:]).status_code == 204
    assert only_image(session).blob.sha256 == hashlib.sha256(CONTENT).hexdigest()


def test_an_announcement_that_fails_spares_what_it_found(tus, session):
    key = {"Idempotency-Key": "a-key"}
    path = tus.create(headers=key).location
    wrong = {**key, "Upload-Checksum": f"sha1 {b64(sha1(b'other'))}"}
    assert code(tus.create(headers=wrong, content=CONTENT[:10])) == (460, "checksum_mismatch")
    assert tus.create(headers=key, content=CONTENT[:10]).location == path
    assert tus.offset(path) == 10


def test_an_announcement_that_is_locked_out_tells_how_far_it_is(tus, media, monkeypatch):
    monkeypatch.setattr("flaskr.storage.partial.PATIENCE", 0.1)
    key = {"Idempotency-Key": "a-key"}
    path = tus.create(headers=key).location
    file_path = media.spool.path_of(path.rpartition("/")[2])
    with PartialFile(file_path, len(CONTENT)) as file, file.locked():
        again = tus.create(headers=key, content=CONTENT)
    assert (again.status_code, again.location) == (201, path)
    assert again.headers["Upload-Offset"] == "0"


def test_an_announcement_whose_upload_was_given_up_may_come_again(tus, session):
    def give_up() -> None:
        path = tus.create(headers={"Idempotency-Key": "a-key"}).location
        tus.ask("DELETE", path)

    late = create_twice(tus, b"?", give_up, b"??")
    assert code(late) == (423, "locked")
    assert count_rows(session, ResumableUpload) == 0


def test_a_request_that_hangs_learns_that_the_upload_was_given_up(tus, media):
    path = tus.start()
    hanging = Interrupted(b"?", lambda: tus.ask("DELETE", path), b"??")
    late = tus.patch(path, 0, b"", environ_overrides=body(hanging, 3))
    assert code(late) == (404, "not_found")
    assert spooled(media) == []


def test_a_long_piece_is_committed_on_its_way(tus, monkeypatch):
    monkeypatch.setattr(resumable, "COMMIT_BYTES", 1000)
    path = tus.start()
    seen = []
    piece = Interrupted(CONTENT[:1500], lambda: seen.append(tus.offset(path)), CONTENT[1500:2000])
    assert tus.patch(path, 0, b"", environ_overrides=body(piece, 2000)).status_code == 204
    assert seen == [1500]


def test_no_connection_is_held_while_a_piece_arrives(tus, app):
    path = tus.start()
    held = []

    def look() -> None:
        held.append(db.engine.pool.checkedout())  # type: ignore[attr-defined]  # a QueuePool

    piece = Interrupted(CONTENT[:10], look, CONTENT[10:20])
    tus.patch(path, 0, b"", environ_overrides=body(piece, 20))
    assert held == [0]


# ---- what was abandoned ---------------------------------------------------------------------

KEEPING = Keeping(trash=timedelta(days=30), grace=timedelta(hours=1))


def later(session, media, **time: int) -> Collected:
    return collect(session, media, KEEPING, at=datetime.now(UTC) + timedelta(**time))


def test_an_abandoned_upload_is_collected_when_it_expires(tus, session, media):
    path = tus.start()
    tus.patch(path, 0, CONTENT[:10])
    assert later(session, media, days=6, hours=23) == Collected()
    assert tus.offset(path) == 10
    assert collect(
        session, media, KEEPING, at=datetime.now(UTC) + timedelta(days=8), dry_run=True
    ) == Collected(uploads=1)
    assert tus.offset(path) == 10
    assert later(session, media, days=8) == Collected(uploads=1)
    assert tus.head(path).status_code == 404
    assert spooled(media) == []


def test_an_expired_upload_is_gone_before_it_is_collected(tus, session):
    path = tus.start()
    past = datetime.now(UTC) - timedelta(seconds=1)
    session.execute(update(ResumableUpload).values(expires=past))
    session.commit()
    assert tus.head(path).status_code == 404
    assert code(tus.patch(path, 0, CONTENT)) == (404, "not_found")
    assert tus.create().status_code == 201


def test_a_complete_upload_can_be_asked_for_a_day_long(tus, session, media, client):
    path = tus.start()
    url = tus.patch(path, 0, CONTENT).headers["Upload-Image-Url"]
    assert later(session, media, hours=23) == Collected()
    assert later(session, media, hours=25) == Collected(uploads=1)
    assert tus.head(path).status_code == 404
    assert client.get(url).status_code == 200


def test_what_somebody_is_writing_to_is_left_to_the_next_run(tus, session, media, monkeypatch):
    monkeypatch.setattr("flaskr.storage.partial.PATIENCE", 0.1)
    key = tus.start().rpartition("/")[2]
    with PartialFile(media.spool.path_of(key), len(CONTENT)) as file, file.locked():
        assert later(session, media, days=8) == Collected()
    assert later(session, media, days=8) == Collected(uploads=1)


def test_files_that_no_upload_needs_are_collected_after_a_day(tus, session, media, ada):
    path = tus.start()
    stray = media.spool.path_of("1" * 22)
    stray.touch()
    assert later(session, media, hours=23) == Collected()
    assert later(session, media, hours=25) == Collected(leftovers=1)
    assert tus.offset(path) == 0
    session.delete(ada)
    session.commit()
    assert later(session, media, hours=25) == Collected(leftovers=1)
    assert spooled(media) == []


def test_a_check_finds_uploads_without_bytes_and_files_without_an_upload(tus, session, media):
    tus.patch(tus.start(), 0, CONTENT)
    tus.start()
    key = tus.start().rpartition("/")[2]
    assert check(session, media).faults == []
    media.spool.path_of(key).rename(media.spool.path_of("1" * 22))
    tomorrow = datetime.now(UTC) + timedelta(hours=25)
    found = check(session, media, at=tomorrow).faults
    assert {fault.kind for fault in found} == {Kind.LEFTOVER, Kind.UNFINISHED}
    assert check(session, media, at=tomorrow, repair=True).remaining == []
    assert check(session, media, at=tomorrow).faults == []
    assert count_rows(session, ResumableUpload) == 2


def test_an_upload_whose_bytes_are_gone_is_not_there(tus, media):
    path = tus.start()
    media.spool.path_of(path.rpartition("/")[2]).unlink()
    assert tus.head(path).status_code == 404
    assert code(tus.patch(path, 0, CONTENT)) == (404, "not_found")
    assert code(tus.ask("DELETE", path)) == (404, "not_found")


def test_an_upload_that_is_completed_while_it_is_asked_for_is_there(tus, monkeypatch):
    path = tus.start()
    look_up = ResumableUpload.owned
    rest = [CONTENT]

    def look_up_and_be_late(session, owner_id: int, key: str):
        found = look_up(session, owner_id, key)
        if rest:
            assert tus.patch(path, 0, rest.pop()).status_code == 204
        return found

    monkeypatch.setattr(ResumableUpload, "owned", look_up_and_be_late)
    assert tus.offset(path) == len(CONTENT)


def test_a_deleted_picture_is_not_told_of(tus, session, client):
    path = tus.start()
    tus.patch(path, 0, CONTENT)
    image = only_image(session)
    image.deleted = datetime.now(UTC)
    session.commit()
    assert code(tus.ask("GET", path)) == (404, "not_found")
