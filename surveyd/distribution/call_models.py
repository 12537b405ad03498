"""Tables of the call list: whom to call, who has them in hand, and what each attempt came to."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
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


class Call(Base):
    """One person on the call list, from one phone touch. A claim is a lease in system time."""

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
    __table_args__ = (Index("ix_calls_state_not_before", "state", "not_before"),)


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
