"""How often an interval of nominally 95 % holds the truth: simulated, by the rule of each row.

Run as `python -m benchmarks.coverage [DRAWS]`; the seed is fixed, so that the same number of draws gives the
same table. The rows stand in docs/method/intervals.md.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from math import sqrt

import numpy as np
from numpy.random import Generator, default_rng

from benchmarks.figures import keep, table
from surveyd.scoring import nps, nps_groups
from surveyd.scoring.arrays import Codes
from surveyd.scoring.clustered import Totals, influence
from surveyd.scoring.distributions import student_quantile
from surveyd.scoring.estimates import Contrast, Estimate
from surveyd.scoring.intervals import NORMAL, Interval, adjusted_wald, score_interval, unheard_factor, wald
from surveyd.scoring.nps import Counts
from surveyd.scoring.unsaid import Unsaid
from surveyd.scoring.weighting import Weighting, weighted

SEED = 20_261_122
DRAWS = 40_000
# A draw of accounts costs as much as twenty of counts.
LESS = 20
DELIGHTED = (0.05, 0.20, 0.75)
ORDINARY = (0.15, 0.30, 0.55)
ALIKE = 0.25
"""How alike people of one account are: the correlation of what lies behind their ratings."""
UNEVEN = 1.7
"""The spread of log revenue: the largest fifth of the accounts brings four fifths."""
Row = Mapping[str, object]


def main(arguments: Sequence[str]) -> None:
    """Simulate all rows, print them and keep them."""
    draws = int(arguments[0]) if arguments else DRAWS
    rows = [
        *few_answers(draws),
        *census(draws),
        *accounts(max(1, draws // LESS)),
        *panel(max(1, draws // LESS)),
        *giants(max(1, draws // LESS)),
    ]
    print(table(rows))
    keep(
        "coverage",
        rows,
        note=f"Coverage of 95 % intervals, {draws:,} draws a row, {LESS} times fewer of accounts.",
    )


def row(case: str, rule: str, covered: float, width: float) -> Row:
    """One line of the table: coverage and mean width in points of the score."""
    return {"case": case, "rule": rule, "coverage": f"{covered:.3f}", "width": f"{100 * width:.1f}"}


def few_answers(draws: int) -> Iterator[Row]:
    """Plain Wald, adjusted Wald and the score test for few answers out of an endless population."""
    for n in (3, 5, 10, 20, 30, 100):
        case = f"75/20/5, {n} answers"
        sampled = default_rng(SEED).multinomial(n, DELIGHTED, size=draws)
        truth = DELIGHTED[2] - DELIGHTED[0]
        yield row(case, "Wald", *_over(sampled, _wald, truth))
        yield row(case, "adjusted Wald", *_over(sampled, nps.interval, truth))
        yield row(case, "score test", *_over(sampled, _score, truth))


def census(draws: int) -> Iterator[Row]:
    """Known people of whom many answered: as if endless, with only the width shrunk, with both shrunk."""
    for shares, people, n in (
        (ORDINARY, 100, 65),
        (ORDINARY, 400, 260),
        (ORDINARY, 20, 10),
        (DELIGHTED, 30, 19),
        (DELIGHTED, 30, 27),
    ):
        whole = [round(share * people) for share in shares[:2]]
        population = [*whole, people - sum(whole)]
        truth = (population[2] - population[0]) / people
        case = "{:.0f}/{:.0f}/{:.0f}, {} of {}".format(*(100 * s for s in shares[::-1]), n, people)
        sampled = default_rng(SEED).multivariate_hypergeometric(population, n, size=draws)
        factor = unheard_factor(n, people)
        yield row(case, "adjusted Wald", *_over(sampled, nps.interval, truth))
        yield row(case, "width shrunk only", *_over(sampled, _unmoved(factor), truth))
        yield row(case, "width and centre shrunk", *_over(sampled, _invited(people), truth))


def _wald(of: Counts) -> Interval | None:
    return wald(of.detractors, of.passives, of.promoters)


def _score(of: Counts) -> Interval | None:
    return score_interval(of.detractors, of.passives, of.promoters)


def _invited(people: int) -> Callable[[Counts], Interval | None]:
    return lambda of: nps.interval(of, invited=people)


def _unmoved(factor: float) -> Callable[[Counts], Interval | None]:
    def rule(of: Counts) -> Interval:
        raw = adjusted_wald(of.detractors, of.passives, of.promoters)
        half = factor * raw.half_width
        return Interval(raw.centre - half, raw.centre + half)

    return rule


def _over(sampled: Codes, rule: Callable[[Counts], Interval | None], truth: float) -> tuple[float, float]:
    """Coverage and mean width over the samples; what was drawn twice is worked out once."""
    kinds, times = np.unique(sampled, axis=0, return_counts=True)
    around = [rule(Counts(*map(int, kind))) for kind in kinds]
    holds = [found is not None and found.low - 1e-9 <= truth <= found.high + 1e-9 for found in around]
    widths = [0.0 if found is None else 2 * found.half_width for found in around]
    return float(np.average(holds, weights=times)), float(np.average(widths, weights=times))


def accounts(draws: int) -> Iterator[Row]:
    """People in accounts, one score: each person alone against clusters."""
    truth = ORDINARY[2] - ORDINARY[0]
    for k in (5, 10, 20, 50, 200):
        case = f"{k} accounts of about 4 who are alike"
        alone, clustered = [], []
        rng = default_rng(SEED)
        for _ in range(draws):
            codes = _people(rng, k)
            ratings = _ratings(rng, codes, rng.normal(size=k))
            alone.append(nps.interval(nps_groups.tally(ratings)))
            said = nps_groups.score(nps_groups.score_totals(ratings, codes, size=k))
            clustered.append(said.interval if isinstance(said, Estimate) else None)
        yield row(case, "each person alone", *_held(alone, truth))
        yield row(case, "our rule", *_held(clustered, truth))


def panel(draws: int) -> Iterator[Row]:
    """The same people in two waves, nothing changed: two samples against one panel."""
    for k in (20, 100):
        case = f"change, {k} accounts in both waves"
        alone, clustered = [], []
        rng = default_rng(SEED)
        for _ in range(draws):
            codes, mood = _people(rng, k), rng.normal(size=k)
            waves = [_ratings(rng, codes, mood) for _ in range(2)]
            now, then = (nps_groups.tally(wave) for wave in waves)
            difference = nps.difference(now, then)
            alone.append(None if difference is None else difference.interval)
            totals = [nps_groups.score_totals(wave, codes, size=k) for wave in waves]
            said = nps_groups.change(totals[0], totals[1])
            clustered.append(said.interval if isinstance(said, Contrast) else None)
        yield row(case, "two samples", *_held(alone, 0.0))
        yield row(case, "our rule", *_held(clustered, 0.0))


def giants(draws: int) -> Iterator[Row]:
    """Accounts weighted by revenue, of which a few carry nearly all: clusters alone against our rule."""
    truth = ORDINARY[2] - ORDINARY[0]
    for people in ("one", "about 4 alike"):
        for k in (12, 20, 50, 200):
            alone, ours = [], []
            rng = default_rng(SEED)
            for _ in range(draws):
                codes = np.arange(k) if people == "one" else _people(rng, k)
                ratings = _ratings(rng, codes, rng.normal(size=k))
                heard = nps_groups.score_totals(ratings, codes, size=k)
                of = weighted(heard, Weighting.REVENUE, revenue=np.exp(UNEVEN * rng.normal(size=k)))
                said = nps_groups.score(of)
                alone.append(_clusters_only(of))
                ours.append(said.interval if isinstance(said, Estimate) else None)
            case = f"by revenue, {k} accounts of {people}"
            yield row(case, "clusters alone", *_held(alone, truth))
            yield row(case, "our rule, weighted", *_held(ours, truth))


def _clusters_only(of: Totals) -> Interval | None:
    """The mean with Student's t and the spread of the accounts, however few carry the weight."""
    found = influence(of)
    if isinstance(found, Unsaid):
        return None
    half = student_quantile(0.95, found.accounts - 1) * sqrt(found.variance)
    return Interval(found.value - half, found.value + half).clamped(-1, 1)


def _people(rng: Generator, k: int) -> Codes:
    """Each person's account: one and up to eight more of each."""
    return np.repeat(np.arange(k), 1 + rng.binomial(8, 3 / 8, size=k))


def _ratings(rng: Generator, codes: Codes, mood: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Codes:
    """Ratings whose categories have the ordinary shares, alike within an account by its mood."""
    behind = sqrt(ALIKE) * mood[codes] + sqrt(1 - ALIKE) * rng.normal(size=len(codes))
    return np.array([3, 8, 10], dtype=np.int8)[np.digitize(behind, _cuts())]


@cache
def _cuts() -> tuple[float, float]:
    return NORMAL.inv_cdf(ORDINARY[0]), NORMAL.inv_cdf(ORDINARY[0] + ORDINARY[1])


def _held(around: Sequence[Interval | None], truth: float) -> tuple[float, float]:
    known = [found for found in around if found is not None]
    holds = sum(found.low <= truth <= found.high for found in known)
    return holds / len(around), sum(2 * found.half_width for found in known) / len(around)


if __name__ == "__main__":
    main(sys.argv[1:])
