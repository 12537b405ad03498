"""Where every account stands in one wave, out of arrays: what lists of accounts are sorted and narrowed by.

It is worked out once for all readers and kept as long as answers, accounts and contacts are the same: whoever
takes from it leaves out what a reader does not see. The rule is that of ``scoring/rollup.py``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from surveyd.results.slice_accounts import NAMES, NOT_ASKED_CODE, RECODED, SILENT_CODE, voices_of
from surveyd.results.wave_arrays import Ids
from surveyd.results.whole_shapes import Whole
from surveyd.scoring.arrays import Codes, Mask
from surveyd.scoring.flags import DECISION_MAKER, Flag
from surveyd.scoring.loyalty import Segment
from surveyd.scoring.nps_groups import MISSING
from surveyd.scoring.policy import Policy
from surveyd.scoring.rollup_arrays import NOBODY, SEGMENTS, AskedEach, Standings, stand_each

KEPT = 4
"""So many waves' standings are kept: some 60 bytes an account each."""
HIGH_RISK = SEGMENTS.index(Segment.HIGH_RISK)
PROMOTES, DETRACTS = 9, 6
WHEN_REMINDED = (Flag.SILENT, Flag.DM_SILENT, Flag.WENT_QUIET)
"""The flags that nobody has before the last reminder is out."""


@dataclass(frozen=True, slots=True, eq=False)
class WaveStands:
    """One wave, one place for each account there is, seen or not.

    `state` is a place in ``slice_accounts.NAMES``; `balance` has promoters less detractors of `rated` people;
    `risky` says that somebody is at high risk, `at_risk` that the account or a decision maker is; `oldest` is
    the oldest answer in seconds since 1970.
    """

    state: Codes
    invited: Codes
    answered: Codes
    balance: Codes
    rated: Codes
    risky: Mask
    at_risk: Mask
    flags: Mapping[Flag, Mask]
    oldest: Ids
    policy: Policy

    def stood(self, name: str) -> Mask:
        """The accounts in a state of NAMES."""
        found: Mask = self.state == NAMES.index(name)
        return found

    def flagged(self, flag: Flag, *, before: "WaveStands", reminded: bool, now: datetime) -> Mask:
        """The accounts with a flag; `before` is the wave before. Nobody knows here whose mail bounces."""
        if flag in WHEN_REMINDED and not reminded:
            return np.zeros_like(self.risky)
        if flag is Flag.WENT_QUIET:
            return self.flags[Flag.SILENT] & (before.answered > 0)
        if flag is Flag.STALE:
            since = now - timedelta(days=self.policy.accounts.stale_after)
            return (self.answered > 0) & (self.oldest < since.timestamp())
        return self.flags[flag]


def wave_stands(whole: Whole) -> WaveStands:
    """Where each account stands in the one wave of `whole`, or in none."""

    def make() -> WaveStands:
        return _stands(whole)

    of = (whole.parts, whole.columns.policy)
    return whole.accounts.kept.same("wave_stands", of, make, most=KEPT)


def _stands(whole: Whole) -> WaveStands:
    answered, codes, size = whole.columns.answered, whole.account_codes, whole.size
    invited = np.bincount(whole.asked_account_codes, minlength=size)
    found = _standings(whole, invited)
    state = np.where(
        found.segment != NOBODY, found.segment, np.where(invited > 0, SILENT_CODE, NOT_ASKED_CODE)
    )
    ratings = answered.recommendation
    signs = (ratings >= PROMOTES).astype(np.int64) - ((ratings != MISSING) & (ratings <= DETRACTS))
    oldest = np.full(size, np.iinfo(np.int64).max)
    np.minimum.at(oldest, codes, answered.given_at)
    return WaveStands(
        state=state,
        invited=invited,
        answered=found.voices,
        balance=np.bincount(codes, weights=signs, minlength=size).astype(np.int64),
        rated=np.bincount(codes[ratings != MISSING], minlength=size),
        risky=np.bincount(codes[RECODED[answered.segment] == HIGH_RISK], minlength=size) > 0,
        at_risk=found.flags[Flag.DM_HIGH_RISK] | (state == HIGH_RISK),
        flags=found.flags,
        oldest=oldest,
        policy=whole.columns.policy,
    )


def _standings(whole: Whole, invited: Codes) -> Standings:
    roles = whole.contacts.dimensions["role"]
    # Whoever is gone has place -1: an unknown role, which is the empty one, 0.
    decides = np.append(roles.has([DECISION_MAKER]), np.False_)
    asked = whole.contacts.places(whole.columns.asked.contact_id)
    deciders = np.bincount(whole.asked_account_codes[decides[asked]], minlength=whole.size)
    nobody = np.zeros(whole.size, dtype=np.int64)
    each = AskedEach(invited, deciders, nobody, nobody.astype(np.bool_))
    everybody = np.ones(len(whole.account_codes), dtype=np.bool_)
    return stand_each(voices_of(whole, everybody), each, policy=whole.columns.policy)
