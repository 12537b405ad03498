"""Tables of the closed loop: cases, their log, the random sample's counters, actions and letters."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from surveyd.base.database import Base, BigId, one_of


class CaseState(StrEnum):
    OPEN = "open"
    CONTACTED = "contacted"
    CLOSED = "closed"


class RootCause(StrEnum):
    """What was behind it, sorted, so that causes can be counted; the case says it in words as well."""

    DELIVERY = "delivery"
    PRODUCT = "product"
    PRICE = "price"
    BILLING = "billing"
    SUPPORT = "support"
    COMMUNICATION = "communication"
    PROMISE = "promise"
    ONBOARDING = "onboarding"
    PRAISE = "praise"
    OTHER = "other"


class Ending(StrEnum):
    """What came of a case, sorted; the case says it in words as well."""

    RESOLVED = "resolved"
    RESOLVED_LATER = "resolved_later"
    UNRESOLVED = "unresolved"
    CUSTOMER_LEFT = "customer_left"
    NOT_REACHED = "not_reached"


class Case(Base):
    """One follow-up with one person about one response; `reasons` lists the rules that asked for it.

    `due_at` is when `allowed_hours` working hours of `time_zone` are over. `steps` counts the lines of the
    log: who writes the next one says which was the last that they have seen.
    """

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
    allowed_hours: Mapped[int] = mapped_column(server_default="16")
    time_zone: Mapped[str] = mapped_column(String(64), server_default="UTC")
    late_told_at: Mapped[datetime | None]
    """When owner and leaders were told that the case is overdue."""
    steps: Mapped[int] = mapped_column(default=0, server_default="0")
    contacted_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    root_cause: Mapped[str] = mapped_column(String(200), default="")
    outcome: Mapped[str] = mapped_column(String(200), default="")
    cause_kind: Mapped[str] = mapped_column(String(40), default="", server_default="")
    """A RootCause; empty while nobody has sorted it."""
    ending: Mapped[str] = mapped_column(String(40), default="", server_default="")
    """An Ending; empty while nobody has sorted it."""
    __table_args__ = (
        Index("ix_cases_owner_id_state_due_at", "owner_id", "state", "due_at"),
        Index("ix_cases_state_due_at", "state", "due_at"),
    )


class CaseEntry(Base):
    """One line of a case's log."""

    __tablename__ = "case_entries"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(String(4000), default="")


class CaseSurvey(Base):
    """One person asked once whether a closed case is solved; `heard_at` is when the case took the answer."""

    __tablename__ = "case_surveys"
    invitation_id: Mapped[int] = mapped_column(
        ForeignKey("invitations.id"), primary_key=True, autoincrement=False
    )
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), index=True)
    asked_at: Mapped[datetime]
    heard_at: Mapped[datetime | None]


class SampleCounter(Base):
    """How many responses of a stratum have arrived in a wave: the place of the next in its block."""

    __tablename__ = "sample_counters"
    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id"), primary_key=True)
    stratum: Mapped[str] = mapped_column(String(40), primary_key=True)
    arrived: Mapped[int] = mapped_column(default=0)


class ActionStatus(StrEnum):
    PLANNED = "planned"
    UNDER_WAY = "under_way"
    DONE = "done"


class ImprovementAction(Base):
    """One fix for all: what was heard, what has changed and what will. An empty region is everywhere."""

    __tablename__ = "improvement_actions"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    heard: Mapped[str] = mapped_column(String(500))
    changed: Mapped[str] = mapped_column(String(500), default="")
    will_change: Mapped[str] = mapped_column(String(500), default="")
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    region: Mapped[str] = mapped_column(String(80), default="")
    status: Mapped[ActionStatus] = mapped_column(one_of(ActionStatus), default=ActionStatus.PLANNED)
    due_on: Mapped[date | None]
    done_on: Mapped[date | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    __table_args__ = (
        CheckConstraint("status <> 'done' OR (changed <> '' AND done_on IS NOT NULL)", name="done_is_said"),
        Index("ix_improvement_actions_status_due_on", "status", "due_on"),
    )


class LetterState(StrEnum):
    DRAFT = "draft"
    APPROVED = "approved"
    SENDING = "sending"
    SENT = "sent"


class Audience(StrEnum):
    """Whom one text of a letter is for: a segment, everybody else who answered, or who did not answer."""

    DEFAULT = "default"
    TRULY_LOYAL = "truly_loyal"
    ACCESSIBLE = "accessible"
    TRAPPED = "trapped"
    HIGH_RISK = "high_risk"
    SILENT = "silent"


class Letter(Base):
    """The letter of one wave. `content` is what was approved, whole, and `digest` its SHA-256.

    While it is sent, `queued_to` is the last invitation that was dealt with: where it goes on after a stop.
    """

    __tablename__ = "letters"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id"), unique=True)
    state: Mapped[LetterState] = mapped_column(one_of(LetterState), default=LetterState.DRAFT)
    content: Mapped[dict[str, Any]] = mapped_column(default=dict)
    digest: Mapped[str] = mapped_column(String(64), default="")
    approved_at: Mapped[datetime | None]
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    to_silent: Mapped[bool] = mapped_column(default=False)
    queued_to: Mapped[int] = mapped_column(BigInteger, default=0)
    begun_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class LetterVariant(Base):
    """One text of a letter: for an audience, in a language."""

    __tablename__ = "letter_variants"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id"))
    audience: Mapped[Audience] = mapped_column(one_of(Audience))
    language: Mapped[str] = mapped_column(String(12))
    subject: Mapped[str] = mapped_column(String(200))
    paragraphs: Mapped[list[str]]
    signature: Mapped[str] = mapped_column(String(500))
    __table_args__ = (UniqueConstraint("letter_id", "audience", "language"),)


class LetterAction(Base):
    """An improvement action that a letter tells of, and at which place."""

    __tablename__ = "letter_actions"
    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id"), primary_key=True)
    action_id: Mapped[int] = mapped_column(ForeignKey("improvement_actions.id"), primary_key=True, index=True)
    place: Mapped[int]
