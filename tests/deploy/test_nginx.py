"""The shipped nginx configuration, with a real nginx and a real server behind it."""

import json
import re
import socket
import time

import pytest

from flaskr.library.media import variant_name
from tests import factories
from tests.browsing import form
from tests.factories import jpeg
from tests.serving import HOST

pytestmark = pytest.mark.nginx

CHROME = "image/avif,image/webp,image/apng,*/*;q=0.8"
OWN_OF_A_SERVER = {"Server", "Date", "Connection"}
PATIENCE = 10
SECOND = 1.0


def kept(headers) -> dict[str, list[str]]:
    """The headers that the app means, by name."""
    names = {name.title() for name in headers} - OWN_OF_A_SERVER
    return {name: headers.get_all(name) for name in names}


def direct(image, ending: str = "") -> str:
    return f"/tuchuang/download/{image.key}.{ending or image.blob.extension}"


# ---- direct links ---------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["png", "png?download", "jpeg", "webp?w=64", "auto", "png?w=64"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_link_is_answered_as_the_app_alone_would(wire, alone, hang, method, ending):
    image = hang(name="狗.jpg")
    for _ in range(3):  # from the app, from what nginx remembers
        through = wire.ask(direct(image, ending), method, Accept=CHROME)
        itself = alone.open(direct(image, ending), method=method, headers={"Accept": CHROME})
        assert (through.status, through.body) == (200, itself.data)
        assert kept(through.headers) == {n.title(): [v] for n, v in itself.headers.items()}


@pytest.mark.parametrize("kind", factories.KINDS)
def test_every_kind_has_its_type_though_its_file_has_no_ending(wire, hang, session, kind):
    _, type_, extension, _ = factories.KINDS[kind]
    image = hang()
    image.blob.type, image.blob.extension = type_, extension
    session.commit()
    answer = wire.ask(direct(image))
    assert (answer.status, answer.every("Content-Type")) == (200, [type_])


@pytest.mark.parametrize("given", ['"{}"', 'W/"{}"', '"other", "{}"', '"{}","other"', "*"])
def test_who_has_it_already_is_sent_nothing(wire, alone, hang, given):
    image = hang()
    headers = {"If-None-Match": given.format(image.blob.sha256)}
    for _ in range(2):
        answer = wire.ask(direct(image), If_None_Match=headers["If-None-Match"])
        assert (answer.status, answer.body) == (304, b"")
        itself = alone.get(direct(image), headers=headers).headers
        for name in ("ETag", "Cache-Control", "Content-Security-Policy"):
            assert answer.every(name) == [itself[name]]


@pytest.mark.parametrize("given", ['"other"', '"a", "b"', "", '"{}x"', '"x{}"', "{}"])
def test_who_has_another_version_is_sent_all(wire, hang, media, given):
    image = hang()
    answer = wire.ask(direct(image), If_None_Match=given.format(image.blob.sha256))
    assert answer.status == 200
    assert len(answer.body) == image.blob.bytes


def test_the_date_of_a_file_is_no_validator(wire, hang):
    image = hang()
    answer = wire.ask(direct(image), If_Modified_Since="Fri, 31 Dec 2038 00:00:00 GMT")
    assert answer.status == 200
    assert answer.every("Last-Modified") == []


@pytest.mark.parametrize(
    ("asked", "start", "stop"), [("bytes=0-9", 0, 10), ("bytes=50-", 50, None), ("bytes=5-5", 5, 6)]
)
def test_a_part_is_sent_when_asked_for(wire, hang, asked, start, stop):
    image = hang()
    content = wire.ask(direct(image)).body
    answer = wire.ask(direct(image), Range=asked)
    assert (answer.status, answer.body) == (206, content[start:stop])
    last = (stop or len(content)) - 1
    assert answer.every("Content-Range") == [f"bytes {start}-{last}/{len(content)}"]
    assert answer.every("Content-Type") == ["image/png"]


def test_several_parts_at_once_are_the_whole(wire, hang):
    image = hang()
    answer = wire.ask(direct(image), Range="bytes=0-1,5-6")
    assert (answer.status, len(answer.body)) == (200, image.blob.bytes)


def test_a_part_past_the_end_cannot_be_had(wire, hang):
    image = hang()
    answer = wire.ask(direct(image), Range="bytes=999999-")
    assert answer.status == 416
    assert answer.every("Content-Range") == [f"bytes */{image.blob.bytes}"]
    assert answer.every("X-Content-Type-Options") == ["nosniff"]


def test_a_part_of_another_version_is_the_whole(wire, hang):
    image = hang()
    etag = f'"{image.blob.sha256}"'
    assert wire.ask(direct(image), Range="bytes=0-9", If_Range=etag).status == 206
    assert wire.ask(direct(image), Range="bytes=0-9", If_Range='"other"').status == 200


def test_auto_is_remembered_apart_for_each_kind_of_browser(wire, hang):
    image = hang()
    for _ in range(2):
        for accept, type_ in ((CHROME, "avif"), ("image/webp,*/*", "webp"), ("*/*", "png")):
            answer = wire.ask(direct(image, "auto"), Accept=accept)
            assert answer.every("Content-Type") == [f"image/{type_}"]
            assert answer.every("Vary") == ["Accept"]


def test_a_variant_is_made_when_it_is_first_asked_for(wire, hang, media):
    image = hang()
    assert list(media.store.list(f"variants/{image.blob.sha256[:2]}/{image.blob.sha256}")) == []
    first = wire.ask(direct(image, "webp?w=96"))
    name = variant_name(image.blob.sha256, "w96.webp")
    assert (first.status, first.body) == (200, media.store.read(name))


def test_a_variant_that_was_removed_is_made_again(wire, hang, media):
    image = hang()
    first = wire.ask(direct(image, "webp?w=96"))
    media.store.delete(variant_name(image.blob.sha256, "w96.webp"))
    again = wire.ask(direct(image, "webp?w=96"))
    assert (again.status, again.body) == (200, first.body)
    assert again.every("Content-Type") == ["image/webp"]


@pytest.mark.parametrize("ending", ["html", "svg", "webp?w=65", "webp?w=x"])
def test_what_cannot_be_had_is_the_apps_page(wire, hang, ending):
    answer = wire.ask(direct(hang(), ending), Accept="text/html")
    assert answer.status == 404
    assert b"<html" in answer.body
    assert answer.every("Cache-Control") == ["private, no-store"]


# ---- who may see what -----------------------------------------------------------------------


def test_a_private_picture_is_its_owners_alone(wire, hang, cookie, other_cookie):
    image = hang(visibility="private")
    for _ in range(3):
        assert wire.ask(direct(image)).status == 404
        answer = wire.ask(direct(image), Cookie=cookie)
        assert (answer.status, len(answer.body)) == (200, image.blob.bytes)
        assert answer.every("Cache-Control") == ["private, no-store"]
        assert answer.every("ETag") == [f'"{image.blob.sha256}"']
        assert answer.every("Content-Type") == [image.blob.type]
        assert answer.every("X-Content-Type-Options") == ["nosniff"]
        assert answer.every("Cross-Origin-Resource-Policy") == ["same-site"]
        assert len(answer.every("Content-Security-Policy")) == 1
        assert wire.ask(direct(image), Cookie=other_cookie).status == 404


def test_a_private_picture_comes_in_parts_and_only_once(wire, hang, cookie):
    image = hang(visibility="private")
    part = wire.ask(direct(image), Cookie=cookie, Range="bytes=0-9")
    assert (part.status, len(part.body)) == (206, 10)
    etag = f'"{image.blob.sha256}"'
    assert wire.ask(direct(image), Cookie=cookie, If_None_Match=etag).status == 304
    assert wire.ask(direct(image), If_None_Match=etag).status == 404


def gone_after(wire, path: str) -> float:
    """Ask until it is gone; how long after the call it was last seen."""
    began = last_seen = time.monotonic()
    while True:
        asked = time.monotonic()
        if wire.ask(path).status == 404:
            return last_seen - began
        last_seen = asked
        assert last_seen - began < PATIENCE


def test_what_is_deleted_is_gone_within_a_second(wire, hang, session):
    image = hang()
    assert wire.ask(direct(image)).status == 200
    session.delete(image)
    session.commit()
    assert gone_after(wire, direct(image)) <= SECOND
    assert wire.ask(direct(image)).status == 404


def test_what_becomes_private_is_hidden_within_a_second(wire, hang, session, cookie):
    image = hang()
    assert wire.ask(direct(image)).status == 200
    image.visibility = "private"
    session.commit()
    assert gone_after(wire, direct(image)) <= SECOND
    assert wire.ask(direct(image), Cookie=cookie).status == 200


# ---- what clients make up -------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/_files/blobs/00/00/x", "/_links/_files/blobs/x", "/_resolve", "/_ask", "/-"]
)
def test_what_is_inside_cannot_be_reached(wire, path):
    assert wire.ask(path).status in {403, 404}


def test_no_stored_file_has_an_address_of_its_own(wire, hang):
    sha256 = hang(visibility="private").blob.sha256
    name = f"blobs/{sha256[:2]}/{sha256[2:4]}/{sha256}"
    for prefix in ("_files", "_links/_files", "_links", "static", "i", "tuchuang/download"):
        assert wire.ask(f"/{prefix}/{name}").status == 404
        assert wire.ask(f"/{prefix}/../_files/{name}").status == 404


def test_a_clients_x_accel_headers_mean_nothing(wire, hang, media):
    secret, shown = hang(visibility="private"), hang()
    sha256 = secret.blob.sha256
    inside = f"/_files/blobs/{sha256[:2]}/{sha256[2:4]}/{sha256}"
    forged = {"X_Accel_Redirect": inside, "X_Accel_Expires": "3600", "X_Original_URI": inside}
    assert wire.ask(direct(secret), **forged).status == 404
    assert len(wire.ask(direct(shown), **forged).body) == shown.blob.bytes
    assert "3600" not in str(wire.ask(direct(shown), **forged).headers).replace("max-age=3600", "")


def test_a_clients_forwarded_headers_mean_nothing(wire, cookie):
    forged = {"X_Forwarded_Host": "127.0.0.9", "X_Forwarded_Proto": "https"}
    page = wire.ask("/auth/login", **forged)
    assert b"127.0.0.9" not in page.body
    assert page.every("Cross-Origin-Opener-Policy") == []  # which https would have
    upload = wire.ask("/tuchuang/", Cookie=cookie, **forged)
    assert b"127.0.0.9" not in upload.body


def test_a_made_up_host_gets_nothing_and_spoils_nothing(wire, hang):
    image = hang()
    assert wire.ask(direct(image), Host="evil.example").status == 400
    assert wire.ask(direct(image)).status == 200
    assert wire.ask(direct(image), Host="evil.example").status == 400


# ---- uploads --------------------------------------------------------------------------------


@pytest.fixture
def token(session, ada) -> str:
    return factories.make_token(session, ada)


def multipart(content: bytes, name: str = "a.jpg") -> tuple[bytes, str]:
    made = form({}, (name, content))
    return made["data"], made["content_type"]


def test_what_is_uploaded_can_be_fetched(wire, token):
    content = factories.encode(factories.drawing(number=99), "PNG")
    body, type_ = multipart(content, "狗.png")
    answer = wire.ask(
        "/api/images", "POST", body, Authorization=f"Bearer {token}", Content_Type=type_
    )
    assert answer.status == 201, answer.body
    told = json.loads(answer.body)
    assert told["url"].startswith(f"http://{HOST}:{wire.port}/")  # what people reach, not the app
    fetched = wire.ask(told["path"] + "?download")
    assert (fetched.status, fetched.body) == (200, content)
    (disposition,) = fetched.every("Content-Disposition")
    assert disposition.endswith("filename*=UTF-8''%E7%8B%97.png")


def test_nginx_and_the_app_refuse_what_is_too_large_alike(wire, site, token):
    def refusal(port: int, length: int):
        """Announce a body; the answer comes before it is sent."""
        head = (
            f"POST /api/images HTTP/1.1\r\nHost: {HOST}:{port}\r\nAuthorization: Bearer {token}\r\n"
            "Content-Type: multipart/form-data; boundary=x\r\nAccept: application/json\r\n"
            f"Content-Length: {length}\r\nConnection: close\r\n\r\n"
        )
        with socket.create_connection((HOST, port), PATIENCE) as client:
            client.sendall(head.encode())
            client.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: client.recv(65536), b""))
        headers, _, body = answer.partition(b"\r\n\r\n")
        return int(headers.split()[1]), json.loads(body)["error"]["code"]

    over_both = 600 * 1024 * 1024
    assert refusal(wire.port, over_both) == refusal(site.port, over_both) == (413, "too_large")


def test_what_has_arrived_of_a_piece_counts_when_the_connection_is_cut(wire, token):
    content = factories.encode(factories.noise(500, 400), "PNG")
    headers = {"Authorization": f"Bearer {token}", "Tus_Resumable": "1.0.0"}
    created = wire.ask("/files/", "POST", Upload_Length=str(len(content)), **headers)
    assert created.status == 201
    (address,) = created.every("Location")
    path = address.removeprefix(f"http://{HOST}:{wire.port}")
    head = (
        f"PATCH {path} HTTP/1.1\r\nHost: {HOST}:{wire.port}\r\nAuthorization: Bearer {token}\r\n"
        "Content-Type: application/offset+octet-stream\r\nTus-Resumable: 1.0.0\r\n"
        f"Upload-Offset: 0\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    with socket.create_connection((HOST, wire.port), PATIENCE) as client:
        client.sendall(head.encode() + content[:300_000])

    def offset() -> int:
        (told,) = wire.ask(path, "HEAD", **headers).every("Upload-Offset")
        return int(told)

    until = time.monotonic() + PATIENCE
    while not (arrived := offset()):
        assert time.monotonic() < until
        time.sleep(0.05)
    headers |= {"Content_Type": "application/offset+octet-stream", "Upload_Offset": str(arrived)}
    answer = wire.ask(path, "PATCH", content[arrived:], **headers)
    assert answer.status == 204, answer.body
    (url,) = answer.every("Upload-Image-Url")
    assert wire.ask(url.removeprefix(f"http://{HOST}:{wire.port}")).body == content


def test_one_file_that_is_too_large_is_refused_by_the_app(wire, token):
    body, type_ = multipart(b"\xff\xd8\xff" + bytes(33 * 1024 * 1024))
    answer = wire.ask(
        "/api/images", "POST", body, Authorization=f"Bearer {token}", Content_Type=type_
    )
    assert (answer.status, json.loads(answer.body)["error"]["code"]) == (413, "too_large")


def test_more_slow_uploads_than_the_app_has_threads_keep_nobody_waiting(wire, token, hang):
    image = hang()
    body, type_ = multipart(jpeg(90, 60, number=9))
    head = (
        f"POST /api/images HTTP/1.1\r\nHost: {HOST}:{wire.port}\r\nConnection: close\r\n"
        f"Authorization: Bearer {token}\r\nContent-Type: {type_}\r\nContent-Length: {len(body)}\r\n"
        "\r\n"
    )
    slow = [socket.create_connection((HOST, wire.port), PATIENCE) for _ in range(300)]
    try:
        for client in slow:
            client.sendall(head.encode() + body[:100])
        assert wire.ask(direct(image)).status == 200
        assert wire.ask("/auth/login").status == 200
        last = slow[-1]
        last.sendall(body[100:])
        assert last.recv(65536).startswith(b"HTTP/1.1 201 ")
    finally:
        for client in slow:
            client.close()


# ---- static files ---------------------------------------------------------------------------


def test_style_sheets_are_kept_by_nginx_and_by_browsers(wire, front):
    page = wire.ask("/auth/login").body.decode()
    path = re.findall(r'"(/static/[^"]+\.css)"', page)[0]
    first, second = (wire.ask(path, Accept_Encoding="gzip") for _ in range(2))
    assert first.status == second.status == 200
    assert first.body == second.body
    assert first.every("Content-Encoding") == ["gzip"]
    assert "immutable" in first.every("Cache-Control")[0]
    assert [each for each in (front.folder / "static").rglob("*") if each.is_file()]


def test_a_style_sheet_of_another_version_is_not_kept(wire):
    answer = wire.ask("/static/000000000000/css/base.css")
    assert answer.status == 200
    assert "immutable" not in answer.every("Cache-Control")[0]
    assert "max-age=0" in answer.every("Cache-Control")[0]


def test_nginx_found_nothing_to_complain_about(front, wire, hang):
    wire.ask(direct(hang()))
    wire.ask("/i/111111111111.png")
    for line in front.log.read_text().splitlines():
        assert not any(level in line for level in ("[alert]", "[crit]", "[emerg]")), line
        assert "auth request unexpected status" not in line


# ---- the log --------------------------------------------------------------------------------


SECRET = "S3cretS3cret"


@pytest.mark.parametrize(
    ("method", "path", "logged"),
    [
        ("POST", f"/upload?key={SECRET}", "/upload"),
        ("POST", f"/api/1/upload?key={SECRET}&format=txt", "/api/1/upload"),
        ("GET", f"/tuchuang/delete/2mNwRk7pQz4L/{SECRET}", "/tuchuang/delete/2mNwRk7pQz4L/***"),
        ("GET", f"/s/{SECRET}/2mNwRk7pQz4L.png?w=64", "/s/***"),
        ("GET", f"/d/{SECRET}", "/d/***"),
        ("GET", f"/api/v2/delete/{SECRET}", "/api/v2/delete/***"),
        ("DELETE", f"/3/image/{SECRET}", "/3/image/***"),
        ("POST", f"/api/v1.0/temp/upload/{SECRET}", "/api/v1.0/temp/upload/***"),
        ("GET", f"/i/2mNwRk7pQz4L.png?s={SECRET}", "/i/2mNwRk7pQz4L.png"),
    ],
)
def test_the_log_tells_what_was_asked_and_no_secret(front, wire, method, path, logged):
    before = front.access_log.read_text().count("\n")
    wire.ask(path, method, Referer=f"https://img.example.org/s/{SECRET}")
    wire.ask(path, method, Referer=SECRET)
    deadline = time.monotonic() + PATIENCE
    while (text := front.access_log.read_text()).count("\n") < before + 2:
        assert time.monotonic() < deadline, text
        time.sleep(0.01)
    first, second = text.splitlines()[before:]
    assert f'"{method} {logged} HTTP/1.1"' in first
    assert '"https://img.example.org"' in first
    assert SECRET not in first + second
