"""Each process alone: web, sender, worker, schedule."""

import signal
import threading

import click
from flask import Flask

from surveyd.base.log import start_logging
from surveyd.base.services import EXTENSION
from surveyd.cli.house import open_app
from surveyd.cli.workers import run_worker
from surveyd.distribution.lanes import run_sender
from surveyd.schedule import run_schedule
from surveyd.web.server import serve

HOST = "127.0.0.1"
port_option = click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))


@click.command()
@port_option
@click.option("--host", default=HOST, show_default=True, help="The address to listen on.")
def web(port: int, host: str) -> None:
    """Serve the pages."""
    app = _process(base_url=f"http://{HOST}:{port}")
    serve(app, host=host, port=port)


@click.command()
def sender() -> None:
    """Send what is due."""
    run_sender(_process(), stop_on_signal())


@click.command()
def worker() -> None:
    """Do the jobs that the bell asks for."""
    run_worker(_process(), stop_on_signal())


@click.command()
def schedule() -> None:
    """Sweep over the tables and find what is owed."""
    app = _process()
    with app.app_context():
        run_schedule(app.extensions[EXTENSION], stop_on_signal())


def stop_on_signal() -> threading.Event:
    """An event that SIGTERM and SIGINT set."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _process(**defaults: str) -> Flask:
    start_logging()
    return open_app(defaults)
