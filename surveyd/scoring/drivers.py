"""Key drivers: which parts of the experience go along with how people feel, how surely, and how they are
rated.

Importance is LMG (see `lmg`), or Johnson's weights above 20 drivers. It is what an outcome is associated
with, and says nothing of what would follow if a driver were changed. Intervals and ranks come from drawing
accounts again.
"""

from collections.abc import Callable

import numpy as np

from surveyd.scoring.arrays import Floats
from surveyd.scoring.bootstrap import SEED, Progress, draws, interval, ranks, resampled
from surveyd.scoring.driver_items import OUTCOME, Answers, Screened, screen
from surveyd.scoring.driver_report import (
    Alike,
    DriverReport,
    Gaps,
    Importance,
    Overlap,
    Performance,
    StageImportance,
)
from surveyd.scoring.gaps import MOST_PATTERNS
from surveyd.scoring.grouped import grouped, owen, too_many
from surveyd.scoring.lmg import EXACT_UP_TO, TINY, importances
from surveyd.scoring.moments import Complete, Likelihood, method, standardise
from surveyd.scoring.policy import SHIPPED, Policy
from surveyd.scoring.unsaid import Reason, Unsaid

ALIKE = 0.95
# So many draws are looked at between two words of progress.
AT_ONCE = 50
# One chance in twenty that a driver of pure chance explains more than this, over n, of what is unexplained.
NOISE = 3.841459


def bootstraps(drivers: int) -> int:
    """Return how many draws are worth their time: the subsets double with each driver."""
    if drivers <= 12 or drivers > EXACT_UP_TO:
        return 500
    return 200 if drivers <= 16 else 100


def draws_of(drivers: int, times: int | None) -> int:
    """Return how many draws to take: what is asked for, else by the drivers. Raises ValueError below 1."""
    if times is None:
        return bootstraps(drivers)
    if times < 1:
        raise ValueError("it takes at least one draw to say how sure it is.")
    return times


def drivers(
    answers: Answers,
    *,
    policy: Policy = SHIPPED,
    times: int | None = None,
    seed: int = SEED,
    most_patterns: int = MOST_PATTERNS,
    progress: Progress | None = None,
) -> DriverReport | Unsaid:
    """Return the drivers of the outcome, or why they cannot be said; the same answers give the same report.

    Takes at least max(50, 10 a driver) complete answers' worth from 20 accounts. `progress` hears how many
    of the draws are done. Raises ValueError for `times` below 1: without a draw nothing is known of how sure
    it is. Source: Lindeman, Merenda and Gold 1980; Grömping 2006 for intervals and ranks by bootstrap.
    """
    draws_of(len(answers.items), times)
    found = screen(answers, policy.minimums)
    if isinstance(found, Unsaid):
        return found
    standard = standardise(found.table())
    if not standard.scale[-1]:
        return Unsaid(Reason.NO_VARIATION, OUTCOME)
    count = draws_of(len(found.answers.items), times)
    by = method(standard, most=most_patterns)
    tables, repaired = resampled(standard, by, draws(found.accounts, times=count, seed=seed))
    values = each(tables, importances, progress)
    listed = _listed(found, tables, values)
    whole = values.sum(axis=1)
    return DriverReport(
        n=found.n,
        accounts=found.accounts,
        times=count,
        exact=len(found.answers.items) <= EXACT_UP_TO,
        gaps={Complete: Gaps.NONE, Likelihood: Gaps.LIKELIHOOD}.get(type(by), Gaps.PAIRS),
        repaired=bool(repaired[0]),
        r_squared=float(whole[0]),
        r_squared_interval=interval(whole, float(whole[0])),
        drivers=listed,
        stages=_stages(found, tables),
        overlap=overlap(found, tables[0]),
        quick_wins=quick_wins(listed),
        left_out=found.left_out,
    )


def each(tables: Floats, look: Callable[[Floats], Floats], progress: Progress | None) -> Floats:
    """Return `look` of all tables, a few at a time, and tell how far it is."""
    parts = []
    for start in range(0, len(tables), AT_ONCE):
        parts.append(look(tables[start : start + AT_ONCE]))
        if progress:
            progress(min(start + AT_ONCE, len(tables)) - 1, len(tables) - 1)
    return np.concatenate(parts)


def shares(values: Floats) -> Floats:
    """Return each row of importances as shares of its sum; 0 where nothing is explained."""
    whole = values.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(values, whole, out=np.zeros_like(values), where=whole > TINY))


def _listed(found: Screened, tables: Floats, values: Floats) -> tuple[Importance, ...]:
    """Return the drivers, the most important first, each in the tier of the leader whom it overlaps."""
    parts, signs, rated = shares(values), tables[:, :-1, -1], performances(found)
    places, floor = ranks(parts), NOISE * (1 - values[0].sum()) / found.n
    listed: list[Importance] = []
    lead, tier = None, 0
    for column in np.argsort(-values[0], kind="stable"):
        share = float(parts[0, column])
        around = interval(parts[:, column], share)
        if lead is None or around.high < lead.low:
            lead, tier = around, tier + 1
        listed.append(
            Importance(
                driver=found.answers.items[column],
                value=float(values[0, column]),
                share=share,
                interval=around,
                ranks=places[column],
                tier=tier,
                r=float(signs[0, column]),
                direction=_direction(signs[:, column]),
                distinct=bool(np.percentile(values[:, column], 2.5) > floor),
                performance=rated[column],
            )
        )
    return tuple(listed)


def _direction(signs: Floats) -> int:
    """Return 1 or -1 where nearly all draws agree on the sign, else 0."""
    low, high = np.percentile(signs, [2.5, 97.5])
    return 1 if low > 0 else -1 if high < 0 else 0


def performances(found: Screened) -> list[Performance]:
    """Return how each driver is rated by those who answered it, by their weights."""
    weight = found.weights @ found.known
    total, top = np.zeros(len(weight)), np.zeros(len(weight))
    spans = np.array([item.span for item in found.answers.items])
    for at in found.table().slices():
        steps = found.answers.steps(at)
        total += found.weights[at] @ np.nan_to_num(steps)
        top += found.weights[at] @ (steps >= spans - 1)
    people = found.known.sum(axis=0)
    means = 100 * total / weight / spans
    return [
        Performance(float(mean), float(share), int(n))
        for mean, share, n in zip(means, top / weight, people, strict=True)
    ]


def groups_of(found: Screened) -> dict[tuple[bool, str], tuple[int, ...]]:
    """Return the columns of each group: (True, a stage), or (False, the id of a driver without a stage).

    A driver may be called as a stage is: they stay apart.
    """
    groups: dict[tuple[bool, str], tuple[int, ...]] = {}
    for column, item in enumerate(found.answers.items):
        name = (bool(item.stage), item.stage or item.id)
        groups[name] = (*groups.get(name, ()), column)
    return groups


def _stages(found: Screened, tables: Floats) -> tuple[StageImportance, ...] | Unsaid:
    groups = groups_of(found)
    if all(len(columns) == 1 for columns in groups.values()):
        return ()
    if parts := too_many(list(groups.values())):
        return Unsaid(Reason.TOO_MANY_PARTS, "stages", parts, EXACT_UP_TO)
    values = grouped(tables, list(groups.values()))
    split = owen(tables[:1], list(groups.values()))[0]
    of, places = shares(values), ranks(shares(values))
    stages = [
        StageImportance(
            name=name,
            is_stage=is_stage,
            value=float(values[0, place]),
            share=float(of[0, place]),
            interval=interval(of[:, place], float(of[0, place])),
            ranks=places[place],
            parts=tuple((found.answers.items[column].id, float(split[column])) for column in columns),
        )
        for place, ((is_stage, name), columns) in enumerate(groups.items())
    ]
    return tuple(sorted(stages, key=lambda stage: -stage.value))


def overlap(found: Screened, table: Floats) -> Overlap:
    """Return which drivers say nearly the same, of (p + 1, p + 1) correlations with the outcome last.

    The condition number is that of the drivers' standardised columns (Belsley, Kuh and Welsch 1980).
    """
    among = table[:-1, :-1]
    names = [item.id for item in found.answers.items]
    first, second = np.nonzero(np.triu(np.abs(among) > ALIKE, 1))
    pairs = [
        Alike(names[one], names[other], float(among[one, other]))
        for one, other in zip(first, second, strict=True)
    ]
    roots = np.linalg.eigvalsh(among)
    condition = float(np.sqrt(roots[-1] / roots[0])) if roots[0] > TINY else None
    return Overlap(tuple(pairs), condition)


def quick_wins(listed: tuple[Importance, ...]) -> tuple[str, ...]:
    """Return who is above the average in importance and below it in rating, and rises with the outcome."""
    mean = sum(one.performance.mean for one in listed) / len(listed)
    found = [
        one
        for one in listed
        if one.share * len(listed) > 1 and one.performance.mean < mean and one.direction > 0
    ]
    found.sort(key=lambda one: -one.share * (100 - one.performance.mean))
    return tuple(one.driver.id for one in found)
