"""What is shipped is whole: built, installed into an empty environment and served from there."""

import os
import re
import socket
import subprocess
import sys
import tarfile
import time
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

ROOT = Path(__file__).parents[1]
PATIENCE = 30  # seconds until the server has to answer

pytestmark = pytest.mark.packaging


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    """Run to the end and give back what was printed; a failure shows it."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=env,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def tracked(*places: str) -> set[str]:
    """The files under `places` that git knows and that are there, as paths from the root."""
    try:
        listed = run("git", "ls-files", "-z", "--", *places, cwd=ROOT)
    except (FileNotFoundError, AssertionError):
        pytest.skip("not a git work tree")
    return {name for name in listed.split("\0") if name and (ROOT / name).is_file()}


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An sdist of a clean copy of the tree, and the wheel that is built from it."""
    clean = tmp_path_factory.mktemp("clean")
    # What git does not know (compiled catalogs, say) must not help.
    for name in tracked("."):
        (clean / name).parent.mkdir(parents=True, exist_ok=True)
        (clean / name).write_bytes((ROOT / name).read_bytes())
    dist = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", dist, clean, cwd=dist)
    [sdist] = dist.glob("*.tar.gz")
    [wheel] = dist.glob("*.whl")
    return sdist, wheel


@pytest.fixture(scope="module")
def installed(distributions: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of an environment that holds the wheel and what it asks for."""
    _sdist, wheel = distributions
    place = tmp_path_factory.mktemp("environment")
    venv.create(place, with_pip=True, symlinks=True)
    commands = place / "bin"
    # As constraints, the pins install nothing by themselves: the wheel has to name its needs.
    run(
        *(commands / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
        *("--constraint", ROOT / "requirements/base.txt", wheel),
        cwd=place,
    )
    return commands


@pytest.fixture(scope="module")
def served(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the installed program, serving an instance that it made."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    env = {name: value for name, value in os.environ.items() if not name.startswith("TUCHUANG_")}
    env.pop("PYTHONPATH", None)
    env["TUCHUANG_INSTANCE_PATH"] = str(elsewhere / "instance")
    where = run(
        *(installed / "python", "-c", "import flaskr; print(flaskr.__file__)"),
        cwd=elsewhere,
        env=env,
    )
    assert Path(where.strip()).is_relative_to(installed.parent)
    run(installed / "tuchuang", "db", "upgrade", cwd=elsewhere, env=env)

    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        port = chosen.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with (elsewhere / "log").open("wb") as log:
        server = subprocess.Popen(
            [installed / "tuchuang", "serve", "--host", "127.0.0.1", "--port", str(port)],
            cwd=elsewhere,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        wait_for(f"{address}/auth/login", server, elsewhere / "log")
        yield address
    finally:
        server.terminate()
        server.wait(PATIENCE)


def wait_for(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            urlopen(url, timeout=PATIENCE).close()
        except HTTPError as error:
            pytest.fail(f"{error}\n{log.read_text()}")
        except URLError:
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        else:
            return


def test_the_sdist_is_the_whole_project(distributions):
    sdist, _wheel = distributions
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    # Git's own settings and the CI's script are of no use to whoever has the sdist.
    wanted = {name for name in tracked(".") if not name.startswith((".ci/", ".gitattributes"))}
    assert wanted - names == set()


def test_the_wheel_has_every_file_of_the_package(distributions):
    _sdist, wheel = distributions
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert tracked("flaskr") - names == set()
    assert "flaskr/translations/zh_Hans/LC_MESSAGES/messages.mo" in names
    outside = {name for name in names if not name.startswith("flaskr/")}
    assert all(".dist-info/" in name for name in outside), outside


def test_a_page_is_served_in_chinese_with_its_style_sheets(served):
    request = Request(f"{served}/auth/login", headers={"Accept-Language": "zh-CN,zh;q=0.9"})
    with urlopen(request, timeout=PATIENCE) as response:
        page = response.read().decode()
    assert '<html lang="zh-Hans"' in page
    assert "登录" in page

    sheets = re.findall(r'href="(/static/[^"]+\.css)"', page)
    assert sheets
    for sheet in sheets:
        with urlopen(served + sheet, timeout=PATIENCE) as response:
            assert response.headers.get_content_type() == "text/css"
            assert response.read()
