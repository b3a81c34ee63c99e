"""Somebody who notes what the browser complains about."""

import re

from playwright.sync_api import BrowserContext, ConsoleMessage, WebError

FAILED = re.compile(
    r"^Failed to load resource: (?:the server responded with a status of (\d{3})|(net::\w+))"
)
CONSOLE = {"error", "warning", "assert"}

REPORT = """
    document.addEventListener("securitypolicyviolation", (event) => {
      console.error(`The CSP forbids ${event.violatedDirective}: ${event.blockedURI}`);
    });
"""


class Witness:
    """What the pages of a test complained about.

    A browser also writes to the console when the server refuses something. A test for which that
    is right says so beforehand, by `expect`.
    """

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self._expected: set[str] = set()

    def expect(self, *failures: int | str) -> None:
        """Say which statuses (404) or network errors ("net::ERR_…") belong to the test."""
        self._expected.update(map(str, failures))

    def watch(self, context: BrowserContext) -> None:
        context.add_init_script(REPORT)
        context.on("console", self._hear)
        context.on("weberror", self._note_error)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type not in CONSOLE:
            return
        failed = FAILED.match(message.text)
        if failed and (failed[1] or failed[2]) in self._expected:
            return
        self.complaints.append(f"{message.type}: {message.text} ({message.location['url']})")

    def _note_error(self, error: WebError) -> None:
        self.complaints.append(f"uncaught: {error.error}")
