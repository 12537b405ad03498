"""Account managers look through their contacts before a wave."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
INSTANT = sa.DateTime(timezone=True)

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "confirmations",
        sa.Column("wave_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("remind_days", JSON, nullable=False),
        sa.Column("remind_at", INSTANT, nullable=True),
        sa.Column("begun_at", INSTANT, nullable=False),
        sa.Column("begun_by_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["wave_id"], ["waves.id"], name=op.f("fk_confirmations_wave_id")),
        sa.ForeignKeyConstraint(["begun_by_id"], ["users.id"], name=op.f("fk_confirmations_begun_by_id")),
        sa.PrimaryKeyConstraint("wave_id", name=op.f("pk_confirmations")),
    )
    op.create_index("ix_confirmations_remind_at", "confirmations", ["remind_at"])
    _asks()
    _marks()


def _asks() -> None:
    op.create_table(
        "confirmation_asks",
        sa.Column("wave_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("user_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("mailed_at", INSTANT, nullable=False),
        sa.Column("mails", sa.Integer(), nullable=False),
        sa.Column("began_at", INSTANT, nullable=True),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["wave_id"], ["confirmations.wave_id"], name=op.f("fk_confirmation_asks_wave_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_confirmation_asks_user_id")),
        sa.PrimaryKeyConstraint("wave_id", "user_id", name=op.f("pk_confirmation_asks")),
    )


def _marks() -> None:
    op.create_table(
        "contact_marks",
        sa.Column("wave_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("contact_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("was_corrected", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("was_added", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("why", sa.String(length=32), nullable=True),
        sa.Column("words", sa.String(length=300), nullable=False),
        sa.Column("by_id", BIG_ID, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'confirmed', 'excluded')", name=op.f("ck_contact_marks_markstate")
        ),
        sa.CheckConstraint(
            "why IN ('left_company', 'cannot_judge', 'own_wish', 'talks', 'complaint', 'other')",
            name=op.f("ck_contact_marks_whyexcluded"),
        ),
        sa.CheckConstraint(
            "state <> 'excluded' OR why IS NOT NULL", name=op.f("ck_contact_marks_excluded_has_why")
        ),
        sa.ForeignKeyConstraint(
            ["wave_id"], ["confirmations.wave_id"], name=op.f("fk_contact_marks_wave_id")
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_contact_marks_contact_id")),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_contact_marks_by_id")),
        sa.PrimaryKeyConstraint("wave_id", "contact_id", name=op.f("pk_contact_marks")),
    )
    op.create_index("ix_contact_marks_contact_id", "contact_marks", ["contact_id"])


def downgrade() -> None:
    op.drop_table("contact_marks")
    op.drop_table("confirmation_asks")
    op.drop_table("confirmations")
