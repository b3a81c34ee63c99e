"""axe-core, let loose on a page: what people who do not see it well would stumble over."""

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
    async ([within, options]) => {
      const { violations } = await axe.run(within, options);
      return violations.flatMap(({ id, nodes }) =>
        nodes.map(({ target, html, failureSummary }) =>
          `${id}: ${target.join(" ")}\\n${html}\\n${failureSummary}`));
    }
"""


def violations(page: Page, within: str = "html") -> list[str]:
    """What axe finds on the page as it is now: the rule, the element, what is wrong.

    `within` is a selector: something that lies over the page covers what is below. For the same
    reason the window is made as high as the page, lest the bars at its edges cover anything.
    """
    assert page.viewport_size is not None
    height = page.evaluate("() => document.documentElement.scrollHeight")
    page.set_viewport_size({"width": page.viewport_size["width"], "height": height})
    if page.evaluate("() => typeof axe") == "undefined":
        page.evaluate(SOURCE.read_text())
    options: dict[str, Any] = {
        "runOnly": {"type": "tag", "values": TAGS},
        "rules": RULES,
        "resultTypes": ["violations"],
    }
    found: list[str] = page.evaluate(RUN, [within, options])
    return found
