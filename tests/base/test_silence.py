"""Nobody waits for hours for a host that is gone without a word."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from surveyd.app import create_app
from surveyd.base import silence
from surveyd.base.config import load_config
from surveyd.base.database import db, end_long_pauses, forget_connections, writing
from surveyd.base.mailer import open_smtp
from tests.fixtures.databases import SECRET_KEY, Database
from tests.fixtures.relays import Relay


@pytest.fixture
def own_app(database: Database, relay: Relay, tmp_path: Path) -> Iterator[Flask]:
    """An app that nobody else uses afterwards."""
    config = load_config(
        {},
        data=str(tmp_path),
        database_url=database.url,
        env="test",
        secret_key=SECRET_KEY,
        smtp_url=relay.url,
    )
    app = create_app(config)
    yield app
    with app.app_context():
        db.session.remove()
        forget_connections()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_what_a_silent_transaction_holds_is_free_soon(own_app: Flask) -> None:
    with own_app.app_context():
        end_long_pauses(seconds=1)
        with pytest.raises(DBAPIError), writing() as session:
            session.execute(text("SELECT pg_advisory_xact_lock(1)"))
            time.sleep(1.5)
            session.execute(select(1))
        with writing() as session:
            assert session.execute(text("SELECT pg_try_advisory_xact_lock(1)")).scalar_one() is True


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_relay_that_is_gone_is_noticed(own_app: Flask) -> None:
    config = own_app.extensions["surveyd"].config
    with open_smtp(config.relay) as connection:
        assert connection.sock is not None
        assert connection.sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        longest = connection.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
    assert longest == silence.MILLISECONDS
