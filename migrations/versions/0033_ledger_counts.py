"""Counts of the ledger are read from indexes alone: they are shown while a wave runs, of a million rows."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_invitations_wave_id_state", table_name="invitations")
    op.create_index(
        "ix_invitations_wave_id_state_started_at", "invitations", ["wave_id", "state", "started_at"]
    )
    op.drop_index("ix_messages_wave_id_state", table_name="messages")
    op.create_index(
        "ix_messages_counted", "messages", ["wave_id", "state", "step", "touch_id", "invitation_id"]
    )
    op.create_index(
        "ix_messages_sent",
        "messages",
        ["sent_at", "wave_id"],
        sqlite_where=sa.text("state = 'sent'"),
        postgresql_where=sa.text("state = 'sent'"),
    )
    op.create_index(
        "ix_messages_held",
        "messages",
        ["state"],
        sqlite_where=sa.text("state = 'held'"),
        postgresql_where=sa.text("state = 'held'"),
    )
    op.drop_index("ix_touches_wave_id_step", table_name="touches")
    op.create_index("ix_touches_counted", "touches", ["wave_id", "step", "state", "due_at"])
    op.create_index(
        "ix_touches_held",
        "touches",
        ["state"],
        sqlite_where=sa.text("state = 'held'"),
        postgresql_where=sa.text("state = 'held'"),
    )
