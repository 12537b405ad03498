"""How much yearly revenue stands where: every account in one state, every cent in one sum.

Nothing is assumed about who will leave. An expected loss is said from the company's own churn only, each
state's rate drawn towards the overall one as if ten accounts more had been seen: the posterior mean of a
share (Efron and Morris, Journal of the American Statistical Association 1975, for why that errs less). Sums
are rounded once and split by largest remainder (Hamilton 1792), so that the parts are the whole.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from surveyd.scoring.loyalty import Segment
from surveyd.scoring.unsaid import Reason, Unsaid

PRIOR_ACCOUNTS = 10
YEAR = (365, 366)
FINE = 10**9
"""Yearly rates of a longer or shorter period are whole parts of this many."""


class State(StrEnum):
    """Where an account's revenue stands; each account is in one of them."""

    AT_RISK = "at_risk"
    """At high risk, or with a decision maker who is."""
    VULNERABLE = "vulnerable"
    """Trapped."""
    LEAVING = "leaving"
    """Accessible: likes us and may leave."""
    SILENT = "silent"
    UNCLASSIFIED = "unclassified"
    SECURE = "secure"
    """Truly loyal."""
    NOT_ASKED = "not_asked"


OF_SEGMENT = {
    Segment.HIGH_RISK: State.AT_RISK,
    Segment.TRAPPED: State.VULNERABLE,
    Segment.ACCESSIBLE: State.LEAVING,
    Segment.UNCLASSIFIED: State.UNCLASSIFIED,
    Segment.TRULY_LOYAL: State.SECURE,
}


def state_of(segment: Segment | None, *, asked: bool, decider_at_risk: bool = False) -> State:
    """Return the state of an account; ``segment`` is None where nobody has answered."""
    if decider_at_risk:
        return State.AT_RISK
    if segment is not None:
        return OF_SEGMENT[segment]
    return State.SILENT if asked else State.NOT_ASKED


@dataclass(frozen=True, slots=True)
class Holding:
    """Accounts that stand alike: how many, how many of them with a known revenue, and its sum in cents.

    ``went_quiet``: they answered the wave before and are silent now. Raises ValueError for what cannot be.
    """

    state: State
    currency: str
    accounts: int
    known: int
    cents: int
    went_quiet: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.known <= self.accounts or self.cents < 0 or (self.cents and not self.known):
            raise ValueError("a holding counts accounts, those with a known revenue, and their revenue.")


@dataclass(frozen=True, slots=True)
class Count:
    """All accounts in one state, of any currency: those of unknown revenue, and those that went quiet."""

    state: State
    accounts: int
    unknown: int
    quiet: int


@dataclass(frozen=True, slots=True)
class Part:
    """One state's revenue, in cents; ``share`` of the whole from 0 to 1, None where the whole is nothing.

    ``accounts`` are those with a known revenue; ``quiet_cents`` is what belongs to accounts that went quiet.
    """

    state: State
    cents: int
    share: float | None
    accounts: int
    quiet_cents: int


@dataclass(frozen=True, slots=True)
class Exposure:
    """The revenue of all accounts in one currency, by state: the parts add up to ``cents`` exactly."""

    currency: str
    cents: int
    accounts: int
    parts: tuple[Part, ...]

    def of(self, state: State) -> Part:
        """The part of one state."""
        return next(part for part in self.parts if part.state is state)


def count(holdings: Iterable[Holding]) -> tuple[Count, ...]:
    """Count the accounts by state, all states in their order."""
    of = _by_state(holdings)
    return tuple(
        Count(
            state,
            accounts=sum(one.accounts for one in found),
            unknown=sum(one.accounts - one.known for one in found),
            quiet=sum(one.accounts for one in found if one.went_quiet),
        )
        for state, found in of.items()
    )


def exposure(holdings: Iterable[Holding], *, currency: str, rates: Mapping[str, Fraction]) -> Exposure:
    """Add up the known revenue by state in ``currency``; holdings in a currency without a rate stay out.

    ``rates`` says what one unit of each currency is worth, 1 for ``currency`` itself. The whole is rounded
    once, half to even. Raises ValueError for a rate that is not above 0.
    """
    if any(rate <= 0 for rate in rates.values()):
        raise ValueError("a rate of exchange is above 0.")
    of = _by_state(one for one in holdings if one.known and one.currency in rates)
    exact = [sum((one.cents * rates[one.currency] for one in found), Fraction(0)) for found in of.values()]
    whole = round(sum(exact, Fraction(0)))
    cents = apportion(exact, whole)
    return Exposure(
        currency,
        whole,
        sum(one.known for found in of.values() for one in found),
        tuple(
            Part(
                state,
                part,
                part / whole if whole else None,
                sum(one.known for one in found),
                _quiet(found, rates, part),
            )
            for (state, found), part in zip(of.items(), cents, strict=True)
        ),
    )


def apportion(exact: Sequence[Fraction], whole: int) -> tuple[int, ...]:
    """Round the numbers so that they add up to ``whole``: up where the largest remainder is cut off.

    The first of equals goes first. Raises ValueError where ``whole`` is not what rounding can make of them.
    """
    floors = [one.numerator // one.denominator for one in exact]
    missing = whole - sum(floors)
    if not 0 <= missing <= sum(floor != one for floor, one in zip(floors, exact, strict=True)):
        raise ValueError("the parts do not round to the whole.")
    by_remainder = sorted(range(len(exact)), key=lambda place: floors[place] - exact[place])
    for place in by_remainder[:missing]:
        floors[place] += 1
    return tuple(floors)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of so many accounts in a state, how many left in a period. Raises ValueError for what cannot be."""

    state: State
    accounts: int
    churned: int

    def __post_init__(self) -> None:
        if not 0 <= self.churned <= self.accounts:
            raise ValueError("as many accounts can have left as there were, and none or more.")


@dataclass(frozen=True, slots=True)
class Churn:
    """The share of accounts that left, overall and by state (drawn towards the overall one), from 0 to 1."""

    overall: Fraction
    accounts: int
    by_state: tuple[tuple[State, Fraction], ...]

    def of(self, state: State) -> Fraction:
        """The rate of one state."""
        return dict(self.by_state)[state]


def churn(outcomes: Iterable[Outcome], *, prior: int = PRIOR_ACCOUNTS) -> Churn | Unsaid:
    """Return p = (churned + a p0) / (n + a) for each state, p0 being the overall share and a the ``prior``.

    A state without accounts has the overall rate. Unsaid without any account. Raises ValueError for a prior
    that is not above 0.
    """
    if prior <= 0:
        raise ValueError("the prior counts as so many accounts, above 0.")
    seen = list(outcomes)
    accounts, left = sum(one.accounts for one in seen), sum(one.churned for one in seen)
    if not accounts:
        return Unsaid(Reason.TOO_FEW_ACCOUNTS, "churn rates", 0, 1)
    overall = Fraction(left, accounts)
    rates = []
    for state in State:
        n = sum(one.accounts for one in seen if one.state is state)
        gone = sum(one.churned for one in seen if one.state is state)
        rates.append((state, (gone + prior * overall) / (n + prior)))
    return Churn(overall, accounts, tuple(rates))


def yearly(rates: Churn | Unsaid, *, days: int) -> Churn | Unsaid:
    """Return the rates by state of a year, out of those of a period of days: 1 - (1 - p)^(365 / days).

    A period of 365 or 366 days is a year, and stays exact; others are told in parts of 10^9. The overall
    share stays what it was in the period. Raises ValueError for a period without a day.
    """
    if days < 1:
        raise ValueError("a period has a day.")
    if isinstance(rates, Unsaid) or days in YEAR:
        return rates
    scaled = ((state, 1 - (1 - float(rate)) ** (min(YEAR) / days)) for state, rate in rates.by_state)
    by_state = tuple((state, Fraction(round(rate * FINE), FINE)) for state, rate in scaled)
    return Churn(rates.overall, rates.accounts, by_state)


@dataclass(frozen=True, slots=True)
class Loss:
    """The revenue that is expected to leave within the period that the rates are of, in cents, by state."""

    currency: str
    cents: int
    share: float | None
    parts: tuple[tuple[State, int], ...]

    def of(self, state: State) -> int:
        """The part of one state."""
        return dict(self.parts)[state]


def expected_loss(of: Exposure, rates: Churn | Unsaid) -> Loss | Unsaid:
    """Multiply each state's revenue by its rate; Unsaid where the rates are, never by another's rate."""
    if isinstance(rates, Unsaid):
        return rates
    exact = [part.cents * rates.of(part.state) for part in of.parts]
    whole = round(sum(exact, Fraction(0)))
    cents = apportion(exact, whole)
    parts = tuple((part.state, lost) for part, lost in zip(of.parts, cents, strict=True))
    return Loss(of.currency, whole, whole / of.cents if of.cents else None, parts)


def _by_state(holdings: Iterable[Holding]) -> dict[State, list[Holding]]:
    of: dict[State, list[Holding]] = {state: [] for state in State}
    for one in holdings:
        of[one.state].append(one)
    return of


def _quiet(found: Sequence[Holding], rates: Mapping[str, Fraction], cents: int) -> int:
    """What of a state's rounded revenue belongs to accounts that went quiet."""
    exact = sum((one.cents * rates[one.currency] for one in found if one.went_quiet), Fraction(0))
    return min(round(exact), cents)
