"""The other files for servers: whole, and agreeing with the program."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from flaskr.config import MIB, SETTINGS
from tests.deploy.front import BEHIND_NGINX, CONFIGURATION

DEPLOY = Path(__file__).parents[2] / "deploy"
UNIT = DEPLOY / "systemd" / "tuchuang.service"
NAMES = {f"TUCHUANG_{setting.name}" for setting in SETTINGS} | {"TUCHUANG_INSTANCE_PATH"}


@pytest.mark.parametrize("file", [path for path in DEPLOY.rglob("*") if path.is_file()], ids=str)
def test_only_settings_that_there_are_are_named(file):
    named = set(re.findall(r"TUCHUANG_[A-Z_]*[A-Z]", file.read_text())) - {"TUCHUANG_NAME"}
    assert named <= NAMES


def test_the_unit_sets_what_the_nginx_configuration_needs():
    lines = UNIT.read_text().splitlines()
    for name, value in BEHIND_NGINX.items():
        assert f"Environment=TUCHUANG_{name}={value}" in lines
        assert f"TUCHUANG_{name}={value} " in CONFIGURATION.read_text()


def test_nginx_takes_a_little_more_than_the_app():
    (limit,) = re.findall(r"client_max_body_size (\d+)m;", CONFIGURATION.read_text())
    (default,) = [setting.default for setting in SETTINGS if setting.name == "MAX_BATCH_BYTES"]
    assert 0 < int(limit) * MIB - default <= MIB


@pytest.fixture
def systemd_analyze() -> None:
    if shutil.which("systemd-analyze") is None:
        if os.environ.get("CI"):
            pytest.fail("CI installs systemd; .ci/run says how")
        pytest.skip("there is no systemd here")


def test_systemd_understands_the_unit(systemd_analyze, tmp_path):
    copy = tmp_path / UNIT.name
    program = shutil.which("true")
    copy.write_text(re.sub(r"/opt/tuchuang/bin/tuchuang", str(program), UNIT.read_text()))
    done = subprocess.run(
        ["systemd-analyze", "verify", copy], check=False, capture_output=True, text=True
    )
    assert (done.returncode, str(copy) in done.stderr) == (0, False), done.stderr
