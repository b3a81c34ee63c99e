"""axe-core, let loose on a page: what somebody who does not see it, or not well, would stumble over."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SOURCE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"

TAGS = [
    *("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"),
    *("best-practice", "experimental"),
]
RULES = {
    "target-size": {"enabled": True},  # WCAG 2.2 has it, axe leaves it off
    # Only says that there is something hidden, which axe could not look into.
    "hidden-content": {"enabled": False},
}
RUN = """
    async (options) => {
      const { violations } = await axe.run(document, options);
      return violations.flatMap(({ id, nodes }) =>
        nodes.map(({ target, html, failureSummary }) =>
          `${id}: ${target.join(" ")}\\n${html}\\n${failureSummary}`));
    }
"""


def violations(page: Page) -> list[str]:
    """What axe finds on the page as it is now: the rule, the element, what is wrong."""
    if page.evaluate("() => typeof axe") == "undefined":
        page.evaluate(SOURCE.read_text())
    options: dict[str, Any] = {
        "runOnly": {"type": "tag", "values": TAGS},
        "rules": RULES,
        "resultTypes": ["violations"],
    }
    found: list[str] = page.evaluate(RUN, options)
    return found
