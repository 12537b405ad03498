"""The figures of a slice: how many answered, the score, the matrix, the indexes, each with its interval.

Intervals are clustered by account and know how many were invited; what the numbers cannot carry is Unsaid. A
figure speaks about the people asked, a change about what makes them answer so, and knows no number of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sqlalchemy.orm import Session

from surveyd.people.rates import rates_in_force
from surveyd.results.account_totals import AccountTotals, places_of, totals_at
from surveyd.results.people_shapes import UNKNOWN
from surveyd.results.slices import Slice
from surveyd.results.wave_arrays import STAGE
from surveyd.results.whole_shapes import Whole
from surveyd.scoring import nps_groups, trend
from surveyd.scoring.arrays import Codes, Floats
from surveyd.scoring.bases import Base, base
from surveyd.scoring.clustered import Totals
from surveyd.scoring.estimates import Estimate, estimate, share
from surveyd.scoring.intervals import Interval
from surveyd.scoring.loyalty import PLACES, Segment
from surveyd.scoring.nps import Counts
from surveyd.scoring.policy import Policy
from surveyd.scoring.unsaid import Unsaid
from surveyd.scoring.weighting import Weighting, unknown, weighted

INDEX = Interval(0.0, 100.0)


@dataclass(frozen=True, slots=True)
class Figures:
    """What a slice says. Shares run from 0 to 1, the score from -1 to 1, indexes from 0 to 100.

    `invited` is None where nobody can say; `accounts` have answered, of `accounts_invited`. `counts` are
    people whatever they weigh; `segments` are shares of those who have a place in the matrix, `unplaced` are
    the others who answered. `stages` are indexes by the stage's name. `unknown_revenue` are the accounts that
    count for nothing because nobody knows theirs, when it is the weight. `policy` is the version in force.
    """

    invited: int | None
    answered: int
    accounts: int
    accounts_invited: int | None
    counts: Counts
    base: Base
    nps: Estimate | Unsaid
    detectable: float | None
    segments: Mapping[Segment, Estimate | Unsaid]
    people: Mapping[Segment, int]
    unplaced: int
    attitude: Estimate | Unsaid
    intent: Estimate | Unsaid
    growth: Estimate | Unsaid
    ease: Estimate | Unsaid
    stages: Mapping[str, Estimate | Unsaid]
    weighting: Weighting
    unknown_revenue: int
    policy: str

    @property
    def response_rate(self) -> float | None:
        """Answered of invited, 0 to 1; None where nobody was invited or nobody can say."""
        return self.answered / self.invited if self.invited else None


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """How answers are weighed: the weighting, and each account's revenue in one currency, NaN for unknown."""

    by: Weighting
    revenue: Floats

    def of(self, totals: Totals) -> Totals:
        """The totals, weighed."""
        return weighted(totals, self.by, revenue=self.revenue)

    def at(self, places: Codes) -> "Weights":
        """The same for some accounts."""
        return Weights(self.by, self.revenue[places])


def figures_of(session: Session, whole: Whole, cut: Slice) -> Figures:
    """The figures of a slice."""
    weights = weights_of(session, whole, cut).at(places_of(whole, cut))
    return figures_from(totals_at(whole, cut), weights, whole.columns.policy)


def figures_from(totals: AccountTotals, weights: Weights, policy: Policy) -> Figures:
    """The figures of totals that are cut out already, with the weights of the same accounts."""
    minimums = policy.minimums
    answered = int(totals.answered.sum())
    # An answer may have been read a moment after the invitations: who answers was invited.
    invited = None if totals.invited is None else max(int(totals.invited.sum()), answered)
    rated = totals.recommendation
    score = nps_groups.score(weights.of(rated), population=invited, minimums=minimums)
    # What a wave like this one could show: a statement about the process, so without the number invited.
    open_ended = nps_groups.score(weights.of(rated), minimums=minimums)
    segments = {
        segment: share(weights.of(totals.of_segment(segment)), population=invited, minimums=minimums)
        for segment in PLACES.values()
    }
    indexes = {
        name: estimate(weights.of(sums.totals), scale=INDEX, population=invited, minimums=minimums)
        for name, sums in totals.indexes.items()
    }
    people = {segment: int(totals.of_segment(segment).value.sum()) for segment in segments}
    return Figures(
        invited=invited,
        answered=answered,
        accounts=int(np.count_nonzero(totals.answered)),
        accounts_invited=None if totals.invited is None else int(np.count_nonzero(totals.invited)),
        counts=totals.counts,
        base=base(totals.counts.n, minimums=minimums),
        nps=score,
        detectable=_detectable(open_ended),
        segments=segments,
        people=people,
        unplaced=answered - sum(people.values()),
        attitude=indexes["attitude"],
        intent=indexes["intent"],
        growth=indexes["growth"],
        ease=indexes["ease"],
        stages={name.removeprefix(STAGE): of for name, of in indexes.items() if name.startswith(STAGE)},
        weighting=weights.by,
        unknown_revenue=unknown(rated, weights.revenue) if weights.by is Weighting.REVENUE else 0,
        policy=policy.version,
    )


def weights_of(session: Session, whole: Whole, cut: Slice) -> Weights:
    """The weights that a slice asks for, one place an account.

    Revenue is converted by the rates in force. Before a currency is chosen for that, the one that most
    accounts of the slice have counts, of those that are seen, and a revenue in another one is unknown. Only
    then does it ask the database.
    """
    revenue = np.full(whole.size, np.nan)
    if cut.weighting is Weighting.REVENUE:
        cents, currency = whole.accounts.revenue_cents, whole.accounts.dimensions["currency"]
        known = cents != UNKNOWN
        worth = {name: float(rate) for name, rate in rates_in_force(session).worth.items()}
        here = places_of(whole, cut)
        here = here[known[here]]
        if not worth and len(here):
            worth = {currency.values[int(np.bincount(currency.codes[here]).argmax())]: 1.0}
        by_code = np.array([worth.get(name, np.nan) for name in currency.values])
        revenue = np.where(known, cents * by_code[currency.codes], np.nan)
    return Weights(cut.weighting, revenue)


def _detectable(score: Estimate | Unsaid) -> float | None:
    """The smallest change that a second such wave would show, between 0 and 2; None without a score."""
    if isinstance(score, Unsaid) or score.base in (Base.NONE, Base.COUNTS):
        return None
    return trend.detectable_change(score.standard_error)
