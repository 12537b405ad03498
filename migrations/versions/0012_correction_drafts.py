"""Drafts that correct what was sent, told apart from those that were left behind."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("drafts", sa.Column("corrects", sa.Boolean(), nullable=False, server_default=sa.false()))
