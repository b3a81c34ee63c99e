"""PicGo, the current one and 1.5, with what it has built in and with its plug-ins."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from flaskr.library.client_files import CLIENTS, Host
from tests.clients.conftest import Member
from tests.clients.picgo import ENDS_AFTER, PicGo

Settings = dict[str, Any]


def made_config(host: Host) -> Any:
    """The file of the set-up page."""
    (file,) = CLIENTS["picgo"].make(host).files
    return json.loads(file.text)


def lankong(host: Host) -> Settings:
    settings: Settings = made_config(host)["picBed"]["lankong"]
    return settings


PLUGIN_SETTINGS: dict[str, tuple[str, str, Callable[[Host], Settings]]] = {
    "lsky-uploader": (
        "lsky-uploader",
        "picgo-plugin-lsky-uploader",
        lambda host: {"Url": host.address, "Token": host.token},
    ),
    "lskypro-uploader": (
        "lsky-uploader",
        "picgo-plugin-lskypro-uploader",
        lambda host: {"Url": host.address, "Token": host.token, "StrategyId": 1},
    ),
    "lankong V1": (
        "lankong",
        "picgo-plugin-lankong",
        lambda host: lankong(host) | {"lskyProVersion": "V1", "token": host.token},
    ),
    "lankong V2": ("lankong", "picgo-plugin-lankong", lankong),
    "lankong V2 with a strategy": (
        "lankong",
        "picgo-plugin-lankong",
        lambda host: lankong(host) | {"strategyId": "1", "permission": 1},
    ),
    "web-uploader": (
        "web-uploader",
        "picgo-plugin-web-uploader",
        lambda host: {
            "url": f"{host.address}/api/images",
            "paramName": "file",
            "jsonPath": "url",
            "customHeader": json.dumps({"Authorization": host.bearer}),
            "customBody": json.dumps({"keep": "share"}),
        },
    ),
    "custom-uploader": (
        "custom-uploader",
        "picgo-plugin-custom-uploader",
        lambda host: {
            "url": f"{host.address}/api/images",
            "needFileNameUrl": False,
            "postFileName": "file",
            "headers": json.dumps({"Authorization": host.bearer}),
            "jsonPath": "url",
        },
    ),
}


@pytest.fixture(params=["picgo", "picgo-1.5"])
def version(request) -> str:
    chosen: str = request.param
    return chosen


@pytest.fixture
def picgo(version, tmp_path) -> PicGo:
    return PicGo(version, tmp_path / "picgo")


def assert_sends(picgo: PicGo, member: Member, picture) -> None:
    started = time.monotonic()
    ran = picgo.upload(picture.path)
    assert ran.link, ran.out
    assert member.loads(ran.link, picture.content)
    assert time.monotonic() - started < ENDS_AFTER


def test_the_file_of_the_set_up_page(picgo, member, picture):
    picgo.configure(made_config(member.host))
    assert_sends(picgo, member, picture)


@pytest.mark.parametrize("plugin", PLUGIN_SETTINGS)
def test_plug_ins(picgo, member, picture, plugin):
    uploader, package, settings = PLUGIN_SETTINGS[plugin]
    picgo.use(uploader, settings(member.host), package)
    assert_sends(picgo, member, picture)


def test_a_picture_that_is_there_already(picgo, member, picture):
    picgo.configure(made_config(member.host))
    first, second = (picgo.upload(picture.path).link for _ in range(2))
    assert first == second != ""


def test_what_is_removed_in_its_album_is_deleted_here(picgo, member, picture):
    config = made_config(member.host)
    assert config["picBed"]["lankong"]["syncDelete"] is False  # the page leaves it to the person
    config["picBed"]["lankong"]["syncDelete"] = True
    picgo.configure(config)
    ran = picgo.upload_and_remove(picture.path)
    assert ran.link, ran.out
    assert member.fetch(ran.link).status == 404


def test_a_wrong_token_is_told(picgo, member, picture):
    config = made_config(member.host)
    config["picBed"]["lankong"]["token"] = "Bearer wrong"
    picgo.configure(config)
    ran = picgo.upload(picture.path)
    assert ran.link == ""
    assert "401" in ran.out or "token" in ran.out.lower(), ran.out


def test_a_file_that_is_no_picture_is_told(picgo, member, tmp_path):
    path = tmp_path / "words.png"
    path.write_bytes(b"just some words" * 9)
    picgo.configure(made_config(member.host))
    ran = picgo.upload(path)
    assert ran.link == ""
    assert "This is not a picture we can take" in ran.out
