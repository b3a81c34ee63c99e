"""What is installed is pinned, and somebody said why."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REQUIREMENTS = ROOT / "requirements"
DECISION = ROOT / "docs/adr/0002-dependencies.md"


def lines(path: Path) -> list[str]:
    stripped = (line.partition("#")[0].strip() for line in path.read_text().splitlines())
    return [line for line in stripped if line and not line.startswith("-c ")]


def name(requirement: str) -> str:
    return re.split(r"[\[<>=!~; ]", requirement)[0]


def direct() -> set[str]:
    """The packages that the project itself asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"]]
    for extra in project["optional-dependencies"].values():
        asked += extra
    for file in REQUIREMENTS.glob("*.in"):
        asked += lines(file)
    return {name(requirement) for requirement in asked}


def test_each_direct_dependency_has_its_line():
    decision = DECISION.read_text()
    assert {package for package in direct() if f"`{package}" not in decision} == set()


@pytest.mark.parametrize("path", sorted(REQUIREMENTS.glob("*.txt")), ids=lambda path: path.stem)
def test_requirements_are_exact(path):
    pin = re.compile(r"[a-z0-9-]+==[0-9][0-9.a-z]*( ; .+)?")
    assert [line for line in lines(path) if not pin.fullmatch(line)] == []


def test_the_pins_hold_what_the_project_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pinned = {name(line) for line in lines(REQUIREMENTS / "base.txt")}
    assert {name(requirement) for requirement in project["dependencies"]} - pinned == set()
