"""Tables of contact confirmation: the round before a wave, whom it asked, what they said."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, false
from sqlalchemy.orm import Mapped, mapped_column

from surveyd.base.database import Base, one_of


class MarkState(StrEnum):
    """What an account manager said of a contact; open is what was said and taken back, or only corrected."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    EXCLUDED = "excluded"


class WhyExcluded(StrEnum):
    """Why an account manager leaves a contact out of a wave."""

    LEFT_COMPANY = "left_company"
    CANNOT_JUDGE = "cannot_judge"
    OWN_WISH = "own_wish"
    TALKS = "talks"
    COMPLAINT = "complaint"
    OTHER = "other"


class Confirmation(Base):
    """The round before one wave: account managers look through their contacts until the day `until` is over.

    `ends_at` is that day's end by the program's clock. `remind_days` are so many days before it, the most
    first; `remind_at` is when the next reminder is due, None when there is none to come.
    """

    __tablename__ = "confirmations"
    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id"), primary_key=True, autoincrement=False)
    until: Mapped[date]
    ends_at: Mapped[datetime]
    remind_days: Mapped[list[Any]]
    remind_at: Mapped[datetime | None] = mapped_column(index=True)
    begun_at: Mapped[datetime]
    begun_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class ConfirmationAsk(Base):
    """One account manager who was asked: when, when they began and finished, and how many mails they got."""

    __tablename__ = "confirmation_asks"
    wave_id: Mapped[int] = mapped_column(ForeignKey("confirmations.wave_id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    asked_at: Mapped[datetime]
    mailed_at: Mapped[datetime]
    mails: Mapped[int] = mapped_column(default=0)
    began_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class ContactMark(Base):
    """What was said last of one contact before one wave, by whom; `why` and `words` are of an exclusion."""

    __tablename__ = "contact_marks"
    wave_id: Mapped[int] = mapped_column(ForeignKey("confirmations.wave_id"), primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), primary_key=True)
    state: Mapped[MarkState] = mapped_column(one_of(MarkState))
    was_corrected: Mapped[bool] = mapped_column(default=False, server_default=false())
    was_added: Mapped[bool] = mapped_column(default=False, server_default=false())
    why: Mapped[WhyExcluded | None] = mapped_column(one_of(WhyExcluded))
    words: Mapped[str] = mapped_column(String(300), default="")
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
    __table_args__ = (
        CheckConstraint("state <> 'excluded' OR why IS NOT NULL", name="excluded_has_why"),
        Index("ix_contact_marks_contact_id", "contact_id"),
    )
