"""PicGo from npm, run as its users do: in a folder of its own, with a home of its own."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.serving import PATIENCE

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
MODULES = ROOT / "node_modules"
NODE = shutil.which("node", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
ENDS_AFTER = 20
"""Seconds after which PicGo hangs: it waits for a connection that nobody closes."""


@dataclass(frozen=True)
class Ran:
    """What PicGo printed."""

    out: str

    @property
    def link(self) -> str:
        """The last line, if it is a link; else nothing."""
        last = self.out.rstrip().rpartition("\n")[2]
        return last if last.startswith("http") else ""


class PicGo:
    """One version of PicGo (the name of its folder in node_modules), and its settings."""

    def __init__(self, version: str, folder: Path, authority: Path | None = None) -> None:
        self.version = version
        self.folder = folder
        self.authority = authority
        (folder / "home").mkdir(parents=True)
        (folder / "node_modules").symlink_to(MODULES)

    def configure(self, config: Mapping[str, Any]) -> None:
        """Write its settings, and note the plug-ins that they switch on as installed."""
        (self.folder / "config.json").write_text(json.dumps(config))
        installed = dict.fromkeys(config.get("picgoPlugins", {}), "*")
        package = {"name": "picgo-plugins", "version": "1.0.0", "dependencies": installed}
        (self.folder / "package.json").write_text(json.dumps(package))

    def use(self, uploader: str, settings: Mapping[str, Any], plugin: str = "") -> None:
        """Let it send to `uploader`, which comes with a plug-in if one is named."""
        bed = {"uploader": uploader, "current": uploader, uploader: settings}
        self.configure({"picBed": bed, "picgoPlugins": {plugin: True} if plugin else {}})

    def upload(self, *pictures: Path) -> Ran:
        """Run `picgo upload`; it has to end by itself."""
        command = MODULES / self.version / "bin/picgo"
        return self._run(command, "-c", self.folder / "config.json", "upload", *pictures)

    def upload_and_remove(self, picture: Path) -> Ran:
        """Do what the window does when a picture is sent, and then removed from its album."""
        return self._run(HERE / "remove.cjs", self.version, self.folder / "config.json", picture)

    def _run(self, *arguments: str | Path) -> Ran:
        assert NODE, "Node.js is missing: make test installs it"
        given = {"HOME": str(self.folder / "home"), "LANG": "en_US.UTF-8"}
        if self.authority:
            given["NODE_EXTRA_CA_CERTS"] = str(self.authority)
        done = subprocess.run(
            [NODE, *map(str, arguments)],
            cwd=self.folder,
            env=os.environ | given,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=ENDS_AFTER + PATIENCE,
        )
        return Ran(done.stdout)
