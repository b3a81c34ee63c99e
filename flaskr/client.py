"""Sending pictures to a service from another computer: what `tuchuang push` does.

Needs nothing but the standard library, and no instance.
"""

import json
import os
import secrets
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from itertools import chain
from typing import IO, Any
from urllib.parse import SplitResult, urlencode, urlsplit

TIMEOUT = 60.0
"""Seconds for each step: to connect, to send a piece, to wait for the answer."""

PIECE = 256 * 1024
MAX_ANSWER = 1024 * 1024
REDIRECTS = {301, 302, 303, 307, 308}


class PushError(Exception):
    """A picture could not be sent; the message says why."""


@dataclass(frozen=True)
class Service:
    """Where pictures go: an address without a slash at its end, and a token for it."""

    address: SplitResult
    token: str


def read_service(address: str, token: str) -> Service:
    """Return the service at `address`. Raises PushError if that, or the token, is none."""
    token = token.strip()
    if not (token.isascii() and token.isprintable() and " " not in token):
        raise PushError(
            "The token has characters that no token has; copy it anew from Settings → Tokens"
        )
    with suppress(ValueError):  # of a port that is none
        parts = urlsplit(address.strip().rstrip("/"))
        _ = parts.port
        if parts.scheme in {"http", "https"} and parts.hostname:
            return Service(parts, token)
    raise PushError(f"{address} is no address of a service, such as https://img.example.org")


def push(
    service: Service,
    file: IO[bytes],
    name: str,
    told: Callable[[int], object],
    options: Mapping[str, str],
) -> Any:
    """Send one picture and return what the service says of it, as `POST /api/images` does.

    `file` can be sought; `told` is given the number of bytes of each piece that was sent; `options`
    say how it is kept. Raises PushError.
    """
    boundary = f"----{secrets.token_hex(16)}"
    head, tail = form_around(name, boundary)
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    length = len(head) + size + len(tail)
    body = chain([head], counted(file, told), [tail])
    return post(service, f"multipart/form-data; boundary={boundary}", length, body, options)


def push_address(service: Service, address: str, options: Mapping[str, str]) -> Any:
    """Let the service fetch one picture, and return what it says of it. Raises PushError."""
    body = json.dumps({"url": address}).encode()
    return post(service, "application/json", len(body), [body], options)


def post(
    service: Service, type_: str, length: int, body: Iterable[bytes], options: Mapping[str, str]
) -> Any:
    """Send a body of this type and length, and return what a good answer says. Raises PushError."""
    headers = {
        "Authorization": f"Bearer {service.token}",
        "Content-Type": type_,
        "Content-Length": str(length),
        "Accept": "application/json",
    }
    host = service.address.netloc
    path = f"{service.address.path}/api/images?{urlencode(options)}"
    try:
        with closing(connect(service.address)) as connection:
            connection.putrequest("POST", path)
            for header, text in headers.items():
                connection.putheader(header, text)
            connection.endheaders()
            with suppress(BrokenPipeError, ConnectionResetError):  # refused before it was all sent
                for piece in body:
                    connection.send(piece)
            return read(connection.getresponse())
    except ssl.SSLError as error:
        raise PushError(f"no secure connection to {host}: {error}") from error
    except TimeoutError as error:
        raise PushError(f"{host} took too long") from error
    except HTTPException as error:
        raise PushError(f"{host} does not answer as a web server does") from error
    except (OSError, UnicodeError) as error:
        raise PushError(f"{host} cannot be reached: {error}") from error


def connect(address: SplitResult) -> HTTPConnection:
    """Return a connection that is not made yet."""
    kind = HTTPConnection if address.scheme == "http" else HTTPSConnection
    return kind(address.hostname or "", address.port, timeout=TIMEOUT)


def form_around(name: str, boundary: str) -> tuple[bytes, bytes]:
    """Return what stands before and behind the file in a multipart form."""
    quoted = name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{quoted}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    return head.encode(errors="replace"), f"\r\n--{boundary}--\r\n".encode()


def counted(file: IO[bytes], told: Callable[[int], object]) -> Iterator[bytes]:
    """Yield the file in pieces, and tell the length of each once it was sent."""
    while piece := file.read(PIECE):
        yield piece
        told(len(piece))


def read(response: HTTPResponse) -> Any:
    """Return what a good answer says. Raises PushError with what any other one says."""
    body = response.read(MAX_ANSWER)
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    if response.status in {200, 201} and isinstance(said, dict) and "links" in said:
        return said
    if response.status in REDIRECTS:
        raise PushError(f"the service is elsewhere: {response.headers.get('Location')}")
    error = said.get("error") if isinstance(said, dict) else None
    if isinstance(error, dict) and "message" in error:
        raise PushError(str(error["message"]))
    raise PushError(f"the service gives no answer that can be read (status {response.status})")
