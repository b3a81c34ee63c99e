"""The production server behind `tuchuang serve`; docs/adr/0004-server.md says why this one."""

import ctypes
import logging
import os
import resource
import signal
import socket
import sys
from functools import partial

from flask import Flask
from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server

from flaskr.config import INSTANCE_VARIABLE, ConfigurationError
from flaskr.edge import Edge

THREADS = 256
BODIES = 224
"""How many requests may be sending a body; the other threads stay free for short requests."""

OPEN_FILES = 4096
CONNECTIONS = 1024
HEADER_MILLISECONDS = 30_000
STOP_SECONDS = 10
PR_SET_PDEATHSIG = 1


def run(host: str, port: int, workers: int, instance_path: str) -> None:
    """Serve until a signal stops us. Raises ConfigurationError if the address cannot be had."""
    address, port = claim(host, port)
    allow_open_files()
    quiet = logging.getLogger("_granian")
    quiet.addFilter(lambda record: "quite high" not in record.getMessage())  # the ADR says why
    server = Server(
        "tuchuang",
        address=address,
        port=port,
        workers=workers,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        loop=Loops.asyncio,
        websockets=False,
        blocking_threads=THREADS,
        backlog=2048,
        backpressure=CONNECTIONS,
        http1_settings=HTTP1Settings(
            header_read_timeout=HEADER_MILLISECONDS, max_buffer_size=128 * 1024
        ),
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
    )
    shown = f"[{address}]" if ":" in address else address
    sys.stderr.write(f"Serving on http://{shown}:{port} (Ctrl-C stops)\n")
    server.serve(target_loader=partial(load, os.getpid(), instance_path), wrap_loader=False)


def load(parent: int, instance_path: str) -> Flask:
    """Make the app in a worker, which ends when its parent does."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            raise SystemExit(1)
    os.environ[INSTANCE_VARIABLE] = instance_path
    from flaskr import create_app  # noqa: PLC0415 - the parent never needs it

    app = create_app()
    app.wsgi_app = Edge(app.wsgi_app, BODIES)  # type: ignore[method-assign]
    return app


def claim(host: str, port: int) -> tuple[str, int]:
    """Return the numeric address and port to listen on; port 0 becomes a free one.

    The server would share a port with one that is there already, and each would get half of the
    requests; so the port is tried first. Raises ConfigurationError if it is taken.
    """
    try:
        family, kind, protocol, _, found = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(found)
            claimed: tuple[str, int] = trial.getsockname()[:2]
            return claimed
    except OSError as error:
        raise ConfigurationError(
            f"Cannot listen on {host}:{port}: {error.strerror or error}. Stop the program that "
            "uses it, or choose another one with --port."
        ) from error


def allow_open_files() -> None:
    """Raise the soft limit on open files: a connection and a spooled upload need one each."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
