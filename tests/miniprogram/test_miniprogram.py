"""The mini program in examples/: its pages, in miniprogram-simulate, and a real server.

The tests themselves are in the *.test.js beside this file. Here is what they need around them.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import pytest
from PIL import Image as Pillow
from PIL import ImageOps

from flaskr.db import db
from flaskr.library import accounts
from tests.conftest import dispose
from tests.factories import drawing, encode, jpeg, make_image, noise, png
from tests.serving import Site

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PROGRAM = ROOT / "examples/miniprogram"
APPID, SECRET = "wx0123456789abcdef", "secret of the mini program"
COLLECTION = 105  # more than one page of backups
NODE = shutil.which("node", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")

RunNode = Callable[..., str]


class CodeExchange(BaseHTTPRequestHandler):
    """WeChat's `jscode2session`, which is asked whose code it is; each code is good once."""

    used: set[str] = set()  # noqa: RUF012 - made anew for each server

    def do_GET(self) -> None:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        code = asked["js_code"]
        known = re.fullmatch(r"code-of-([\w-]+)-\d+", code)
        if (asked["appid"], asked["secret"]) != (APPID, SECRET):
            told: dict[str, object] = {"errcode": 40125, "errmsg": "invalid appsecret"}
        elif known is None:
            told = {"errcode": 40029, "errmsg": "invalid code"}
        elif code in self.used:
            told = {"errcode": 40163, "errmsg": "code been used"}
        else:
            self.used.add(code)
            told = {"openid": known[1], "session_key": "of no use"}
        body = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def wechat() -> Iterator[dict[str, str]]:
    """The settings for a server that speaks as WeChat's does."""
    handler = type("CodeExchangeOnce", (CodeExchange,), {"used": set()})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield {
            "WECHAT_APPID": APPID,
            "WECHAT_SECRET": SECRET,
            "WECHAT_API_URL": f"http://127.0.0.1:{server.server_port}/sns/jscode2session",
        }
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def serve(
    tmp_path_factory: pytest.TempPathFactory, migrated_database: Path, wechat: dict[str, str]
) -> Iterator[Callable[..., Site]]:
    """Start sites with WeChat's settings and those given."""
    started: list[Site] = []

    def start(**settings: str) -> Site:
        folder = tmp_path_factory.mktemp("site")
        site = Site(folder, migrated_database, **wechat, **settings)
        started.append(site)
        site.start("--workers", "1")
        return site

    try:
        yield start
        for site in started:
            site.stop()
    finally:
        for site in started:
            site.kill()


@pytest.fixture(scope="module")
def login_site(serve: Callable[..., Site]) -> Site:
    """A site as it is by default, with many backups of the user `collector`."""
    site = serve()
    app = site.make_app()
    with app.app_context():
        collector = accounts.of_wechat(db.session, "collector")
        for number in range(COLLECTION):
            image = make_image(db.session, collector, png(number=1000 + number))
            image.visibility = "private"
        db.session.commit()
    dispose(app)
    return site


@pytest.fixture(scope="module")
def guest_site(serve: Callable[..., Site]) -> Site:
    """A site for mini programs without a log-in, with limits."""
    return serve(
        GUEST_UPLOADS="true", GUEST_DELETES="true", RATE_LIMITS="true", MAX_FILE_BYTES="1048576"
    )


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    contents = {
        "one.png": png(number=1),
        "two.png": png(number=2),
        "big.jpg": encode(noise(500, 400), "JPEG", quality=95),
        "huge.png": encode(noise(700, 700), "PNG"),  # beyond the limit of guest_site
        "turned.jpg": jpeg(64, 32, orientation=6),
        "not.jpg": b"This is no picture.",
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def run_node(login_site: Site, guest_site: Site, pictures: Path, tmp_path: Path) -> RunNode:
    """Run one of the *.test.js; what it says is the reason if it fails."""

    def run(name: str) -> str:
        assert NODE, "Node.js is missing: make test installs it"
        given = {
            "LOGIN_SITE": login_site.url,
            "GUEST_SITE": guest_site.url,
            "PICTURES": str(pictures),
            "RESULTS": str(tmp_path),
            "COLLECTION": str(COLLECTION),
        }
        done = subprocess.run(
            [NODE, "--test", "--test-reporter=spec", HERE / name],
            check=False,
            cwd=ROOT,
            env=os.environ | given,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    return run


def test_backups(run_node):
    run_node("backup.test.js")


def test_guests(run_node):
    run_node("guest.test.js")


def test_a_post_with_its_picture(run_node, login_site, tmp_path):
    run_node("post.test.js")

    # Taken with the phone held upright: shown upright, without what the camera wrote.
    published = (tmp_path / "published.jpg").read_bytes()
    assert b"canary" not in published
    with Pillow.open(BytesIO(published)) as picture:
        upright = ImageOps.exif_transpose(picture).convert("RGB")
        turned = drawing(64, 32).transpose(Pillow.Transpose.ROTATE_270)
        assert upright.size == turned.size
        for place in [(4, 60), (28, 60)]:
            there = (*place, place[0] + 1, place[1] + 1)
            seen, meant = (picture.crop(there).tobytes() for picture in (upright, turned))
            assert all(abs(a - b) < 40 for a, b in zip(seen, meant, strict=True)), place

    with urlopen(f"{login_site.url}/", timeout=30) as response:
        page = response.read().decode()
    assert "写了很久" in page
    assert "没有图片的文章" not in page


def test_every_file_that_wechat_looks_for_is_there():
    app = json.loads((PROGRAM / "app.json").read_text())
    theme = json.loads((PROGRAM / app["themeLocation"]).read_text())
    assert json.loads((PROGRAM / app["sitemapLocation"]).read_text())["rules"]
    assert json.loads((PROGRAM / "project.config.json").read_text())["compileType"]
    for page in app["pages"]:
        for kind in ("js", "json", "wxml", "wxss"):
            assert (PROGRAM / f"{page}.{kind}").is_file()
    assert {tab["pagePath"] for tab in app["tabBar"]["list"]} <= set(app["pages"])
    named = set(re.findall(r'"@(\w+)"', (PROGRAM / "app.json").read_text()))
    assert named == set(theme["light"]) == set(theme["dark"])
