"""Mail that came back, answers by machine, and who wants no more of one program."""

import sqlalchemy as sa
from alembic import op

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _returned()
    _soft()
    _absences()
    _opt_outs()
    _changes()
    _keys()


def _returned() -> None:
    op.create_table(
        "returned_mails",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("door", _one_of("door", "pipe", "webhook"), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", _one_of("returnstate", "applied", "noted", "waiting", "settled"), nullable=False),
        sa.Column("why", sa.String(length=20), nullable=False),
        sa.Column("detail", sa.String(length=300), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("message_id", BIG_ID, nullable=True),
        sa.Column("hint_id", BIG_ID, nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.Column("settled_by_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["hint_id"], ["messages.id"], name=op.f("fk_returned_mails_hint_id")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_returned_mails_message_id")),
        sa.ForeignKeyConstraint(
            ["settled_by_id"], ["users.id"], name=op.f("fk_returned_mails_settled_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_returned_mails")),
        sa.UniqueConstraint("digest", name=op.f("uq_returned_mails_digest")),
    )
    op.create_index("ix_returned_mails_state_at", "returned_mails", ["state", "at"], unique=False)


def _soft() -> None:
    op.create_table(
        "soft_bounces",
        sa.Column("message_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_soft_bounces_message_id")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_soft_bounces")),
    )
    op.create_index(op.f("ix_soft_bounces_address"), "soft_bounces", ["address"], unique=False)


def _absences() -> None:
    op.create_table(
        "absences",
        sa.Column("message_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("invitation_id", BIG_ID, nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("resumes_at", INSTANT, nullable=False),
        sa.Column("moved", sa.Integer(), nullable=False),
        sa.Column("nomination_id", BIG_ID, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["invitation_id"], ["invitations.id"], name=op.f("fk_absences_invitation_id")
        ),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_absences_message_id")),
        sa.ForeignKeyConstraint(
            ["nomination_id"], ["nominations.id"], name=op.f("fk_absences_nomination_id")
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_absences")),
        sa.UniqueConstraint("nomination_id", name=op.f("uq_absences_nomination_id")),
    )
    op.create_index(op.f("ix_absences_invitation_id"), "absences", ["invitation_id"], unique=False)


def _opt_outs() -> None:
    op.create_table(
        "program_opt_outs",
        sa.Column("program_id", BIG_ID, nullable=False),
        sa.Column("contact_id", BIG_ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_program_opt_outs_contact_id")),
        sa.ForeignKeyConstraint(["program_id"], ["programs.id"], name=op.f("fk_program_opt_outs_program_id")),
        sa.PrimaryKeyConstraint("program_id", "contact_id", name=op.f("pk_program_opt_outs")),
    )
    op.create_index(op.f("ix_program_opt_outs_contact_id"), "program_opt_outs", ["contact_id"], unique=False)


def _changes() -> None:
    op.create_table(
        "stop_changes",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("contact_id", BIG_ID, nullable=True),
        sa.Column("program_id", BIG_ID, nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("by_id", BIG_ID, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_stop_changes_by_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_stop_changes_contact_id")),
        sa.ForeignKeyConstraint(["program_id"], ["programs.id"], name=op.f("fk_stop_changes_program_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stop_changes")),
    )
    op.create_index(op.f("ix_stop_changes_contact_id"), "stop_changes", ["contact_id"], unique=False)


def _keys() -> None:
    op.create_table(
        "hook_keys",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("use", _one_of("keyuse", "returns", "invitations"), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("made_by_id", BIG_ID, nullable=True),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["made_by_id"], ["users.id"], name=op.f("fk_hook_keys_made_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hook_keys")),
        sa.UniqueConstraint("digest", name=op.f("uq_hook_keys_digest")),
    )


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def downgrade() -> None:
    for table in (
        "hook_keys",
        "stop_changes",
        "program_opt_outs",
        "absences",
        "soft_bounces",
        "returned_mails",
    ):
        op.drop_table(table)
