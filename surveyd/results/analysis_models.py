"""The table of analyses: what takes too long for a page, kept by the question that it answers."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from surveyd.base.database import Base, BigId, one_of


class AnalysisKind(StrEnum):
    """What is worked out."""

    DRIVERS = "drivers"
    PAIN_DELIGHT = "pain_delight"
    TONE = "tone"


class AnalysisState(StrEnum):
    """Whether a worker is wanted for it, it stands, or the work failed."""

    WANTED = "wanted"
    DONE = "done"
    FAILED = "failed"


class Analysis(Base):
    """One question and its last result; `digest` is that of the question: kind, slice, reader's reach,
    policy.

    `revision` is the digest of the answers that the result rests on, and `scored_to` the highest id of all
    scores when they were read. While it is worked out anew, `done` of
    `total` draws are made and the last result stays. A claim is a lease, in system time, on a wanted row.
    """

    __tablename__ = "analyses"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[AnalysisKind] = mapped_column(one_of(AnalysisKind))
    state: Mapped[AnalysisState] = mapped_column(one_of(AnalysisState), default=AnalysisState.WANTED)
    question: Mapped[dict[str, Any]] = mapped_column(default=dict)
    revision: Mapped[str] = mapped_column(String(64), default="")
    result: Mapped[dict[str, Any] | None]
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    scored_to: Mapped[int] = mapped_column(BigInteger, default=0)
    reason: Mapped[str] = mapped_column(String(300), default="")
    attempts: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    worked_out_at: Mapped[datetime | None]
    lease_by: Mapped[str | None] = mapped_column(String(40))
    lease_until: Mapped[datetime | None]
    __table_args__ = (
        Index(
            "ix_analyses_wanted",
            "id",
            sqlite_where=text("state = 'wanted'"),
            postgresql_where=text("state = 'wanted'"),
        ),
        Index("ix_analyses_asked_at", "asked_at"),
    )
