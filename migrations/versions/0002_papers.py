"""The papers, and the mails that they go with."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
INSTANT = sa.DateTime(timezone=True)
WANTED = sa.text("state = 'wanted'")


def one_of(name: str, *states: str) -> sa.Enum:
    return sa.Enum(*states, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    op.create_table(
        "papers",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("dedup_key", sa.String(length=120), nullable=False),
        sa.Column("kind", one_of("paperkind", "response", "account", "summary"), nullable=False),
        sa.Column("state", one_of("paperstate", "wanted", "made", "failed"), nullable=False),
        sa.Column("wave_id", BIG_ID, nullable=True),
        sa.Column("account_id", BIG_ID, nullable=True),
        sa.Column("response_id", BIG_ID, nullable=True),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("facts", JSON, nullable=False),
        sa.Column("file_name", sa.String(length=80), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("asked_by_id", BIG_ID, nullable=True),
        sa.Column("made_at", INSTANT, nullable=True),
        sa.Column("lease_by", sa.String(length=40), nullable=True),
        sa.Column("lease_until", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_papers_account_id")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["users.id"], name=op.f("fk_papers_asked_by_id")),
        sa.ForeignKeyConstraint(["wave_id"], ["waves.id"], name=op.f("fk_papers_wave_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_papers")),
        sa.UniqueConstraint("dedup_key", name=op.f("uq_papers_dedup_key")),
    )
    for column in ("wave_id", "account_id", "response_id"):
        op.create_index(f"ix_papers_{column}", "papers", [column], unique=False)
    op.create_index("ix_papers_wanted", "papers", ["id"], sqlite_where=WANTED, postgresql_where=WANTED)
    # By hand: the tool would make SQLite write the whole table anew for a foreign key.
    kind = "BIGINT" if op.get_bind().dialect.name == "postgresql" else "INTEGER"
    op.execute(
        f"ALTER TABLE messages ADD COLUMN paper_id {kind}"
        " CONSTRAINT fk_messages_paper_id REFERENCES papers (id)"
    )
    op.execute("ALTER TABLE messages ADD COLUMN awaits_paper BOOLEAN DEFAULT false NOT NULL")
    op.create_index(
        "ix_messages_paper_id",
        "messages",
        ["paper_id"],
        sqlite_where=sa.text("awaits_paper = 1"),
        postgresql_where=sa.text("awaits_paper = true"),
    )
