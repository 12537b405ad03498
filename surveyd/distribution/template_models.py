"""Tables of a program's own mails: their words in versions, what stands under every mail, and who gets tests.

A version is never changed. A queued mail names the versions that it was queued with.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from surveyd.base.database import Base, BigId, one_of


class TemplateKind(StrEnum):
    """What the body was written in; `shipped` is the word that the shipped text holds again."""

    MJML = "mjml"
    HTML = "html"
    SHIPPED = "shipped"


class MailTemplate(Base):
    """One version of one mail in one language, numbered from 1; `html` is what `source` was compiled to."""

    __tablename__ = "mail_templates"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    program_id: Mapped[int] = mapped_column(ForeignKey("programs.id"))
    mail: Mapped[str] = mapped_column(String(60))
    language: Mapped[str] = mapped_column(String(12))
    number: Mapped[int]
    kind: Mapped[TemplateKind] = mapped_column(one_of(TemplateKind))
    subject: Mapped[str] = mapped_column(String(300), default="")
    text: Mapped[str] = mapped_column(Text, default="")
    source: Mapped[str] = mapped_column(Text, default="", deferred=True)
    html: Mapped[str] = mapped_column(Text, default="", deferred=True)
    saved_at: Mapped[datetime]
    saved_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    __table_args__ = (UniqueConstraint("program_id", "mail", "language", "number"),)


class Letterhead(Base):
    """One version of what all mails of a program have in common, numbered from 1.

    `legal` is the legal text by language. Of a `manager_sends` program the account manager is the named
    sender; of a `manager_replies` one, answers to its mails go to them.
    """

    __tablename__ = "mail_letterheads"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    program_id: Mapped[int] = mapped_column(ForeignKey("programs.id"))
    number: Mapped[int]
    postal_address: Mapped[str] = mapped_column(String(500), default="")
    legal: Mapped[dict[str, Any]] = mapped_column(default=dict)
    manager_sends: Mapped[bool] = mapped_column(default=False)
    manager_replies: Mapped[bool] = mapped_column(default=False)
    saved_at: Mapped[datetime]
    saved_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    __table_args__ = (UniqueConstraint("program_id", "number"),)


class MailSeed(Base):
    """One address that tests of a program's mails go to, at its place in the list."""

    __tablename__ = "mail_seeds"
    program_id: Mapped[int] = mapped_column(ForeignKey("programs.id"), primary_key=True, autoincrement=False)
    address: Mapped[str] = mapped_column(String(254), primary_key=True)
    place: Mapped[int]
