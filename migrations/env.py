"""Runs the migrations: the only way that tables are made, in production and in tests alike."""

from alembic import context
from flask import current_app

from surveyd.base.database import begin_writing, db


def run_migrations() -> None:
    session = begin_writing()
    connection = session.connection()
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()
    session.commit()
    session.close()


assert current_app, "run by `surveyd`, inside its app"
run_migrations()
