"""The words of mails that a program has for itself, in versions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
INSTANT = sa.DateTime(timezone=True)
KIND = sa.Enum(
    "mjml",
    "html",
    "shipped",
    name="templatekind",
    native_enum=False,
    create_constraint=True,
    length=32,
)

revision = "0025"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _templates()
    op.create_table(
        "mail_letterheads",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("program_id", BIG_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("postal_address", sa.String(length=500), nullable=False),
        sa.Column("legal", JSON, nullable=False),
        sa.Column("manager_sends", sa.Boolean(), nullable=False),
        sa.Column("manager_replies", sa.Boolean(), nullable=False),
        sa.Column("saved_at", INSTANT, nullable=False),
        sa.Column("saved_by_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["program_id"], ["programs.id"], name=op.f("fk_mail_letterheads_program_id")),
        sa.ForeignKeyConstraint(["saved_by_id"], ["users.id"], name=op.f("fk_mail_letterheads_saved_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_letterheads")),
        sa.UniqueConstraint("program_id", "number", name=op.f("uq_mail_letterheads_program_id_number")),
    )
    op.create_table(
        "mail_seeds",
        sa.Column("program_id", BIG_ID, nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["program_id"], ["programs.id"], name=op.f("fk_mail_seeds_program_id")),
        sa.PrimaryKeyConstraint("program_id", "address", name=op.f("pk_mail_seeds")),
    )


def _templates() -> None:
    op.create_table(
        "mail_templates",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("program_id", BIG_ID, nullable=False),
        sa.Column("mail", sa.String(length=60), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", KIND, nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("saved_at", INSTANT, nullable=False),
        sa.Column("saved_by_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["program_id"], ["programs.id"], name=op.f("fk_mail_templates_program_id")),
        sa.ForeignKeyConstraint(["saved_by_id"], ["users.id"], name=op.f("fk_mail_templates_saved_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_templates")),
        sa.UniqueConstraint(
            "program_id",
            "mail",
            "language",
            "number",
            name=op.f("uq_mail_templates_program_id_mail_language_number"),
        ),
    )


def downgrade() -> None:
    op.drop_table("mail_seeds")
    op.drop_table("mail_letterheads")
    op.drop_table("mail_templates")
