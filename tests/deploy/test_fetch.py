"""Pictures fetched by their address: what the real servers let through, and when."""

import http.client
import json
import socket
import time
from contextlib import contextmanager
from threading import Event

import pytest

from flaskr.models import Image
from tests.browsing import TOKEN
from tests.deploy.conftest import Wire
from tests.elsewhere import answer, elsewhere
from tests.factories import count_rows, encode, noise
from tests.serving import HOST

pytestmark = pytest.mark.nginx

FETCH = "/tuchuang/fetch"
PATIENCE = 20


@pytest.fixture(params=["nginx", "alone"])
def port(request, site) -> int:
    """Where people ask: nginx, or the server by itself."""
    if request.param == "alone":
        return int(site.port)
    return int(request.getfixturevalue("front").port)


@contextmanager
def fetching(port: int, cookie: str, url: str):
    """Ask for a picture as the page's script does; give the answer once it has begun."""
    page = Wire(port).ask("/", Cookie=cookie)
    (token,) = TOKEN.findall(page.body.decode())
    (cookie,) = (made.partition(";")[0] for made in page.every("Set-Cookie"))
    connection = http.client.HTTPConnection(HOST, port, timeout=PATIENCE)
    headers = {
        "Cookie": cookie,
        "X-CSRFToken": token,
        "Accept": "application/x-ndjson",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    try:
        connection.request("POST", FETCH, f"url={url}", headers)
        yield connection.getresponse()
    finally:
        connection.close()


def test_lines_are_passed_on_as_they_come(port, cookie, session, ada):
    content = encode(noise(300, 200), "PNG")
    half = len(content) // 2
    seen = Event()

    def in_halves(connected: socket.socket) -> None:
        connected.sendall(answer("200 OK", f"Content-Length: {len(content)}") + content[:half])
        assert seen.wait(PATIENCE)
        connected.sendall(content[half:])

    with elsewhere() as there:
        there.answers["/a.png"] = in_halves
        with fetching(port, cookie, there.url("/a.png")) as response:
            assert (response.status, response.getheader("Content-Type")) == (
                200,
                "application/x-ndjson",
            )
            assert json.loads(response.readline()) == {"received": 0, "total": None}
            middle = json.loads(response.readline())
            assert 0 < middle["received"] <= half
            assert middle["total"] == len(content)
            seen.set()
            *_, last = (json.loads(line) for line in response)
    (told,) = last["files"]
    assert (told["bytes"], told["known"]) == (len(content), False)
    assert session.query(Image).filter_by(owner_id=ada.id).count() == 1


def test_who_leaves_ends_the_fetch(port, cookie, session, media):
    left = Event()

    def drip(connected: socket.socket) -> None:
        connected.sendall(answer("200 OK", "Content-Length: 1000000"))
        connected.settimeout(0.05)
        try:
            while True:
                connected.sendall(b"x")
                try:
                    if not connected.recv(1):
                        break
                except TimeoutError:
                    continue
        finally:
            left.set()

    before = count_rows(session, Image)
    with elsewhere() as there:
        there.answers["/a.png"] = drip
        with fetching(port, cookie, there.url("/a.png")) as response:
            assert response.readline()
            assert response.readline()
        assert left.wait(PATIENCE)
    until = time.monotonic() + PATIENCE
    while list(media.spool.folder.glob("*.part")):
        assert time.monotonic() < until
        time.sleep(0.01)
    assert count_rows(session, Image) == before
