"""Pictures by their address: what is fetched, what is refused, what is told meanwhile."""

import gzip
import json
import socket
import ssl
import subprocess
from dataclasses import replace
from threading import Event

import pytest

from flaskr.models import BatchEntry, Image
from flaskr.remote import Fetcher, Patience, read_networks
from flaskr.remote.fetch import AT_ONCE
from flaskr.remote.resolving import Resolver, look_up
from tests.browsing import JSON, AuthActions, Browser, query
from tests.elsewhere import Canary, answer, elsewhere, ok, redirect
from tests.factories import count_rows, jpeg, png

FETCH = "/tuchuang/fetch"
LINES = {"Accept": "application/x-ndjson"}
BATCH = "abcdefghijkm"
LOOPBACK = ["127.0.0.0/8"]
SECOND_HOST = "127.0.0.2"
QUICK = Patience(connect=5, read=0.2, total=0.5)


@pytest.fixture
def app(make_app):
    """An app for which this machine's own servers are elsewhere."""
    return make_app(FETCH_NETWORKS=LOOPBACK)


@pytest.fixture(autouse=True)
def nothing_left_behind(media):
    yield
    assert list(media.spool.folder.glob("*")) == []


@pytest.fixture
def there():
    with elsewhere() as server:
        yield server


@pytest.fixture
def set_fetcher(app):
    """Replace what the app fetches with."""

    def put(patience: Patience | None = None, find=look_up, allowed=LOOPBACK) -> Fetcher:
        made = Fetcher(read_networks(allowed), patience, Resolver(find))
        app.extensions["tuchuang.fetcher"] = made
        return made

    return put


@pytest.fixture
def fetch(owner):
    """Ask for an address as a script does."""

    def post(url: str, browser: Browser = owner, headers=JSON, **fields):
        sent = {**headers, "X-CSRFToken": browser.token()}
        return browser.post(FETCH, data={"url": url, **fields}, headers=sent)

    return post


def refused(response) -> tuple[int, str]:
    return response.status_code, response.json["error"]["code"]


def lines(response) -> list[dict]:
    assert (response.status_code, response.mimetype) == (200, "application/x-ndjson")
    assert response.headers["X-Accel-Buffering"] == "no"
    return [json.loads(line) for line in response.text.splitlines()]


# ---- what is fetched ------------------------------------------------------------------------


def test_a_picture_is_fetched_and_taken_in(fetch, owner, there, session):
    there.answers["/photos/dog.jpg?size=1"] = ok(jpeg())
    response = fetch(there.url("/photos/dog.jpg?size=1#here"), batch=BATCH, position="3")
    assert response.status_code == 201
    (told,) = response.json["files"]
    assert (told["name"], told["type"], told["known"]) == ("dog.jpg", "image/jpeg", False)
    assert owner.get(told["url"]).data == jpeg()
    entry = session.query(BatchEntry).one()
    assert (entry.batch, entry.position) == (BATCH, 3)


def test_what_is_asked_is_asked_plainly(fetch, there):
    there.answers["/a.png"] = ok(png())
    fetch(there.url("/a.png"))
    head, *headers = there.requests[0].decode().split("\r\n")
    assert head == "GET /a.png HTTP/1.1"
    assert sorted(headers) == [
        "",
        "",
        "Accept-Encoding: identity",
        "Accept: image/*",
        "Connection: close",
        f"Host: 127.0.0.1:{there.port}",
        "User-Agent: Tuchuang",
    ]


def test_a_proxy_of_the_environment_is_not_used(fetch, there, monkeypatch):
    canary = Canary()
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{canary.port}")
    there.answers["/a.png"] = ok(png())
    assert fetch(there.url("/a.png")).status_code == 201
    assert not canary.touched
    canary.close()


def test_a_form_leads_to_the_picture(owner, there):
    there.answers["/a.png"] = ok(png())
    response = owner.submit(FETCH, {"url": there.url("/a.png")})
    assert response.status_code == 303
    assert owner.get(response.location).data == png()


def test_a_form_says_on_the_page_what_went_wrong(owner, there):
    response = owner.submit(FETCH, {"url": there.url("/missing.png")})
    assert response.status_code == 422
    (notice,) = query(response, ".notice--error")
    assert "404" in notice.to_text()


def test_the_upload_page_has_a_form_for_an_address(owner):
    page = owner.get("/tuchuang/")
    (form,) = query(page, f"form[action='{FETCH}']")
    assert form.attrs["method"] == "post"
    assert query(page, f"form[action='{FETCH}'] input[name=csrf_token]")
    assert query(page, f"form[action='{FETCH}'] input[name=url]")


def test_it_is_kept_as_other_uploads_are(fetch, owner, there):
    photo = jpeg(80, 40, orientation=6)
    there.answers["/a.jpg"] = ok(photo)
    backup = fetch(there.url("/a.jpg"), keep="backup").json["files"][0]
    assert (backup["visibility"], owner.get(backup["url"]).data) == ("private", photo)
    shared = fetch(there.url("/a.jpg")).json["files"][0]
    assert (shared["visibility"], shared["key"] != backup["key"]) == ("unlisted", True)
    assert refused(fetch(there.url("/a.jpg"), keep="somehow")) == (400, "invalid_keep")


def test_what_is_here_already_is_answered_with_its_link(fetch, owner, there):
    there.answers["/a.png"] = ok(png())
    known = owner.upload_json(("mine.png", png())).json["files"][0]
    response = fetch(there.url("/a.png"), batch=BATCH)
    (told,) = response.json["files"]
    assert (response.status_code, told["known"], told["key"]) == (200, True, known["key"])
    assert owner.get(f"/tuchuang/uploads/{BATCH}").status_code == 200


def test_a_retry_asks_nobody_again(fetch, there, session):
    there.answers["/a.png"] = ok(png(number=1))
    headers = {**JSON, "Idempotency-Key": "a-key"}
    first = fetch(there.url("/a.png"), headers=headers)
    there.answers["/a.png"] = ok(png(number=2))
    again = fetch(there.url("/a.png"), headers=headers)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json["files"][0]["key"] == first.json["files"][0]["key"]
    assert (len(there.requests), count_rows(session, Image)) == (1, 1)
    other = fetch(there.url("/b.png"), headers=headers)
    assert refused(other) == (422, "idempotency_mismatch")
    told = lines(fetch(there.url("/a.png"), headers={**LINES, "Idempotency-Key": "a-key"}))
    assert [set(line) for line in told] == [{"files", "errors", "redirect"}]


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('inline; filename="dog.png"', "dog.png"),
        ("attachment; filename*=UTF-8''%E5%9B%BE.png", "图.png"),
        ('inline; filename="图.png"', "图.png"),
        ('inline; filename="../../etc/passwd"', "passwd"),
        ('inline; filename="C:\\\\dog.png"', "dog.png"),
        ("inline", "a.png"),
        ("inline; filename=", "a.png"),
        ("attachment; filename*=nonsense''%41.png", "A.png"),
        ("attachment; filename*", "a.png"),
        (";;;=;'''", "a.png"),
    ],
)
def test_the_other_side_may_name_the_file(fetch, there, header, name):
    head = answer("200 OK", f"Content-Length: {len(png())}").removesuffix(b"\r\n")
    there.answers["/a.png"] = head + f"Content-Disposition: {header}\r\n\r\n".encode() + png()
    response = fetch(there.url("/a.png"))
    assert response.status_code == 201
    assert response.json["files"][0]["name"] == name


def test_pieces_of_unstated_size_are_put_together(fetch, owner, there):
    body = b"".join(b"%x\r\n%b\r\n" % (len(p), p) for p in (png()[:10], png()[10:])) + b"0\r\n\r\n"
    there.answers["/chunked"] = answer("200 OK", "Transfer-Encoding: chunked") + body
    there.answers["/until-the-end"] = answer("200 OK") + png()
    for path in ("/chunked", "/until-the-end"):
        told = fetch(there.url(path)).json["files"][0]
        assert owner.get(told["url"]).data == png()


# ---- what is told meanwhile -----------------------------------------------------------------


def test_a_script_is_told_line_by_line(fetch, there):
    there.answers["/a.png"] = ok(png())
    first, *progress, last = lines(fetch(there.url("/a.png"), headers=LINES, batch=BATCH))
    assert first == {"received": 0, "total": None}
    assert progress[-1] == {"received": len(png()), "total": len(png())}
    assert last["files"][0]["known"] is False
    assert set(last) == {"files", "errors", "redirect"}


def test_lines_come_while_the_picture_does(owner, there, session):
    """Nothing is read ahead: the other side sends the rest after we have seen the first part."""
    seen = Event()

    def slowly(connected: socket.socket) -> None:
        half = len(png()) // 2
        connected.sendall(answer("200 OK", f"Content-Length: {len(png())}") + png()[:half])
        assert seen.wait(10)
        connected.sendall(png()[half:])

    there.answers["/a.png"] = slowly
    headers = {**LINES, "X-CSRFToken": owner.token()}
    response = owner.post(FETCH, data={"url": there.url("/a.png")}, headers=headers, buffered=False)
    told = response.iter_encoded()
    assert json.loads(next(told)) == {"received": 0, "total": None}
    assert json.loads(next(told)) == {"received": len(png()) // 2, "total": len(png())}
    assert count_rows(session, Image) == 0
    seen.set()
    *_, last = (json.loads(line) for line in told)
    response.close()
    assert last["files"][0]["bytes"] == len(png())
    session.rollback()
    assert count_rows(session, Image) == 1


def test_a_failure_is_the_last_line(fetch, there, session):
    first, last = lines(fetch(there.url("/missing.png"), headers=LINES))
    assert first == {"received": 0, "total": None}
    assert last["error"]["code"] == "fetch_status"
    assert last["errors"][0]["message"]
    assert count_rows(session, Image) == 0


def test_who_leaves_in_the_middle_leaves_nothing(owner, there, session, app):
    def endless(connected: socket.socket) -> None:
        connected.sendall(answer("200 OK", "Content-Length: 1000000") + png())
        there.over.wait(10)

    there.answers["/a.png"] = endless
    for _ in range(AT_ONCE + 1):
        headers = {**LINES, "X-CSRFToken": owner.token()}
        response = owner.post(
            FETCH, data={"url": there.url("/a.png")}, headers=headers, buffered=False
        )
        told = response.iter_encoded()
        next(told)
        next(told)
        response.close()
    assert count_rows(session, Image) == 0


def test_too_many_at_once_are_told_to_come_back(fetch, there, set_fetcher):
    fetcher = set_fetcher()
    there.answers["/a.png"] = ok(png())
    seats = [fetcher.seat() for _ in range(AT_ONCE)]
    for seat in seats:
        seat.__enter__()
    response = fetch(there.url("/a.png"))
    assert refused(response) == (503, "busy")
    assert int(response.headers["Retry-After"]) > 0
    (told,) = lines(fetch(there.url("/a.png"), headers=LINES))
    assert told["error"]["code"] == "busy"
    seats[0].__exit__(None, None, None)
    assert fetch(there.url("/a.png")).status_code == 201
    assert len(there.requests) == 1


def test_an_account_may_fetch_so_much_in_an_hour(make_app, ada, there):
    browser = Browser(make_app(FETCH_NETWORKS=LOOPBACK, RATE_LIMITS=True))
    AuthActions(browser).login()
    token = {"X-CSRFToken": browser.token()}
    for _ in range(200):
        browser.post(FETCH, data={"url": "none"}, headers={**JSON, **token})
    for headers in (JSON, LINES):
        response = browser.post(FETCH, data={"url": "none"}, headers={**headers, **token})
        assert refused(response) == (429, "too_many_attempts")
        assert int(response.headers["Retry-After"]) > 0


# ---- what may not be reached ----------------------------------------------------------------

# Every way to write an address of this machine, of its network, or of a cloud's metadata.
INWARD = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "127.255.255.254",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0X7F.1",
    "017700000001",
    "0177.0.0.1",
    "0177.0.0x1",
    "0",
    "0.0.0.0",
    "localhost",
    "LOCALHOST",
    "１２７.０.０.１",
    "127。0。0。1",
    "ⓛocalhost",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::127.0.0.1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::80ff:fffe]",
    "[fe80::1]",
    "[fec0::1]",
    "[fd00:ec2::254]",
    "[ff02::1]",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "169.254.169.254",
    "2852039166",
    "172.16.0.1",
    "192.0.0.192",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
]


@pytest.fixture
def canary():
    made = Canary()
    yield made
    made.close()


@pytest.fixture
def strict(make_app, ada):
    """A browser on an app that may fetch from public addresses only, as is usual."""
    browser = Browser(make_app())
    AuthActions(browser).login()
    return browser


@pytest.mark.parametrize("host", INWARD)
def test_no_way_to_write_an_inward_address_leads_inside(fetch, strict, canary, session, host):
    response = fetch(f"http://{host}:{canary.port}/a.png", browser=strict)
    assert refused(response) == (422, "forbidden_address")
    assert not canary.touched
    assert count_rows(session, Image) == 0


def test_a_dot_at_the_end_of_a_name_changes_nothing(fetch, strict, canary):
    response = fetch(f"http://localhost.:{canary.port}/a.png", browser=strict)
    # Not every system knows this name.
    assert response.json["error"]["code"] in {"forbidden_address", "host_not_found"}
    assert not canary.touched


@pytest.mark.parametrize(
    "url",
    [
        "http://user:password@127.0.0.1:{port}/",
        "http://example.org@127.0.0.1:{port}/",
        "http://example.org\\@127.0.0.1:{port}/",
        "//127.0.0.1:{port}/",
        "gopher://127.0.0.1:{port}/_GET",
        "file:///etc/passwd",
        "",
    ],
)
def test_what_is_no_address_of_the_web_leads_nowhere(fetch, canary, url):
    assert refused(fetch(url.format(port=canary.port))) == (422, "invalid_address")
    (told,) = lines(fetch(url.format(port=canary.port), headers=LINES))
    assert told["error"]["code"] == "invalid_address"
    assert not canary.touched


def test_a_name_with_one_inward_address_among_public_ones_is_refused(fetch, set_fetcher, canary):
    def find(_host: str, port: int):
        return [(socket.AF_INET, ("8.8.8.8", port)), (socket.AF_INET, ("127.0.0.1", port))]

    set_fetcher(find=find, allowed=())
    assert refused(fetch(f"http://both.example:{canary.port}/")) == (422, "forbidden_address")
    assert not canary.touched


def test_a_name_that_changes_its_mind_is_asked_once(fetch, set_fetcher):
    """The first answer may be reached, the second may not: the connection goes to the first."""
    canary = Canary("127.0.0.1")
    asked: list[str] = []

    def rebinding(host: str, port: int):
        asked.append(host)
        place = SECOND_HOST if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, (place, port))]

    set_fetcher(find=rebinding, allowed=[f"{SECOND_HOST}/32"])
    with elsewhere(SECOND_HOST) as outside:
        outside.answers["/a.png"] = ok(png())
        outside.answers["/again"] = redirect(f"http://rebinding.example:{canary.port}/")
        assert fetch(outside.url("/a.png", "rebinding.example")).status_code == 201
        assert asked == ["rebinding.example"]
        asked.clear()
        response = fetch(outside.url("/again", "rebinding.example"))
    assert refused(response) == (422, "forbidden_address")
    assert asked == ["rebinding.example"] * 2
    assert not canary.touched
    canary.close()


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:{port}/",
        "//127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://[::1]:{port}/",
        "http://2130706433:{port}/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[fd00:ec2::254]/latest/meta-data/",
        "http://8.8.8.8:22/",
    ],
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_leads_no_further_inside_than_an_address(fetch, set_fetcher, target, status):
    canary = Canary("127.0.0.1")
    set_fetcher(allowed=[f"{SECOND_HOST}/32"])
    with elsewhere(SECOND_HOST) as outside:
        location = target.format(port=canary.port)
        outside.answers["/a.png"] = redirect(location, f"{status} Over There")
        assert refused(fetch(outside.url("/a.png"))) == (422, "forbidden_address")
    assert not canary.touched
    canary.close()


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://127.0.0.1/", "http://a@b/", "http://["]
)
def test_a_redirect_to_another_kind_of_address_is_refused(fetch, there, target):
    there.answers["/a.png"] = redirect(target)
    assert refused(fetch(there.url("/a.png"))) == (422, "invalid_address")


def test_two_redirects_are_followed_and_three_are_not(fetch, there):
    there.answers |= {
        "/1": redirect("/2"),
        "/2": redirect(there.url("/3.png")),
        "/3.png": ok(png()),
        "/0": redirect("1"),
        "/loop": redirect("/loop"),
    }
    assert fetch(there.url("/1")).json["files"][0]["name"] == "3.png"
    for path in ("/0", "/loop"):
        there.requests.clear()
        assert refused(fetch(there.url(path))) == (422, "too_many_redirects")
        assert len(there.requests) == 3


# ---- bad servers ----------------------------------------------------------------------------


@pytest.fixture
def small(make_app, ada):
    """A browser on an app that takes files of 50 kB at most."""
    browser = Browser(make_app(FETCH_NETWORKS=LOOPBACK, MAX_FILE_BYTES=50_000))
    AuthActions(browser).login()
    return browser


def endless(connected: socket.socket) -> None:
    connected.sendall(answer("200 OK"))
    while True:
        connected.sendall(bytes(10_000))


def endless_chunks(connected: socket.socket) -> None:
    connected.sendall(answer("200 OK", "Transfer-Encoding: chunked"))
    while True:
        connected.sendall(b"2710\r\n" + bytes(10_000) + b"\r\n")


def endless_headers(connected: socket.socket) -> None:
    connected.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connected.sendall(b"X-More: of it\r\n")


GZIP = gzip.compress(bytes(10_000_000))
BAD = {
    "larger than it may be": (ok(bytes(50_001)), 413, "too_large"),
    "said to be larger": (ok(b"", length=10**12), 413, "too_large"),
    "endless": (endless, 413, "too_large"),
    "endless in chunks": (endless_chunks, 413, "too_large"),
    "endless headers": (endless_headers, 422, "bad_answer"),
    "a long header": (answer("200 OK", "X-Long: " + "x" * 70_000), 422, "bad_answer"),
    "longer than it says": (ok(png() + bytes(9), length=len(png()) - 9), 422, "incomplete_image"),
    "shorter than it says": (ok(png(), length=40_000), 422, "broken_off"),
    "cut off in a chunk": (
        answer("200 OK", "Transfer-Encoding: chunked") + b"2710\r\n" + png(),
        422,
        "broken_off",
    ),
    "no chunks": (answer("200 OK", "Transfer-Encoding: chunked") + png(), 422, "broken_off"),
    "compressed": (ok(GZIP, "Content-Encoding: gzip"), 422, "encoded_answer"),
    "compressed twice": (ok(GZIP, "Content-Encoding: gzip, gzip"), 422, "encoded_answer"),
    "a compressed file": (ok(GZIP, "Content-Type: image/png"), 415, "no_picture"),
    "a page": (ok(b"<!doctype html><title>x</title>"), 415, "no_picture"),
    "nothing": (ok(b""), 415, "no_picture"),
    "no content": (answer("204 No Content"), 422, "fetch_status"),
    "a part": (answer("206 Partial Content", "Content-Length: 1") + b"x", 422, "fetch_status"),
    "not there": (answer("404 Not Found", "Content-Length: 0"), 422, "fetch_status"),
    "broken": (answer("500 Internal Server Error", "Content-Length: 0"), 422, "fetch_failed"),
    "a redirect to nowhere": (answer("302 Found", "Content-Length: 0"), 422, "bad_answer"),
    "another protocol": (b"SSH-2.0-OpenSSH_9.2\r\n", 422, "bad_answer"),
    "silence": (b"", 422, "broken_off"),
    "a broken status": (b"HTTP/1.1 abc\r\n\r\n", 422, "bad_answer"),
    "a cut off picture": (ok(jpeg()[:-20]), 422, "incomplete_image"),
}


@pytest.mark.parametrize(("made", "status", "code"), BAD.values(), ids=BAD)
def test_a_bad_answer_is_told_once_and_nothing_is_kept(
    fetch, small, there, session, media, made, status, code
):
    there.answers["/a.png"] = made
    response = fetch(there.url("/a.png"), browser=small)
    assert refused(response) == (status, code)
    (told,) = response.json["errors"]
    assert told["name"] == there.url("/a.png")
    assert "%(" not in told["message"]
    assert count_rows(session, Image) == 0
    assert list(media.store.list()) == []


def byte_by_byte(connected: socket.socket) -> None:
    """Never pause for long, and never end."""
    for byte in (answer("200 OK", "Content-Length: 1000") + bytes(1000)) * 10:
        connected.sendall(bytes([byte]))
        if connected.gettimeout() is None:
            connected.settimeout(0.05)
        try:
            connected.recv(1)
        except TimeoutError:
            continue
        return


def quiet(connected: socket.socket) -> None:
    connected.recv(1)  # until the other side leaves


def quiet_later(connected: socket.socket) -> None:
    connected.sendall(answer("200 OK", "Content-Length: 1000") + bytes(10))
    connected.recv(1)


@pytest.mark.parametrize("made", [quiet, quiet_later, byte_by_byte])
def test_a_slow_server_is_left(fetch, there, set_fetcher, made):
    set_fetcher(QUICK)
    there.answers["/a.png"] = made
    assert refused(fetch(there.url("/a.png"))) == (422, "fetch_timeout")


def test_slow_redirects_share_the_time_of_one_fetch(fetch, there, set_fetcher):
    set_fetcher(replace(QUICK, read=0.3))

    def slow(connected: socket.socket) -> None:
        connected.settimeout(0.2)
        try:
            connected.recv(1)
        except TimeoutError:
            connected.sendall(redirect("/a.png"))

    there.answers["/a.png"] = slow
    assert refused(fetch(there.url("/a.png"))) == (422, "fetch_timeout")
    assert len(there.requests) == 3


def test_a_name_that_nobody_has_is_told(fetch, set_fetcher):
    def find(_host: str, _port: int):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    set_fetcher(find=find)
    for host in ("nobody.example", "nobody.example."):
        response = fetch(f"http://{host}/a.png")
        assert refused(response) == (422, "host_not_found")
        assert "named nobody.example. Check" in response.json["error"]["message"]


def test_a_port_that_web_servers_do_not_use_is_told_as_that(fetch):
    response = fetch("http://example.com:22/a.png")
    assert refused(response) == (422, "forbidden_address")
    assert "the port 22" in response.json["error"]["message"]


def test_a_look_up_that_does_not_end_is_left(fetch, set_fetcher):
    end = Event()

    def find(_host: str, _port: int):
        end.wait(30)
        return []

    set_fetcher(Patience(connect=0.1, read=1, total=1), find)
    assert refused(fetch("http://slow.example/a.png")) == (422, "fetch_timeout")
    end.set()


def test_a_port_where_nobody_listens_is_told(fetch):
    canary = Canary("127.0.0.1")
    canary.close()
    assert refused(fetch(f"http://127.0.0.1:{canary.port}/")) == (422, "unreachable")


def test_the_next_address_of_a_name_is_tried(fetch, there, set_fetcher):
    def find(_host: str, port: int):
        return [(socket.AF_INET, (host, port)) for host in (SECOND_HOST, "127.0.0.1")]

    set_fetcher(find=find)
    there.answers["/a.png"] = ok(png())
    assert fetch(there.url("/a.png", "two.example")).status_code == 201


def test_a_full_disk_is_ours_and_not_the_other_sides(fetch, there, media, monkeypatch):
    from flaskr.storage import SpooledFile

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    there.answers["/a.png"] = ok(png())
    monkeypatch.setattr(SpooledFile, "write", full)
    response = fetch(there.url("/a.png"))
    assert refused(response) == (507, "storage_full")
    assert int(response.headers["Retry-After"]) > 0
    *_, last = lines(fetch(there.url("/a.png"), headers=LINES))
    assert last["error"]["code"] == "storage_full"


# ---- TLS ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for pictures.example, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    how = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    name = "-subj /CN=pictures.example -addext subjectAltName=DNS:pictures.example"
    command = ["openssl", *how.split(), *name.split(), "-keyout", str(key), "-out", str(cert)]
    subprocess.run(command, check=True, capture_output=True)
    return cert, key


@pytest.fixture
def secure(certificate):
    """A server that speaks TLS, and the names that were asked for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    asked: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: asked.append(name)

    def wrap(connected: socket.socket) -> socket.socket:
        return context.wrap_socket(connected, server_side=True)

    with elsewhere(wrap=wrap) as server:
        server.answers["/a.png"] = ok(png())
        yield server, asked


def find_here(_host: str, port: int):
    return [(socket.AF_INET, ("127.0.0.1", port))]


def test_tls_is_spoken_with_the_name_that_was_asked_for(fetch, secure, certificate, set_fetcher):
    server, asked = secure
    set_fetcher(find=find_here)._trust.load_verify_locations(certificate[0])
    assert fetch(server.url("/a.png", "pictures.example", "https")).status_code == 201
    assert asked == ["pictures.example"]
    assert f"Host: pictures.example:{server.port}".encode() in server.requests[0]


def test_a_certificate_for_another_name_is_not_good(fetch, secure, certificate, set_fetcher):
    server, _ = secure
    set_fetcher(find=find_here)._trust.load_verify_locations(certificate[0])
    response = fetch(server.url("/a.png", "other.example", "https"))
    assert refused(response) == (422, "insecure")
    assert server.requests == []


def test_a_certificate_that_nobody_vouches_for_is_not_good(fetch, secure, set_fetcher):
    server, _ = secure
    set_fetcher(find=find_here)
    response = fetch(server.url("/a.png", "pictures.example", "https"))
    assert refused(response) == (422, "insecure")
    assert server.requests == []


def test_https_to_a_server_that_speaks_http_is_not_secure(fetch, there):
    assert refused(fetch(there.url("/a.png", scheme="https"))) == (422, "insecure")
