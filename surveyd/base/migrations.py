"""Migrations: the only way that tables are made."""

import logging

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from surveyd.base.config import HOME
from surveyd.base.database import reading

FOLDER = HOME / "migrations"


def upgrade(revision: str = "head") -> None:
    """Bring the tables of the current app's database up to date; safe beside others that do the same.

    An earlier `revision` makes the tables of an older version.
    """
    logging.getLogger("alembic").setLevel(logging.WARNING)
    command.upgrade(_alembic(), revision)


def is_current() -> bool:
    """Whether the database has every migration."""
    with reading() as session:
        applied = MigrationContext.configure(session.connection()).get_current_heads()
    return set(applied) == set(ScriptDirectory.from_config(_alembic()).get_heads())


def _alembic() -> AlembicConfig:
    config = AlembicConfig(str(FOLDER / "alembic.ini"))
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return config
