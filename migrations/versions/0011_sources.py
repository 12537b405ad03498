"""How imported answers came, in a few words."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("responses", sa.Column("source", sa.String(length=80), nullable=False, server_default=""))
