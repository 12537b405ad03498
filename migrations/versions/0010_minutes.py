"""How long a questionnaire takes, measured."""

import sqlalchemy as sa
from alembic import op

INSTANT = sa.DateTime(timezone=True)

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("questionnaire_versions", sa.Column("seconds", sa.Integer(), nullable=True))
    op.add_column("questionnaire_versions", sa.Column("measured_at", INSTANT, nullable=True))


def downgrade() -> None:
    op.drop_column("questionnaire_versions", "measured_at")
    op.drop_column("questionnaire_versions", "seconds")
