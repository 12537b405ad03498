"""Tables of invitations that an event asks for: which events a program knows, and each request's outcome."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from surveyd.base.database import Base, BigId, one_of

TRIGGERED = "-triggered-"
"""Stands in the name of a wave that events ask for, before its month."""


class TriggerSource(StrEnum):
    """What asked for an invitation."""

    RENEWAL = "renewal"
    COMMAND = "command"
    API = "api"


class RenewalTrigger(Base):
    """A program that asks an account's contacts so many days before the account's renewal date."""

    __tablename__ = "renewal_triggers"
    program_id: Mapped[int] = mapped_column(ForeignKey("programs.id"), primary_key=True, autoincrement=False)
    days_before: Mapped[int]
    set_at: Mapped[datetime]
    set_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    __table_args__ = (CheckConstraint("0 <= days_before AND days_before <= 365", name="days_before"),)


class Trigger(Base):
    """One request to invite one contact. The key says which request this is: a second one is the same.

    An empty `rule` means: invited, by `invitation_id`; else the rule that left them out.
    """

    __tablename__ = "triggers"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(160), unique=True)
    program_id: Mapped[int] = mapped_column(ForeignKey("programs.id"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), index=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id"))
    source: Mapped[TriggerSource] = mapped_column(one_of(TriggerSource))
    rule: Mapped[str] = mapped_column(String(40), default="")
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("invitations.id"))
    renews: Mapped[date | None]
    """The account's renewal date, where that asked."""
    at: Mapped[datetime]
    __table_args__ = (Index("ix_triggers_program_id_id", "program_id", "id"),)
