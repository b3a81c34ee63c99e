"""The nginx that the tests of deploy/nginx drive: where it is, and how to get it.

`make test` runs this file, which installs one for root where there is none, as in CI; tests ask
`find`. Nobody else's machine gets one unasked, for Debian's starts to serve when it is installed.
"""

import os
import shutil
import subprocess

HELP = """\
There is no nginx here, so the tests of deploy/nginx are left out. To run them too:
  - install it with the system's packages: `sudo apt-get install nginx-light`,
    `sudo dnf install nginx`, `brew install nginx`
  - or name one that is there: NGINX=/path/to/nginx make test
"""
PLACES = (os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin")


def find() -> str | None:
    """The path of an nginx on this system, or None.

    The environment variable NGINX names one outright.
    """
    if named := os.environ.get("NGINX"):
        return shutil.which(named) or named
    return shutil.which("nginx", path=os.pathsep.join(PLACES))


def install() -> None:
    """Try the system's packages."""
    if not (shutil.which("apt-get") and os.geteuid() == 0):
        return
    apt_get = ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq")
    for command in (("update",), ("install", "-y", "--no-install-recommends", "nginx-light")):
        subprocess.run((*apt_get, *command), check=False, stdin=subprocess.DEVNULL)


if __name__ == "__main__":
    if not find():
        print("Installing nginx for the tests of deploy/nginx", flush=True)
        install()
    if not find():
        print(HELP)
