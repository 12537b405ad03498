"""Tables of cadences: what a program's next waves will do, and what a launched wave does."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from surveyd.base.database import Base


class ProgramCadence(Base):
    """The steps of a program's next waves; a program without a row has the usual ones. See `cadence.Step`."""

    __tablename__ = "program_cadences"
    program_id: Mapped[int] = mapped_column(ForeignKey("programs.id"), primary_key=True, autoincrement=False)
    steps: Mapped[list[Any]]
    close_day: Mapped[int]
    __table_args__ = (CheckConstraint("close_day > 0", name="close_day"),)


class WaveCadence(Base):
    """The steps of one wave, as they were at its launch; nothing changes them."""

    __tablename__ = "wave_cadences"
    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id"), primary_key=True, autoincrement=False)
    steps: Mapped[list[Any]]
    close_day: Mapped[int]
    __table_args__ = (CheckConstraint("close_day > 0", name="close_day"),)
