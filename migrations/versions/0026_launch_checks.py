"""What was found before a launch, who let a wave go all the same, and how it was rehearsed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
INSTANT = sa.DateTime(timezone=True)
STATES = ("waiting", "running", "done", "failed")

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _checks()
    _overrides()
    _rehearsals()


def _checks() -> None:
    op.create_table(
        "launch_checks",
        sa.Column("wave_id", BIG_ID, nullable=False, autoincrement=False),
        sa.Column("plan", sa.String(length=64), nullable=False),
        sa.Column("contacts", sa.Integer(), nullable=False),
        sa.Column("findings", JSON, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["wave_id"], ["waves.id"], name=op.f("fk_launch_checks_wave_id")),
        sa.PrimaryKeyConstraint("wave_id", name=op.f("pk_launch_checks")),
    )


def _overrides() -> None:
    op.create_table(
        "launch_overrides",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("wave_id", BIG_ID, nullable=False),
        sa.Column("plan", sa.String(length=64), nullable=False),
        sa.Column("contacts", sa.Integer(), nullable=False),
        sa.Column("findings", JSON, nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("needs_second", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("by_id", BIG_ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("confirmed_by_id", BIG_ID, nullable=True),
        sa.Column("confirmed_at", INSTANT, nullable=True),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_launch_overrides_reason")),
        sa.CheckConstraint(
            "confirmed_by_id IS NULL OR confirmed_by_id <> by_id",
            name=op.f("ck_launch_overrides_two_people"),
        ),
        sa.ForeignKeyConstraint(["wave_id"], ["waves.id"], name=op.f("fk_launch_overrides_wave_id")),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_launch_overrides_by_id")),
        sa.ForeignKeyConstraint(
            ["confirmed_by_id"], ["users.id"], name=op.f("fk_launch_overrides_confirmed_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_launch_overrides")),
    )
    op.create_index("ix_launch_overrides_wave_id", "launch_overrides", ["wave_id"])


def _rehearsals() -> None:
    op.create_table(
        "rehearsals",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("wave_id", BIG_ID, nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("minutes_a_call", sa.SmallInteger(), nullable=False),
        sa.Column("percent", sa.SmallInteger(), nullable=False),
        sa.Column("result", JSON, nullable=False),
        sa.Column("touches", sa.LargeBinary(), nullable=True),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("by_id", BIG_ID, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("leased_until", INSTANT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.CheckConstraint(sa.column("state").in_(STATES), name=op.f("ck_rehearsals_rehearsalstate")),
        sa.CheckConstraint("minutes_a_call BETWEEN 1 AND 120", name=op.f("ck_rehearsals_minutes")),
        sa.CheckConstraint("percent BETWEEN 0 AND 100", name=op.f("ck_rehearsals_percent")),
        sa.ForeignKeyConstraint(["wave_id"], ["waves.id"], name=op.f("fk_rehearsals_wave_id")),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_rehearsals_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rehearsals")),
    )
    op.create_index("ix_rehearsals_wave_id_id", "rehearsals", ["wave_id", "id"])


def downgrade() -> None:
    op.drop_table("rehearsals")
    op.drop_table("launch_overrides")
    op.drop_table("launch_checks")
