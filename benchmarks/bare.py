"""The limit to measure against: the least that could be called a survey, on the same server and database.

    python -m benchmarks.bare DATABASE_URL PAGE_FILE PORT

GET /s/TOKEN is one indexed read by SQLAlchemy Core and a page that is kept ready. POST is one durable
transaction: the form as one JSON row, once a token; then the thanks. No skip logic, no draft, no score,
no case, no mail.
"""

import os
import sqlite3
import sys
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask, Response, request
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server
from sqlalchemy import (
    JSON,
    Column,
    Connection,
    DateTime,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    insert,
    select,
)

from surveyd.web.server import BACKLOG, THREADS

TOKEN = b"__TOKEN__"
METADATA = MetaData()
ASKED = Table("bare_asked", METADATA, Column("token", String(64), primary_key=True))
ANSWERS = Table(
    "bare_answers",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("token", String(64), unique=True, nullable=False),
    Column("answers", JSON, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)


def open_engine(url: str) -> Engine:
    """The database with the same settings as surveyd's."""
    if not url.startswith("sqlite"):
        return create_engine(url, pool_size=16)
    engine = create_engine(url, connect_args={"timeout": 5, "isolation_level": None}, pool_size=32)

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: sqlite3.Connection, record: object) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def make_tables(engine: Engine, tokens: list[str]) -> None:
    """Make the two tables, with these tokens."""
    METADATA.create_all(engine)
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(insert(ASKED), [{"token": token} for token in tokens])


def create_bare(url: str, page: bytes) -> Flask:
    """The bare app."""
    app = Flask("bare")
    engine = open_engine(url)
    writer = engine.execution_options(writes=True)

    @app.get("/s/<token>")
    def show(token: str) -> Response:
        with engine.connect() as connection:
            connection.execute(select(ASKED.c.token).where(ASKED.c.token == token)).one()
        return Response(page.replace(TOKEN, token.encode()), mimetype="text/html")

    @app.post("/s/<token>")
    def take(token: str) -> Response:
        row = {"token": token, "answers": request.form.to_dict(), "at": datetime.now(UTC)}
        with writer.begin() as connection:
            connection.execute(select(ASKED.c.token).where(ASKED.c.token == token)).one()
            connection.execute(insert(ANSWERS), row)
        return Response('<p id="receipt">thanks</p>', mimetype="text/html")

    return app


def serve(url: str, page: bytes, port: int) -> None:
    """Serve it as surveyd's own web process is served."""
    server = Server(
        "bare",
        address="127.0.0.1",
        port=port,
        interface=Interfaces.WSGI,
        workers=os.cpu_count() or 1,
        blocking_threads=THREADS,
        backlog=BACKLOG,
        log_level=LogLevels.warning,
    )
    server.serve(target_loader=lambda: create_bare(url, page), wrap_loader=False)


if __name__ == "__main__":
    serve(sys.argv[1], Path(sys.argv[2]).read_bytes(), int(sys.argv[3]))
