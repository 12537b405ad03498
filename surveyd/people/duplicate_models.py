"""Tables of duplicates: pairs that are probably one, when they were looked for, and what was merged."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from surveyd.base.database import Base, BigId, one_of


class SameKind(StrEnum):
    """What there may be twice."""

    CONTACT = "contact"
    ACCOUNT = "account"


class PairState(StrEnum):
    """Whether a pair waits for somebody to look, or somebody said that they are two."""

    FOUND = "found"
    APART = "apart"


class DuplicatePair(Base):
    """Two contacts or two accounts that are probably one; `reasons` are the words of `duplicates.REASONS`.

    Who was said to be two stays so: the row keeps the pair away. Ids alone, as people come and go.
    """

    __tablename__ = "duplicate_pairs"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[SameKind] = mapped_column(one_of(SameKind))
    low_id: Mapped[int] = mapped_column(BigInteger)
    high_id: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[PairState] = mapped_column(one_of(PairState), default=PairState.FOUND)
    score: Mapped[int] = mapped_column(SmallInteger)
    """From 1 to 100; see `duplicates.LIKELY`."""
    reasons: Mapped[list[str]]
    found_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    __table_args__ = (
        UniqueConstraint("kind", "low_id", "high_id"),
        CheckConstraint("low_id < high_id", name="order"),
        Index("ix_duplicate_pairs_state_score", "state", "score", "id"),
        Index("ix_duplicate_pairs_high_id", "kind", "high_id"),
    )


class DuplicateSearch(Base):
    """The last search, the one row: what of accounts and contacts it has seen, in counted changes."""

    __tablename__ = "duplicate_searches"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    seen: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]
    """System time."""


class Merge(Base):
    """One contact or account that goes on as another one: once each.

    `taken` is what the other one took from it, by field, and `own` what stood there before, as the
    company's lists still say it: see `merged.Merged`. `moved` counts what of its history went along.
    """

    __tablename__ = "merges"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[SameKind] = mapped_column(one_of(SameKind))
    gone_id: Mapped[int] = mapped_column(BigInteger)
    kept_id: Mapped[int] = mapped_column(BigInteger)
    own: Mapped[dict[str, Any]] = mapped_column(default=dict)
    taken: Mapped[dict[str, Any]] = mapped_column(default=dict)
    moved: Mapped[dict[str, Any]] = mapped_column(default=dict)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
    __table_args__ = (
        UniqueConstraint("kind", "gone_id"),
        Index("ix_merges_kind_kept_id", "kind", "kept_id"),
    )
