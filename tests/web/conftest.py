"""What tests of the site as a whole need: counters that begin at zero, and a neighbour that never answers."""

import socket
from collections.abc import Iterator

import pytest
from flask import Flask

from surveyd.web.limits import EXTENSION, Guesses


@pytest.fixture(autouse=True)
def fresh_counters(app: Flask) -> None:
    """The app outlives a test; what one test guessed wrong shall not count in the next."""
    counters: Guesses = app.extensions[EXTENSION]
    counters.alone.storage.reset()
    counters.alone_until = 0


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]
