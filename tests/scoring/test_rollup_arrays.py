"""Many accounts at once, against one after the other."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyd.scoring.flags import Asked, Flag
from surveyd.scoring.loyalty import PLACES, Segment
from surveyd.scoring.nps import Category
from surveyd.scoring.policy import SHIPPED, AccountRule, Policy, RollUp
from surveyd.scoring.rollup import Voice, stand
from surveyd.scoring.rollup_arrays import (
    CONFIDENCES,
    NOBODY,
    SEGMENTS,
    AskedEach,
    Standings,
    Voices,
    stand_each,
)

ROLES = ("decision_maker", "influencer", "buyer", "gatekeeper", "user", "unknown", "of a file of old")
EIGHTH = 12.5
"""A step of the indexes that are drawn, so that some means stand on the cut."""


def arrays(people: list[list[Voice]], asked: list[Asked], *, reminded: bool) -> tuple[Voices, AskedEach]:
    """The same accounts as arrays, their people mixed."""
    rows = [(account, voice) for account, voices in enumerate(people) for voice in voices]
    rows = rows[::2] + rows[1::2]
    voices = [voice for _, voice in rows]
    return Voices(
        account=np.array([account for account, _ in rows], dtype=np.int16),
        role=np.array([ROLES.index(voice.role) for voice in voices], dtype=np.int8),
        roles=ROLES,
        segment=np.array([SEGMENTS.index(voice.segment) for voice in voices], dtype=np.int8),
        attitude=np.array([np.nan if v.attitude is None else v.attitude for v in voices], dtype=np.float64),
        intent=np.array([np.nan if v.intent is None else v.intent for v in voices], dtype=np.float64),
        detracts=np.array([voice.category is Category.DETRACTOR for voice in voices], dtype=np.bool_),
        age=np.array([voice.age for voice in voices], dtype=np.float64),
    ), AskedEach(
        invited=np.array([one.invited for one in asked], dtype=np.int8),
        deciders=np.array([one.deciders for one in asked], dtype=np.int8),
        bounced=np.array([one.bounced for one in asked], dtype=np.int8),
        answered_before=np.array([one.answered_before for one in asked], dtype=np.bool_),
        reminded=reminded,
    )


def voice_of(
    role: str, said: tuple[int | None, int | None], gate: bool, category: Category | None, age: float
) -> Voice:
    """A person as scoring places them: the gate may hold an intent back that is high."""
    attitude, intent = said
    high, keeps = (attitude or 0) >= 5, (intent or 0) >= 5 and gate
    known = attitude is not None and intent is not None
    segment = PLACES[high, keeps] if known else Segment.UNCLASSIFIED
    indexes = [None if steps is None else EIGHTH * steps for steps in said]
    return Voice(role, segment, indexes[0], indexes[1], category, age)


steps = st.none() | st.integers(0, 8)
people = st.builds(
    voice_of,
    st.sampled_from(ROLES),
    st.tuples(steps, steps),
    st.booleans(),
    st.none() | st.sampled_from(Category),
    st.sampled_from([0.0, 365.0, 400.0]),
)
weights = st.fixed_dictionaries({role: st.integers(0, 3) for role in ROLES[:-1]})
rules = st.builds(
    lambda method, roles: Policy(accounts=AccountRule(method=method, roles=tuple(roles.items()))),
    st.sampled_from(RollUp),
    st.just(dict(SHIPPED.accounts.roles)) | weights,
)


@given(st.lists(st.lists(people, max_size=7), max_size=6), rules, st.booleans(), st.data())
def test_arrays_tell_the_same_as_one_account_after_the_other(
    accounts: list[list[Voice]], policy: Policy, reminded: bool, data: st.DataObject
) -> None:
    few = st.integers(0, 3)
    asked = [
        Asked(
            len(voices) + data.draw(few), data.draw(few), data.draw(few), reminded, data.draw(st.booleans())
        )
        for voices in accounts
    ]

    found = stand_each(*arrays(accounts, asked, reminded=reminded), policy=policy)

    for place, (voices, one) in enumerate(zip(accounts, asked, strict=True)):
        expected = stand(voices, asked=one, policy=policy)
        code = int(found.segment[place])
        assert (None if code == NOBODY else SEGMENTS[code]) is expected.segment
        assert CONFIDENCES[found.confidence[place]] is expected.confidence
        assert tuple(flag for flag in Flag if found.flags[flag][place]) == expected.flags
        assert (found.voices[place], found.valid[place]) == (expected.voices, expected.valid)
        assert_near(found.attitude[place], found.has_attitude[place], expected.attitude)
        assert_near(found.intent[place], found.has_intent[place], expected.intent)
        assert found.agreement[place] == pytest.approx(expected.agreement or 0)
        assert found.spread[place] == pytest.approx(expected.spread or 0, abs=1e-5)
    assert all_finite(found)


def assert_near(value: float, has: bool, expected: float | None) -> None:
    assert has == (expected is not None)
    assert value == pytest.approx(expected or 0, abs=1e-9)


def all_finite(found: Standings) -> bool:
    return all(
        np.isfinite(one).all() for one in (found.attitude, found.intent, found.agreement, found.spread)
    )


def test_an_account_that_was_not_asked_has_no_voice() -> None:
    voices, asked = arrays([[], [Voice("user", Segment.TRULY_LOYAL, 80, 80)]], [Asked(1)], reminded=True)

    with pytest.raises(ValueError, match="was not asked"):
        stand_each(voices, asked)


@pytest.mark.parametrize("method", RollUp)
def test_a_company_of_forty_thousand_accounts(method: RollUp) -> None:
    drawn = np.random.default_rng(1)
    size, people = 40_000, 100_000
    attitude, intent = drawn.uniform(0, 100, (2, people))
    code = np.select([(attitude < 62.5) & (intent < 62.5), attitude < 62.5, intent < 62.5], [0, 1, 2], 3)
    voices = Voices(
        account=drawn.integers(0, size, people, dtype=np.int32),
        role=drawn.integers(0, len(ROLES), people, dtype=np.int8),
        roles=ROLES,
        segment=code.astype(np.int8),
        attitude=attitude,
        intent=intent,
        detracts=attitude < 30,
        age=np.zeros(people),
    )
    invited = np.bincount(voices.account, minlength=size).astype(np.int16)
    nobody = np.zeros(size, dtype=np.int16)
    asked = AskedEach(invited, nobody, nobody, np.ones(size, dtype=np.bool_))
    policy = Policy(accounts=AccountRule(method=method))

    begun = time.perf_counter()
    found = stand_each(voices, asked, policy=policy)

    # A tenth of a second on the machine it was written on; a loop over the accounts takes many times that.
    assert time.perf_counter() - begun < 1
    assert found.voices.sum() == people
    assert ((found.segment == NOBODY) == (invited == 0)).all()
    assert not found.flags[Flag.SILENT].any()
