"""A wave held against its own past, and its parts against their peers in the same wave and their own past.

Countries and regions are held against their own past alone: how people use a scale differs from place to
place, so that a ranking of raw scores says as much about manners as about us (Baumgartner and Steenkamp,
Journal of Marketing Research 2001).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy.orm import Session

from surveyd.people.access import Scope
from surveyd.results.account_totals import AccountTotals, places_of, totals_of
from surveyd.results.figures import Figures, figures_of
from surveyd.results.slices import Slice
from surveyd.results.wholes import WaveName, Whole, whole_of_waves
from surveyd.scoring import nps_groups
from surveyd.scoring.arrays import Codes, Mask
from surveyd.scoring.bases import Base
from surveyd.scoring.estimates import Contrast, Estimate
from surveyd.scoring.nps import Counts
from surveyd.scoring.policy import Minimums
from surveyd.scoring.trend import Comparison, Direction, Point, against_history, directions
from surveyd.scoring.unsaid import Reason, Unsaid

PLACES = ("country", "region")
"""Dimensions whose parts are not ranked by their raw scores unless somebody asks for it."""
DIMENSIONS = ("tier", "product_line", "business_unit", "channel", *PLACES)
MOST_PARTS = 40


@dataclass(frozen=True, slots=True)
class EarlierWave:
    """One earlier wave, and its score."""

    wave: str
    score: Estimate | Unsaid


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a wave: its score, held against everybody else in the wave and against its own past.

    `name` is empty where nobody knows the dimension; `peers` is None for places, which are not compared. The
    verdicts are judged with all others of the page.
    """

    name: str
    label: str
    counts: Counts
    score: Estimate | Unsaid
    peers: Contrast | Unsaid | None
    past: Comparison | Unsaid
    of_peers: Direction = Direction.NONE
    of_past: Direction = Direction.NONE


@dataclass(frozen=True, slots=True)
class Held:
    """A wave with what it is held against; `parts` by label, without the smallest of too many."""

    wave: WaveName
    figures: Figures
    past: Comparison | Unsaid
    of_past: Direction
    earlier: tuple[EarlierWave, ...]
    dimension: str
    parts: tuple[Part, ...]
    left_out: int


def hold(
    session: Session,
    waves: Sequence[WaveName],
    *,
    scope: Scope,
    dimension: str = "",
    cut: Slice | None = None,
) -> Held:
    """Hold the last of a program's waves (oldest first) against the others, by the parts of a dimension.

    Without a dimension there are no parts. Raises ValueError without a wave.
    """
    if not waves:
        raise ValueError("there is no wave to hold against others.")
    each = [whole_of_waves(session, [wave], scope=scope) for wave in waves]
    whole, slice_ = each[-1], cut or Slice()
    totals = [totals_of(one, slice_) for one in each]
    minimums = whole.columns.policy.minimums
    here = places_of(whole, slice_)
    parts, left_out = _parts(whole, here, totals, dimension, minimums)
    past = _against_past(totals, here, minimums)
    judged = [_step(past), *(step for part in parts for step in (_step(part.peers), _step(part.past)))]
    verdicts = directions(judged)
    return Held(
        wave=waves[-1],
        figures=figures_of(session, whole, slice_),
        past=past,
        of_past=verdicts[0],
        earlier=tuple(
            EarlierWave(wave.slug, _score(of, here, minimums))
            for wave, of in zip(waves[:-1], totals[:-1], strict=True)
        ),
        dimension=dimension,
        parts=tuple(
            replace(part, of_peers=verdicts[2 * at + 1], of_past=verdicts[2 * at + 2])
            for at, part in enumerate(parts)
        ),
        left_out=left_out,
    )


def _parts(
    whole: Whole, here: Codes, totals: Sequence[AccountTotals], name: str, minimums: Minimums
) -> tuple[list[Part], int]:
    """The parts that somebody answered of, the largest of them, by label; and how many are left out."""
    dimension = whole.accounts.dimensions.get(name)
    if dimension is None:
        return [], 0
    codes = dimension.codes[here]
    answered = np.bincount(codes, weights=totals[-1].answered[here], minlength=len(dimension.values))
    largest = [int(code) for code in np.argsort(-answered, kind="stable") if answered[code]]
    parts = []
    for code in sorted(largest[:MOST_PARTS]):
        inside = here[codes == code]
        parts.append(
            Part(
                dimension.values[code],
                dimension.labels[code],
                totals[-1].at(inside).counts,
                _score(totals[-1], inside, minimums),
                None if name in PLACES else _against_peers(totals[-1], here, codes == code, minimums),
                _against_past(totals, inside, minimums),
            )
        )
    return parts, len(largest) - len(parts)


def _against_peers(of: AccountTotals, here: Codes, inside: Mask, minimums: Minimums) -> Contrast | Unsaid:
    """The score of some accounts minus that of all others."""
    subject, every = "a comparison with the others", of.recommendation
    ours, others = np.zeros(len(of.answered)), np.zeros(len(of.answered))
    ours[here[inside]], others[here[~inside]] = 1, 1
    found = nps_groups.change(
        every.weighted(ours), every.weighted(others), minimums=minimums, subject=subject
    )
    if isinstance(found, Contrast) and found.base in (Base.NONE, Base.COUNTS):
        return Unsaid(Reason.TOO_FEW_ANSWERS, subject, min(found.n, found.n_other), minimums.shown)
    return found


def _against_past(totals: Sequence[AccountTotals], here: Codes, minimums: Minimums) -> Comparison | Unsaid:
    """The last wave against the earlier ones that carry a score; fewer than three are no history."""
    now = _point(_score(totals[-1], here, minimums))
    if now is None:
        n = totals[-1].at(here).counts.n
        return Unsaid(Reason.TOO_FEW_ANSWERS, "a comparison with the past", n, minimums.shown)
    past = [point for of in totals[:-1] if (point := _point(_score(of, here, minimums))) is not None]
    return against_history(now, past)


def _score(of: AccountTotals, here: Codes, minimums: Minimums) -> Estimate | Unsaid:
    """The score as of a process: without the number of people invited."""
    return nps_groups.score(of.at(here).recommendation, minimums=minimums)


def _point(of: Estimate | Unsaid) -> Point | None:
    if isinstance(of, Unsaid) or of.base in (Base.NONE, Base.COUNTS) or not of.standard_error:
        return None
    return Point(of.value, of.standard_error)


def _step(of: Contrast | Comparison | Unsaid | None) -> tuple[float, float] | None:
    """What decides on an arrow: the statistic and its p."""
    if of is None or isinstance(of, Unsaid):
        return None
    return (of.statistic if isinstance(of, Contrast) else of.z, of.p)
