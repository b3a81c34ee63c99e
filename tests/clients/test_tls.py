"""What PicGo has built in, and sends over TLS alone: to sm.ms and to imgur."""

import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from flaskr.library.client_files import Host
from tests.clients.conftest import Member, Picture
from tests.clients.picgo import PicGo
from tests.clients.tls import Front, front
from tests.serving import PATIENCE, Site


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with front(tmp_path_factory.mktemp("tls")) as made:
        yield made


@pytest.fixture(scope="module")
def site(
    tmp_path_factory: pytest.TempPathFactory, migrated_database: Path, secure: Front
) -> Iterator[Site]:
    """A server that the world reaches over TLS."""
    served = Site(tmp_path_factory.mktemp("site"), migrated_database, PUBLIC_URL=secure.url)
    secure.server_port = served.port
    try:
        served.start()
        yield served
        served.stop()
    finally:
        served.kill()


@pytest.fixture(params=["picgo", "picgo-1.5"])
def picgo(request, tmp_path, secure) -> PicGo:
    return PicGo(request.param, tmp_path / "picgo", secure.authority)


def assert_sends(picgo: PicGo, secure: Front, picture: Picture) -> None:
    ran = picgo.upload(picture.path)
    assert ran.link.startswith(secure.url), ran.out
    trusted = ssl.create_default_context(cafile=str(secure.authority))
    with urlopen(ran.link, timeout=PATIENCE, context=trusted) as got:
        assert got.read() == picture.content


def test_smms(picgo, secure, member: Member, picture):
    domain = urlsplit(secure.url).netloc
    picgo.use("smms", {"token": member.host.token, "backupDomain": domain})
    assert_sends(picgo, secure, picture)
    # The same once more is answered with the link it has.
    assert_sends(picgo, secure, picture)


def test_imgur(picgo, secure, member: Member, picture):
    picgo.use("imgur", {"clientId": member.host.token, "proxy": secure.proxy})
    assert_sends(picgo, secure, picture)


def test_a_plug_in_over_tls(picgo, secure, member: Member, picture):
    host: Host = replace(member.host, address=secure.url)
    settings = {"Url": host.address, "Token": host.token}
    picgo.use("lsky-uploader", settings, "picgo-plugin-lsky-uploader")
    assert_sends(picgo, secure, picture)
