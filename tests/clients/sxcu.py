"""ShareX's custom uploaders, read as ShareX documents them: enough to send a picture with one.

https://getsharex.com/docs/custom-uploader
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.calling import Answer, Caller

KEYS = {
    "Version",
    "Name",
    "DestinationType",
    "RequestMethod",
    "RequestURL",
    "Parameters",
    "Headers",
    "Body",
    "Arguments",
    "FileFormName",
    "Data",
    "URL",
    "ThumbnailURL",
    "DeletionURL",
    "ErrorMessage",
}
FUNCTION = re.compile(r"\{(\w+):([^{}]*)\}")
STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
BOUNDARY = "---------------------------8deadbeef"


@dataclass(frozen=True)
class Sent:
    """What ShareX shows: the links it took out of the answer, or what it says went wrong."""

    status: int
    url: str
    thumbnail: str
    deletion: str
    error: str


class CustomUploader:
    """A custom uploader. Raises AssertionError for what ShareX would not read."""

    def __init__(self, text: str) -> None:
        self.said: Mapping[str, Any] = json.loads(text)
        assert self.said.keys() <= KEYS
        assert int(self.said["Version"].partition(".")[0]) >= 14
        assert self.said["DestinationType"] == "ImageUploader"
        assert self.said["Body"] == "MultipartFormData"

    def send(self, caller: Caller, picture: Path) -> Sent:
        """Send a picture as ShareX does, and read the answer."""
        address = str(self.said["RequestURL"])
        assert address.startswith(caller.site.url)
        headers = {
            **self.said.get("Headers", {}),
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
            "User-Agent": "ShareX",
        }
        path = address.removeprefix(caller.site.url)
        answer = caller.call(self.said["RequestMethod"], path, self.body(picture), headers)
        good = 200 <= answer.status < 300
        read = {
            key: evaluate(self.said.get(key, ""), answer) if good else ""
            for key in ("URL", "ThumbnailURL", "DeletionURL")
        }
        error = "" if good else evaluate(self.said["ErrorMessage"], answer)
        return Sent(answer.status, read["URL"], read["ThumbnailURL"], read["DeletionURL"], error)

    def body(self, picture: Path) -> bytes:
        parts = [
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
            for name, text in self.said.get("Arguments", {}).items()
        ]
        parts.append(
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{self.said["FileFormName"]}"; '
            f'filename="{picture.name}"\r\nContent-Type: image/png\r\n\r\n'
        )
        return "".join(parts).encode() + picture.read_bytes() + f"\r\n--{BOUNDARY}--\r\n".encode()


def evaluate(text: str, answer: Answer) -> str:
    """Replace the functions in a text of the uploader by what they find."""

    def call(match: re.Match[str]) -> str:
        function, argument = match.groups()
        assert function == "json", f"{function} is not read here"
        return look_up(answer.json, argument)

    return FUNCTION.sub(call, text)


def look_up(content: Any, path: str) -> str:
    """Follow a JSONPath of names and numbers; ShareX has an empty text for what is not there."""
    for name, number in STEP.findall(path):
        try:
            content = content[int(number)] if number else content[name]
        except (KeyError, IndexError, TypeError):
            return ""
    return "" if content is None else str(content)
