"""Where the accounts of a slice stand in a wave, out of arrays: in groups with their revenue, and as points.

The rule is that of ``scoring/rollup.py``, over the people who are in the slice: a slice of decision makers
places an account by them alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.people.models import Account, AccountStatus
from surveyd.people.rates import Rates
from surveyd.results.columns import SEGMENTS as COLUMN_SEGMENTS
from surveyd.results.masks import account_mask, asked_mask, mask
from surveyd.results.people_columns import UNKNOWN
from surveyd.results.revenue import MOST_POINTS, NOT_ASKED, SILENT, AccountGroup, Point
from surveyd.results.slices import Slice
from surveyd.results.wholes import Whole
from surveyd.scoring.arrays import Codes, Floats, Mask
from surveyd.scoring.flags import Flag
from surveyd.scoring.loyalty import Segment
from surveyd.scoring.nps_groups import MISSING
from surveyd.scoring.rollup_arrays import NOBODY, SEGMENTS, AskedEach, Standings, Voices, stand_each

NAMES = (*(segment.value for segment in SEGMENTS), SILENT, NOT_ASKED)
"""What the code of a state stands for: the segments in the order of `rollup_arrays`, then the two others."""
SILENT_CODE, NOT_ASKED_CODE = len(SEGMENTS), len(SEGMENTS) + 1
RECODED = np.array([SEGMENTS.index(segment) for segment in COLUMN_SEGMENTS])
DETRACTS = 6


@dataclass(frozen=True, eq=False)
class Stands:
    """Every account in one wave of the slice: `state` is a place in NAMES, one for each account code.

    `kept` are the accounts of the slice: the active, and whoever was asked.
    """

    whole: Whole
    state: Codes
    at_risk: Mask
    asked: Mask
    kept: Mask
    attitude: Floats
    intent: Floats
    placed: Mask


def stands_of(whole: Whole, cut: Slice) -> Stands:
    """Where each account stands by the answers of the slice; `whole` has one wave."""
    where, invited = mask(whole, cut), asked_mask(whole, cut)
    asked = np.bincount(whole.asked_account_codes[invited], minlength=whole.size) > 0
    found = _standings(whole, where)
    heard = found.segment != NOBODY
    state = np.where(heard, found.segment, np.where(asked, SILENT_CODE, NOT_ASKED_CODE))
    risky = found.flags[Flag.DM_HIGH_RISK] | (state == SEGMENTS.index(Segment.HIGH_RISK))
    seen = account_mask(whole, cut)
    in_slice = np.ones(whole.size, dtype=np.bool_) if seen is None else seen
    active = whole.accounts.dimensions["status"].has([AccountStatus.ACTIVE.value])
    return Stands(
        whole,
        state,
        risky,
        asked,
        in_slice & (active | asked | heard),
        found.attitude,
        found.intent,
        found.has_attitude & found.has_intent,
    )


def groups_of(now: Stands, before: Stands | None) -> tuple[AccountGroup, ...]:
    """The accounts of the slice in groups that stand and stood alike, each account in one of them."""
    accounts = now.whole.accounts
    currency = accounts.dimensions["currency"]
    stood = np.full(now.whole.size, NOT_ASKED_CODE) if before is None else before.state
    known = accounts.revenue_cents != UNKNOWN
    parts = (now.state, stood, now.at_risk.astype(np.int64), currency.codes)
    sizes = (len(NAMES), len(NAMES), 2, len(currency.values))
    keys = np.ravel_multi_index([part[now.kept] for part in parts], sizes)
    found, places, counts = np.unique(keys, return_inverse=True, return_counts=True)
    sums = np.zeros(len(found), dtype=np.int64)
    # Added as whole numbers: cents are never rounded.
    np.add.at(sums, places, np.where(known, accounts.revenue_cents, 0)[now.kept])
    knowns = np.bincount(places, weights=known[now.kept], minlength=len(found)).astype(np.int64)
    state, stood_at, risky, money = np.unravel_index(found, sizes)
    return tuple(
        AccountGroup(
            NAMES[state[at]],
            NAMES[stood_at[at]],
            bool(risky[at]),
            currency.values[money[at]],
            int(counts[at]),
            int(knowns[at]),
            int(sums[at]),
        )
        for at in range(len(found))
    )


def points_of(
    session: Session, of: Stands, *, rates: Rates, with_money: bool, most: int = MOST_POINTS
) -> tuple[Point, ...]:
    """The accounts with a place in the matrix, the `most` largest first. One statement.

    Sizes are told in the reporting currency; a currency without a rate compares with itself.
    """
    accounts, worth = of.whole.accounts, {name: float(rate) for name, rate in rates.worth.items()}
    places = np.flatnonzero(of.kept & of.placed & (of.state < SILENT_CODE))
    currency = accounts.dimensions["currency"]
    factors = np.array([worth.get(name, 1.0) for name in currency.values])
    cents = accounts.revenue_cents[places]
    codes = currency.codes[places]
    sizes = np.where(cents == UNKNOWN, 0.0, cents * factors[codes])
    apart = np.array([name not in worth for name in currency.values], dtype=np.bool_)
    groups = np.where(apart[codes], 1 + codes, 0)
    order = _largest_of_each(groups, sizes)[:most]
    names = _names(session, accounts.ids[places[order]].tolist())
    points = (_point(of, int(places[at]), names) for at in order)
    return tuple(
        replace(
            point,
            revenue_cents=point.revenue_cents if with_money else None,
            size=float(sizes[at]) if with_money else 0.0,
            sized_in="" if point.currency in worth else point.currency,
        )
        for point, at in zip(points, order, strict=True)
    )


def _largest_of_each(groups: Codes, sizes: Floats) -> Codes:
    """The largest of each group, then the second of each, and so on; equals in the order they come."""
    order = np.lexsort((-sizes, groups))
    sorted_groups = groups[order]
    starts = np.flatnonzero(np.diff(sorted_groups, prepend=-1))
    ranks = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    return order[np.lexsort((order, ranks))]


def _point(of: Stands, place: int, names: Mapping[int, str]) -> Point:
    accounts = of.whole.accounts
    account_id, cents = int(accounts.ids[place]), int(accounts.revenue_cents[place])
    currency = accounts.dimensions["currency"]
    return Point(
        account_id=account_id,
        name=names.get(account_id, ""),
        segment=SEGMENTS[of.state[place]],
        attitude=float(of.attitude[place]),
        intent=float(of.intent[place]),
        revenue_cents=None if cents == UNKNOWN else cents,
        currency=currency.values[currency.codes[place]],
    )


def _names(session: Session, ids: Sequence[int]) -> dict[int, str]:
    rows = session.execute(select(Account.id, Account.name).where(Account.id.in_(ids)))
    return {row.id: row.name for row in rows}


def voices_of(whole: Whole, where: Mask) -> Voices:
    """The answers of a mask as scoring takes them; nobody's age is said."""
    answered, roles = whole.columns.answered, whole.contacts.dimensions["role"]
    # Whoever is gone has place -1: an unknown role, which is the empty one, 0.
    codes = np.append(roles.codes, 0)[whole.contacts.places(answered.contact_id[where])]
    ratings = answered.recommendation[where]
    return Voices(
        account=whole.account_codes[where],
        role=codes,
        roles=roles.values,
        segment=RECODED[answered.segment[where]],
        attitude=answered.attitude[where],
        intent=answered.intent[where],
        detracts=(ratings != MISSING) & (ratings <= DETRACTS),
        age=np.zeros(len(codes)),
    )


def _standings(whole: Whole, where: Mask) -> Standings:
    """The standing of every account by these answers; silence and its kinds are told apart elsewhere."""
    nobody = np.zeros(whole.size, dtype=np.int64)
    asked = AskedEach(nobody, nobody, nobody, nobody.astype(np.bool_), reminded=False)
    return stand_each(voices_of(whole, where), asked, policy=whole.columns.policy)
