"""What a proposal would move, worked out over history under both policies.

People and accounts count as they stand by their latest answers; a wave by all of its answers.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from surveyd.results.both_policies import CATEGORIES, INDEXES, ROLES, SEGMENTS, History, Ints, Sides
from surveyd.results.comparison import LISTED, Comparison, Moved, Totals, WaveChange
from surveyd.results.movement import Move
from surveyd.results.revenue import Money, add_money
from surveyd.scoring.flags import Asked
from surveyd.scoring.loyalty import Segment
from surveyd.scoring.policy import Policy
from surveyd.scoring.rollup import Voice, stand

Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class WaveFacts:
    """A wave to report on."""

    id: int
    slug: str
    day_zero: datetime | None


@dataclass(frozen=True, slots=True)
class Revenue:
    """What an account is worth; `cents` is None where nobody knows."""

    cents: int | None
    currency: str


@dataclass(frozen=True, slots=True)
class _Stands:
    """One account by both policies: the segments, and whether it, or a decider of it, is at high risk."""

    account: int
    before: str
    after: str
    risk_before: bool
    risk_after: bool


def comparison_of(
    history: History,
    *,
    policies: tuple[Policy, Policy],
    revenue: Mapping[int, Revenue],
    waves: Sequence[WaveFacts],
    at: datetime,
) -> Comparison:
    """The comparison of history under two policies, the one in force first; `waves` are the oldest first."""
    latest = _latest(history.contact)
    groups = _groups(history)
    newest: dict[int, tuple[int, _Stands]] = {}
    by_wave: dict[int, list[_Stands]] = defaultdict(list)
    for rows in groups:
        stands = _stand(history, rows, policies)
        by_wave[int(history.wave[rows[0]])].append(stands)
        newest[stands.account] = max(
            newest.get(stands.account, (0, stands)), (int(history.response[rows[-1]]), stands), key=_first
        )
    accounts = [stands for _, stands in newest.values()]
    before, after = _totals(history, latest, accounts, revenue)
    return Comparison(
        against=policies[0].version,
        at=at,
        responses=len(history.response),
        people=_people_moves(history, latest),
        accounts=_account_moves(accounts, revenue),
        before=before,
        after=after,
        waves=tuple(_wave(history, wave, by_wave[wave.id], revenue) for wave in waves),
        moved_people=_moved_people(history, latest),
        moved_accounts=_moved_accounts(accounts, revenue),
    )


def _first(pair: tuple[int, _Stands]) -> int:
    return pair[0]


def _latest(contact: Ints) -> Rows:
    """The row of each contact's last answer."""
    turned = np.unique(contact[::-1], return_index=True)[1]
    return np.sort(len(contact) - 1 - turned)


def _groups(history: History) -> list[Rows]:
    """The rows of each account in each wave, in the order of the answers."""
    if not len(history.wave):
        return []
    order = np.lexsort((history.response, history.account, history.wave))
    changes = (np.diff(history.wave[order]) != 0) | (np.diff(history.account[order]) != 0)
    return np.split(order, np.flatnonzero(changes) + 1)


def _stand(history: History, rows: Rows, policies: tuple[Policy, Policy]) -> _Stands:
    (before, risk_before), (after, risk_after) = (
        _standing(history, side, rows, policy)
        for side, policy in zip((history.before, history.after), policies, strict=True)
    )
    return _Stands(int(history.account[rows[0]]), before, after, risk_before, risk_after)


def _standing(history: History, side: Sides, rows: Rows, policy: Policy) -> tuple[str, bool]:
    voices = [
        Voice(
            ROLES[history.role[row]].value,
            SEGMENTS[side.segment[row]],
            _known(side.indexes["attitude"][row]),
            _known(side.indexes["intent"][row]),
        )
        for row in rows
    ]
    found = stand(voices, asked=Asked(invited=len(voices)), policy=policy)
    segment = found.segment or Segment.UNCLASSIFIED
    return segment.value, segment is Segment.HIGH_RISK or found.decision_maker_at_risk


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _totals(
    history: History, rows: Rows, accounts: Sequence[_Stands], revenue: Mapping[int, Revenue]
) -> tuple[Totals, Totals]:
    def side(of: Sides, segment: Callable[[_Stands], str], risk: Callable[[_Stands], bool]) -> Totals:
        people = np.bincount(of.segment[rows], minlength=len(SEGMENTS))
        stands = Counter(segment(one) for one in accounts)
        at_risk = [one.account for one in accounts if risk(one)]
        unknown, sums = _sums(at_risk, revenue)
        return Totals(
            people={name.value: int(people[code]) for code, name in enumerate(SEGMENTS)},
            accounts={name.value: stands[name.value] for name in SEGMENTS},
            means={name: _mean(of.indexes[name][rows]) for name in INDEXES},
            at_risk_accounts=len(at_risk),
            at_risk_unknown=unknown,
            at_risk=sums,
        )

    return (
        side(history.before, lambda one: one.before, lambda one: one.risk_before),
        side(history.after, lambda one: one.after, lambda one: one.risk_after),
    )


def _mean(values: NDArray[np.float64]) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None


def _sums(accounts: Sequence[int], revenue: Mapping[int, Revenue]) -> tuple[int, tuple[Money, ...]]:
    """How many have no known revenue, and what the others come to by currency."""
    known = [(worth.currency, worth.cents) for one in accounts if (worth := revenue[one]).cents is not None]
    return len(accounts) - len(known), add_money(Money(currency, cents or 0, 1) for currency, cents in known)


def _people_moves(history: History, latest: Rows) -> tuple[Move, ...]:
    before, after = history.before.segment[latest], history.after.segment[latest]
    counts = np.bincount(before * len(SEGMENTS) + after, minlength=len(SEGMENTS) ** 2)
    return tuple(
        Move(SEGMENTS[pair // len(SEGMENTS)].value, SEGMENTS[pair % len(SEGMENTS)].value, int(counts[pair]))
        for pair in np.flatnonzero(counts)
    )


def _account_moves(accounts: Sequence[_Stands], revenue: Mapping[int, Revenue]) -> tuple[Move, ...]:
    pairs: dict[tuple[str, str], list[int]] = defaultdict(list)
    for one in accounts:
        pairs[one.before, one.after].append(one.account)
    return tuple(
        Move(before, after, len(of), *_sums(of, revenue)) for (before, after), of in sorted(pairs.items())
    )


def _wave(
    history: History, wave: WaveFacts, accounts: Sequence[_Stands], revenue: Mapping[int, Revenue]
) -> WaveChange:
    rows = np.flatnonzero(history.wave == wave.id)
    rated = history.category[rows]
    detractors, passives, promoters = (
        int(np.count_nonzero(rated == code)) for code in range(len(CATEGORIES))
    )
    before, after = _totals(history, rows, accounts, revenue)
    return WaveChange(
        wave.slug, wave.day_zero, len(rows), detractors, passives, promoters, before=before, after=after
    )


def _moved_people(history: History, latest: Rows) -> tuple[Moved, ...]:
    """Those who answered last come first."""
    moved = latest[history.before.segment[latest] != history.after.segment[latest]]
    return tuple(
        Moved(
            int(history.response[row]),
            SEGMENTS[history.before.segment[row]].value,
            SEGMENTS[history.after.segment[row]].value,
        )
        for row in moved[::-1][:LISTED]
    )


def _moved_accounts(accounts: Sequence[_Stands], revenue: Mapping[int, Revenue]) -> tuple[Moved, ...]:
    """The largest of each currency first; what has no known revenue comes last."""
    moved = [one for one in accounts if one.before != one.after]
    moved.sort(key=lambda one: (-(revenue[one.account].cents or -1), one.account))
    return tuple(Moved(one.account, one.before, one.after) for one in moved[:LISTED])
