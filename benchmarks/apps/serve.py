"""Serve ``honest`` under one WSGI server: ``python serve.py NAME PORT``.

Each server is embedded the way a command of our own would do it, and set to
stand many slow uploads as well as it can.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask

THREADS = int(os.environ.get("BENCH_THREADS", "256"))


def load() -> Flask:
    """Make the app: in the worker where the server has one."""
    from honest import create_app

    return create_app()


def granian(port: int) -> None:
    """One worker process, many blocking threads."""
    from granian.constants import HTTPModes, Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    Server(
        "honest",
        address="127.0.0.1",
        port=port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        blocking_threads=THREADS,
        log_level=LogLevels.error,
        workers_kill_timeout=5,
    ).serve(target_loader=load, wrap_loader=False)


def waitress(port: int) -> None:
    """One process; bodies are buffered before a thread sees them."""
    import waitress as server

    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server.serve(
        load(),
        host="127.0.0.1",
        port=port,
        threads=8,
        connection_limit=1000,
        asyncore_use_poll=True,
        max_request_body_size=33 * 1024 * 1024,
    )


def gunicorn(port: int) -> None:
    """One gthread worker; a slow body holds its thread."""
    from gunicorn.app.base import BaseApplication

    class Application(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            options: dict[str, Any] = {
                "bind": f"127.0.0.1:{port}",
                "worker_class": "gthread",
                "workers": 1,
                "threads": THREADS,
                "loglevel": "error",
                "graceful_timeout": 5,
            }
            for name, value in options.items():
                self.cfg.set(name, value)

        def load(self) -> Flask:
            return load()

    Application().run()


SERVERS = {"granian": granian, "waitress": waitress, "gunicorn": gunicorn}

if __name__ == "__main__":
    SERVERS[sys.argv[1]](int(sys.argv[2]))
