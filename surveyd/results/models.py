"""Tables of results: one narrow row per response and rule version, and the counters of sampling."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, SmallInteger, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from surveyd.base.database import Base, BigId


class Score(Base):
    """What one response measures under one rule version. Indexes run from 0 to 100; None is not measured."""

    __tablename__ = "scores"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    response_id: Mapped[int] = mapped_column(ForeignKey("responses.id"))
    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    rule_version: Mapped[str] = mapped_column(String(40))
    recommendation: Mapped[int | None] = mapped_column(SmallInteger)
    category: Mapped[str | None] = mapped_column(String(20))
    attitude: Mapped[float | None]
    intent: Mapped[float | None]
    growth: Mapped[float | None]
    ease: Mapped[float | None]
    segment: Mapped[str] = mapped_column(String(20))
    severity: Mapped[float | None]
    stages: Mapped[dict[str, Any]] = mapped_column(default=dict)
    inputs: Mapped[dict[str, Any]] = mapped_column(default=dict)
    explanation: Mapped[list[str]] = mapped_column(default=list)
    scored_at: Mapped[datetime]
    __table_args__ = (
        UniqueConstraint("response_id", "rule_version"),
        Index("ix_scores_wave_id_id", "wave_id", "id"),
        Index("ix_scores_wave_id_rule_version_id", "wave_id", "rule_version", "id"),
        Index("ix_scores_account_id_wave_id", "account_id", "wave_id"),
        Index(
            "ix_scores_standing",
            "wave_id",
            "rule_version",
            "account_id",
            "response_id",
            "segment",
            "attitude",
            "intent",
            "category",
        ),
        Index(
            "ix_scores_high_risk",
            "response_id",
            "account_id",
            "rule_version",
            sqlite_where=text("segment = 'high_risk'"),
            postgresql_where=text("segment = 'high_risk'"),
        ),
    )
