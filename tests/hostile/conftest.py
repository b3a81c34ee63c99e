"""Fixtures: one server for all that is thrown at it here."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.calling import Caller
from tests.faults.conftest import enter
from tests.serving import Site


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory, migrated_database: Path) -> Iterator[Site]:
    """The server; the same processes have to be there when its tests are through."""
    site = Site(tmp_path_factory.mktemp("target"), migrated_database, DECODERS="2")
    try:
        site.start()
        workers = site.workers()
        yield site
        assert site.workers() == workers
        assert "Traceback" not in site.log
        assert list((site.instance / "files" / "incoming").glob("*")) == []
    finally:
        site.kill()


@pytest.fixture(scope="module")
def caller(target: Site) -> Caller:
    return enter(target)
