"""Open links, what comes in through them, anonymous answers, standing waves, and the survey after a case."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
INSTANT = sa.DateTime(timezone=True)

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # In words, since Alembic leaves the rule of a new column out on SQLite.
    op.execute(
        "ALTER TABLE waves ADD COLUMN kind VARCHAR(32) DEFAULT 'program' NOT NULL"
        " CONSTRAINT ck_waves_wavekind CHECK (kind IN ('program', 'standing'))"
    )
    asks = sa.Column("asks_after_cases", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("programs", asks)
    _links()
    _visits()
    _anonymous()
    _case_surveys()


def _links() -> None:
    op.create_table(
        "open_links",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("token", sa.String(length=22), nullable=False),
        sa.Column("program_id", BIG_ID, nullable=False),
        sa.Column("version_id", BIG_ID, nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("is_anonymous", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_open_links_created_by_id")),
        sa.ForeignKeyConstraint(["program_id"], ["programs.id"], name=op.f("fk_open_links_program_id")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["questionnaire_versions.id"], name=op.f("fk_open_links_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_open_links")),
        sa.UniqueConstraint("slug", name=op.f("uq_open_links_slug")),
        sa.UniqueConstraint("token", name=op.f("uq_open_links_token")),
    )
    op.create_index(op.f("ix_open_links_program_id"), "open_links", ["program_id"], unique=False)


def _visits() -> None:
    op.create_table(
        "open_visits",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("link_id", BIG_ID, nullable=False),
        sa.Column("version_id", BIG_ID, nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("answers", JSON, nullable=False),
        sa.Column("page", sa.String(length=80), nullable=False),
        sa.Column("saves", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "begun",
                "waiting",
                "matched",
                "noted",
                "dismissed",
                "spam",
                name="visitstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("suspicion", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("company", sa.String(length=300), nullable=False),
        sa.Column("receipt", sa.String(length=20), nullable=True),
        sa.Column("begun_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("response_id", BIG_ID, nullable=True),
        sa.Column("handled_at", INSTANT, nullable=True),
        sa.Column("handled_by_id", BIG_ID, nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.CheckConstraint(
            "state = 'begun' OR (receipt IS NOT NULL AND sent_at IS NOT NULL)",
            name=op.f("ck_open_visits_sent"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('matched', 'noted') OR response_id IS NOT NULL",
            name=op.f("ck_open_visits_has_response"),
        ),
        sa.ForeignKeyConstraint(["handled_by_id"], ["users.id"], name=op.f("fk_open_visits_handled_by_id")),
        sa.ForeignKeyConstraint(["link_id"], ["open_links.id"], name=op.f("fk_open_visits_link_id")),
        sa.ForeignKeyConstraint(["response_id"], ["responses.id"], name=op.f("fk_open_visits_response_id")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["questionnaire_versions.id"], name=op.f("fk_open_visits_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_open_visits")),
        sa.UniqueConstraint("receipt", name=op.f("uq_open_visits_receipt")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_open_visits_token_digest")),
    )
    op.create_index(op.f("ix_open_visits_link_id"), "open_visits", ["link_id"], unique=False)
    op.create_index(op.f("ix_open_visits_response_id"), "open_visits", ["response_id"], unique=False)
    op.create_index(
        "ix_open_visits_state_sent_at_id", "open_visits", ["state", "sent_at", "id"], unique=False
    )


def _anonymous() -> None:
    op.create_table(
        "anonymous_answers",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("link_id", BIG_ID, nullable=False),
        sa.Column("version_id", BIG_ID, nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("is_suspect", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("is_shown", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("answers", JSON, nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["open_links.id"], name=op.f("fk_anonymous_answers_link_id")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["questionnaire_versions.id"], name=op.f("fk_anonymous_answers_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_anonymous_answers")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_anonymous_answers_link_id"), "anonymous_answers", ["link_id"], unique=False)


def _case_surveys() -> None:
    op.create_table(
        "case_surveys",
        sa.Column("invitation_id", BIG_ID, nullable=False, autoincrement=False),
        sa.Column("case_id", BIG_ID, nullable=False),
        sa.Column("contact_id", BIG_ID, nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("heard_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_surveys_case_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_case_surveys_contact_id")),
        sa.ForeignKeyConstraint(
            ["invitation_id"], ["invitations.id"], name=op.f("fk_case_surveys_invitation_id")
        ),
        sa.PrimaryKeyConstraint("invitation_id", name=op.f("pk_case_surveys")),
    )
    op.create_index(op.f("ix_case_surveys_case_id"), "case_surveys", ["case_id"], unique=False)
    op.create_index(op.f("ix_case_surveys_contact_id"), "case_surveys", ["contact_id"], unique=False)
