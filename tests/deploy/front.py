"""A real nginx with the configuration that is shipped, in front of a real server."""

import os
import subprocess
import time
from pathlib import Path

from tests.nginx import find
from tests.serving import HOST, PATIENCE, Site, free_port

CONFIGURATION = Path(__file__).parents[2] / "deploy" / "nginx" / "tuchuang.conf"
BEHIND_NGINX = {"ACCEL_PREFIX": "/_files/", "TRUSTED_PROXIES": "1"}

AROUND = """\
{user}
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log info;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/tuchuang.conf;
}}
"""


def adapted(port: int, app_port: int, files: Path, folder: Path) -> str:
    """The shipped configuration with its places and ports replaced, each of them there."""
    text = CONFIGURATION.read_text()
    for shipped, ours in {
        "    listen 80;\n    listen [::]:80;\n": f"    listen {HOST}:{port};\n",
        "server 127.0.0.1:5000;": f"server {HOST}:{app_port};",
        "/var/lib/tuchuang/files": str(files),
        "/dev/shm/tuchuang-links": f"{folder}/links",
        "/var/lib/nginx/tuchuang-static": f"{folder}/static",
        "/var/log/nginx/tuchuang.log": f"{folder}/access.log",
    }.items():
        assert shipped in text
        text = text.replace(shipped, ours)
    return text


class Front:
    """nginx in front of a site that has started."""

    def __init__(self, folder: Path, site: Site) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        self.log = folder / "error.log"
        self.access_log = folder / "access.log"
        configuration = adapted(self.port, site.port, site.instance / "files", folder)
        (folder / "tuchuang.conf").write_text(configuration)
        user = "user root;" if os.geteuid() == 0 else ""  # only root may say
        (folder / "nginx.conf").write_text(AROUND.format(user=user, folder=folder))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = find()
        assert program, "see tests/nginx.py"
        command = [program, "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")]
        command += ["-e", str(self.log)]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE
        while not (self.folder / "pid").exists():
            assert self._process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.02)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE)
            self._process = None
