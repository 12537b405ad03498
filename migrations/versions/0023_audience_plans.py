"""Whom a wave asks: its filters, its sample and its seed; and addresses and names found by an index."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
INSTANT = sa.DateTime(timezone=True)
CUSTOMERS = ("active", "lapsed")
KINDS = ("census", "number", "share")
ALLOCATIONS = ("proportional", "equal", "minimum")

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audience_plans",
        sa.Column("wave_id", BIG_ID, nullable=False),
        sa.Column("customers", sa.String(length=32), nullable=False),
        sa.Column("filters", JSON, nullable=False),
        sa.Column("revenue_from_cents", sa.BigInteger(), nullable=True),
        sa.Column("revenue_to_cents", sa.BigInteger(), nullable=True),
        sa.Column("sample", sa.String(length=32), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("strata", JSON, nullable=False),
        sa.Column("allocation", sa.String(length=32), nullable=False),
        sa.Column("least", sa.Integer(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("drawn", sa.Integer(), nullable=False),
        sa.Column("drawn_from", sa.Integer(), nullable=False),
        sa.Column("drawn_at", INSTANT, nullable=True),
        sa.Column("shares", JSON, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("changed_by_id", BIG_ID, nullable=True),
        sa.CheckConstraint(sa.column("customers").in_(CUSTOMERS), name=op.f("ck_audience_plans_customers")),
        sa.CheckConstraint(sa.column("sample").in_(KINDS), name=op.f("ck_audience_plans_samplekind")),
        sa.CheckConstraint(
            sa.column("allocation").in_(ALLOCATIONS), name=op.f("ck_audience_plans_allocation")
        ),
        sa.CheckConstraint(
            "sample <> 'share' OR size BETWEEN 1 AND 100", name=op.f("ck_audience_plans_share")
        ),
        sa.CheckConstraint("sample <> 'number' OR size > 0", name=op.f("ck_audience_plans_size")),
        sa.CheckConstraint("least >= 0", name=op.f("ck_audience_plans_least")),
        sa.ForeignKeyConstraint(["wave_id"], ["waves.id"], name=op.f("fk_audience_plans_wave_id")),
        sa.ForeignKeyConstraint(
            ["changed_by_id"], ["users.id"], name=op.f("fk_audience_plans_changed_by_id")
        ),
        sa.PrimaryKeyConstraint("wave_id", name=op.f("pk_audience_plans")),
    )
    op.create_table(
        "audience_draws",
        sa.Column("wave_id", BIG_ID, nullable=False),
        sa.Column("contact_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(["wave_id"], ["waves.id"], name=op.f("fk_audience_draws_wave_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_audience_draws_contact_id")),
        sa.PrimaryKeyConstraint("wave_id", "contact_id", name=op.f("pk_audience_draws")),
    )
    op.create_index("ix_contacts_address", "contacts", [sa.text("lower(email)")])
    op.create_index("ix_contacts_by_name", "contacts", [sa.text("lower(name)"), "id"])


def downgrade() -> None:
    op.drop_index("ix_contacts_by_name", table_name="contacts")
    op.drop_index("ix_contacts_address", table_name="contacts")
    op.drop_table("audience_draws")
    op.drop_table("audience_plans")
