"""The production server behind `tuchuang serve`; docs/adr/0004-server.md says why this one."""

import os

from granian.constants import Interfaces, Loops
from granian.server import Server

from flaskr.config import INSTANCE_VARIABLE

BLOCKING_THREADS = 256


def run(host: str, port: int, workers: int, instance_path: str) -> None:
    """Serve until a signal stops us."""
    os.environ[INSTANCE_VARIABLE] = instance_path
    Server(
        "flaskr:create_app",
        factory=True,
        address=host,
        port=port,
        workers=workers,
        interface=Interfaces.WSGI,
        loop=Loops.asyncio,
        blocking_threads=BLOCKING_THREADS,
    ).serve()
