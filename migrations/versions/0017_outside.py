"""What numbers from outside the house say: rates of currencies, churn, benchmarks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
INSTANT = sa.DateTime(timezone=True)
MEASURES = ("nps", "ease", "attitude", "intent", "response_rate")

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reporting_currencies",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("by_id", BIG_ID, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_reporting_currencies_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reporting_currencies")),
    )
    _rates()
    _churn()
    _figures()


def _rates() -> None:
    op.create_table(
        "currency_rates",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reporting", sa.String(length=3), nullable=False),
        sa.Column("trillionths", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("by_id", BIG_ID, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint("trillionths > 0", name=op.f("ck_currency_rates_rate_above_zero")),
        sa.CheckConstraint("currency <> reporting", name=op.f("ck_currency_rates_two_currencies")),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_currency_rates_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_currency_rates")),
    )
    op.create_index(
        "ix_currency_rates_reporting_currency_day",
        "currency_rates",
        ["reporting", "currency", "day"],
        unique=False,
    )


def _churn() -> None:
    op.create_table(
        "churn_figures",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("begins", sa.Date(), nullable=False),
        sa.Column("ends", sa.Date(), nullable=False),
        sa.Column("outcomes", JSON, nullable=False),
        sa.Column("by_id", BIG_ID, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint("begins < ends", name=op.f("ck_churn_figures_period")),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_churn_figures_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_churn_figures")),
    )


def _figures() -> None:
    op.create_table(
        "outside_figures",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("measure", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("tenths", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("by_id", BIG_ID, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("withdrawn_at", INSTANT, nullable=True),
        sa.Column("withdrawn_by_id", BIG_ID, nullable=True),
        sa.CheckConstraint(sa.column("measure").in_(MEASURES), name=op.f("ck_outside_figures_measure")),
        sa.CheckConstraint("tenths BETWEEN -1000 AND 1000", name=op.f("ck_outside_figures_in_range")),
        sa.CheckConstraint("people IS NULL OR people > 0", name=op.f("ck_outside_figures_people")),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_outside_figures_by_id")),
        sa.ForeignKeyConstraint(
            ["withdrawn_by_id"], ["users.id"], name=op.f("fk_outside_figures_withdrawn_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_figures")),
        sa.UniqueConstraint(
            "measure",
            "title",
            "source",
            "day",
            "tenths",
            name=op.f("uq_outside_figures_measure_title_source_day_tenths"),
        ),
    )
