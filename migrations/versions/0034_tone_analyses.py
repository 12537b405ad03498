"""Analyses of a third kind: the tone of comments, learned by language."""

from alembic import op

KINDS = ("drivers", "pain_delight")
TONE = "tone"
NAME = "ck_analyses_analysiskind"

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        allowed = ", ".join(f"'{kind}'" for kind in (*KINDS, TONE))
        op.drop_constraint(op.f(NAME), "analyses", type_="check")
        op.create_check_constraint(op.f(NAME), "analyses", f"kind IN ({allowed})")
        return
    # SQLite cannot change a rule of a table but by writing the table anew; its documentation names this way
    # for rules that leave the rows as they are.
    connection = op.get_bind()
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema=ON")
    changed = connection.exec_driver_sql(
        "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = 'analyses'"
        " AND instr(sql, ?) > 0",
        ("'pain_delight'", f"'pain_delight', '{TONE}'", "'pain_delight'"),
    )
    assert changed.rowcount == 1, f"analyses has no rule {NAME}"
    connection.exec_driver_sql(f"PRAGMA schema_version={version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema=OFF")
