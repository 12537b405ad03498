"""The web server: granian, with the app loaded before its workers are forked."""

import os
from collections.abc import Callable
from typing import Any

from flask import Flask
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from surveyd.base.database import forget_connections
from surveyd.base.processes import die_with_parent

WORKERS_AT_MOST = 8
THREADS = 8
BACKLOG = 2048
STOP_SECONDS = 10


def serve(app: Flask, *, host: str, port: int, workers: int | None = None) -> None:
    """Serve `app` until SIGTERM or SIGINT; requests that are being answered are finished first."""
    count = workers or min(WORKERS_AT_MOST, os.cpu_count() or 1)
    server = Server(
        "surveyd",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=count,
        blocking_threads=THREADS,
        backlog=BACKLOG,
        # Its warnings are advice about our settings, in plain lines between the structured ones.
        log_level=LogLevels.error,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=STOP_SECONDS,
    )
    server.serve(target_loader=_loader(app), wrap_loader=False)


def _loader(app: Flask) -> Callable[[], Callable[..., Any]]:
    def load() -> Callable[..., Any]:
        # Runs in the forked worker: connections of the parent are not ours to use.
        die_with_parent()
        with app.app_context():
            forget_connections(close=False)
        return app

    return load
