"""Many accounts from their people at once: the rule of ``rollup.stand`` over arrays.

A property test holds the two against each other. People are rows, accounts are codes from 0, and nothing
loops over either.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from surveyd.scoring.arrays import Codes, Floats, Mask
from surveyd.scoring.flags import DECISION_MAKER, NOISE, Confidence, Flag
from surveyd.scoring.loyalty import PLACES, Segment
from surveyd.scoring.policy import SHIPPED, AccountRule, Policy, RollUp
from surveyd.scoring.rollup import NOISE as CUT_NOISE
from surveyd.scoring.rollup import WORST_FIRST

SEGMENTS = (*WORST_FIRST, Segment.UNCLASSIFIED)
"""What a segment's code stands for: the places of the matrix, worst first, then none."""
NOBODY = -1
"""The segment's code of an account of which nobody answered."""
CONFIDENCES = tuple(Confidence)
"""What a confidence's code stands for."""


@dataclass(frozen=True, slots=True, eq=False)
class Voices:
    """People who answered; every array has one place for each.

    `account` runs from 0, `role` counts in `roles`, `segment` in SEGMENTS. `attitude` and `intent` are 0 to
    100, NaN where unknown. `detracts` marks detractors; `age` is in days.
    """

    account: Codes
    role: Codes
    roles: tuple[str, ...]
    segment: Codes
    attitude: Floats
    intent: Floats
    detracts: Mask
    age: Floats


@dataclass(frozen=True, slots=True, eq=False)
class AskedEach:
    """Whom a wave has asked, one place for each account: counts of people as in ``flags.Asked``."""

    invited: Codes
    deciders: Codes
    bounced: Codes
    answered_before: Mask
    reminded: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Standings:
    """Where each account stands, one place for each; what ``rollup.Standing`` says of one.

    `segment` counts in SEGMENTS, or is NOBODY; `confidence` counts in CONFIDENCES. `attitude`, `intent` and
    `spread` are 0 where they are not known, `agreement` is 0 where nobody has a place: the masks
    `has_attitude` and `has_intent` say which indexes are.
    """

    segment: Codes
    attitude: Floats
    has_attitude: Mask
    intent: Floats
    has_intent: Mask
    voices: Codes
    valid: Codes
    agreement: Floats
    spread: Floats
    flags: Mapping[Flag, Mask]
    confidence: Codes


def stand_each(voices: Voices, asked: AskedEach, *, policy: Policy | None = None) -> Standings:
    """Return the standing of each account by the policy's method; the accounts are those of ``asked``.

    Raises ValueError where an account's code is none of theirs.
    """
    rule = policy or SHIPPED
    size = len(asked.invited)
    if len(voices.account) and not 0 <= voices.account.min() <= voices.account.max() < size:
        raise ValueError("a voice belongs to an account that was not asked.")
    weights = np.array([rule.accounts.weight(role) for role in voices.roles], dtype=np.float64)[voices.role]
    by_place = _by_place(voices, weights, size)
    place = _places(voices, weights, by_place, rule)
    heard = np.bincount(voices.account, minlength=size)
    valid = ~(np.isnan(voices.attitude) & np.isnan(voices.intent))
    valid_each = _count(voices.account, valid, size)
    variance = _variance(voices, weights, size)
    total, modal = by_place.sum(axis=1), by_place.max(axis=1)
    apart = variance > rule.accounts.split_spread**2 + NOISE
    split = apart | (100 * modal < rule.accounts.split_agreement * total)
    return Standings(
        segment=np.where(heard > 0, place.segment, NOBODY),
        attitude=place.attitude,
        has_attitude=place.has_attitude,
        intent=place.intent,
        has_intent=place.has_intent,
        voices=heard,
        valid=valid_each,
        agreement=modal / np.maximum(total, 1),
        spread=np.sqrt(variance),
        flags=_flags(voices, asked, valid_each, split, rule.accounts),
        confidence=_confidence(voices, asked, valid, valid_each, rule.accounts),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Places:
    """The places by the method; unclassified also where nobody answered."""

    segment: Codes
    attitude: Floats
    has_attitude: Mask
    intent: Floats
    has_intent: Mask


def _places(voices: Voices, weights: Floats, by_place: Floats, rule: Policy) -> _Places:
    size, account = len(by_place), voices.account
    deciding = _deciding(voices, weights, by_place, rule)
    by_method = _count(account, deciding, size) > 0
    counted = np.where(np.where(by_method[account], deciding, True), weights, 0)
    attitude, has_attitude = _mean(account, voices.attitude, counted, size)
    intent, has_intent = _mean(account, voices.intent, counted, size)
    segment = _by_cuts(attitude, has_attitude, intent, has_intent, rule)
    if rule.accounts.method in (RollUp.WORST_DECISION_MAKER, RollUp.MAJORITY):
        segment[account[deciding]] = voices.segment[deciding]
    return _Places(segment, attitude, has_attitude, intent, has_intent)


def _by_place(voices: Voices, weights: Floats, size: int) -> Floats:
    """The weight in each place of the matrix: (accounts, places), the worst place first."""
    places, placed = len(WORST_FIRST), voices.segment < len(WORST_FIRST)
    at = voices.account[placed].astype(np.int64) * places + voices.segment[placed]
    added = np.bincount(at, weights=weights[placed], minlength=size * places)
    return added.astype(np.float64, copy=False).reshape(size, places)


def _deciding(voices: Voices, weights: Floats, by_place: Floats, rule: Policy) -> Mask:
    """Whose voices the method lets decide; for an account where it finds none, the mean of all does."""
    account = voices.account
    placed = (voices.segment < len(WORST_FIRST)) & (weights > 0)
    deciding: Mask = np.zeros(len(account), dtype=np.bool_)
    match rule.accounts.method:
        case RollUp.WATERFALL:
            most = np.zeros(len(by_place))
            np.maximum.at(most, account[placed], weights[placed])
            deciding = placed & (weights == most[account])
        case RollUp.WORST_DECISION_MAKER:
            deciding = _worst(voices, placed & _of_role(voices, DECISION_MAKER), rule)
        case RollUp.MAJORITY:
            deciding = placed & (voices.segment == by_place.argmax(axis=1)[account])
    return deciding


def _worst(voices: Voices, among: Mask, rule: Policy) -> Mask:
    """The one of each account who stands worst: by place, by severity, by attitude, by intent."""
    cut = rule.cut / 100
    short = np.maximum(0, cut - voices.attitude) + np.maximum(0, cut - voices.intent)
    rows = np.flatnonzero(among)
    keys = (voices.intent, voices.attitude, -short, voices.segment, voices.account)
    order = rows[np.lexsort(tuple(key[rows] for key in keys))]
    first = order[np.flatnonzero(np.diff(voices.account[order], prepend=-1))]
    found = np.zeros(len(among), dtype=np.bool_)
    found[first] = True
    return found


def _of_role(voices: Voices, role: str) -> Mask:
    return np.array([name == role for name in voices.roles], dtype=np.bool_)[voices.role]


def _count(account: Codes, which: Mask, size: int) -> Codes:
    return np.bincount(account[which], minlength=size)


def _mean(account: Codes, values: Floats, weights: Floats, size: int) -> tuple[Floats, Mask]:
    """The weighted mean of each account over known values, 0 without any, and where there are some."""
    known = ~np.isnan(values) & (weights > 0)
    total = np.bincount(account[known], weights=weights[known], minlength=size)
    summed = np.bincount(account[known], weights=(weights * values)[known], minlength=size)
    has = total > 0
    return np.divide(summed, total, out=np.zeros(size), where=has), has


def _variance(voices: Voices, weights: Floats, size: int) -> Floats:
    """The weighted variance of attitude in each account, in squared points; 0 without any."""
    centre, _ = _mean(voices.account, voices.attitude, weights, size)
    return _mean(voices.account, np.square(voices.attitude - centre[voices.account]), weights, size)[0]


def _by_cuts(attitude: Floats, likes: Mask, intent: Floats, stays: Mask, rule: Policy) -> Codes:
    high, keeps = (100 * index >= rule.cut - CUT_NOISE for index in (attitude, intent))
    places = np.zeros((2, 2), dtype=np.int64)
    for (is_high, is_kept), segment in PLACES.items():
        places[int(is_high), int(is_kept)] = SEGMENTS.index(segment)
    unclassified = SEGMENTS.index(Segment.UNCLASSIFIED)
    return np.where(likes & stays, places[high.astype(int), keeps.astype(int)], unclassified)


def _flags(
    voices: Voices, asked: AskedEach, valid: Codes, split: Mask, rule: AccountRule
) -> dict[Flag, Mask]:
    size = len(valid)
    heard = np.bincount(voices.account, minlength=size)
    decides = _of_role(voices, DECISION_MAKER)
    risky = decides & (voices.segment == SEGMENTS.index(Segment.HIGH_RISK))
    silent = (heard == 0) & (asked.invited > 0) & asked.reminded
    quiet_deciders = (asked.deciders > 0) & (_count(voices.account, decides, size) == 0)
    return {
        Flag.DM_HIGH_RISK: _count(voices.account, risky, size) > 0,
        Flag.DM_DETRACTOR: _count(voices.account, decides & voices.detracts, size) > 0,
        Flag.WENT_QUIET: silent & asked.answered_before,
        Flag.SILENT: silent,
        Flag.DM_SILENT: quiet_deciders & asked.reminded,
        Flag.SPLIT: split,
        Flag.SINGLE_VOICE: valid == 1,
        Flag.BOUNCED: asked.bounced > 0,
        Flag.STALE: _count(voices.account, voices.age > rule.stale_after, size) > 0,
    }


def _confidence(voices: Voices, asked: AskedEach, valid: Mask, valid_each: Codes, rule: AccountRule) -> Codes:
    decides = _count(voices.account, valid & _of_role(voices, DECISION_MAKER), len(valid_each)) > 0
    covers = 100 * valid_each >= rule.high_coverage * asked.invited.astype(np.int64)
    high = (valid_each >= rule.high_from) & decides & covers
    medium = (valid_each >= rule.medium_from) | decides
    codes = {grade: CONFIDENCES.index(grade) for grade in CONFIDENCES}
    return np.select(
        [valid_each == 0, high, medium],
        [codes[Confidence.NONE], codes[Confidence.HIGH], codes[Confidence.MEDIUM]],
        default=codes[Confidence.LOW],
    )
