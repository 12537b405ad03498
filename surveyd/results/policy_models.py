"""Table of scoring policies: each version of the rule, and where it stands."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from surveyd.base.database import Base, BigId, one_of


class PolicyState(StrEnum):
    """Where a version stands: a proposal, history being rescored by it, in force, before that, withdrawn."""

    PROPOSED = "proposed"
    RESCORING = "rescoring"
    CURRENT = "current"
    RETIRED = "retired"
    WITHDRAWN = "withdrawn"


class ScoringPolicy(Base):
    """One version of the scoring policy; its definition never changes. One version is in force.

    While history is rescored, `rescored` of `to_rescore` responses are done, up to `rescored_to` by id, and
    `leased_until` (system time) says until when some worker has it in hand. Of a proposal they say the same
    about its `comparison` with the version in force, which has been begun `attempts` times.

    Of the version in force, `looked_from` is the score's id behind which answers are looked for that were
    scored by the version before around the switch; None when that is over. `quiet_since` (system time) says
    since when there was nothing to find.
    """

    __tablename__ = "scoring_policies"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    version: Mapped[str] = mapped_column(String(40), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    definition: Mapped[dict[str, Any]]
    digest: Mapped[str] = mapped_column(String(64))
    state: Mapped[PolicyState] = mapped_column(one_of(PolicyState))
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    proposed_at: Mapped[datetime]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    in_force_at: Mapped[datetime | None]
    to_rescore: Mapped[int] = mapped_column(default=0)
    rescored: Mapped[int] = mapped_column(default=0)
    rescored_to: Mapped[int] = mapped_column(BigInteger, default=0)
    leased_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    looked_from: Mapped[int | None] = mapped_column(BigInteger)
    quiet_since: Mapped[datetime | None]
    comparison: Mapped[dict[str, Any] | None]
    __table_args__ = (
        Index(
            "uq_scoring_policies_current",
            "state",
            unique=True,
            sqlite_where=text("state = 'current'"),
            postgresql_where=text("state = 'current'"),
        ),
        Index(
            "uq_scoring_policies_rescoring",
            "state",
            unique=True,
            sqlite_where=text("state = 'rescoring'"),
            postgresql_where=text("state = 'rescoring'"),
        ),
    )
