"""What a program that sends pictures needs to know, whatever program it is."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Host:
    """Where pictures go: the service's address without a slash at its end, its name, a token.

    `account` is the name of whom the token stands for.
    """

    address: str
    name: str
    token: str
    account: str

    @property
    def domain(self) -> str:
        """The address without its scheme, good for a file's name if there is no port in it."""
        return urlsplit(self.address).netloc

    @property
    def bearer(self) -> str:
        """The header `Authorization` as most programs send it."""
        return f"Bearer {self.token}"


@dataclass(frozen=True)
class ClientFile:
    """A file for the program to read. `name` is for saving it."""

    name: str
    type: str
    text: str


@dataclass(frozen=True)
class Sample:
    """The request that the program makes for one picture.

    It goes into the field `file_field` of a multipart form, beside `fields`; or, in base64, where
    `template` says `{bits}`. `link` leads to the picture's link in the answer: names and numbers
    between dots for JSON, `xml` for the member `url` of XML-RPC, nothing for a bare link.
    """

    path: str
    link: str
    headers: Mapping[str, str] = field(default_factory=dict)
    file_field: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    template: str = ""


@dataclass(frozen=True)
class Setup:
    """Everything to click, paste or save. `values` are texts to copy, by a name of ours."""

    sample: Sample
    values: Mapping[str, str] = field(default_factory=dict)
    files: tuple[ClientFile, ...] = ()


@dataclass(frozen=True)
class Client:
    """A program that is known. `scope` is how far its token has to reach."""

    slug: str
    name: str
    make: Callable[[Host], Setup]
    scope: str = "upload"


UPLOAD = "/api/images?keep=share&visibility=unlisted"
"""Where programs send pictures whose links have to load, however the account keeps others."""


def native_sample(host: Host) -> Sample:
    """Return the request of programs that can be told any address, field and header."""
    return Sample(UPLOAD, link="url", file_field="file", headers={"Authorization": host.bearer})


def as_json(content: object) -> str:
    """Write JSON as people read it."""
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"
