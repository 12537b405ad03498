"""Tables of sealed waves: what a wave came to, kept as it was, with a value that shows a change."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from surveyd.base.database import Base


class Seal(Base):
    """One sealed wave. Answers that come later hang on `late_wave_id`, a standing wave beside it.

    The two digests are SHA-256 over where everybody ended and over what was answered; `check_value` is over
    both of them.
    """

    __tablename__ = "seals"
    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id"), primary_key=True, autoincrement=False)
    late_wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id"), unique=True)
    sealed_at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    contacts: Mapped[int]
    responses: Mapped[int]
    places: Mapped[dict[str, Any]]
    """How many contacts ended in each state, and how many each rule left out, as they were sealed."""
    places_digest: Mapped[str] = mapped_column(String(64))
    answers_digest: Mapped[str] = mapped_column(String(64))
    check_value: Mapped[str] = mapped_column(String(64))


class SealedPlace(Base):
    """Where one contact of a sealed wave ended: in one state, or left out by one rule.

    Ids alone, and no foreign keys to people: who is merged or erased later was there all the same.
    """

    __tablename__ = "sealed_places"
    wave_id: Mapped[int] = mapped_column(ForeignKey("seals.wave_id"), primary_key=True, autoincrement=False)
    contact_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    account_id: Mapped[int] = mapped_column(BigInteger)
    standing: Mapped[str] = mapped_column(String(40), default="")
    rule: Mapped[str] = mapped_column(String(40), default="")
    __table_args__ = (Index("ix_sealed_places_wave_id_standing_rule", "wave_id", "standing", "rule"),)
