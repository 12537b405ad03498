"""How quickly mails go out: by program and by the recipients' domain."""

import sqlalchemy as sa
from alembic import op

INSTANT = sa.DateTime(timezone=True)

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sending_limits",
        sa.Column("program_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("domain", sa.String(length=254), nullable=False),
        sa.Column("per_second", sa.Integer(), nullable=True),
        sa.Column("per_minute", sa.Integer(), nullable=True),
        sa.CheckConstraint("per_second > 0", name=op.f("ck_sending_limits_per_second")),
        sa.CheckConstraint("per_minute > 0", name=op.f("ck_sending_limits_per_minute")),
        sa.CheckConstraint(
            "per_second IS NOT NULL OR per_minute IS NOT NULL", name=op.f("ck_sending_limits_limited")
        ),
        sa.PrimaryKeyConstraint("program_id", "domain", name=op.f("pk_sending_limits")),
    )
    op.create_table(
        "sending_slots",
        sa.Column("program_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("domain", sa.String(length=254), nullable=False),
        sa.Column("next_at", sa.Float(), nullable=False),
        sa.Column("rests_until", sa.Float(), nullable=False),
        sa.Column("rests", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("program_id", "domain", name=op.f("pk_sending_slots")),
    )
    op.create_table(
        "relay_troubles",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_relay_troubles")),
    )
    op.create_table(
        "alarms",
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("told_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_alarms")),
    )
    op.create_index(
        "ix_messages_failed",
        "messages",
        ["begun_at"],
        unique=False,
        sqlite_where=sa.text("state = 'failed'"),
        postgresql_where=sa.text("state = 'failed'"),
    )


def downgrade() -> None:
    op.drop_index("ix_messages_failed", table_name="messages")
    op.drop_table("alarms")
    op.drop_table("relay_troubles")
    op.drop_table("sending_slots")
    op.drop_table("sending_limits")
