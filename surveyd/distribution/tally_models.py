"""Tables of tallies: how many rows the ledger has of each kind, wave and state.

Triggers keep them (migration 0037): nobody who changes the ledger has to think of them. On PostgreSQL a
statement appends what it changed to `tally_changes`, so that senders do not wait for one another.
"""

from enum import StrEnum

from sqlalchemy import BigInteger, Column, String, Table
from sqlalchemy.orm import Mapped, mapped_column

from surveyd.base.database import Base


class TallyKind(StrEnum):
    """What is counted. REACHED is invitations of which a mail went out, by wave alone."""

    MAIL = "mail"
    STEP_MAIL = "step_mail"
    INVITATION = "invitation"
    TOUCH = "touch"
    CALL = "call"
    EXCLUSION = "exclusion"
    REACHED = "reached"


STARTED = "started"
"""The step of invitations whose survey was opened."""


class Tally(Base):
    """How many rows are alike; `wave_id` is 0 without a wave, and what does not apply to a kind is empty."""

    __tablename__ = "tallies"
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    wave_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(String(32), primary_key=True)
    step: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    time_zone: Mapped[str] = mapped_column(String(64), primary_key=True)
    country: Mapped[str] = mapped_column(String(2), primary_key=True)
    language: Mapped[str] = mapped_column(String(12), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    __table_args__ = {"sqlite_with_rowid": False}


KEY = tuple(column.name for column in Tally.__table__.primary_key)

# Without a key, since it is only appended to, read whole and emptied.
TALLY_CHANGES = Table(
    "tally_changes",
    Base.metadata,
    *(Column(name, Tally.__table__.c[name].type, nullable=False) for name in KEY),
    Column("number", BigInteger, nullable=False),
)
