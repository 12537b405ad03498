"""Analyses that take long, kept by what they are about."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
INSTANT = sa.DateTime(timezone=True)
KINDS = ("drivers", "pain_delight")
STATES = ("wanted", "done", "failed")

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "analyses",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("question", JSON, nullable=False),
        sa.Column("revision", sa.String(length=64), nullable=False),
        sa.Column("result", JSON, nullable=True),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("scored_to", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("asked_by_id", BIG_ID, nullable=True),
        sa.Column("worked_out_at", INSTANT, nullable=True),
        sa.Column("lease_by", sa.String(length=40), nullable=True),
        sa.Column("lease_until", INSTANT, nullable=True),
        sa.CheckConstraint(sa.column("kind").in_(KINDS), name=op.f("ck_analyses_analysiskind")),
        sa.CheckConstraint(sa.column("state").in_(STATES), name=op.f("ck_analyses_analysisstate")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["users.id"], name=op.f("fk_analyses_asked_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_analyses")),
        sa.UniqueConstraint("digest", name=op.f("uq_analyses_digest")),
    )
    op.create_index("ix_analyses_asked_at", "analyses", ["asked_at"], unique=False)
    op.create_index(
        "ix_analyses_wanted",
        "analyses",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'wanted'"),
        postgresql_where=sa.text("state = 'wanted'"),
    )
