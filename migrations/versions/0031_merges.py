"""Probable duplicates, and contacts and accounts that were merged into others."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
INSTANT = sa.DateTime(timezone=True)
KINDS = "IN ('contact', 'account')"

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("contacts", "accounts"):
        _merged_into(table)
    op.create_table(
        "duplicate_pairs",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("low_id", sa.BigInteger(), nullable=False),
        sa.Column("high_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("score", sa.SmallInteger(), nullable=False),
        sa.Column("reasons", JSON, nullable=False),
        sa.Column("found_at", INSTANT, nullable=False),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("decided_by_id", BIG_ID, nullable=True),
        sa.CheckConstraint(f"kind {KINDS}", name=op.f("ck_duplicate_pairs_samekind")),
        sa.CheckConstraint("state IN ('found', 'apart')", name=op.f("ck_duplicate_pairs_pairstate")),
        sa.CheckConstraint("low_id < high_id", name=op.f("ck_duplicate_pairs_order")),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["users.id"], name=op.f("fk_duplicate_pairs_decided_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duplicate_pairs")),
        sa.UniqueConstraint("kind", "low_id", "high_id", name=op.f("uq_duplicate_pairs_kind_low_id_high_id")),
    )
    op.create_index("ix_duplicate_pairs_state_score", "duplicate_pairs", ["state", "score", "id"])
    op.create_index("ix_duplicate_pairs_high_id", "duplicate_pairs", ["kind", "high_id"])
    op.create_table(
        "duplicate_searches",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("seen", sa.String(length=60), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duplicate_searches")),
    )
    _merges()


def _merges() -> None:
    op.create_table(
        "merges",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("gone_id", sa.BigInteger(), nullable=False),
        sa.Column("kept_id", sa.BigInteger(), nullable=False),
        sa.Column("own", JSON, nullable=False),
        sa.Column("taken", JSON, nullable=False),
        sa.Column("moved", JSON, nullable=False),
        sa.Column("by_id", BIG_ID, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint(f"kind {KINDS}", name=op.f("ck_merges_samekind")),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_merges_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merges")),
        sa.UniqueConstraint("kind", "gone_id", name=op.f("uq_merges_kind_gone_id")),
    )
    op.create_index("ix_merges_kind_kept_id", "merges", ["kind", "kept_id"])
    op.create_table(
        "merged_invitations",
        sa.Column("invitation_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("goes_on_id", BIG_ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["invitation_id"], ["invitations.id"], name=op.f("fk_merged_invitations_invitation_id")
        ),
        sa.ForeignKeyConstraint(
            ["goes_on_id"], ["invitations.id"], name=op.f("fk_merged_invitations_goes_on_id")
        ),
        sa.PrimaryKeyConstraint("invitation_id", name=op.f("pk_merged_invitations")),
    )
    op.create_index(op.f("ix_merged_invitations_goes_on_id"), "merged_invitations", ["goes_on_id"])


def _merged_into(table: str) -> None:
    # On SQLite a reference comes along with its new column only.
    kind = "BIGINT" if op.get_bind().dialect.name == "postgresql" else "INTEGER"
    op.execute(
        f"ALTER TABLE {table} ADD COLUMN merged_into_id {kind}"
        f" CONSTRAINT fk_{table}_merged_into_id REFERENCES {table} (id)"
    )
    merged = sa.text("merged_into_id IS NOT NULL")
    op.create_index(
        f"ix_{table}_merged_into_id",
        table,
        ["merged_into_id"],
        sqlite_where=merged,
        postgresql_where=merged,
    )
