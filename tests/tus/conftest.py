"""Fixtures: a server with somebody who uploads to it, a network that fails, a picture."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.calling import Caller
from tests.factories import encode, noise
from tests.faults.conftest import enter
from tests.serving import Site
from tests.tus.proxy import Proxy, proxied


@cache
def big_picture() -> bytes:
    """A picture of 19 MB, which nothing is stripped from."""
    return encode(noise(2600, 2400), "PNG", compress_level=0)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, migrated_database: Path) -> Iterator[Site]:
    """A server of two web processes."""
    served = Site(tmp_path_factory.mktemp("site"), migrated_database)
    try:
        served.start("--workers", "2")
        yield served
        served.stop()
    finally:
        served.kill()


@pytest.fixture
def caller(site: Site) -> Caller:
    return enter(site)


@pytest.fixture
def proxy(site: Site) -> Iterator[Proxy]:
    with proxied(site.port) as between:
        yield between


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "picture.png"
    path.write_bytes(big_picture())
    return path
