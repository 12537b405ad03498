"""The one page for a customer that goes with the letter: what their people said in a wave, and what changes.

It leaves the house: no names, no verbatims, no segment, no risk and no amount of money is on it, and no
figure as long as so few have answered that single answers could be read from it.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.base.clock import zone_named
from surveyd.base.errors import NotFound
from surveyd.distribution.models import Invitation, Program, Wave
from surveyd.distribution.paper_orders import Change
from surveyd.people.models import Account
from surveyd.reports.charts import Stripes, stripes
from surveyd.results.models import Score
from surveyd.results.policies import CURRENT_RULE
from surveyd.scoring import nps
from surveyd.scoring.nps import Counts

ANSWERS_AT_LEAST = 3
STAGES = ("evaluating", "buying", "onboarding", "delivery", "support", "billing", "renewal")
"""The customer's way with us, in its order; a questionnaire may name others."""


@dataclass(frozen=True, slots=True)
class AccountPaper:
    """What the page says. Means run from 0 to 10; without `may_show` there is none, nor any count."""

    company: str
    account: str
    country: str
    wave: str
    day_zero: datetime | None
    zone: ZoneInfo
    invited: int
    answered: int
    ratings: Counts
    recommendation: float | None
    stages: tuple[tuple[str, float], ...]
    changes: tuple[Change, ...]

    @property
    def may_show(self) -> bool:
        """Whether so many have answered that no single answer can be read from the figures."""
        return self.answered >= ANSWERS_AT_LEAST

    @property
    def bars(self) -> Stripes:
        """How many gave which rating, as bars."""
        return stripes([(name, count, 0.0) for name, count in self.groups])

    @property
    def groups(self) -> tuple[tuple[str, int], ...]:
        """The ratings in three groups, the best first."""
        return (
            ("9 – 10", self.ratings.promoters),
            ("7 – 8", self.ratings.passives),
            ("0 – 6", self.ratings.detractors),
        )

    @property
    def amounts(self) -> dict[str, str]:
        """The same counts, as the bars are labelled."""
        return {name: str(count) for name, count in self.groups}


def account_paper(
    session: Session, wave_id: int, account_id: int, *, changes: tuple[Change, ...]
) -> AccountPaper:
    """The page of one account in one wave. Raises NotFound when either is gone."""
    found = session.execute(
        select(Wave, Program, Account)
        .join(Program, Program.id == Wave.program_id)
        .join(Account, Account.id == account_id)
        .where(Wave.id == wave_id)
    ).one_or_none()
    if found is None:
        raise NotFound("paper", account_id)
    wave, program, account = found
    asked = select(func.count()).where(Invitation.wave_id == wave_id, Invitation.account_id == account_id)
    scores = session.execute(
        select(Score.recommendation, Score.stages).where(
            Score.wave_id == wave_id, Score.account_id == account_id, Score.rule_version == CURRENT_RULE
        )
    ).all()
    enough = len(scores) >= ANSWERS_AT_LEAST
    ratings = [rating for rating, _ in scores if rating is not None] if enough else []
    return AccountPaper(
        company=program.company,
        account=account.name,
        country=account.country,
        wave=wave.slug,
        day_zero=wave.day_zero,
        zone=zone_named(program.time_zone),
        invited=session.execute(asked).scalar_one(),
        answered=len(scores),
        ratings=nps.counts(ratings),
        recommendation=sum(ratings) / len(ratings) if len(ratings) >= ANSWERS_AT_LEAST else None,
        stages=_means([stages for _, stages in scores]) if enough else (),
        changes=changes,
    )


def _means(people: list[dict[str, float]]) -> tuple[tuple[str, float], ...]:
    """The mean of each stage that enough people spoke of, from 0 to 10, in the journey's order."""
    spoken: dict[str, list[float]] = defaultdict(list)
    for person in people:
        for stage, index in person.items():
            spoken[stage].append(index)
    order = [stage for stage in STAGES if stage in spoken] + sorted(spoken.keys() - set(STAGES))
    return tuple(
        (stage, sum(spoken[stage]) / len(spoken[stage]) / 10)
        for stage in order
        if len(spoken[stage]) >= ANSWERS_AT_LEAST
    )
