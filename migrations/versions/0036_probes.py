"""Probes: a wave's first mail, sent to mailboxes of the operator's before the launch."""

import sqlalchemy as sa
from alembic import op

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "launch_probes",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("wave_id", BIG_ID, nullable=False),
        sa.Column("message_id", BIG_ID, nullable=True),
        sa.Column("seed", sa.String(length=254), nullable=False),
        sa.Column("sender", sa.String(length=254), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("asked_by_id", BIG_ID, nullable=True),
        sa.Column("arrived_at", INSTANT, nullable=True),
        sa.Column("server", sa.String(length=100), nullable=False),
        sa.Column("is_judged", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("spf", sa.String(length=20), nullable=False),
        sa.Column("dkim", sa.String(length=20), nullable=False),
        sa.Column("dmarc", sa.String(length=20), nullable=False),
        sa.Column("is_junk", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("covers_opt_out", sa.Boolean(), nullable=True),
        sa.CheckConstraint("seed <> ''", name=op.f("ck_launch_probes_seed")),
        sa.ForeignKeyConstraint(["wave_id"], ["waves.id"], name=op.f("fk_launch_probes_wave_id")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_launch_probes_message_id")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["users.id"], name=op.f("fk_launch_probes_asked_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_launch_probes")),
    )
    op.create_index("ix_launch_probes_wave_id_id", "launch_probes", ["wave_id", "id"])


def downgrade() -> None:
    op.drop_table("launch_probes")
