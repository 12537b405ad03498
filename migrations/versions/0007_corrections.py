"""Corrections of sent answers, and what a person asks of us in place of answering."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
INSTANT = sa.DateTime(timezone=True)

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def one_of(name: str, *states: str) -> sa.Enum:
    return sa.Enum(*states, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    # Alembic would leave out the rule on SQLite, where only a new column can bring one along.
    op.execute(
        "ALTER TABLE programs ADD COLUMN after_sending VARCHAR(32) DEFAULT 'read' NOT NULL"
        " CONSTRAINT ck_programs_aftersending CHECK (after_sending IN ('nothing', 'read', 'correct'))"
    )
    _revisions()
    _wishes()
    _nominations()


def _revisions() -> None:
    op.create_table(
        "revisions",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("response_id", BIG_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("before", JSON, nullable=False),
        sa.Column("after", JSON, nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("user_id", BIG_ID, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["response_id"], ["responses.id"], name=op.f("fk_revisions_response_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_revisions_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revisions")),
        sa.UniqueConstraint("response_id", "number", name=op.f("uq_revisions_response_id_number")),
    )


def _wishes() -> None:
    op.create_table(
        "wishes",
        sa.Column("invitation_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("kind", one_of("wishkind", "remind", "call"), nullable=False),
        sa.Column("remind_on", sa.Date(), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("suits", sa.String(length=200), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitations.id"], name=op.f("fk_wishes_invitation_id")),
        sa.PrimaryKeyConstraint("invitation_id", name=op.f("pk_wishes")),
    )


def _nominations() -> None:
    why = one_of("whynot", "left_company", "not_my_subject", "other")
    state = one_of("nominationstate", "waiting", "added", "dismissed")
    op.create_table(
        "nominations",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("invitation_id", BIG_ID, nullable=False),
        sa.Column("contact_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("why", why, nullable=False),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("state", state, nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("added_id", BIG_ID, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("decided_by_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_nominations_account_id")),
        sa.ForeignKeyConstraint(["added_id"], ["contacts.id"], name=op.f("fk_nominations_added_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_nominations_contact_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["users.id"], name=op.f("fk_nominations_decided_by_id")),
        sa.ForeignKeyConstraint(
            ["invitation_id"], ["invitations.id"], name=op.f("fk_nominations_invitation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nominations")),
        sa.UniqueConstraint("invitation_id", name=op.f("uq_nominations_invitation_id")),
    )
    op.create_index("ix_nominations_contact_id", "nominations", ["contact_id"], unique=False)
    op.create_index("ix_nominations_account_id_state", "nominations", ["account_id", "state"], unique=False)
