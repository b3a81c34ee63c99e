"""Bodies and names as no browser sends them, byte by byte to a real server."""

import json
import socket
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from itertools import chain, count, repeat

import pytest

from tests.calling import UPLOAD, Caller
from tests.factories import png
from tests.serving import HOST, PATIENCE, pss

MIB = 1024 * 1024
BOUNDARY = b"----limit"
KIND = "multipart/form-data; boundary=----limit"

_numbers = count(1)


def part(disposition: bytes, content: bytes) -> bytes:
    return b"--%b\r\nContent-Disposition: %b\r\n\r\n%b\r\n" % (BOUNDARY, disposition, content)


def file_part(content: bytes | None = None, disposition: bytes = b"") -> bytes:
    given = disposition or b'form-data; name="file"; filename="a.png"'
    return part(given, png(number=next(_numbers)) if content is None else content)


END = b"--%b--\r\n" % BOUNDARY


class Line:
    """A connection to the server, on which one writes what one likes."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self.socket = socket.create_connection((HOST, caller.site.port), PATIENCE)
        self._reader = self.socket.makefile("rb")

    def close(self) -> None:
        self._reader.close()
        self.socket.close()

    def head(self, *lines: str, kind: str = KIND) -> bytes:
        told = [
            f"POST {UPLOAD} HTTP/1.1",
            f"Host: {HOST}:{self._caller.site.port}",
            f"Authorization: Bearer {self._caller.token}",
            *([f"Content-Type: {kind}"] if kind else []),
            *lines,
        ]
        return "\r\n".join(told).encode() + b"\r\n\r\n"

    def send(self, content: bytes) -> None:
        self.socket.sendall(content)

    def read(self) -> tuple[int, dict[str, str], bytes]:
        """Read one answer. Raises ConnectionError if there is none."""
        first = self._reader.readline()
        if not first:
            raise ConnectionError
        headers: dict[str, str] = {}
        while (line := self._reader.readline().strip()) != b"":
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        content = self._reader.read(int(headers.get("content-length", 0)))
        return int(first.split()[1]), headers, content

    def ask(self, body: bytes, *lines: str, kind: str = KIND) -> int:
        """Send a body with its length, and return the status."""
        self.send(self.head(f"Content-Length: {len(body)}", *lines, kind=kind) + body)
        return self.read()[0]

    def is_usable(self) -> bool:
        """Whether the next request on this connection is answered."""
        return self.ask(file_part() + END) == 201


@pytest.fixture
def line(caller: Caller) -> Iterator[Line]:
    with closing(Line(caller)) as opened:
        yield opened


# ---- forms ----------------------------------------------------------------------------------

FORMS = {
    "no parts": (END, 400),
    "nothing": (b"", 400),
    "a file": (file_part() + END, 201),
    "two files of one name": (file_part() + file_part() + END, 400),
    "a text between": (file_part() + part(b'form-data; name="keep"', b"share") + END, 201),
    "a text in a charset nobody knows": (
        file_part()
        + b"--%b\r\nContent-Type: text/plain; charset=x-nonsense\r\n" % BOUNDARY
        + b'Content-Disposition: form-data; name="keep"\r\n\r\nshare\r\n'
        + END,
        201,
    ),
    "a text twice": (part(b'form-data; name="keep"', b"share") * 2 + file_part() + END, 201),
    "another field": (file_part(disposition=b'form-data; name="other"; filename="a"') + END, 422),
    "no name": (file_part(disposition=b'form-data; filename="a.png"') + END, 422),
    "an empty name": (file_part(disposition=b'form-data; name=""; filename="a.png"') + END, 422),
    "no disposition": (b"--%b\r\n\r\nabc\r\n" % BOUNDARY + END, 400),
    "another disposition": (file_part(disposition=b'attachment; name="file"') + END, 400),
    "an empty file": (file_part(b"") + END, 422),
    "no end": (file_part(), 400),
    "the end cut off": (file_part() + END[:5], 400),
    "cut off in the file": (file_part()[:60], 400),
    "another boundary": (file_part().replace(b"limit", b"other") + END, 400),
    "text before": (b"preamble\r\n" + file_part() + END, 201),
    "text behind": (file_part() + END + b"epilogue", 201),
    "1,500 parts": (part(b'form-data; name="a"', b"") * 1500 + file_part() + END, {400, 413}),
    "a text of 1 MB": (part(b'form-data; name="keep"', bytes(MIB)) + file_part() + END, {201, 413}),
    "a header of 100 KB": (
        part(b'form-data; name="a"; b="' + b"c" * 100_000, b"") + END,
        {400, 413},
    ),
    "a thousand headers": (
        b"--" + BOUNDARY + b"\r\nX: y" * 1000 + b"\r\n\r\n\r\n" + END,
        {400, 413},
    ),
    "a form in a form": (
        b"--%b\r\nContent-Type: multipart/mixed; boundary=in\r\n"
        b'Content-Disposition: form-data; name="file"\r\n\r\n--in\r\n'
        b'Content-Disposition: file; filename="a.png"\r\n\r\n%b\r\n--in--\r\n'
        % (BOUNDARY, png())
        + END,
        400,
    ),
    "bare line feeds": ((file_part(b"x") + END).replace(b"\r\n", b"\n"), 400),
    "NUL": (bytes(10_000), 400),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_form_is_taken_or_refused_and_the_connection_lives(line, name):
    body, expected = FORMS[name]
    assert line.ask(body) in (expected if isinstance(expected, set) else {expected})
    assert line.is_usable()


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=" + "b" * 5000,
        'multipart/form-data; boundary="\u00fc"',
        "multipart/mixed; boundary=----limit",
        "application/x-www-form-urlencoded",
        "application/json",
        "image/png",
        "nonsense",
    ],
)
def test_a_body_that_says_it_is_something_else(line, kind):
    # What is no form is taken as the picture itself, which it is not.
    assert line.ask(file_part() + END, kind=kind) in {400, 415}
    assert line.is_usable()


# ---- names ----------------------------------------------------------------------------------

NAMES = {
    b"../../../etc/passwd": "passwd",
    b"..\\..\\windows\\win.ini": "win.ini",
    b"/etc/shadow": "shadow",
    b"C:\\fakepath\\a.png": "a.png",
    b"....": "image.png",
    b"a\0b.png": "ab.png",
    b"%00.png": "%00.png",
    b"%0D%0ASet-Cookie: a=b.png": None,
    b"CON": "CON",
    b"nul.png": "nul.png",
    b".htaccess": "htaccess",
    b"a.php": "a.php",
    b"<img src=x onerror=alert(1)>.png": None,
    "图片.png".encode(): "图片.png",
    "🦊.png".encode(): "🦊.png",
    "a\u202egnp.exe".encode(): "agnp.exe",
    "e\u0301.png".encode(): "\u00e9.png",
    b"\xff\xfe.png": None,
    b"a" * 4096 + b".png": None,
    b"' OR 1=1 --": None,
    b"{{7*7}}": "{{7*7}}",
    b"-rf": "-rf",
    b" . ": "image.png",
    b"a\x1b[31mred.png": "a[31mred.png",
}


@pytest.mark.parametrize("name", NAMES, ids=lambda name: repr(name)[:40])
def test_a_name_is_data_and_nothing_else(line, caller, target, name):
    disposition = b'form-data; name="file"; filename="%b"' % name.replace(b"\\", b"\\\\")
    body = file_part(disposition=disposition) + END
    line.send(line.head(f"Content-Length: {len(body)}") + body)
    status, _, content = line.read()
    assert status in {201, 400}
    assert line.is_usable()
    if status == 400:
        assert NAMES[name] is None or b"\0" in name or b"\x1b" in name
        return
    told = json.loads(content)
    if NAMES[name] is not None:
        assert told["name"] == NAMES[name]
    assert len(told["name"]) <= 255
    sent = caller.get(told["path"] + "?download")
    assert (sent.status, sent.headers["Content-Type"]) == (200, "image/png")
    assert sent.headers["Content-Disposition"].startswith("attachment;")
    assert "Set-Cookie" not in sent.headers
    assert {path.name for path in (target.instance / "files").iterdir()} <= {
        "blobs",
        "incoming",
        "variants",
    }


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        (b'form-data; name="file"; filename="a.png"; filename="b.png"', {"a.png", "b.png", None}),
        (b'form-data; name="file"; filename="a.png"; filename*=UTF-8\'\'%E5%9B%BE.png', None),
        (b"form-data; name=\"file\"; filename*=UTF-8''%E5%9B%BE.png", None),
        (b"form-data; name=\"file\"; filename*=nonsense''%ff", None),
        (b"form-data; name=file; filename=a.png", {"a.png", None}),
        (b'form-data; name="file"; filename=', None),
        (b'form-data; name="file"; filename', None),
        (b'form-data; name="file"; filename="a.png', None),
        (b'form-data; name="file"; name="other"; filename="a.png"', None),
    ],
)
def test_a_name_told_in_a_strange_way(line, disposition, name):
    body = file_part(disposition=disposition) + END
    line.send(line.head(f"Content-Length: {len(body)}") + body)
    status, _, content = line.read()
    assert status in {201, 400, 422}
    if status == 201 and name is not None:
        assert json.loads(content)["name"] in name
    assert line.is_usable()


def test_a_name_cannot_add_a_line_to_the_log(line, target):
    for path in ("/x%0d%0aforged%20%1b[31m", "/tuchuang/images/%0aforged"):
        line.send(f"GET {path} HTTP/1.1\r\nHost: {HOST}:{target.port}\r\n\r\n".encode())
        assert line.read()[0] in {303, 404}
    name = b'form-data; name="file"; filename="a\x0b\x1b[31m%0aforged.png"'
    assert line.ask(file_part(b"no picture", disposition=name) + END) in {400, 415}
    assert not [line_ for line_ in target.log.splitlines() if line_.startswith("forged")]
    assert "\x1b" not in target.log


# ---- lengths --------------------------------------------------------------------------------


def chunked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield b"%x\r\n%b\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"


def test_a_body_without_a_length(line):
    body = file_part() + END
    line.send(line.head("Transfer-Encoding: chunked"))
    for piece in chunked(bytes((byte,)) for byte in body):
        line.send(piece)
    assert line.read()[0] == 201
    assert line.is_usable()


@pytest.mark.parametrize("length", ["-1", "abc", "1e3", "99999999999999999999", "5, 6"])
def test_a_length_that_is_none(line, length):
    line.send(line.head(f"Content-Length: {length}"))
    assert line.read()[0] in {400, 413}


def test_two_lengths(line):
    line.send(line.head("Content-Length: 5", "Content-Length: 50"))
    assert line.read()[0] == 400


def test_a_length_and_chunks(line):
    """Servers that disagree on where a request ends can be made to see one that was never sent."""
    line.send(line.head("Content-Length: 4", "Transfer-Encoding: chunked") + b"0\r\n\r\n")
    assert line.read()[0] == 400


@pytest.mark.parametrize("size", [b"zz", b"-5", b"ffffffffffffffffff", b"5;" + b"x" * 100_000])
def test_a_chunk_of_no_size(line, size):
    line.send(line.head("Transfer-Encoding: chunked") + size + b"\r\nabcde\r\n0\r\n\r\n")
    with closing(line), suppress(ConnectionError):  # to hang up is fair
        assert line.read()[0] == 400


def test_a_length_larger_than_the_body(caller, target):
    """Whoever hangs up in the middle leaves nothing behind; the fixture looks into the spool."""
    for part_of_it in (0, 30, 120):
        with closing(Line(caller)) as line:
            body = file_part() + END
            line.send(line.head("Content-Length: 5000") + body[:part_of_it])
    assert caller.upload(png(number=next(_numbers))).status == 201


def test_a_length_shorter_than_the_body(line):
    body = file_part() + END
    line.send(line.head(f"Content-Length: {len(body) - 40}") + body)
    assert line.read()[0] == 400


def test_what_is_too_large_is_refused_before_it_is_sent(line):
    line.send(line.head(f"Content-Length: {1024 * MIB}", "Expect: 100-continue"))
    assert line.read()[0] == 413


def test_who_waits_to_be_asked_is_asked(line):
    body = file_part() + END
    line.send(line.head(f"Content-Length: {len(body)}", "Expect: 100-continue"))
    assert line.read()[0] == 100
    line.send(body)
    assert line.read()[0] == 201


def test_a_connection_lives_on_after_a_file_that_is_too_large(line):
    """Of 40 MB, more than a file may have, less than the server reads past."""
    body = file_part(bytes(40 * MIB)) + END
    assert line.ask(body) == 413
    assert line.is_usable()


@pytest.mark.parametrize("how", ["Transfer-Encoding: chunked", f"Content-Length: {1024 * MIB}"])
def test_a_gigabyte_is_refused_and_leaves_the_memory_flat(caller, target, how):
    (worker,) = target.workers()
    before = pss(worker)
    most = before
    piece = bytes(MIB)
    pieces = chain([file_part(b"")[:-2]], repeat(piece, 1024))
    with closing(Line(caller)) as line:
        line.send(line.head(how))
        with suppress(OSError):  # hung up on after the answer
            for sent in chunked(pieces) if "chunked" in how else pieces:
                line.send(sent)
                most = max(most, pss(worker))
        with suppress(ConnectionError):  # reset, because we were still sending
            assert line.read()[0] == 413
    assert most - before <= 16 * MIB
