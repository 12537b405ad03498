"""Cadences as data, waves that come again, and days on which nobody is asked."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
OWNERS = {"program_cadences": ("program_id", "programs"), "wave_cadences": ("wave_id", "waves")}


def upgrade() -> None:
    for table, (column, owner) in OWNERS.items():
        op.create_table(
            table,
            sa.Column(column, BIG_ID, sa.ForeignKey(f"{owner}.id"), primary_key=True),
            sa.Column("steps", JSON, nullable=False),
            sa.Column("close_day", sa.Integer(), nullable=False),
            sa.CheckConstraint("close_day > 0", name="close_day"),
        )


def downgrade() -> None:
    for table in reversed(OWNERS):
        op.drop_table(table)
