"""Tables of what comes back: returned mails, soft bounces, absences, and who wants no more of one program."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from surveyd.base.database import Base, BigId, one_of


class Door(StrEnum):
    """Which way a returned mail came in."""

    PIPE = "pipe"
    WEBHOOK = "webhook"


class ReturnState(StrEnum):
    """What became of a returned mail; whatever was not understood or not believed waits for a person."""

    APPLIED = "applied"
    NOTED = "noted"
    WAITING = "waiting"
    SETTLED = "settled"


class WhyWaiting(StrEnum):
    """Why a returned mail waits for a person."""

    NONE = ""
    NOT_UNDERSTOOD = "not_understood"
    NO_SIGNATURE = "no_signature"
    MAIL_GONE = "mail_gone"


class Return(Base):
    """One mail that came back, once: `digest` is the SHA-256 of its bytes and of where it came to.

    `hint_id` is the mail whose Message-ID stands inside, where no genuine return path does. `content` is kept
    while it waits for a person, and for a while after, never for a mail that was understood.
    """

    __tablename__ = "returned_mails"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    at: Mapped[datetime]
    door: Mapped[Door] = mapped_column(one_of(Door))
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[ReturnState] = mapped_column(one_of(ReturnState))
    why: Mapped[str] = mapped_column(String(20), default="")
    detail: Mapped[str] = mapped_column(String(300), default="")
    subject: Mapped[str] = mapped_column(String(200), default="")
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    hint_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    size: Mapped[int]
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    settled_at: Mapped[datetime | None]
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    __table_args__ = (Index("ix_returned_mails_state_at", "state", "at"),)


class SoftBounce(Base):
    """A mail that did not arrive this time; several to one address within some months suppress it."""

    __tablename__ = "soft_bounces"
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), primary_key=True, autoincrement=False)
    address: Mapped[str] = mapped_column(String(254), index=True)
    at: Mapped[datetime]


class Absence(Base):
    """Somebody's machine answered that they are away. `until` is the day they are back, None if it says none.

    `nomination_id` is the stand-in whom it names, who waits for staff like any colleague that is named.
    """

    __tablename__ = "absences"
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), primary_key=True, autoincrement=False)
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitations.id"), index=True)
    until: Mapped[date | None]
    resumes_at: Mapped[datetime]
    moved: Mapped[int] = mapped_column(default=0)
    """How many planned touches wait for that day."""
    nomination_id: Mapped[int | None] = mapped_column(ForeignKey("nominations.id"), unique=True)
    at: Mapped[datetime]


class ProgramOptOut(Base):
    """Somebody who wants no more of one program, and may be asked by others."""

    __tablename__ = "program_opt_outs"
    program_id: Mapped[int] = mapped_column(ForeignKey("programs.id"), primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), primary_key=True, index=True)
    at: Mapped[datetime]


class AddressOptOut(Base):
    """An address, in lower case, at which a contact said: no more of one program, or with 0 of anything."""

    __tablename__ = "address_opt_outs"
    address: Mapped[str] = mapped_column(String(254), primary_key=True)
    program_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), index=True)
    at: Mapped[datetime]


class StopChange(Base):
    """What staff changed on the lists of those who are not mailed, and why: only added to.

    It is about an address, or about a contact, of one program or with None of all.
    """

    __tablename__ = "stop_changes"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    what: Mapped[str] = mapped_column(String(20))
    address: Mapped[str] = mapped_column(String(254), default="")
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"), index=True)
    program_id: Mapped[int | None] = mapped_column(ForeignKey("programs.id"))
    reason: Mapped[str] = mapped_column(String(200), default="")
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]


class KeyUse(StrEnum):
    """What a key opens: one door each."""

    RETURNS = "returns"
    INVITATIONS = "invitations"


class HookKey(Base):
    """A key of another program that calls us. The table keeps its SHA-256, never the key."""

    __tablename__ = "hook_keys"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    use: Mapped[KeyUse] = mapped_column(one_of(KeyUse), default=KeyUse.RETURNS)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    used_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
