"""Tables of launches: what was found before one, who let a wave go all the same, and how it was rehearsed."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column

from surveyd.base.database import Base, BigId, one_of


class LaunchCheck(Base):
    """The last look at a wave before its launch; `plan` is the digest of what was looked at.

    `made_at` is in the machine's time. See `launching.findings.Finding` for `findings`.
    """

    __tablename__ = "launch_checks"
    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id"), primary_key=True, autoincrement=False)
    plan: Mapped[str] = mapped_column(String(64))
    contacts: Mapped[int]
    findings: Mapped[list[Any]]
    made_at: Mapped[datetime]


class LaunchOverride(Base):
    """An admin's word that a wave may go although the findings that `findings` names are red.

    It holds for one plan only. Where it `needs_second`, another admin confirms it.
    """

    __tablename__ = "launch_overrides"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id"), index=True)
    plan: Mapped[str] = mapped_column(String(64))
    contacts: Mapped[int]
    findings: Mapped[list[str]]
    reason: Mapped[str] = mapped_column(String(500))
    needs_second: Mapped[bool] = mapped_column(default=False, server_default=false())
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    confirmed_at: Mapped[datetime | None]
    __table_args__ = (
        CheckConstraint("reason <> ''", name="reason"),
        CheckConstraint("confirmed_by_id IS NULL OR confirmed_by_id <> by_id", name="two_people"),
    )


class RehearsalState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Rehearsal(Base):
    """One rehearsal of a wave: how it would go by `seed`. `asked_at` and `leased_until` are system time.

    `result` is its sums, see `rehearsing.results`; `touches` every planned touch, as a compressed table.
    """

    __tablename__ = "rehearsals"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id"))
    state: Mapped[RehearsalState] = mapped_column(one_of(RehearsalState), default=RehearsalState.WAITING)
    seed: Mapped[int] = mapped_column(BigInteger)
    minutes_a_call: Mapped[int] = mapped_column(SmallInteger)
    percent: Mapped[int] = mapped_column(SmallInteger, default=0)
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    touches: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    note: Mapped[str] = mapped_column(String(300), default="")
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
    asked_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    __table_args__ = (
        Index("ix_rehearsals_wave_id_id", "wave_id", "id"),
        CheckConstraint("minutes_a_call BETWEEN 1 AND 120", name="minutes"),
        CheckConstraint("percent BETWEEN 0 AND 100", name="percent"),
    )
