"""Closed waves that are sealed, and invitations that an event asked for."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
INSTANT = sa.DateTime(timezone=True)

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "seals",
        sa.Column("wave_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("late_wave_id", BIG_ID, nullable=False),
        sa.Column("sealed_at", INSTANT, nullable=False),
        sa.Column("by_id", BIG_ID, nullable=True),
        sa.Column("contacts", sa.Integer(), nullable=False),
        sa.Column("responses", sa.Integer(), nullable=False),
        sa.Column("places", JSON, nullable=False),
        sa.Column("places_digest", sa.String(length=64), nullable=False),
        sa.Column("answers_digest", sa.String(length=64), nullable=False),
        sa.Column("check_value", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["wave_id"], ["waves.id"], name=op.f("fk_seals_wave_id")),
        sa.ForeignKeyConstraint(["late_wave_id"], ["waves.id"], name=op.f("fk_seals_late_wave_id")),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_seals_by_id")),
        sa.PrimaryKeyConstraint("wave_id", name=op.f("pk_seals")),
        sa.UniqueConstraint("late_wave_id", name=op.f("uq_seals_late_wave_id")),
    )
    op.create_table(
        "sealed_places",
        sa.Column("wave_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("contact_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("standing", sa.String(length=40), nullable=False),
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["wave_id"], ["seals.wave_id"], name=op.f("fk_sealed_places_wave_id")),
        sa.PrimaryKeyConstraint("wave_id", "contact_id", name=op.f("pk_sealed_places")),
    )
    op.create_index(
        "ix_sealed_places_wave_id_standing_rule", "sealed_places", ["wave_id", "standing", "rule"]
    )
    _triggers()


def _triggers() -> None:
    op.create_table(
        "renewal_triggers",
        sa.Column("program_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("days_before", sa.Integer(), nullable=False),
        sa.Column("set_at", INSTANT, nullable=False),
        sa.Column("set_by_id", BIG_ID, nullable=True),
        sa.CheckConstraint(
            "0 <= days_before AND days_before <= 365", name=op.f("ck_renewal_triggers_days_before")
        ),
        sa.ForeignKeyConstraint(["program_id"], ["programs.id"], name=op.f("fk_renewal_triggers_program_id")),
        sa.ForeignKeyConstraint(["set_by_id"], ["users.id"], name=op.f("fk_renewal_triggers_set_by_id")),
        sa.PrimaryKeyConstraint("program_id", name=op.f("pk_renewal_triggers")),
    )
    op.create_table(
        "triggers",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("program_id", BIG_ID, nullable=False),
        sa.Column("contact_id", BIG_ID, nullable=False),
        sa.Column("wave_id", BIG_ID, nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column("invitation_id", BIG_ID, nullable=True),
        sa.Column("renews", sa.Date(), nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint("source IN ('renewal', 'command', 'api')", name=op.f("ck_triggers_triggersource")),
        sa.ForeignKeyConstraint(["program_id"], ["programs.id"], name=op.f("fk_triggers_program_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_triggers_contact_id")),
        sa.ForeignKeyConstraint(["wave_id"], ["waves.id"], name=op.f("fk_triggers_wave_id")),
        sa.ForeignKeyConstraint(
            ["invitation_id"], ["invitations.id"], name=op.f("fk_triggers_invitation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_triggers")),
        sa.UniqueConstraint("key", name=op.f("uq_triggers_key")),
    )
    op.create_index("ix_triggers_contact_id", "triggers", ["contact_id"])
    op.create_index("ix_triggers_program_id_id", "triggers", ["program_id", "id"])
    op.create_index("ix_accounts_renewal_date", "accounts", ["renewal_date"])


def downgrade() -> None:
    op.drop_index("ix_accounts_renewal_date", table_name="accounts")
    op.drop_table("triggers")
    op.drop_table("renewal_triggers")
    op.drop_table("sealed_places")
    op.drop_table("seals")
