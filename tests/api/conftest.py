"""What mini programs send, byte for byte, and how they read the answers."""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.browsing import Browser

BOUNDARY = "WABoundary+0B5DA4A5F8A0A11FWA"
REFERER = "https://servicewechat.com/wx0123456789abcdef/devtools/page-frame.html"
TYPES = {"jpg": "image/jpeg", "png": "image/png", "gif": "image/gif"}

Part = tuple[str, str, bytes]
"""A file: the name of its field, its own name, its content."""


def wx_upload(fields: Mapping[str, str], *files: Part) -> dict[str, Any]:
    """A request body as `wx.uploadFile` makes it: the form data first, then the file.

    More than one file is what other clients of the same back ends send.
    """
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode()
        + value.encode()
        for name, value in fields.items()
    ]
    for field, name, content in files:
        kind = TYPES.get(name.rpartition(".")[2], "application/octet-stream")
        head = f'form-data; name="{field}"; filename="{name}"\r\nContent-Type: {kind}'
        parts.append(f"--{BOUNDARY}\r\nContent-Disposition: {head}\r\n\r\n".encode() + content)
    body = b"\r\n".join([*parts, f"--{BOUNDARY}--\r\n".encode()])
    return {
        "data": body,
        "content_type": f"multipart/form-data; boundary={BOUNDARY}",
        "headers": {"Referer": REFERER},
    }


def read_as_seed(answer: TestResponse) -> Any:
    """What `JSON.parse(res.data.replace(/'/g, '"'))` makes of the answer."""
    assert "'" not in answer.text
    assert answer.mimetype == "application/json"
    replaced = json.loads(re.sub("'", '"', answer.text))
    assert replaced == answer.json
    return replaced


def read_with_node(text: str) -> Any:
    """The same by the client's own line of script, where there is a Node.js."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node.js")
    script = (
        "const res = {data: require('fs').readFileSync(0, 'utf8')};"
        "var datas = JSON.parse(res.data.replace(/'/g, '\"'));"
        "process.stdout.write(JSON.stringify(datas));"
    )
    run = subprocess.run([node, "-e", script], input=text.encode(), capture_output=True, check=True)
    return json.loads(run.stdout)


@pytest.fixture
def guests(make_app) -> Browser:
    """A client that sends no token, where guests may do everything."""
    return Browser(make_app(GUEST_UPLOADS=True, GUEST_DELETES=True))


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
