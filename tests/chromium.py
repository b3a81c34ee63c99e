"""The Chromium that the browser tests drive: where it is, and how to get it.

The system's own comes first, because it brings its libraries and fonts along; of these the headless
shell, which is the same engine without the browser's windows: a new page there takes a third of the
time. `make test` runs this file, which installs one where there is none; tests ask `find`.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

PACKAGES = ("chromium-headless-shell", "chromium")
NAMES = (*PACKAGES, "chromium-browser", "google-chrome-stable", "google-chrome")
MAC = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
HELP = """\
The browser tests need Chromium, and it could not be installed from here. Any of these helps:
  - install it with the system's packages: `sudo apt-get install chromium`,
    `sudo dnf install chromium`, `brew install --cask chromium`
  - name one that is there: CHROMIUM=/path/to/chromium make test
  - leave the browser tests out: .venv/bin/pytest -m "not browser and not services"
"""


def find() -> str | None:
    """The path of a Chromium on this system, or None: then Playwright's own has to do.

    The environment variable CHROMIUM names one outright.
    """
    if named := os.environ.get("CHROMIUM"):
        return shutil.which(named) or named
    return next((path for path in map(shutil.which, (*NAMES, *MAC)) if path), None)


def launch_arguments() -> dict[str, Any]:
    """Arguments for Playwright's `chromium.launch`."""
    arguments: dict[str, Any] = {
        "args": [
            # Nothing but the pages under test goes over the network.
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-quic",
            "--disable-sync",
            "--no-first-run",
            # Chromium's sandbox refuses to run as root, which CI is.
            *(["--no-sandbox"] if os.geteuid() == 0 else []),
        ],
    }
    if path := find():
        arguments["executable_path"] = path
    return arguments


def playwrights_own_is_there() -> bool:
    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path).exists()


def is_there() -> bool:
    return find() is not None or playwrights_own_is_there()


def install() -> bool:
    """Try the system's packages, then Playwright's download. Says whether there is one now."""
    if shutil.which("apt-get"):
        sudo = () if os.geteuid() == 0 else ("sudo", "-n")
        if not sudo or succeeds("sudo", "-n", "true"):
            apt_get = (*sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq")
            succeeds(*apt_get, "update")
            for package in PACKAGES:
                succeeds(*apt_get, "install", "-y", "--no-install-recommends", package)
                # On Ubuntu "chromium" is a snap's stand-in, which may not run: look again.
                if find():
                    return True
    return succeeds(sys.executable, "-m", "playwright", "install", "chromium") and is_there()


def succeeds(*command: str) -> bool:
    try:
        return subprocess.run(command, check=False, stdin=subprocess.DEVNULL).returncode == 0
    except FileNotFoundError:
        return False


if __name__ == "__main__":
    if not is_there():
        print("Installing Chromium for the browser tests", flush=True)
        if not install():
            sys.exit(HELP)
