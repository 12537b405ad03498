"""Cadences as data, waves that come again, and days on which nobody is asked."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0020"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
INSTANT = sa.DateTime(timezone=True)
OWNERS = {"program_cadences": ("program_id", "programs"), "wave_cadences": ("wave_id", "waves")}
STATES = ("proposed", "accepted", "dropped")


def upgrade() -> None:
    for table, (column, owner) in OWNERS.items():
        op.create_table(
            table,
            sa.Column(column, BIG_ID, sa.ForeignKey(f"{owner}.id"), primary_key=True),
            sa.Column("steps", JSON, nullable=False),
            sa.Column("close_day", sa.Integer(), nullable=False),
            sa.CheckConstraint("close_day > 0", name="close_day"),
        )
    _holidays()
    _blackouts()
    _recurrences()
    _proposals()


def _holidays() -> None:
    op.create_table(
        "holidays",
        sa.Column("country", sa.String(2), primary_key=True),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
    )
    op.create_table(
        "holiday_years",
        sa.Column("country", sa.String(2), primary_key=True),
        sa.Column("year", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("edition", sa.String(40), nullable=False),
    )


def _blackouts() -> None:
    op.create_table(
        "blackouts",
        sa.Column("id", BIG_ID, primary_key=True),
        sa.Column("program_id", BIG_ID, sa.ForeignKey("programs.id"), nullable=True),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by_id", BIG_ID, sa.ForeignKey("users.id"), nullable=True),
        sa.CheckConstraint("first_day <= last_day", name="days"),
    )
    op.create_index("ix_blackouts_program_id", "blackouts", ["program_id"])


def _recurrences() -> None:
    op.create_table(
        "recurrences",
        sa.Column("program_id", BIG_ID, sa.ForeignKey("programs.id"), primary_key=True),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("per_year", sa.Integer(), nullable=False),
        sa.CheckConstraint("per_year IN (1, 2, 3, 4, 6, 12)", name="per_year"),
        sa.CheckConstraint("0 <= hour AND hour < 24", name="hour"),
    )
    op.create_table(
        "daily_limits",
        sa.Column("program_id", BIG_ID, sa.ForeignKey("programs.id"), primary_key=True),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.CheckConstraint("people > 0", name="people"),
    )


def _proposals() -> None:
    op.create_table(
        "proposals",
        sa.Column("id", BIG_ID, primary_key=True),
        sa.Column("program_id", BIG_ID, sa.ForeignKey("programs.id"), nullable=False),
        sa.Column("nominal_day", sa.Date(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(*STATES, name="proposalstate", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("moved", sa.Boolean(), nullable=False),
        sa.Column("wave_id", BIG_ID, sa.ForeignKey("waves.id"), nullable=True, unique=True),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("decided_by_id", BIG_ID, sa.ForeignKey("users.id"), nullable=True),
        sa.UniqueConstraint("program_id", "nominal_day"),
    )


def downgrade() -> None:
    for table in ("proposals", "daily_limits", "recurrences", "blackouts", "holiday_years", "holidays"):
        op.drop_table(table)
    for table in reversed(OWNERS):
        op.drop_table(table)
