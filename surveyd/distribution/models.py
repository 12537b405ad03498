"""Tables of distribution: the ledger of what is owed to whom, when, and what came of it.

Only once is a constraint: one invitation per wave and contact, one touch per step, one message per key.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from surveyd.base.database import Base, BigId, one_of


class WaveKind(StrEnum):
    """A wave of a program's calendar, or a standing one: for those who were not asked by a wave."""

    PROGRAM = "program"
    STANDING = "standing"


class WaveState(StrEnum):
    SCHEDULED = "scheduled"
    PREPARING = "preparing"
    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class InvitationState(StrEnum):
    WAITING = "waiting"
    ANSWERED = "answered"
    OPTED_OUT = "opted_out"
    DECLINED = "declined"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Channel(StrEnum):
    MAIL = "mail"
    PHONE = "phone"


class TouchState(StrEnum):
    PLANNED = "planned"
    RELEASED = "released"
    HELD = "held"
    CANCELLED = "cancelled"


class MessageState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    UNCERTAIN = "uncertain"
    HELD = "held"
    CANCELLED = "cancelled"


IN_OWED = "state IN ('queued', 'sending', 'uncertain', 'held')"
OWED = (MessageState.QUEUED, MessageState.SENDING, MessageState.UNCERTAIN, MessageState.HELD)


STOPPED = (MessageState.FAILED, MessageState.SUPPRESSED, MessageState.CANCELLED)


def index_of(which: str, name: str, *columns: str) -> Index:
    """An index that has only the rows of a condition, on both databases."""
    return Index(name, *columns, sqlite_where=text(which), postgresql_where=text(which))


class AfterSending(StrEnum):
    """What a respondent may do with sent answers until the wave closes."""

    NOTHING = "nothing"
    READ = "read"
    CORRECT = "correct"


class QuestionnaireVersion(Base):
    """One immutable version of a questionnaire, named by the SHA-256 of its canonical JSON.

    `seconds` is how long it takes: the median of those who answered on the web, else an estimate.
    """

    __tablename__ = "questionnaire_versions"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    definition: Mapped[dict[str, Any]]
    published_at: Mapped[datetime]
    seconds: Mapped[int | None]
    measured_at: Mapped[datetime | None]


class Program(Base):
    """A recurring survey. The send window is whole local hours [window_start, window_end) on `days`."""

    __tablename__ = "programs"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("questionnaire_versions.id"))
    company: Mapped[str] = mapped_column(String(200))
    sender_name: Mapped[str] = mapped_column(String(200))
    sender: Mapped[str] = mapped_column(String(254))
    reply_to: Mapped[str] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(12), default="en")
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC")
    window_start: Mapped[int] = mapped_column(default=8)
    window_end: Mapped[int] = mapped_column(default=18)
    workdays_only: Mapped[bool] = mapped_column(default=True)
    rest_days: Mapped[int] = mapped_column(default=90)
    after_sending: Mapped[AfterSending] = mapped_column(
        one_of(AfterSending), default=AfterSending.READ, server_default=AfterSending.READ.value
    )
    asks_after_cases: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether who was followed up is asked if that solved it, once their case is closed."""
    created_at: Mapped[datetime]
    __table_args__ = (
        CheckConstraint(
            "0 <= window_start AND window_start < window_end AND window_end <= 24", name="window"
        ),
        CheckConstraint("rest_days >= 0", name="rest_days"),
    )


class Wave(Base):
    """One running of a program. Day 0 is the later of `scheduled_at` and `launched_at`.

    A standing wave holds what no wave has asked for: it is always open, has no touches and is in no list.
    """

    __tablename__ = "waves"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    program_id: Mapped[int] = mapped_column(ForeignKey("programs.id"), index=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("questionnaire_versions.id"))
    kind: Mapped[WaveKind] = mapped_column(
        one_of(WaveKind), default=WaveKind.PROGRAM, server_default=WaveKind.PROGRAM.value
    )
    state: Mapped[WaveState] = mapped_column(one_of(WaveState), default=WaveState.SCHEDULED)
    scheduled_at: Mapped[datetime]
    launched_at: Mapped[datetime | None]
    launched_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    day_zero: Mapped[datetime | None]
    closes_at: Mapped[datetime | None] = mapped_column(index=True)
    closed_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    pause_reason: Mapped[str] = mapped_column(String(200), default="")
    rate: Mapped[int | None]
    """Mails a second over all senders; None is no limit."""
    next_slot: Mapped[float] = mapped_column(Float, default=0.0)
    """System time, in seconds since 1970, of the next free sending slot of a wave with a rate."""
    prepared_to: Mapped[int] = mapped_column(BigInteger, default=0)
    """The last contact id that preparing has dealt with: where it goes on after a stop."""
    large_revenue_cents: Mapped[int | None] = mapped_column(BigInteger)
    """An account with at least this revenue counts as large in this wave: the top fifth at launch."""
    __table_args__ = (CheckConstraint("rate IS NULL OR rate > 0", name="rate"),)


class Exclusion(Base):
    """A contact who was left out of a wave at launch, and by which rule."""

    __tablename__ = "exclusions"
    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id"), primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), primary_key=True)
    rule: Mapped[str] = mapped_column(String(40))


class Invitation(Base):
    """One person asked once. The table keeps the SHA-256 of the link's token, never the token."""

    __tablename__ = "invitations"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("questionnaire_versions.id"))
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    language: Mapped[str] = mapped_column(String(12))
    time_zone: Mapped[str] = mapped_column(String(64))
    state: Mapped[InvitationState] = mapped_column(one_of(InvitationState), default=InvitationState.WAITING)
    invited_at: Mapped[datetime]
    """When day 0 is for this contact; the contact-frequency rule counts from here."""
    started_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    __table_args__ = (
        UniqueConstraint("wave_id", "contact_id"),
        Index("ix_invitations_wave_id_state_started_at", "wave_id", "state", "started_at"),
        Index("ix_invitations_wave_id_account_id", "wave_id", "account_id"),
    )


class Touch(Base):
    """One planned contact attempt of one invitation. Released means: its message or its call exists."""

    __tablename__ = "touches"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitations.id"))
    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id"))
    step: Mapped[str] = mapped_column(String(40))
    channel: Mapped[Channel] = mapped_column(one_of(Channel))
    state: Mapped[TouchState] = mapped_column(one_of(TouchState), default=TouchState.PLANNED)
    due_at: Mapped[datetime]
    released_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(60), default="")
    __table_args__ = (
        UniqueConstraint("invitation_id", "step"),
        index_of("state = 'planned'", "ix_touches_due", "due_at", "id"),
        # All that counts need, so that they look at the index alone.
        Index("ix_touches_counted", "wave_id", "step", "state", "due_at"),
        index_of("state = 'held'", "ix_touches_held", "state"),
    )


class Message(Base):
    """One mail of the outbox: a row before it is a mail.

    A claim is a lease on a queued or uncertain row. `due_at` is program time; `stale_at` (when the
    send window shuts), `lease_until` and `begun_at` are system time.
    """

    __tablename__ = "messages"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    dedup_key: Mapped[str] = mapped_column(String(120), unique=True)
    message_id: Mapped[str] = mapped_column(String(120), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    language: Mapped[str] = mapped_column(String(12))
    program_id: Mapped[int | None] = mapped_column(ForeignKey("programs.id"))
    wave_id: Mapped[int | None] = mapped_column(ForeignKey("waves.id"))
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("invitations.id"), index=True)
    touch_id: Mapped[int | None] = mapped_column(ForeignKey("touches.id"), unique=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    step: Mapped[str] = mapped_column(String(40), default="")
    recipient: Mapped[str] = mapped_column(String(254))
    recipient_name: Mapped[str] = mapped_column(String(200), default="")
    context: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[MessageState] = mapped_column(one_of(MessageState), default=MessageState.QUEUED)
    priority: Mapped[int] = mapped_column(SmallInteger, default=1)
    """0 goes first: a thank-you or an alert does not wait behind a wave."""
    due_at: Mapped[datetime]
    stale_at: Mapped[datetime | None]
    lease_by: Mapped[str | None] = mapped_column(String(40), index=True)
    lease_until: Mapped[datetime | None]
    begun_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    copies: Mapped[int] = mapped_column(default=0)
    """How many copies the relay may have accepted: 1 is the rule, more are shown."""
    reason: Mapped[str] = mapped_column(String(300), default="")
    paper_id: Mapped[int | None] = mapped_column(ForeignKey("papers.id"))
    awaits_paper: Mapped[bool] = mapped_column(default=False, server_default=false())
    """True until the PDF that goes with it is made: the sender passes it over, in whatever state it is."""
    created_at: Mapped[datetime]
    __table_args__ = (
        Index(
            "ix_messages_paper_id",
            "paper_id",
            sqlite_where=text("awaits_paper = 1"),
            postgresql_where=text("awaits_paper = true"),
        ),
        index_of(IN_OWED, "ix_messages_owed", "priority", "due_at", "id"),
        Index("ix_messages_wave_id_state", "wave_id", "state"),
        # Lists of one state, the newest first.
        index_of(IN_OWED, "ix_messages_owed_id", "id"),
        index_of("state = 'sent'", "ix_messages_sent_id", "id"),
        index_of("state IN ('failed', 'suppressed', 'cancelled')", "ix_messages_stopped_id", "id", "state"),
        index_of("state = 'sent'", "ix_messages_sent", "sent_at", "wave_id"),
        index_of(
            "stale_at IS NOT NULL AND state IN ('queued', 'uncertain')", "ix_messages_stale", "stale_at"
        ),
        index_of("state = 'held'", "ix_messages_held", "state"),
        index_of("state = 'failed'", "ix_messages_failed", "begun_at"),
    )


class Suppression(Base):
    """An address that must not be mailed, and why. Addresses are kept in lower case."""

    __tablename__ = "suppressions"
    address: Mapped[str] = mapped_column(String(254), primary_key=True)
    reason: Mapped[str] = mapped_column(String(40))
    detail: Mapped[str] = mapped_column(String(300), default="")
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    at: Mapped[datetime]


class Heartbeat(Base):
    """When each sweep last ran, in system time and in the program's time."""

    __tablename__ = "heartbeats"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    system_at: Mapped[datetime]
    program_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(String(200), default="")
