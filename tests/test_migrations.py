"""The migrations make, from an empty database, exactly what the models say."""

from collections.abc import Callable

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import CheckConstraint, inspect

from surveyd.base.database import begin_writing, db
from surveyd.base.migrations import FOLDER, is_current, upgrade
from tests.fixtures.apps import MakeApp
from tests.fixtures.databases import Database

# SQLite names no index over an expression: that those two are there is told by what they speed up.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index"),
    pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index"),
]


def test_there_is_one_way_through_the_migrations() -> None:
    assert len(ScriptDirectory(str(FOLDER)).get_heads()) == 1


def differences(app: Flask) -> list[object]:
    """What the tables have and the models have not, and the other way round; CHECK constraints by name."""
    with app.app_context():
        session = begin_writing()
        found: list[object] = compare_metadata(MigrationContext.configure(session.connection()), db.metadata)
        inspector = inspect(session.connection())
        for table in db.metadata.sorted_tables:
            wanted = {str(rule.name) for rule in table.constraints if isinstance(rule, CheckConstraint)}
            made = {str(rule["name"]) for rule in inspector.get_check_constraints(table.name)}
            found += [f"{table.name}: CHECK {name}" for name in wanted ^ made]
        session.rollback()
        session.close()
        return found


def test_the_migrations_make_what_the_models_say(app: Flask) -> None:
    assert differences(app) == []


def test_migrations_run_from_empty_and_a_second_time(
    make_app: MakeApp, new_database: Callable[[str], Database]
) -> None:
    app = make_app(database_url=new_database("fresh").url)
    with app.app_context():
        assert not is_current()
        upgrade()
        upgrade()
        assert is_current()
        db.session.remove()
    assert differences(app) == []
