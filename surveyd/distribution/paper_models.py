"""The table of papers: PDFs that were asked for, and what became of them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from surveyd.base.database import Base, BigId, one_of


class PaperKind(StrEnum):
    RESPONSE = "response"
    ACCOUNT = "account"
    SUMMARY = "summary"


class PaperState(StrEnum):
    WANTED = "wanted"
    MADE = "made"
    FAILED = "failed"


class Paper(Base):
    """One PDF. A claim is a lease, in system time, on a wanted row; `content` stays while it is made anew.

    `facts` is what its template needs besides the tables, complete when the paper is asked for.
    """

    __tablename__ = "papers"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    dedup_key: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[PaperKind] = mapped_column(one_of(PaperKind))
    state: Mapped[PaperState] = mapped_column(one_of(PaperState), default=PaperState.WANTED)
    wave_id: Mapped[int | None] = mapped_column(ForeignKey("waves.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    response_id: Mapped[int | None] = mapped_column(BigId, index=True)
    """No foreign key: responses stand on a floor above."""
    language: Mapped[str] = mapped_column(String(12), default="en")
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    file_name: Mapped[str] = mapped_column(String(80))
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    reason: Mapped[str] = mapped_column(String(300), default="")
    attempts: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime | None]
    lease_by: Mapped[str | None] = mapped_column(String(40))
    lease_until: Mapped[datetime | None]
    __table_args__ = (
        Index(
            "ix_papers_wanted",
            "id",
            sqlite_where=text("state = 'wanted'"),
            postgresql_where=text("state = 'wanted'"),
        ),
    )
