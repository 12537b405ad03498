"""Tables of the call list: whom to call, who has them in hand, what each attempt came to, and who is not."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from surveyd.base.database import Base, BigId, one_of


class CallState(StrEnum):
    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"


class CallOutcome(StrEnum):
    REACHED = "reached"
    NO_ANSWER = "no_answer"
    LEFT_MESSAGE = "left_message"
    CALL_BACK = "call_back"
    WRONG_NUMBER = "wrong_number"
    DECLINED = "declined"
    COMPLETED = "completed"
    GONE = "gone"


class Call(Base):
    """One person on the call list, from one phone touch. A claim is a lease in system time.

    Wave, zone and language are those of the invitation, which never change: the list is narrowed and sorted
    by this table alone. `owner_id` is who promised to call back or was handed the call; until `owner_until`,
    in program time, nobody else gets it as the next person.
    """

    __tablename__ = "calls"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    touch_id: Mapped[int] = mapped_column(ForeignKey("touches.id"), unique=True)
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitations.id"), index=True)
    state: Mapped[CallState] = mapped_column(one_of(CallState), default=CallState.OPEN)
    flagged_at: Mapped[datetime]
    not_before: Mapped[datetime]
    claimed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    claimed_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    outcome: Mapped[CallOutcome | None] = mapped_column(one_of(CallOutcome))
    closed_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(60), default="")
    wave_id: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC", server_default="UTC")
    language: Mapped[str] = mapped_column(String(12), default="", server_default="")
    country: Mapped[str] = mapped_column(String(2), default="", server_default="")
    """The account's, for its holidays."""
    weight: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """Where it stands among those who can be called now, the smallest first: see `call_entries`."""
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    owner_until: Mapped[datetime | None]
    __table_args__ = (
        Index("ix_calls_state_not_before", "state", "not_before"),
        Index("ix_calls_state_weight", "state", "weight"),
        Index("ix_calls_state_outcome", "state", "outcome", "not_before"),
        Index(
            "ix_calls_owner_id",
            "owner_id",
            sqlite_where=text("owner_id IS NOT NULL"),
            postgresql_where=text("owner_id IS NOT NULL"),
        ),
        Index(
            "ix_calls_claimed_until",
            "claimed_until",
            sqlite_where=text("claimed_until IS NOT NULL"),
            postgresql_where=text("claimed_until IS NOT NULL"),
        ),
        Index("ix_calls_state_wave_id", "state", "wave_id", "time_zone", "country", "language", "not_before"),
    )


class CallAttempt(Base):
    """One attempt to call, as the person on the phone recorded it."""

    __tablename__ = "call_attempts"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
    outcome: Mapped[CallOutcome] = mapped_column(one_of(CallOutcome))
    note: Mapped[str] = mapped_column(String(2000), default="")
    call_back_at: Mapped[datetime | None]
    sheet_key: Mapped[str | None] = mapped_column(String(64))
    """Names the line of the sheet of paper that it was read from: a line counts once."""
    __table_args__ = (
        Index("ix_call_attempts_at_user_id", "at", "user_id"),
        Index("ix_call_attempts_sheet_key", "sheet_key", unique=True),
    )


class CallHold(Base):
    """A person or a number that somebody has in hand until `until` (system time), in whatever call.

    `key` is `contact:` with the contact's id or `phone:` with the number: the same person in two waves, or
    one number of two people, is called by one colleague at a time.
    """

    __tablename__ = "call_holds"
    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    until: Mapped[datetime]


class CallRules(Base):
    """How often and how soon a program calls again; a program without a row has the usual rules."""

    __tablename__ = "call_rules"
    program_id: Mapped[int] = mapped_column(ForeignKey("programs.id"), primary_key=True, autoincrement=False)
    attempts: Mapped[int]
    hours_after_no_answer: Mapped[int]
    hours_after_message: Mapped[int]
    __table_args__ = (
        CheckConstraint("attempts BETWEEN 1 AND 20", name="attempts"),
        CheckConstraint("hours_after_no_answer BETWEEN 1 AND 720", name="no_answer"),
        CheckConstraint("hours_after_message BETWEEN 1 AND 720", name="message"),
    )


class BarredNumber(Base):
    """A number (E.164) that nobody phones, whosever it is, and what was said about it."""

    __tablename__ = "barred_numbers"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    phone: Mapped[str] = mapped_column(String(20), unique=True)
    note: Mapped[str] = mapped_column(String(300), default="")
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]


class WrongNumber(Base):
    """A number that is not this contact's: they are called again once we know another one."""

    __tablename__ = "wrong_numbers"
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), primary_key=True, autoincrement=False)
    phone: Mapped[str] = mapped_column(String(20), primary_key=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
