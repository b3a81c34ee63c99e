"""The official clients, tuspy and tus-js-client, on networks and servers that fail."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tusclient.client import TusClient

from tests.calling import Caller
from tests.serving import PATIENCE, Site
from tests.tus.conftest import big_picture
from tests.tus.proxy import Proxy

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
NODE = shutil.which("node", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
PIECE = 4 * 1024 * 1024
MB = 1024 * 1024


@dataclass
class Sent:
    """What a client saw: the upload's address, the picture's, how often it tried again."""

    url: str
    image_url: str
    retries: int


Send = Callable[..., Sent]


def send_with_tuspy(endpoint: str, caller: Caller, picture: Path, **options: Any) -> Sent:
    client = TusClient(endpoint, headers={"Authorization": f"Bearer {caller.token}"})
    with picture.open("rb") as stream:
        uploader = client.uploader(
            file_stream=stream,
            chunk_size=options.pop("piece", PIECE),
            metadata={"filename": "图.png"},
            retries=60,
            retry_delay=0.25,
            **options,
        )
        uploader.upload()
    last: Any = uploader.request
    return Sent(str(uploader.url), last.response_headers["upload-image-url"], uploader._retried)


def send_with_tus_js_client(
    endpoint: str, caller: Caller, picture: Path, *, piece: int = PIECE, **environment: str
) -> Sent:
    assert NODE, "Node.js is missing: make test installs it"
    given = {
        "ENDPOINT": endpoint,
        "TOKEN": caller.token,
        "FILE": str(picture),
        "NAME": "图.png",
        "CHUNK": str(piece),
    }
    done = subprocess.run(
        [NODE, HERE / "upload.js"],
        check=False,
        cwd=ROOT,
        env=os.environ | given | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=4 * PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    return Sent(seen["url"], seen["headers"]["Upload-Image-Url"], seen["retries"])


@pytest.fixture(params=[send_with_tuspy, send_with_tus_js_client], ids=["tuspy", "tus-js-client"])
def send(request) -> Send:
    chosen: Send = request.param
    return chosen


def is_there_once(caller: Caller, sent: Sent) -> bool:
    """Whether the picture is what was sent, byte for byte, under its name."""
    path = sent.url[sent.url.index("/files/") :]
    told = caller.call("GET", path, headers={"Authorization": f"Bearer {caller.token}"})
    (file,) = told.json["files"]
    got = caller.get(sent.image_url[sent.image_url.index("/tuchuang/") :])
    return (file["name"], file["known"], got.content == big_picture()) == ("图.png", False, True)


def test_pieces_one_after_the_other(site, caller, picture, send):
    sent = send(f"{site.url}/files/", caller, picture)
    assert sent.retries == 0
    assert is_there_once(caller, sent)


def test_connections_that_are_cut_in_the_middle(proxy: Proxy, caller, picture, send):
    proxy.cuts = [3 * MB, 10 * MB, 1000]
    sent = send(f"{proxy.url}/files/", caller, picture, piece=100 * MB)
    assert proxy.done == 3
    assert sent.retries >= 1
    assert is_there_once(caller, sent)


def test_a_last_answer_that_is_lost(proxy: Proxy, caller, picture, send):
    proxy.lost_answers = [len(big_picture())]
    sent = send(f"{proxy.url}/files/", caller, picture, piece=100 * MB)
    assert proxy.done == 1
    assert is_there_once(caller, sent)


def test_a_server_that_is_killed_and_comes_back(site: Site, proxy: Proxy, caller, picture, send):
    def restart() -> None:
        site.kill()
        site.start("--workers", "2")

    proxy.cuts = [11 * MB]
    proxy.then = restart
    sent = send(f"{proxy.url}/files/", caller, picture, piece=100 * MB)
    assert proxy.done == 1
    assert is_there_once(caller, sent)


def test_tuspy_with_checksums(proxy: Proxy, caller, picture):
    proxy.cuts = [2 * MB]
    sent = send_with_tuspy(f"{proxy.url}/files/", caller, picture, upload_checksum=True)
    assert is_there_once(caller, sent)


def test_tus_js_client_where_patch_does_not_get_through(site, caller, picture):
    sent = send_with_tus_js_client(f"{site.url}/files/", caller, picture, METHOD_OVERRIDE="1")
    assert is_there_once(caller, sent)
