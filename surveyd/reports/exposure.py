"""Revenue by where accounts stand, in one currency where there are rates, and the loss to expect."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import ClassVar

from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session

from surveyd.people.rates import Rate, Rates
from surveyd.reports.charts import Stripes, stripes
from surveyd.results.churn import ChurnRates, churn_rates
from surveyd.results.revenue import AccountGroup, Money
from surveyd.scoring.exposure import (
    Count,
    Exposure,
    Holding,
    Loss,
    Part,
    State,
    count,
    expected_loss,
    exposure,
)
from surveyd.scoring.unsaid import Unsaid

NAMES = {
    State.AT_RISK.value: _("at risk"),
    State.VULNERABLE.value: _("vulnerable"),
    State.LEAVING.value: _("leaving"),
    State.SILENT.value: _("silent"),
    State.UNCLASSIFIED.value: _("unclassified"),
    State.SECURE.value: _("secure"),
    State.NOT_ASKED.value: _("not asked"),
}
KINDS = {
    State.AT_RISK.value: "high_risk",
    State.VULNERABLE.value: "trapped",
    State.LEAVING.value: "accessible",
    State.SILENT.value: "silent",
    State.UNCLASSIFIED.value: "unclassified",
    State.SECURE.value: "truly_loyal",
    State.NOT_ASKED.value: "not_asked",
}


@dataclass(frozen=True, slots=True)
class MoneySum:
    """The revenue in one currency by state, and the loss to expect of it, or why none can be said."""

    exposure: Exposure
    loss: Loss | Unsaid

    @property
    def currency(self) -> str:
        return self.exposure.currency

    @property
    def at_risk(self) -> Part:
        """What is at risk."""
        return self.exposure.of(State.AT_RISK)

    @property
    def bars(self) -> Stripes:
        """One bar for each state that has an account or revenue."""
        return stripes([(part.state.value, part.cents, 0) for part in self.exposure.parts if part.accounts])

    @property
    def expected(self) -> Loss | None:
        """The expected loss, if there is one."""
        return None if isinstance(self.loss, Unsaid) else self.loss


@dataclass(frozen=True, slots=True)
class ExposureReport:
    """Every account once, by state: all counted in `counts`, those of known revenue in one of the `sums`.

    The first sum is in the reporting currency, where there is one; `rates` are those it was converted by.
    """

    counts: tuple[Count, ...]
    sums: tuple[MoneySum, ...]
    reporting: str
    rates: tuple[Rate, ...]
    churn: ChurnRates
    names: ClassVar[Mapping[str, object]] = NAMES
    kinds: ClassVar[Mapping[str, str]] = KINDS

    @property
    def states(self) -> list[Count]:
        """The states, those beside the matrix only with an account in them."""
        beside = (State.UNCLASSIFIED, State.NOT_ASKED)
        return [one for one in self.counts if one.accounts or one.state not in beside]

    @property
    def accounts(self) -> int:
        """All accounts."""
        return sum(one.accounts for one in self.counts)

    @property
    def unknown(self) -> int:
        """The accounts whose revenue nobody has told us."""
        return sum(one.unknown for one in self.counts)

    @property
    def quiet(self) -> int:
        """The accounts that answered the wave before and are silent now."""
        return sum(one.quiet for one in self.counts)

    @property
    def quiet_sums(self) -> tuple[Money, ...]:
        """Their revenue."""
        silent = [(one, one.exposure.of(State.SILENT)) for one in self.sums]
        return tuple(Money(one.currency, part.quiet_cents, 0) for one, part in silent if part.quiet_cents)

    @property
    def apart(self) -> tuple[MoneySum, ...]:
        """The sums that no rate converts, where sums are told in a reporting currency."""
        return tuple(one for one in self.sums if self.reporting and one.currency != self.reporting)

    @property
    def oldest(self) -> Rate | None:
        """The rate of the earliest day among those used."""
        return min(self.rates, key=lambda rate: (rate.day, rate.currency), default=None)


def exposure_report(
    session: Session, groups: Iterable[AccountGroup], *, rates: Rates, now: datetime
) -> ExposureReport:
    """The revenue of the groups by state. Three statements at most, for the churn rates."""
    holdings = [group.holding for group in groups]
    churn = churn_rates(session, now=now)
    used = {one.currency for one in holdings if one.known}
    return ExposureReport(
        counts=count(holdings),
        sums=tuple(
            MoneySum(one, expected_loss(one, churn.rates)) for one in _exposures(holdings, used, rates)
        ),
        reporting=rates.reporting,
        rates=tuple(rate for rate in rates.rates if rate.currency in used),
        churn=churn,
    )


def _exposures(holdings: Sequence[Holding], used: set[str], rates: Rates) -> list[Exposure]:
    """One for all that has a rate, and one for each other currency in use."""
    worth = rates.worth
    found = []
    if used & set(worth):
        found.append(exposure(holdings, currency=rates.reporting, rates=worth))
    own = [
        exposure(holdings, currency=currency, rates={currency: Fraction(1)})
        for currency in sorted(used - set(worth))
    ]
    return found + sorted(own, key=lambda one: -one.accounts)
