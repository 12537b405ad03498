"""What tests of the site as a whole need: counters that begin at zero, and a neighbour that never answers."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

import pytest
from flask import Flask

from surveyd.web.limits import EXTENSION, Guesses


@pytest.fixture(autouse=True)
def fresh_counters(app: Flask) -> None:
    """The app outlives a test; what one test guessed wrong shall not count in the next."""
    counters: Guesses = app.extensions[EXTENSION]
    counters.alone.storage.reset()
    counters.alone_until = 0


class SilentPort(NamedTuple):
    """A neighbour that takes connections and never says a word."""

    listening: socket.socket

    @property
    def number(self) -> int:
        port: int = self.listening.getsockname()[1]
        return port

    def callers(self) -> int:
        """How many have connected since the last look."""
        self.listening.setblocking(False)
        count = 0
        with suppress(BlockingIOError):
            while True:
                self.listening.accept()[0].close()
                count += 1
        return count


@pytest.fixture
def silent() -> Iterator[SilentPort]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield SilentPort(listening)


@pytest.fixture
def silent_port(silent: SilentPort) -> int:
    return silent.number
