"""Tables of the closed loop: cases, their log, and the counters of the random follow-up sample."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from surveyd.base.database import Base, BigId, one_of


class CaseState(StrEnum):
    OPEN = "open"
    CONTACTED = "contacted"
    CLOSED = "closed"


class Case(Base):
    """One follow-up with one person about one response; `reasons` lists the rules that asked for it."""

    __tablename__ = "cases"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    response_id: Mapped[int] = mapped_column(ForeignKey("responses.id"), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    state: Mapped[CaseState] = mapped_column(one_of(CaseState), default=CaseState.OPEN)
    reasons: Mapped[list[str]]
    priority: Mapped[int]
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    contacted_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    root_cause: Mapped[str] = mapped_column(String(200), default="")
    outcome: Mapped[str] = mapped_column(String(200), default="")
    __table_args__ = (Index("ix_cases_owner_id_state_due_at", "owner_id", "state", "due_at"),)


class CaseEntry(Base):
    """One line of a case's log."""

    __tablename__ = "case_entries"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(String(4000), default="")


class SampleCounter(Base):
    """How many responses of a stratum have arrived in a wave: the place of the next in its block."""

    __tablename__ = "sample_counters"
    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id"), primary_key=True)
    stratum: Mapped[str] = mapped_column(String(40), primary_key=True)
    arrived: Mapped[int] = mapped_column(default=0)
