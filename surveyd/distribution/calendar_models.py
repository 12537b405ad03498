"""Tables of the calendar: days on which nobody is asked, and waves that come again."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from surveyd.base.database import Base, BigId, one_of


class ProposalState(StrEnum):
    """What became of a wave that proposed itself."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    DROPPED = "dropped"


class Holiday(Base):
    """A public holiday of a country (ISO 3166, two letters): a day on which nobody there is asked."""

    __tablename__ = "holidays"
    country: Mapped[str] = mapped_column(String(2), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))


class HolidayYear(Base):
    """A year of a country whose holidays are known, and the edition of the calendar that they are from."""

    __tablename__ = "holiday_years"
    country: Mapped[str] = mapped_column(String(2), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    edition: Mapped[str] = mapped_column(String(40))


class Blackout(Base):
    """A period, first and last day included, in which a program asks nobody; all programs without one."""

    __tablename__ = "blackouts"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    program_id: Mapped[int | None] = mapped_column(ForeignKey("programs.id"), index=True)
    first_day: Mapped[date]
    last_day: Mapped[date]
    name: Mapped[str] = mapped_column(String(120))
    reason: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    __table_args__ = (CheckConstraint("first_day <= last_day", name="days"),)


class Recurrence(Base):
    """How often a program asks: `per_year` waves, evenly spread, at an hour of the program's zone."""

    __tablename__ = "recurrences"
    program_id: Mapped[int] = mapped_column(ForeignKey("programs.id"), primary_key=True, autoincrement=False)
    first_day: Mapped[date]
    hour: Mapped[int]
    per_year: Mapped[int]
    __table_args__ = (
        CheckConstraint("per_year IN (1, 2, 3, 4, 6, 12)", name="per_year"),
        CheckConstraint("0 <= hour AND hour < 24", name="hour"),
    )


class Proposal(Base):
    """A wave that proposes itself for `nominal_day`; `day` is that, moved out of what cannot be.

    Who moved it by hand is `moved`: it stays there, whatever is blacked out later.
    """

    __tablename__ = "proposals"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    program_id: Mapped[int] = mapped_column(ForeignKey("programs.id"))
    nominal_day: Mapped[date]
    day: Mapped[date]
    state: Mapped[ProposalState] = mapped_column(one_of(ProposalState), default=ProposalState.PROPOSED)
    moved: Mapped[bool] = mapped_column(default=False)
    wave_id: Mapped[int | None] = mapped_column(ForeignKey("waves.id"), unique=True)
    reason: Mapped[str] = mapped_column(String(300), default="")
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    __table_args__ = (UniqueConstraint("program_id", "nominal_day"),)


class DailyLimit(Base):
    """At most so many people of one account are asked on one day by the program; without a row, no limit."""

    __tablename__ = "daily_limits"
    program_id: Mapped[int] = mapped_column(ForeignKey("programs.id"), primary_key=True, autoincrement=False)
    people: Mapped[int]
    __table_args__ = (CheckConstraint("people > 0", name="people"),)
