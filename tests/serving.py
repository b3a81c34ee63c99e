"""The real server in a process of its own, and the same app in this process to look behind it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from flask import Flask

from flaskr import create_app
from flaskr.config import ENVIRONMENT_PREFIX, INSTANCE_VARIABLE, from_environment

COMMAND = Path(sys.executable).with_name("tuchuang")
DECODER = "flaskr.imaging.worker"
HOST = "127.0.0.1"
PATIENCE = 30  # seconds until the server has to answer
SETTINGS = {
    "SECRET_KEY": "a key for tests",
    "REGISTRATION": "open",
    "RATE_LIMITS": "false",
}


def free_port() -> int:
    with socket.socket() as chosen:
        chosen.bind((HOST, 0))
        port: int = chosen.getsockname()[1]
        return port


def group(pid: int) -> int | None:
    """The process group of a process; None if it has ended."""
    try:
        state, _, group_ = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:3]
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if state == "Z" else int(group_)


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def pss(pid: int) -> int:
    """The memory of a process in bytes, of shared pages its share."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    (line,) = [line for line in text.splitlines() if line.startswith("Pss:")]
    return int(line.split()[1]) * 1024


class Site:
    """`tuchuang serve` on an instance folder of its own, which begins with a copy of `database`.

    Without a database, it has to be made by `run("db", "upgrade")`. `settings` are as in the
    environment: texts, without the prefix.
    """

    def __init__(self, folder: Path, database: Path | None = None, **settings: str) -> None:
        self.instance = folder / "instance"
        self.instance.mkdir()
        if database:
            shutil.copy(database, self.instance / "tuchuang.sqlite3")
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        self._settings = SETTINGS | settings
        self._log = folder / "log"
        self._process: subprocess.Popen[bytes] | None = None

    def make_app(self) -> Flask:
        """The app that is served, in this process."""
        given = from_environment(self._settings_as_environment())
        return create_app(given | {"INSTANCE_PATH": self.instance, "TESTING": True})

    def run(self, *command: str) -> None:
        """Run the command on this instance, to its end."""
        with self._log.open("ab") as log:
            subprocess.run(
                [COMMAND, *command], check=True, env=self._environment(), stdout=log, stderr=log
            )

    def start(self, *options: str) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [COMMAND, "serve", "--host", HOST, "--port", str(self.port), *options],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # so that its workers can be killed with it
            )
        self.wait_until_ready()

    def _environment(self) -> dict[str, str]:
        """The environment, with our settings and nobody else's."""
        theirs = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(ENVIRONMENT_PREFIX)
        }
        ours = self._settings_as_environment()
        return theirs | ours | {INSTANCE_VARIABLE: str(self.instance)}

    def _settings_as_environment(self) -> dict[str, str]:
        return {f"{ENVIRONMENT_PREFIX}{name}": value for name, value in self._settings.items()}

    def wait_until_ready(self) -> None:
        """Return once it answers."""
        deadline = time.monotonic() + PATIENCE
        while True:
            assert self._process is not None
            assert self._process.poll() is None, self._log.read_text()
            try:
                urlopen(f"{self.url}/auth/login", timeout=PATIENCE).close()
            except HTTPError:
                raise
            except (URLError, ConnectionError):
                assert time.monotonic() < deadline, self._log.read_text()
                time.sleep(0.05)
            else:
                return

    @property
    def log(self) -> str:
        """What the server wrote so far."""
        return self._log.read_text(errors="replace")

    def processes(self, part: str = "") -> list[int]:
        """The server's processes whose command line holds `part`, its parent process first."""
        if self._process is None:
            return []
        return [
            pid
            for pid in sorted(int(path.name) for path in Path("/proc").glob("[0-9]*"))
            if group(pid) == self._process.pid and part in command_line(pid)
        ]

    def workers(self) -> list[int]:
        """The web processes."""
        decoders = {*self.processes(DECODER)}
        return [pid for pid in self.processes()[1:] if pid not in decoders]

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self._process is not None:
            with suppress(ProcessLookupError):  # it may have ended by itself
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """End it as whoever runs it does. Raises TimeoutExpired if it does not."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE)
            self._process = None
