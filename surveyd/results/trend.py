"""The score over the waves of a program, with what can be said about each change."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from surveyd.distribution.models import Wave, WaveKind, WaveState
from surveyd.people.access import Scope, visible_by_account
from surveyd.results.models import Score
from surveyd.results.policies import CURRENT_RULE
from surveyd.scoring import nps
from surveyd.scoring.intervals import discoveries
from surveyd.scoring.nps import Base, Category, Counts, Summary

LAUNCHED = (WaveState.PREPARING, WaveState.OPEN, WaveState.CLOSED)
MOST_WAVES = 12


@dataclass(frozen=True, slots=True)
class WavePoint:
    """One wave of a trend. `change` from the wave before: up, down, steady, or empty for no verdict.

    The interval asks what the next such people would say, so it knows no number of invited; a change is one
    only where it holds against all the comparisons of the trend together (p < 0.05, Benjamini-Hochberg).
    """

    wave_id: int
    wave: str
    day_zero: datetime | None
    nps: Summary
    change: str


def nps_trend(
    session: Session, program_id: int, *, scope: Scope, until: Wave | None = None, most: int = MOST_WAVES
) -> tuple[WavePoint, ...]:
    """The last `most` launched waves of a program up to `until`, oldest first. Two statements."""
    chosen = (
        select(Wave.id, Wave.slug, Wave.day_zero)
        .where(Wave.program_id == program_id, Wave.kind == WaveKind.PROGRAM, Wave.state.in_(LAUNCHED))
        .order_by(Wave.day_zero.desc(), Wave.id.desc())
        .limit(most)
    )
    if until is not None:
        same_day = and_(Wave.day_zero == until.day_zero, Wave.id <= until.id)
        chosen = chosen.where(or_(Wave.day_zero < until.day_zero, same_day))
    waves = session.execute(chosen).all()[::-1]
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for wave_id, category, count in session.execute(
        select(Score.wave_id, Score.category, func.count())
        .where(
            Score.wave_id.in_([wave.id for wave in waves]),
            Score.rule_version == CURRENT_RULE,
            Score.category.is_not(None),
            visible_by_account(scope, Score.account_id),
        )
        .group_by(Score.wave_id, Score.category)
    ):
        found[wave_id][category or ""] = count
    summaries = [nps.summary(_counts(found[wave.id])) for wave in waves]
    changes = changes_of(summaries)
    return tuple(
        WavePoint(wave.id, wave.slug, wave.day_zero, summary, change)
        for wave, summary, change in zip(waves, summaries, changes, strict=True)
    )


def changes_of(summaries: Sequence[Summary]) -> list[str]:
    """What became of each score since the one before it: up, down, steady, or empty for no verdict."""
    before: list[Summary | None] = [None, *summaries][:-1]
    steps = [_difference(now, then) for now, then in zip(summaries, before, strict=True)]
    sure = iter(discoveries([step.p for step in steps if step is not None]))
    return ["" if step is None else _verdict(step, next(sure)) for step in steps]


def _difference(now: Summary, then: Summary | None) -> nps.Difference | None:
    """The change of a score, unless one of the two rests on too few answers for any."""
    if then is None or {now.base, then.base} & {Base.NONE, Base.COUNTS}:
        return None
    return nps.difference(now.counts, then.counts)


def _verdict(step: nps.Difference, is_sure: bool) -> str:
    if not is_sure:
        return "steady"
    return "up" if step.adjusted > 0 else "down"


def _counts(of: dict[str, int]) -> Counts:
    return Counts(
        *(of.get(category, 0) for category in (Category.DETRACTOR, Category.PASSIVE, Category.PROMOTER))
    )
