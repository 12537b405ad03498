"""Tables of numbers that no answer says: what became of accounts, and figures of other companies."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from surveyd.base.database import Base, BigId, one_of


class Measure(StrEnum):
    """What a benchmark is a figure of: a score from -100 to 100, or points or a percentage from 0 to 100."""

    NPS = "nps"
    EASE = "ease"
    ATTITUDE = "attitude"
    INTENT = "intent"
    RESPONSE_RATE = "response_rate"


class ChurnFigures(Base):
    """How many accounts stood where, and how many of them left within a period; the row entered last counts.

    `outcomes` has a pair for each state: accounts, and how many of them left. No row ever changes.
    """

    __tablename__ = "churn_figures"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    begins: Mapped[date]
    ends: Mapped[date]
    outcomes: Mapped[dict[str, Any]]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
    __table_args__ = (CheckConstraint("begins < ends", name="period"),)


class OutsideFigure(Base):
    """A figure that somebody else has published, with its source and its date, in tenths of a point.

    `people` is how many it rests on, if that is known. One that was withdrawn is kept and no longer shown.
    """

    __tablename__ = "outside_figures"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    measure: Mapped[Measure] = mapped_column(one_of(Measure))
    title: Mapped[str] = mapped_column(String(200))
    tenths: Mapped[int]
    people: Mapped[int | None]
    source: Mapped[str] = mapped_column(String(300))
    day: Mapped[date]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    __table_args__ = (
        UniqueConstraint("measure", "title", "source", "day", "tenths"),
        CheckConstraint("tenths BETWEEN -1000 AND 1000", name="in_range"),
        CheckConstraint("people IS NULL OR people > 0", name="people"),
    )
