"""`surveyd up`: everything from one parent."""

import contextlib
import fcntl
import logging
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask import Flask

from surveyd.base.config import HOME
from surveyd.base.database import db, forget_connections, reading
from surveyd.base.embedded_queue import start_queue
from surveyd.base.errors import Refused
from surveyd.base.log import start_logging
from surveyd.base.migrations import upgrade
from surveyd.base.services import EXTENSION, Services
from surveyd.cli.demo import load_with_progress, say_sign_ins
from surveyd.cli.house import open_app
from surveyd.cli.processes import HOST, port_option, stop_on_signal
from surveyd.cli.supervisor import Child, Supervisor
from surveyd.cli.workers import run_worker
from surveyd.distribution.lanes import run_sender
from surveyd.operations.catcher import run_catcher
from surveyd.people.users import list_users
from surveyd.schedule import run_schedule
from surveyd.web.server import serve


@click.command()
@click.option("--demo", is_flag=True, help="With a simulated company and a mail catcher.")
@port_option
@click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), help="Folder for everything that is kept."
)
def up(demo: bool, port: int, data: Path | None) -> None:
    """Start everything: web, sender, worker, schedule and, where none is configured, database and queue."""
    started = time.monotonic()
    start_logging(logging.WARNING if sys.stderr.isatty() else logging.INFO)
    overrides = {"data": str(data)} if data else {}
    catcher_port = _free_port() if demo else 0
    if demo:
        folder = data or HOME / "data" / "demo"
        overrides |= {"data": str(folder), "env": "demo", "smtp_url": f"smtp://{HOST}:{catcher_port}"}
    _require_free(port)
    app = open_app({"base_url": f"http://{HOST}:{port}"}, **overrides)
    house: Services = app.extensions[EXTENSION]
    with _alone(house.config.data) as mark, _queue_of(house):
        _prepare(app, demo)
        children = [
            Child("web", lambda: serve(app, host=HOST, port=port)),
            Child("sender", lambda: run_sender(app, stop_on_signal())),
            Child("worker", lambda: run_worker(app, stop_on_signal())),
            Child("schedule", lambda: _in_context(app, lambda: run_schedule(house, stop_on_signal()))),
        ]
        if demo:
            children.insert(
                0, Child("catcher", lambda: run_catcher(house.config.data, catcher_port, stop_on_signal()))
            )
        supervisor = Supervisor(children, before_fork=lambda: _forget_connections(app))
        supervisor.start()
        ready = _Announcement(port, started, demo)
        try:
            supervisor.watch(lambda: _watch_over(mark, ready))
        finally:
            click.echo("stopping", err=True)
            supervisor.stop()


class _Announcement:
    """Says once that the server answers, and where."""

    def __init__(self, port: int, started: float, demo: bool) -> None:
        self.port, self.started, self.demo, self.said = port, started, demo, False

    def __call__(self) -> None:
        if self.said or not _accepts(self.port):
            return
        self.said = True
        click.echo(f"ready http://{HOST}:{self.port}/  ({time.monotonic() - self.started:.1f} s)")
        if self.demo:
            say_sign_ins(f"http://{HOST}:{self.port}")
        sys.stdout.flush()


def _watch_over(mark: Path, ready: _Announcement) -> None:
    ready()
    if not mark.exists():
        # Whoever cleans up after a trial removes the folder; nothing could be kept any more.
        raise Refused(f"The data folder {mark.parents[1]} is gone.")


def _prepare(app: Flask, demo: bool) -> None:
    with app.app_context():
        upgrade()
        if demo:
            load_with_progress(app.extensions[EXTENSION])
            return
        with reading() as session:
            if not list_users(session):
                click.echo("Nobody can sign in yet; run: bin/surveyd init --email YOU@COMPANY", err=True)


def _in_context(app: Flask, run: Callable[[], None]) -> None:
    with app.app_context():
        run()


def _forget_connections(app: Flask) -> None:
    # A connection must not be shared by two processes: the child would talk into the parent's dialogue.
    with app.app_context():
        db.session.remove()
        forget_connections()


@contextmanager
def _alone(data: Path) -> Iterator[Path]:
    mark = data / "run" / "up.lock"
    with mark.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(
                f"surveyd is running already on {data}; stop it first, or choose another --data."
            ) from None
        os.set_inheritable(lock.fileno(), False)
        yield mark


@contextmanager
def _queue_of(house: Services) -> Iterator[None]:
    if not house.config.embedded_queue:
        yield
        return
    server = start_queue(house.config.data)
    try:
        yield
    finally:
        server.terminate()
        server.wait()


def _require_free(port: int) -> None:
    if _accepts(port):
        raise Refused(f"Port {port} is in use; choose another with --port.")


def _accepts(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=0.2):
        return True
    return False


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as free:
        return int(free.getsockname()[1])
