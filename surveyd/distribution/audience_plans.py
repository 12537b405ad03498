"""Whom a wave asks: which customers, narrowed by what, everybody or a random sample.

Values of one dimension add up, dimensions narrow each other. A wave without a plan of its own asks all active
customers.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, true
from sqlalchemy.orm import Session

from surveyd.base.errors import Refused
from surveyd.distribution.audience_dimensions import (
    CUSTOM,
    LONGEST_VALUE,
    MOST_STRATA,
    condition_of,
    is_dimension,
    is_of_contacts,
    is_stratum,
)
from surveyd.distribution.audience_models import AudienceDraw, AudiencePlan, Customers, SampleKind
from surveyd.distribution.confirmation_models import ContactMark, MarkState
from surveyd.distribution.models import Wave
from surveyd.people.amounts import MOST_CENTS
from surveyd.people.models import Account, AccountStatus, Contact
from surveyd.people.rates import rates_in_force
from surveyd.scoring.allocation import Allocation

MOST_FILTERS, MOST_VALUES = 40, 500
MOST_PEOPLE = 10_000_000
MOST_SEED = 10**9
Filters = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Sampling:
    """Everybody or a random part of them. `size` is people or percent; `seed` makes the draw repeatable."""

    kind: SampleKind = SampleKind.CENSUS
    size: int = 0
    strata: tuple[str, ...] = ()
    allocation: Allocation = Allocation.PROPORTIONAL
    least: int = 0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """Whom a wave asks. Revenue counts in hundredths of the reporting currency, where one is chosen."""

    customers: Customers = Customers.ACTIVE
    filters: Filters = ()
    revenue_from_cents: int | None = None
    revenue_to_cents: int | None = None
    sampling: Sampling = field(default_factory=Sampling)

    @property
    def is_sampled(self) -> bool:
        """Whether not everybody is asked who could be."""
        return self.sampling.kind is not SampleKind.CENSUS

    @property
    def is_narrowed(self) -> bool:
        """Whether a filter leaves somebody out."""
        bounds = (self.revenue_from_cents, self.revenue_to_cents)
        return bool(self.filters) or any(bound is not None for bound in bounds)

    def values(self, name: str) -> tuple[str, ...]:
        """What a dimension is narrowed to; none for all."""
        return dict(self.filters).get(name, ())


EVERYBODY = Plan()


@dataclass(frozen=True, slots=True)
class Asked:
    """A plan as conditions on rows of `Contact` and `Account`."""

    customers: Customers = Customers.ACTIVE
    among: ColumnElement[bool] | None = None
    """Whether the filters let somebody through; None without any."""
    accounts: ColumnElement[bool] | None = None
    """Whether those of them let an account through that ask nothing of its contacts."""
    drawn: ColumnElement[bool] | None = None
    """Whether the sample drew somebody; None for a census."""
    excluded: ColumnElement[bool] | None = None
    """Whether an account manager left somebody out of the wave; None without one."""

    @property
    def status(self) -> AccountStatus:
        """What the accounts of this audience are."""
        return AccountStatus(self.customers.value)

    @property
    def by_hand(self) -> "Asked":
        """What holds for who is asked one at a time: no filter and no draw, but what was said of them."""
        return Asked(self.customers, excluded=self.excluded)


def plan_of(session: Session, wave: Wave) -> Plan:
    """Whom the wave asks; all active customers where nobody has said anything."""
    row = session.get(AudiencePlan, wave.id)
    return EVERYBODY if row is None else plan_in(row)


def plan_in(row: AudiencePlan) -> Plan:
    """The plan that a row holds."""
    return Plan(
        customers=row.customers,
        filters=tuple((name, tuple(values)) for name, values in sorted(row.filters.items())),
        revenue_from_cents=row.revenue_from_cents,
        revenue_to_cents=row.revenue_to_cents,
        sampling=Sampling(row.sample, row.size, tuple(row.strata), row.allocation, row.least, row.seed),
    )


def asked_of(session: Session, wave: Wave) -> Asked:
    """The wave's plan as conditions."""
    plan = plan_of(session, wave)
    asked = replace(asked_by(session, plan), excluded=Contact.id.in_(_excluded_from(wave)))
    if not plan.is_sampled:
        return asked
    mine = (AudienceDraw.wave_id == wave.id, AudienceDraw.contact_id == Contact.id)
    return replace(asked, drawn=exists().where(*mine))


def asked_by(session: Session, plan: Plan) -> Asked:
    """A plan as conditions, without its sample."""
    of_contacts = [condition_of(session, *pair) for pair in plan.filters if is_of_contacts(pair[0])]
    of_accounts = [condition_of(session, *pair) for pair in plan.filters if not is_of_contacts(pair[0])]
    of_accounts += _revenue(session, plan)
    return Asked(plan.customers, _all([*of_accounts, *of_contacts]), _all(of_accounts))


def _excluded_from(wave: Wave) -> Select[int]:
    # Looked up once a statement: most waves have none.
    mine = (ContactMark.wave_id == wave.id, ContactMark.state == MarkState.EXCLUDED)
    return select(ContactMark.contact_id).where(*mine)


def check_plan(plan: Plan) -> None:
    """Raise Refused for a plan that cannot be, saying what to write instead."""
    for refusal in _refusals(plan):
        raise Refused(refusal)


def filters_of(pairs: Iterable[tuple[str, str]]) -> Filters:
    """Filters out of names and values in any order; what is no dimension is passed over."""
    found: dict[str, dict[str, None]] = {}
    for name, value in pairs:
        if is_dimension(name) and len(value) <= LONGEST_VALUE and "\0" not in value:
            found.setdefault(name, {})[value] = None
    return tuple((name, tuple(values)) for name, values in sorted(found.items()))


def plain_name(name: str) -> str:
    """A dimension as the command line writes it."""
    return name.removeprefix(CUSTOM).replace("_", " ")


def _all(parts: list[ColumnElement[bool]]) -> ColumnElement[bool] | None:
    return and_(true(), *parts) if parts else None


def _refusals(plan: Plan) -> Iterator[str]:
    yield from (f"{name!r} is no dimension." for name, _ in plan.filters if not is_dimension(name))
    if len(plan.filters) > MOST_FILTERS or any(len(values) > MOST_VALUES for _, values in plan.filters):
        yield "These are more filters than an audience can have; leave some of them out."
    low, high = plan.revenue_from_cents, plan.revenue_to_cents
    if any(bound is not None and not 0 <= bound <= MOST_CENTS for bound in (low, high)):
        yield "That is no yearly revenue; write whole units, such as 250000."
    if low is not None and high is not None and low > high:
        yield "The least revenue is above the most; exchange them."
    if plan.is_sampled:
        yield from _sample_refusals(plan.sampling)


def _sample_refusals(sampling: Sampling) -> Iterator[str]:
    if sampling.kind is SampleKind.SHARE and not 1 <= sampling.size <= 100:
        yield "Write how many percent to draw, from 1 to 100."
    if not 1 <= sampling.size <= MOST_PEOPLE:
        yield "Write how many people to draw, 1 or more."
    if not 0 <= sampling.seed < MOST_SEED:
        yield "The seed is a whole number from 0 to 999,999,999."
    if len(set(sampling.strata)) != len(sampling.strata) or len(sampling.strata) > MOST_STRATA:
        yield "Draw by one or two different dimensions, or by none."
    if not all(map(is_stratum, sampling.strata)):
        yield "A sample can be drawn by dimensions of accounts and contacts only."
    if sampling.allocation is Allocation.MINIMUM and not 1 <= sampling.least <= MOST_PEOPLE:
        yield "Write how many of each group are drawn at least, 1 or more."


def _revenue(session: Session, plan: Plan) -> Iterator[ColumnElement[bool]]:
    low, high = plan.revenue_from_cents, plan.revenue_to_cents
    if low is None and high is None:
        return
    rates = rates_in_force(session)
    if not rates.reporting:
        yield _between(Fraction(1), low, high)
        return
    # What has no rate cannot be compared, and is left out.
    each = [and_(Account.currency == name, _between(worth, low, high)) for name, worth in rates.worth.items()]
    yield or_(*each)


def _between(worth: Fraction, low: int | None, high: int | None) -> ColumnElement[bool]:
    """Revenue in a currency of which one unit is `worth` so many of the reporting one; both ends included."""
    bounds: list[ColumnElement[bool]] = [Account.revenue_cents.is_not(None)]
    if low is not None:
        bounds.append(Account.revenue_cents >= min(math.ceil(low / worth), MOST_CENTS))
    if high is not None:
        bounds.append(Account.revenue_cents <= min(math.floor(high / worth), MOST_CENTS))
    return and_(*bounds)
