"""What became of accounts: figures that an admin enters, or accounts of a year ago that are lapsed now.

Figures that were entered come first; the latest entry counts and the earlier ones are kept. Rates are the
company's own, whoever looks at them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, Select, bindparam, case, func, select
from sqlalchemy.orm import Session

from surveyd.base.errors import Refused
from surveyd.distribution.comparable_waves import asks_all
from surveyd.distribution.models import Invitation, Wave, WaveKind, WaveState
from surveyd.people.access import SYSTEM
from surveyd.people.audit import record
from surveyd.people.models import Account, AccountStatus, User
from surveyd.results import policies
from surveyd.results.models import Score
from surveyd.results.outside_models import ChurnFigures
from surveyd.results.standings import standings
from surveyd.scoring.exposure import Churn, Outcome, State, churn, state_of, yearly
from surveyd.scoring.loyalty import Segment
from surveyd.scoring.policy import Policy
from surveyd.scoring.unsaid import Unsaid

YEAR = timedelta(days=365)
LAUNCHED = (WaveState.PREPARING, WaveState.OPEN, WaveState.CLOSED)
MOST_ACCOUNTS = 10_000_000
FIRST_DAY = date(1990, 1, 1)
SHOWN = 20
KEPT_POLICIES = 8


class Origin(StrEnum):
    """Where the rates come from."""

    ENTERED = "entered"
    LOADED = "loaded"
    NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True)
class ChurnRates:
    """The company's churn: from where, over which period, of how many accounts, and the rates of a year.

    `wave` is that of the loaded ones; `by` and `at` say who entered the others. Without any origin the rates
    are Unsaid.
    """

    origin: Origin
    begins: date | None
    ends: date | None
    outcomes: tuple[Outcome, ...]
    rates: Churn | Unsaid
    wave: str = ""
    by: str = ""
    at: datetime | None = None

    @property
    def churned(self) -> int:
        """How many accounts have left."""
        return sum(one.churned for one in self.outcomes)

    @property
    def accounts(self) -> int:
        """How many accounts there were."""
        return sum(one.accounts for one in self.outcomes)


def enter_churn(
    session: Session, outcomes: Sequence[Outcome], *, begins: date, ends: date, by: int | None, now: datetime
) -> None:
    """Keep figures of a period; they count from now on. Raises Refused for none, and for no past period."""
    if not sum(one.accounts for one in outcomes):
        raise Refused("Say of at least one state how many accounts there were.")
    if any(one.accounts > MOST_ACCOUNTS for one in outcomes):
        raise Refused("So many accounts there are not; check the figures.")
    if not FIRST_DAY <= begins < ends <= now.date() + timedelta(days=1):
        raise Refused("The period begins before it ends, and it is over.")
    kept: dict[str, Any] = {one.state.value: [one.accounts, one.churned] for one in outcomes if one.accounts}
    row = ChurnFigures(begins=begins, ends=ends, outcomes=kept, by_id=by, at=now)
    session.add(row)
    session.flush()
    facts = {"accounts": sum(one.accounts for one in outcomes), "left": sum(one.churned for one in outcomes)}
    record(session, action="enter", thing="churn_figures", thing_id=row.id, by=by, now=now, facts=facts)


def churn_rates(session: Session, *, now: datetime) -> ChurnRates:
    """The churn in force: what was entered last, else what became of accounts of a year ago, else none."""
    entered = churn_history(session, most=1)
    return entered[0] if entered else _loaded(session, now) or NO_RATES


def churn_history(session: Session, *, most: int = SHOWN) -> tuple[ChurnRates, ...]:
    """What was entered, the latest first. One statement."""
    rows = session.execute(
        select(ChurnFigures, User.name, User.email)
        .outerjoin(User, User.id == ChurnFigures.by_id)
        .order_by(ChurnFigures.id.desc())
        .limit(most)
    )
    return tuple(_entered(figures, name or email or "") for figures, name, email in rows)


NO_RATES = ChurnRates(Origin.NOWHERE, None, None, (), churn(()))


def _entered(figures: ChurnFigures, by: str) -> ChurnRates:
    outcomes = _outcomes(figures.outcomes)
    period = (figures.begins, figures.ends)
    return ChurnRates(Origin.ENTERED, *period, outcomes, _a_year(outcomes, *period), by=by, at=figures.at)


def _outcomes(kept: Mapping[str, Sequence[int]]) -> tuple[Outcome, ...]:
    return tuple(Outcome(State(state), accounts, left) for state, (accounts, left) in kept.items())


def _loaded(session: Session, now: datetime) -> ChurnRates | None:
    """What became of the accounts of the latest wave of all that is a year old; None if none has lapsed.

    Where nobody is marked lapsed, nobody may be marking: that is no churn of zero.
    """
    wave = session.scalar(
        select(Wave)
        .where(Wave.kind == WaveKind.PROGRAM, Wave.state.in_(LAUNCHED), Wave.day_zero <= now - YEAR)
        .where(asks_all(Wave))
        .order_by(Wave.day_zero.desc(), Wave.id.desc())
        .limit(1)
    )
    if wave is None or wave.day_zero is None:
        return None
    outcomes = [
        Outcome(_state(segment, at_risk=bool(at_risk)), accounts, lapsed)
        for segment, at_risk, accounts, lapsed in session.execute(
            _became(policies.current(session)), {"asked_by": wave.id}
        )
    ]
    if not any(one.churned for one in outcomes):
        return None
    period = (wave.day_zero.date(), now.date())
    rates = _a_year(outcomes, *period)
    return ChurnRates(Origin.LOADED, *period, tuple(outcomes), rates, wave=wave.slug)


def _a_year(outcomes: Sequence[Outcome], begins: date, ends: date) -> Churn | Unsaid:
    """The rates of a year, whatever period the figures are of; its last day is a day of it."""
    return yearly(churn(outcomes), days=(ends - begins).days + 1)


@lru_cache(maxsize=KEPT_POLICIES)
def _became(policy: Policy) -> Select[Any]:
    """Where the accounts stood that a wave, `asked_by`, asked, how many, and how many of them are lapsed now.

    To put it together takes longer than to run it.
    """
    wave_id = bindparam("asked_by", type_=Integer)
    stood = standings(SYSTEM, Score.wave_id == wave_id, policy=policy)
    at_risk = case((stood.c.deciders_at_risk > 0, 1), else_=0).label("at_risk")
    asked = select(Invitation.account_id).where(Invitation.wave_id == wave_id)
    lapsed = func.count(case((Account.status == AccountStatus.LAPSED, 1)))
    return (
        select(stood.c.segment, at_risk, func.count(), lapsed)
        .select_from(Account)
        .outerjoin(stood, stood.c.account_id == Account.id)
        .where(Account.id.in_(asked))
        .group_by(stood.c.segment, at_risk)
    )


def _state(segment: str | None, *, at_risk: bool) -> State:
    return state_of(Segment(segment) if segment else None, asked=True, decider_at_risk=at_risk)
