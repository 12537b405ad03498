"""One account from its people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyd.scoring.loyalty import Segment
from surveyd.scoring.policy import Policy
from surveyd.scoring.rollup import Confidence, Voice, stand


def voice(
    role: str, attitude: float | None, intent: float | None, segment: Segment = Segment.UNCLASSIFIED
) -> Voice:
    return Voice(role, segment, attitude, intent)


def test_a_decision_maker_weighs_three_times_a_user() -> None:
    found = stand([voice("decision_maker", 100, 100), voice("user", 0, 100)], invited=2)

    assert (found.attitude, found.intent) == (75, 100)
    assert found.segment is Segment.TRULY_LOYAL


@pytest.mark.parametrize(
    ("attitude", "intent", "segment"),
    [
        (62.5, 62.5, Segment.TRULY_LOYAL),
        (62.4, 62.5, Segment.TRAPPED),
        (62.5, 62.4, Segment.ACCESSIBLE),
        (0, 0, Segment.HIGH_RISK),
    ],
)
def test_an_account_is_placed_by_the_same_cuts(attitude: float, intent: float, segment: Segment) -> None:
    assert stand([voice("buyer", attitude, intent)], invited=1).segment is segment


def test_a_mean_on_the_cut_is_on_it_for_all_rounding() -> None:
    thirds = [voice("user", 100 * n / 3 / 8, 70) for n in (15, 14, 16)]

    assert stand(thirds, invited=3).segment is Segment.TRULY_LOYAL


def test_nobody_answered_is_silence() -> None:
    found = stand([], invited=4)

    assert (found.segment, found.attitude, found.intent) == (None, None, None)
    assert (found.voices, found.invited, found.confidence) == (0, 4, Confidence.NONE)


def test_an_axis_that_nobody_answered_leaves_the_account_unclassified() -> None:
    found = stand([voice("user", 80, None), voice("user", 60, None)], invited=2)

    assert found.segment is Segment.UNCLASSIFIED
    assert (found.attitude, found.intent) == (70, None)


def test_a_decision_maker_at_risk_is_not_averaged_away() -> None:
    unhappy = voice("decision_maker", 0, 0, Segment.HIGH_RISK)
    happy = [voice("influencer", 100, 100, Segment.TRULY_LOYAL)] * 4

    assert stand([unhappy, *happy], invited=5).segment is Segment.TRULY_LOYAL
    assert stand([unhappy, *happy], invited=5).decision_maker_at_risk
    assert not stand([voice("user", 0, 0, Segment.HIGH_RISK)], invited=1).decision_maker_at_risk


@pytest.mark.parametrize(
    ("roles", "invited", "confidence"),
    [
        (["decision_maker", "user", "user"], 6, Confidence.HIGH),
        (["decision_maker", "user", "user"], 7, Confidence.MEDIUM),
        (["user", "user", "user"], 3, Confidence.MEDIUM),
        (["decision_maker"], 9, Confidence.MEDIUM),
        (["user", "buyer"], 2, Confidence.MEDIUM),
        (["user"], 1, Confidence.LOW),
    ],
)
def test_how_far_a_standing_carries(roles: list[str], invited: int, confidence: Confidence) -> None:
    assert stand([voice(role, 50, 50) for role in roles], invited=invited).confidence is confidence


def test_the_cut_is_the_policys_and_an_unknown_role_weighs_one() -> None:
    voices = [voice("chief of everything", 70, 70), voice("user", 80, 80)]
    found = stand(voices, invited=2, policy=Policy(cut=8_000))

    assert (found.attitude, found.segment) == (75, Segment.HIGH_RISK)


shares = st.none() | st.floats(0, 100)


@given(st.lists(st.builds(voice, st.sampled_from(["decision_maker", "user", "?"]), shares, shares)))
def test_a_mean_lies_among_its_values_whatever_their_order(voices: list[Voice]) -> None:
    found = stand(voices, invited=len(voices))
    known = [each.attitude for each in voices if each.attitude is not None]

    assert (found.attitude is None) is (not known)
    assert found.attitude is None or min(known) - 1e-9 <= found.attitude <= max(known) + 1e-9
    assert stand(voices[::-1], invited=len(voices)) == found
