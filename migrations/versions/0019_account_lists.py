"""What lets lists of accounts be sorted by where accounts stand without reading whole responses."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

STANDING = (
    "wave_id",
    "rule_version",
    "account_id",
    "response_id",
    "segment",
    "attitude",
    "intent",
    "category",
)
HIGH_RISK = "segment = 'high_risk'"


def upgrade() -> None:
    op.create_index("ix_scores_standing", "scores", list(STANDING))
    op.create_index(
        "ix_scores_high_risk",
        "scores",
        ["response_id", "account_id", "rule_version"],
        sqlite_where=sa.text(HIGH_RISK),
        postgresql_where=sa.text(HIGH_RISK),
    )
    op.create_index("ix_invitations_wave_id_account_id", "invitations", ["wave_id", "account_id"])


def downgrade() -> None:
    op.drop_index("ix_invitations_wave_id_account_id", table_name="invitations")
    op.drop_index("ix_scores_high_risk", table_name="scores")
    op.drop_index("ix_scores_standing", table_name="scores")
