"""Whoever wants no more means their address, whichever contacts have it."""

import sqlalchemy as sa
from alembic import op

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

SAID = """
INSERT INTO address_opt_outs (address, program_id, contact_id, at)
SELECT lower(email), 0, min(coalesce(merged_into_id, id)), min(opted_out_at)
FROM contacts WHERE opted_out_at IS NOT NULL AND email <> '' GROUP BY lower(email)
"""
SAID_OF_PROGRAMS = """
INSERT INTO address_opt_outs (address, program_id, contact_id, at)
SELECT lower(c.email), said.program_id, min(coalesce(c.merged_into_id, c.id)), min(said.at)
FROM program_opt_outs AS said JOIN contacts AS c ON c.id = said.contact_id
WHERE c.email <> '' GROUP BY lower(c.email), said.program_id
"""


def upgrade() -> None:
    op.create_table(
        "address_opt_outs",
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("program_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("contact_id", BIG_ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_address_opt_outs_contact_id")),
        sa.PrimaryKeyConstraint("address", "program_id", name=op.f("pk_address_opt_outs")),
    )
    op.create_index("ix_address_opt_outs_contact_id", "address_opt_outs", ["contact_id"])
    opted_out = sa.text("opted_out_at IS NOT NULL")
    op.create_index(
        "ix_contacts_opted_out_at",
        "contacts",
        ["opted_out_at"],
        sqlite_where=opted_out,
        postgresql_where=opted_out,
    )
    op.execute(SAID)
    op.execute(SAID_OF_PROGRAMS)
