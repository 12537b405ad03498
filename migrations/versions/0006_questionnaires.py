"""The questionnaires that are being edited."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
INSTANT = sa.DateTime(timezone=True)

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "questionnaire_edits",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("base_digest", sa.String(length=64), nullable=False),
        sa.Column("definition", JSON, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("begun_at", INSTANT, nullable=False),
        sa.Column("begun_by_id", BIG_ID, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("changed_by_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["begun_by_id"], ["users.id"], name=op.f("fk_questionnaire_edits_begun_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["changed_by_id"], ["users.id"], name=op.f("fk_questionnaire_edits_changed_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questionnaire_edits")),
        sa.UniqueConstraint("slug", name=op.f("uq_questionnaire_edits_slug")),
    )
