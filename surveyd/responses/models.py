"""Tables of answers: one draft while a person answers, one response once it is sent, its corrections."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from surveyd.base.database import Base, BigId


class Draft(Base):
    """What a person has answered so far; it stays on the questionnaire version it was begun on."""

    __tablename__ = "drafts"
    invitation_id: Mapped[int] = mapped_column(
        ForeignKey("invitations.id"), primary_key=True, autoincrement=False
    )
    version_id: Mapped[int] = mapped_column(ForeignKey("questionnaire_versions.id"))
    answers: Mapped[dict[str, Any]]
    page: Mapped[str] = mapped_column(String(80))
    channel: Mapped[str] = mapped_column(String(20))
    saves: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime]
    corrects: Mapped[bool] = mapped_column(server_default=false())
    """Whether it was begun to correct what was sent; else a draft beside a response was left behind."""


class Response(Base):
    """The answers to one invitation, as sent. There is one at most, whichever door it came through."""

    __tablename__ = "responses"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitations.id"), unique=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("questionnaire_versions.id"))
    receipt: Mapped[str] = mapped_column(String(20), unique=True)
    answers: Mapped[dict[str, Any]]
    channel: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(String(80), default="", server_default="")
    """How imported answers came, in the words of whoever imported them: "paper, trade fair"."""
    interviewer_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    given_at: Mapped[datetime]
    received_at: Mapped[datetime]
    __table_args__ = (Index("ix_responses_wave_id_id", "wave_id", "id"),)


class Revision(Base):
    """One correction of a response, the first is number 1: the answers as they were and as they are since.

    `user_id` is who asked on the phone; None for the person themselves.
    """

    __tablename__ = "revisions"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    response_id: Mapped[int] = mapped_column(ForeignKey("responses.id"))
    number: Mapped[int]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    channel: Mapped[str] = mapped_column(String(20))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("response_id", "number"),)
