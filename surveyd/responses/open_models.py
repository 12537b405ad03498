"""Tables of open links: the links, what comes in through them, and the answers that lead back to nobody."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, false, true
from sqlalchemy.orm import Mapped, mapped_column

from surveyd.base.database import Base, BigId, one_of


class VisitState(StrEnum):
    """Where a visit stands: being answered, waiting for staff, or settled by them."""

    BEGUN = "begun"
    WAITING = "waiting"
    MATCHED = "matched"
    NOTED = "noted"
    DISMISSED = "dismissed"
    SPAM = "spam"


class OpenLink(Base):
    """A public link to a questionnaire: whoever has it may answer, as often as they like.

    The token is kept as it is, since it hangs on walls. A link of an anonymous questionnaire keeps answers
    that lead back to nobody, and stays so whatever becomes of the questionnaire.
    """

    __tablename__ = "open_links"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    token: Mapped[str] = mapped_column(String(22), unique=True)
    program_id: Mapped[int] = mapped_column(ForeignKey("programs.id"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("questionnaire_versions.id"))
    title: Mapped[str] = mapped_column(String(200))
    is_anonymous: Mapped[bool] = mapped_column(default=False, server_default=false())
    active: Mapped[bool] = mapped_column(default=True, server_default=true())
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class OpenVisit(Base):
    """One person's answers through an open link, from their first page to what staff made of them.

    `receipt` and `sent_at` are there once the answers are sent; `suspicion` says what looked like spam. Of an
    anonymous link only what is not sent yet stands here.
    """

    __tablename__ = "open_visits"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("open_links.id"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("questionnaire_versions.id"))
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    language: Mapped[str] = mapped_column(String(12))
    answers: Mapped[dict[str, Any]]
    page: Mapped[str] = mapped_column(String(80))
    saves: Mapped[int] = mapped_column(default=1)
    state: Mapped[VisitState] = mapped_column(one_of(VisitState), default=VisitState.BEGUN)
    suspicion: Mapped[str] = mapped_column(String(40), default="")
    name: Mapped[str] = mapped_column(String(200), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    company: Mapped[str] = mapped_column(String(300), default="")
    receipt: Mapped[str | None] = mapped_column(String(20), unique=True)
    begun_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    response_id: Mapped[int | None] = mapped_column(ForeignKey("responses.id"), index=True)
    """The response that these answers became; of a noted one, the earlier response that it is kept with."""
    handled_at: Mapped[datetime | None]
    handled_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str] = mapped_column(String(300), default="")
    __table_args__ = (
        CheckConstraint("state = 'begun' OR (receipt IS NOT NULL AND sent_at IS NOT NULL)", name="sent"),
        CheckConstraint("state NOT IN ('matched', 'noted') OR response_id IS NOT NULL", name="has_response"),
        Index("ix_open_visits_state_sent_at_id", "state", "sent_at", "id"),
    )


class AnonymousAnswers(Base):
    """The answers to an anonymous questionnaire: the day, and nothing that leads to a person or a visit.

    The key is random and, on SQLite, the only order that the table has. Answers are shown five and more at
    once, so that the difference between two looks is never one person's: `batch` counts those groups, and is
    empty while an answer waits for company. Within a batch nothing tells which answer came first.
    """

    __tablename__ = "anonymous_answers"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("open_links.id"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("questionnaire_versions.id"))
    given_on: Mapped[date]
    is_suspect: Mapped[bool] = mapped_column(default=False, server_default=false())
    batch: Mapped[int | None]
    answers: Mapped[dict[str, Any]]
    __table_args__ = ({"sqlite_with_rowid": False},)


class SpentPage(Base):
    """A first page that was taken, so that the same press does not count twice; forgotten after a day.

    The mark is an HMAC over the page's random number and what was answered. Neither is kept, so that nothing
    leads from a mark to answers.
    """

    __tablename__ = "spent_pages"
    mark: Mapped[str] = mapped_column(String(64), primary_key=True)
    spent_on: Mapped[date] = mapped_column(index=True)
    __table_args__ = ({"sqlite_with_rowid": False},)
