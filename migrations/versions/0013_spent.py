"""Anonymous answers in the batches in which they were shown, and the first pages that were taken."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("anonymous_answers", sa.Column("batch", sa.Integer(), nullable=True))
    # What was shown so far may be told apart no further.
    op.execute("UPDATE anonymous_answers SET batch = 1 WHERE is_shown")
    op.drop_column("anonymous_answers", "is_shown")
    op.create_table(
        "spent_pages",
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("spent_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_spent_pages")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_spent_pages_spent_on"), "spent_pages", ["spent_on"], unique=False)
