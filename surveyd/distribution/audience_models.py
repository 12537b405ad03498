"""Tables of audiences: whom a wave asks, and whom its random sample drew."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from surveyd.base.database import Base, one_of
from surveyd.scoring.allocation import Allocation


class Customers(StrEnum):
    """Which accounts a wave is for: those who buy or those who have left, never both."""

    ACTIVE = "active"
    LAPSED = "lapsed"


class SampleKind(StrEnum):
    """Everybody, so many people, or so many percent of them."""

    CENSUS = "census"
    NUMBER = "number"
    SHARE = "share"


class AudiencePlan(Base):
    """Whom one wave asks, fixed from its launch on; a wave without a row asks all active customers.

    `filters` holds the values of each dimension. `size` is people or percent, as `sample` says; `strata`
    names up to two dimensions, and `least` are drawn of each of their values where `allocation` asks for it.
    The sample of `drawn` people was drawn at `drawn_at` from `drawn_from`; `shares` says of each stratum its
    values, how many people it had and how many were drawn.
    """

    __tablename__ = "audience_plans"
    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id"), primary_key=True)
    customers: Mapped[Customers] = mapped_column(one_of(Customers), default=Customers.ACTIVE)
    filters: Mapped[dict[str, Any]] = mapped_column(default=dict)
    revenue_from_cents: Mapped[int | None] = mapped_column(BigInteger)
    revenue_to_cents: Mapped[int | None] = mapped_column(BigInteger)
    sample: Mapped[SampleKind] = mapped_column(one_of(SampleKind), default=SampleKind.CENSUS)
    size: Mapped[int] = mapped_column(default=0)
    strata: Mapped[list[str]] = mapped_column(default=list)
    allocation: Mapped[Allocation] = mapped_column(one_of(Allocation), default=Allocation.PROPORTIONAL)
    least: Mapped[int] = mapped_column(default=0)
    seed: Mapped[int] = mapped_column(BigInteger)
    drawn: Mapped[int] = mapped_column(default=0)
    drawn_from: Mapped[int] = mapped_column(default=0)
    drawn_at: Mapped[datetime | None]
    shares: Mapped[list[Any]] = mapped_column(default=list)
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    __table_args__ = (
        CheckConstraint("sample <> 'share' OR size BETWEEN 1 AND 100", name="share"),
        CheckConstraint("sample <> 'number' OR size > 0", name="size"),
        CheckConstraint("least >= 0", name="least"),
    )


class AudienceDraw(Base):
    """One person whom the sample of a wave drew."""

    __tablename__ = "audience_draws"
    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id"), primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), primary_key=True)
