"""Which waves have changed since their columns were kept, and what finds the newest answers of a wave."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "change_counts",
        sa.Column("topic", sa.String(length=60), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("topic", name=op.f("pk_change_counts")),
    )
    op.drop_index("ix_scores_wave_id_response_id", table_name="scores")
    op.create_index("ix_scores_wave_id_id", "scores", ["wave_id", "id"])
