"""Prints the rows of a small house at work, as this version of the code writes them: see README.md.

Run from the top of a checkout of the version that is to be kept: python tests/data/freeze.py > FILE.
"""

import json
import sys
import tempfile
from datetime import datetime
from enum import Enum
from pathlib import Path

sys.path.insert(0, str(Path.cwd()))

from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from surveyd.app import create_app
from surveyd.base.clock import SetClock
from surveyd.base.config import load_config
from surveyd.base.database import db, reading, writing
from surveyd.base.services import EXTENSION
from surveyd.base.tokens import Keys
from surveyd.distribution.models import Invitation
from surveyd.distribution.questionnaires import publish
from surveyd.forms.loading import shipped
from tests.fixtures.apps import NOW
from tests.fixtures.asking import UNHAPPY, Asking
from tests.fixtures.databases import SECRET_KEY, migrate
from tests.web.respondents import Letters, send_letters

TYPED = "It <b>works</b>,\nmostly. \N{GREEK SMALL LETTER ALPHA} & \u0645\u0631\u062d\u0628\u0627"


def main() -> None:
    """Make the house in a database of its own, and print it."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/old.db"
        migrate(url, Path(folder) / "data")
        config = load_config({}, database_url=url, secret_key=SECRET_KEY, env="test", data=f"{folder}/data")
        app = create_app(config, SetClock(NOW))
        keys: Keys = app.extensions[EXTENSION].keys
        with app.app_context(), writing() as session:
            letters = _fill(session, keys)
        _begin(app, letters)
        with app.app_context(), reading() as session:
            print(json.dumps(_rows(session), indent=1, ensure_ascii=False))


def _fill(session: Session, keys: Keys) -> Letters:
    """Three people are asked: Aziz has answered and has a case, Sofie is asked the short form."""
    letters = send_letters(session, keys)
    short = publish(session, shipped("relational_short"), now=NOW)
    session.get_one(Invitation, letters.ids["sofie"]).version_id = short
    asking = Asking(session, NOW, None, None, None)  # type: ignore[arg-type]  # it only answers
    asking.answer(letters.ids["aziz"], UNHAPPY | {"why": TYPED, "easy": "na", "contact_me": "call"})
    return letters


def _begin(app: Flask, letters: Letters) -> None:
    """Anna and Sofie begin in a browser and stop halfway."""
    client = app.test_client()
    anna = {"recommend": "6"}, {"why": TYPED}, {"satisfied": "2", "better": "na", "trust": "5"}
    for page, fields in zip(("recommendation", "reason", "relationship"), anna, strict=True):
        sent = client.post(letters.anna, data={"page": page, "lang": "en", "go": "next", **fields})
        assert sent.status_code == 303, sent.text
    sent = client.post(
        letters.sofie, data={"page": "recommendation", "lang": "de", "go": "next", "recommend": "9"}
    )
    assert sent.status_code == 303, sent.text


def _rows(session: Session) -> dict[str, object]:
    revision = session.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    tables = {
        table.name: [
            {column: _plain(value) for column, value in row._mapping.items()}
            for row in session.execute(select(table).order_by(*table.primary_key.columns))
        ]
        for table in db.metadata.sorted_tables
    }
    return {"revision": revision, "tables": {name: rows for name, rows in tables.items() if rows}}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


if __name__ == "__main__":
    main()
