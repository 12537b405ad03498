"""The letters and the improvement actions that they tell of."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
INSTANT = sa.DateTime(timezone=True)

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "improvement_actions",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("heard", sa.String(length=500), nullable=False),
        sa.Column("changed", sa.String(length=500), nullable=False),
        sa.Column("will_change", sa.String(length=500), nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=True),
        sa.Column("region", sa.String(length=80), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "planned",
                "under_way",
                "done",
                name="actionstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "status <> 'done' OR (changed <> '' AND done_on IS NOT NULL)",
            name=op.f("ck_improvement_actions_done_is_said"),
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_improvement_actions_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_improvement_actions")),
    )
    op.create_index(
        "ix_improvement_actions_status_due_on", "improvement_actions", ["status", "due_on"], unique=False
    )

    op.create_table(
        "letters",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("wave_id", BIG_ID, nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "approved",
                "sending",
                "sent",
                name="letterstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("content", JSON, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("approved_at", INSTANT, nullable=True),
        sa.Column("approved_by_id", BIG_ID, nullable=True),
        sa.Column("to_silent", sa.Boolean(), nullable=False),
        sa.Column("queued_to", sa.BigInteger(), nullable=False),
        sa.Column("begun_at", INSTANT, nullable=True),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["approved_by_id"], ["users.id"], name=op.f("fk_letters_approved_by_id")),
        sa.ForeignKeyConstraint(["wave_id"], ["waves.id"], name=op.f("fk_letters_wave_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
        sa.UniqueConstraint("wave_id", name=op.f("uq_letters_wave_id")),
    )

    op.create_table(
        "letter_variants",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("letter_id", BIG_ID, nullable=False),
        sa.Column(
            "audience",
            sa.Enum(
                "default",
                "truly_loyal",
                "accessible",
                "trapped",
                "high_risk",
                "silent",
                name="audience",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("paragraphs", JSON, nullable=False),
        sa.Column("signature", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name=op.f("fk_letter_variants_letter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_variants")),
        sa.UniqueConstraint(
            "letter_id", "audience", "language", name=op.f("uq_letter_variants_letter_id_audience_language")
        ),
    )

    op.create_table(
        "letter_actions",
        sa.Column("letter_id", BIG_ID, nullable=False),
        sa.Column("action_id", BIG_ID, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["action_id"], ["improvement_actions.id"], name=op.f("fk_letter_actions_action_id")
        ),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name=op.f("fk_letter_actions_letter_id")),
        sa.PrimaryKeyConstraint("letter_id", "action_id", name=op.f("pk_letter_actions")),
    )
    op.create_index(op.f("ix_letter_actions_action_id"), "letter_actions", ["action_id"], unique=False)
