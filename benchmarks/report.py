"""What the benchmarks found, kept as JSON and shown as one page.

    python benchmarks/report.py      results/*.json → docs/benchmarks.md

A benchmark calls `save` at its end; whatever lies in results/ then appears on the page.
"""

from __future__ import annotations

import json
import os
import platform
import shlex
import sys
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

FOLDER = Path(__file__).parent / "results"
PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
INTRODUCTION = """\
# Benchmarks

Made by `make bench`; [benchmarks/README.md](../benchmarks/README.md) says what each measures and
how to run it at full length. Times belong to the machine that took them: what carries over to
another one are the ratios, whose parts were always measured in turn within one run.
"""


@dataclass(frozen=True)
class Goal:
    """A ratio or figure that was aimed at, and what came out: texts, ready to read."""

    aim: str
    reached: str
    met: bool


@dataclass
class Result:
    """One benchmark's outcome. `name` orders the page and names the file.

    `head` and `rows` make the table, the first column naming the row; `notes` are lines of
    Markdown.
    """

    name: str
    title: str
    head: list[str]
    rows: list[list[str]]
    goals: list[Goal] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    command: str = ""
    when: str = ""
    machine: str = ""
    load: list[float] = field(default_factory=list)


def load_average() -> float:
    """The load average of the last minute. Above 0 at the start, somebody else was at work too."""
    return round(os.getloadavg()[0], 1)


def machine() -> str:
    """What the figures belong to, without names; and whether the run went before other work."""
    cores, python = len(os.sched_getaffinity(0)), platform.python_version()
    priority = f", nice {os.nice(0)}" if os.nice(0) else ""
    return f"{cores} cores, {platform.system()} {platform.machine()}, Python {python}{priority}"


def save(result: Result, load: float) -> None:
    """Keep and print a result. `load` is the load average from before the run."""
    script = Path(sys.argv[0])
    result.command = shlex.join(["python", f"benchmarks/{script.name}", *sys.argv[1:]])
    result.when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    result.machine = machine()
    result.load = [load, load_average()]
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{result.name}.json"
    path.write_text(json.dumps(asdict(result), indent=1, ensure_ascii=False) + "\n")
    print(section(asdict(result)))


def section(result: dict) -> str:
    """One result as Markdown."""
    first, *others = result["head"]
    load = f"load average {result['load'][0]} before, {result['load'][1]} after"
    lines = [
        f"## {result['title']}",
        f"`{result['command']}` · {result['when']} · {result['machine']} · {load}",
        "",
        f"| {' | '.join([first, *others])} |",
        "|---|" + "---:|" * len(others),
        *(f"| {' | '.join(row)} |" for row in result["rows"]),
    ]
    if result["goals"]:
        lines += ["", "| goal | reached | |", "|---|---:|---|"]
        lines += [
            f"| {goal['aim']} | {goal['reached']} | {'met' if goal['met'] else '**not met**'} |"
            for goal in result["goals"]
        ]
    if result["notes"]:
        lines += ["", *(f"- {note}" for note in result["notes"])]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the page."""
    results = [json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))]
    if not results:
        raise SystemExit("no results yet: run make bench")
    PAGE.write_text("\n".join([INTRODUCTION, *(section(result) for result in results)]))
    print(f"wrote {PAGE}")


if __name__ == "__main__":
    main()
