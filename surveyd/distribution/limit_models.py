"""Tables of how quickly mails may go out, of the relay's troubles, and of what the admins were told."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Float, String
from sqlalchemy.orm import Mapped, mapped_column

from surveyd.base.database import Base


class SendingLimit(Base):
    """At most so many mails a second and a minute, of the house (`program_id` 0) or of one program.

    `domain` is a recipients' domain, `*` for each that has no limit of its own, empty for all mails together.
    """

    __tablename__ = "sending_limits"
    program_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    domain: Mapped[str] = mapped_column(String(254), primary_key=True)
    per_second: Mapped[int | None]
    per_minute: Mapped[int | None]
    __table_args__ = (
        CheckConstraint("per_second > 0", name="per_second"),
        CheckConstraint("per_minute > 0", name="per_minute"),
        CheckConstraint("per_second IS NOT NULL OR per_minute IS NOT NULL", name="limited"),
    )


class SendingSlot(Base):
    """When the next mail may go out under a limit: system time, seconds since 1970. A wave has its own slot.

    The key is the limit's, but for a limit of each domain, under which every domain has a slot. `rests_until`
    is set on a slot of the house when that domain itself has asked for patience, `rests` how often in a row.
    """

    __tablename__ = "sending_slots"
    program_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    domain: Mapped[str] = mapped_column(String(254), primary_key=True)
    next_at: Mapped[float] = mapped_column(Float, default=0.0)
    rests_until: Mapped[float] = mapped_column(Float, default=0.0)
    rests: Mapped[int] = mapped_column(default=0)


class RelayTrouble(Base):
    """What keeps senders from the relay, since when (system time); gone as soon as one gets through."""

    __tablename__ = "relay_troubles"
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    since: Mapped[datetime]
    seen_at: Mapped[datetime]


class Alarm(Base):
    """A red finding, first and last seen in system time. Admins were told at `told_at`, once."""

    __tablename__ = "alarms"
    code: Mapped[str] = mapped_column(String(10), primary_key=True)
    since: Mapped[datetime]
    seen_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
