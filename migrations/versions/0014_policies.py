"""Scoring policies as data; the rule by which everything was scored so far is the first."""

import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
INSTANT = sa.DateTime(timezone=True)

STATES = ("proposed", "rescoring", "current", "retired", "withdrawn")
FIRST = {
    "cut": 6250,
    "gate": 5000,
    "border": 625,
    "needed": 50,
    "axes": {
        "attitude": {"attitude": 1},
        "intent": {"intent": 1},
        "growth": {"growth": 1},
        "ease": {"ease": 1},
    },
    "accounts": {
        "method": "weighted_mean",
        "roles": {
            "decision_maker": 3,
            "influencer": 2,
            "buyer": 2,
            "gatekeeper": 1,
            "user": 1,
            "unknown": 1,
        },
        "split_agreement": 60,
        "split_spread": 20,
        "high_from": 3,
        "high_coverage": 50,
        "medium_from": 2,
        "stale_after": 365,
    },
    "minimums": {
        "shown": 10,
        "normal": 30,
        "drivers": 50,
        "drivers_each": 10,
        "driver_accounts": 20,
        "clusters": 10,
    },
}
DIGEST = "604f28f3642f4a37354b222b764ef2241d1b55cc2d6391a6d19e96b24f3e9f54"

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table = op.create_table(
        "scoring_policies",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("definition", JSON, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("proposed_by_id", BIG_ID, nullable=True),
        sa.Column("proposed_at", INSTANT, nullable=False),
        sa.Column("decided_by_id", BIG_ID, nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("in_force_at", INSTANT, nullable=True),
        sa.Column("to_rescore", sa.Integer(), nullable=False),
        sa.Column("rescored", sa.Integer(), nullable=False),
        sa.Column("rescored_to", sa.BigInteger(), nullable=False),
        sa.Column("leased_until", INSTANT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("looked_from", sa.BigInteger(), nullable=True),
        sa.Column("quiet_since", INSTANT, nullable=True),
        sa.Column("comparison", JSON, nullable=True),
        sa.CheckConstraint(sa.column("state").in_(STATES), name=op.f("ck_scoring_policies_policystate")),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"], ["users.id"], name=op.f("fk_scoring_policies_proposed_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["users.id"], name=op.f("fk_scoring_policies_decided_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scoring_policies")),
        sa.UniqueConstraint("version", name=op.f("uq_scoring_policies_version")),
    )
    _one_at_most("current")
    _one_at_most("rescoring")
    begun = datetime(2026, 1, 1, tzinfo=UTC)
    op.execute(
        table.insert().values(
            version="1",
            title="The first rule",
            definition=json.loads(json.dumps(FIRST)),
            digest=DIGEST,
            state="current",
            proposed_at=begun,
            decided_at=begun,
            in_force_at=begun,
            to_rescore=0,
            rescored=0,
            rescored_to=0,
            attempts=0,
        )
    )
    op.create_index("ix_scores_wave_id_rule_version_id", "scores", ["wave_id", "rule_version", "id"])


def _one_at_most(state: str) -> None:
    only = sa.text(f"state = '{state}'")
    op.create_index(
        f"uq_scoring_policies_{state}",
        "scoring_policies",
        ["state"],
        unique=True,
        sqlite_where=only,
        postgresql_where=only,
    )
