"""Work on the call list: call-backs, hand-overs and attempts on paper."""

import sqlalchemy as sa
from alembic import op

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
OUTCOMES = (
    "reached",
    "no_answer",
    "left_message",
    "call_back",
    "wrong_number",
    "declined",
    "completed",
)
GONE = "gone"

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("calls", "call_attempts"):
        _allow_gone(table)
    _columns()
    _fill()
    _holds()
    _rules()
    _numbers()
    op.create_index("ix_contacts_phone", "contacts", ["phone"])


def _columns() -> None:
    for column in (
        sa.Column("wave_id", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("time_zone", sa.String(length=64), server_default="UTC", nullable=False),
        sa.Column("language", sa.String(length=12), server_default="", nullable=False),
        sa.Column("country", sa.String(length=2), server_default="", nullable=False),
        sa.Column("weight", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("owner_until", INSTANT, nullable=True),
    ):
        op.add_column("calls", column)
    # On SQLite a reference comes along with its new column only.
    kind = "BIGINT" if op.get_bind().dialect.name == "postgresql" else "INTEGER"
    op.execute(
        f"ALTER TABLE calls ADD COLUMN owner_id {kind} CONSTRAINT fk_calls_owner_id REFERENCES users (id)"
    )
    owned = sa.text("owner_id IS NOT NULL")
    op.create_index("ix_calls_owner_id", "calls", ["owner_id"], sqlite_where=owned, postgresql_where=owned)
    op.create_index(
        "ix_calls_state_wave_id",
        "calls",
        ["state", "wave_id", "time_zone", "country", "language", "not_before"],
    )
    op.create_index("ix_calls_state_weight", "calls", ["state", "weight"])
    op.create_index("ix_calls_state_outcome", "calls", ["state", "outcome", "not_before"])
    claimed = sa.text("claimed_until IS NOT NULL")
    op.create_index(
        "ix_calls_claimed_until",
        "calls",
        ["claimed_until"],
        sqlite_where=claimed,
        postgresql_where=claimed,
    )
    op.add_column("call_attempts", sa.Column("sheet_key", sa.String(length=64), nullable=True))
    op.create_index("ix_call_attempts_sheet_key", "call_attempts", ["sheet_key"], unique=True)
    op.create_index("ix_call_attempts_at_user_id", "call_attempts", ["at", "user_id"])


def _fill() -> None:
    """What stands on the list keeps its order: by how long it waits."""
    theirs = "FROM invitations WHERE invitations.id = calls.invitation_id"
    for column in ("wave_id", "time_zone", "language"):
        op.execute(f"UPDATE calls SET {column} = (SELECT {column} {theirs})")  # noqa: S608  # our own words
    op.execute(
        "UPDATE calls SET country = (SELECT upper(accounts.country) FROM invitations"
        " JOIN accounts ON accounts.id = invitations.account_id WHERE invitations.id = calls.invitation_id)"
    )


def _holds() -> None:
    op.create_table(
        "call_holds",
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("user_id", BIG_ID, nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_call_holds_user_id")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_call_holds")),
    )
    op.create_index(op.f("ix_call_holds_user_id"), "call_holds", ["user_id"])


def _rules() -> None:
    op.create_table(
        "call_rules",
        sa.Column("program_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("hours_after_no_answer", sa.Integer(), nullable=False),
        sa.Column("hours_after_message", sa.Integer(), nullable=False),
        sa.CheckConstraint("attempts BETWEEN 1 AND 20", name=op.f("ck_call_rules_attempts")),
        sa.CheckConstraint("hours_after_no_answer BETWEEN 1 AND 720", name=op.f("ck_call_rules_no_answer")),
        sa.CheckConstraint("hours_after_message BETWEEN 1 AND 720", name=op.f("ck_call_rules_message")),
        sa.ForeignKeyConstraint(["program_id"], ["programs.id"], name=op.f("fk_call_rules_program_id")),
        sa.PrimaryKeyConstraint("program_id", name=op.f("pk_call_rules")),
    )


def _numbers() -> None:
    op.create_table(
        "barred_numbers",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("by_id", BIG_ID, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_barred_numbers_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_barred_numbers")),
        sa.UniqueConstraint("phone", name=op.f("uq_barred_numbers_phone")),
    )
    op.create_table(
        "wrong_numbers",
        sa.Column("contact_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("by_id", BIG_ID, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_wrong_numbers_by_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_wrong_numbers_contact_id")),
        sa.PrimaryKeyConstraint("contact_id", "phone", name=op.f("pk_wrong_numbers")),
    )


def _allow_gone(table: str) -> None:
    name = f"ck_{table}_calloutcome"
    if op.get_bind().dialect.name == "postgresql":
        allowed = ", ".join(f"'{outcome}'" for outcome in (*OUTCOMES, GONE))
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
        ("'completed'", f"'completed', '{GONE}'", table, "'completed'"),
    )
    assert changed.rowcount == 1
    connection.exec_driver_sql(f"PRAGMA schema_version={version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema=OFF")
