"""Tables of currencies: the one that sums are told in, and what the others are worth in it."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from surveyd.base.database import Base, BigId


class ReportingCurrency(Base):
    """The currency that sums are converted into; the row entered last is in force."""

    __tablename__ = "reporting_currencies"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    currency: Mapped[str] = mapped_column(String(3))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]


class CurrencyRate(Base):
    """What one unit of `currency` is worth on `day`, in trillionths of a unit of `reporting`.

    A row never changes: of one pair the latest day is in force, and of one day the row entered last.
    """

    __tablename__ = "currency_rates"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    currency: Mapped[str] = mapped_column(String(3))
    reporting: Mapped[str] = mapped_column(String(3))
    trillionths: Mapped[int] = mapped_column(BigInteger)
    day: Mapped[date]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
    __table_args__ = (
        CheckConstraint("trillionths > 0", name="rate_above_zero"),
        CheckConstraint("currency <> reporting", name="two_currencies"),
        Index("ix_currency_rates_reporting_currency_day", "reporting", "currency", "day"),
    )
