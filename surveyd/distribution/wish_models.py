"""Tables of what people ask of us in place of answering: another day, a call, or another person."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from surveyd.base.database import Base, BigId, one_of


class WishKind(StrEnum):
    """What somebody wishes in place of answering now."""

    REMIND = "remind"
    CALL = "call"


class WhyNot(StrEnum):
    """Why somebody is not the right person to ask."""

    LEFT_COMPANY = "left_company"
    NOT_MY_SUBJECT = "not_my_subject"
    OTHER = "other"


class NominationState(StrEnum):
    """Where it stands that somebody is not the right person: staff look at it once."""

    WAITING = "waiting"
    ADDED = "added"
    DISMISSED = "dismissed"


class Wish(Base):
    """The latest wish of one invitation: to be reminded on a day, or to be called.

    `remind_on` is the day, where the contact is, on which the reminder goes. `phone` is E.164, empty for the
    number that we know.
    """

    __tablename__ = "wishes"
    invitation_id: Mapped[int] = mapped_column(
        ForeignKey("invitations.id"), primary_key=True, autoincrement=False
    )
    kind: Mapped[WishKind] = mapped_column(one_of(WishKind))
    remind_on: Mapped[date | None]
    phone: Mapped[str] = mapped_column(String(20), default="")
    suits: Mapped[str] = mapped_column(String(200), default="")
    times: Mapped[int] = mapped_column(default=1)
    at: Mapped[datetime]


class Nomination(Base):
    """Somebody said that they are not the right person, and may have named a colleague: `email` is then set.

    Until staff have looked at it, `contact_id` is left out of new waves. `added_id` is the contact that
    became of the colleague.
    """

    __tablename__ = "nominations"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitations.id"), unique=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    why: Mapped[WhyNot] = mapped_column(one_of(WhyNot))
    words: Mapped[str] = mapped_column(String(500), default="")
    name: Mapped[str] = mapped_column(String(200), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    phone: Mapped[str] = mapped_column(String(20), default="")
    state: Mapped[NominationState] = mapped_column(one_of(NominationState), default=NominationState.WAITING)
    reason: Mapped[str] = mapped_column(String(200), default="")
    """Why the colleague was dismissed."""
    added_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))
    at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    __table_args__ = (Index("ix_nominations_account_id_state", "account_id", "state"),)
