"""The cases: due times counted in working hours, what was behind them and what came of it; left messages."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
OUTCOMES = ("reached", "no_answer", "call_back", "wrong_number", "declined", "completed")
LEFT_MESSAGE = "left_message"


def upgrade() -> None:
    for column in (
        sa.Column("allowed_hours", sa.Integer(), nullable=False, server_default="16"),
        sa.Column("time_zone", sa.String(length=64), nullable=False, server_default="UTC"),
        sa.Column("late_told_at", INSTANT, nullable=True),
        sa.Column("steps", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("cause_kind", sa.String(length=40), nullable=False, server_default=""),
        sa.Column("ending", sa.String(length=40), nullable=False, server_default=""),
    ):
        op.add_column("cases", column)
    op.create_index("ix_cases_state_due_at", "cases", ["state", "due_at"], unique=False)
    _fill()
    for table in ("calls", "call_attempts"):
        _allow_left_messages(table)


def _fill() -> None:
    """A due time that was promised stays; what is counted by is the owner's clock."""
    op.execute(
        "UPDATE cases SET steps = (SELECT count(*) FROM case_entries WHERE case_entries.case_id = cases.id)"
    )
    op.execute(
        "UPDATE cases SET time_zone = coalesce("
        "(SELECT nullif(users.time_zone, '') FROM users WHERE users.id = cases.owner_id),"
        " (SELECT nullif(contacts.time_zone, '') FROM contacts WHERE contacts.id = cases.contact_id), 'UTC')"
    )
    drawn = "CAST(reasons AS TEXT) IN ('[\"drawn_passive\"]', '[\"drawn_promoter\"]')"
    op.execute(f"UPDATE cases SET allowed_hours = 40 WHERE {drawn}")  # noqa: S608  # our own words


def _allow_left_messages(table: str) -> None:
    name = f"ck_{table}_calloutcome"
    if op.get_bind().dialect.name == "postgresql":
        allowed = ", ".join(f"'{outcome}'" for outcome in (*OUTCOMES, LEFT_MESSAGE))
        op.drop_constraint(op.f(name), table, type_="check")
        op.create_check_constraint(op.f(name), table, f"outcome IN ({allowed})")
        return
    # SQLite cannot change a rule of a table but by writing the table anew, which would break the references
    # to it; its documentation names this way for rules that leave the rows as they are.
    connection = op.get_bind()
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema=ON")
    changed = connection.exec_driver_sql(
        "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = ?"
        " AND instr(sql, ?) > 0",
        ("'completed'", f"'completed', '{LEFT_MESSAGE}'", table, "'completed'"),
    )
    assert changed.rowcount == 1, f"{table} has no rule {name}"
    connection.exec_driver_sql(f"PRAGMA schema_version={version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema=OFF")
