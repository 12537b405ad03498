"""One account from its people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyd.scoring.flags import Asked, Confidence, Flag
from surveyd.scoring.loyalty import Segment
from surveyd.scoring.nps import Category
from surveyd.scoring.policy import AccountRule, Policy, RollUp
from surveyd.scoring.rollup import Voice, stand

HIGH_RISK, TRAPPED, ACCESSIBLE, LOYAL = (
    Segment.HIGH_RISK,
    Segment.TRAPPED,
    Segment.ACCESSIBLE,
    Segment.TRULY_LOYAL,
)


def voice(
    role: str, attitude: float | None, intent: float | None, segment: Segment = Segment.UNCLASSIFIED
) -> Voice:
    return Voice(role, segment, attitude, intent)


def test_a_decision_maker_weighs_three_times_a_user() -> None:
    found = stand([voice("decision_maker", 100, 100), voice("user", 0, 100)], asked=Asked(2))

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
    assert stand([voice("buyer", attitude, intent)], asked=Asked(1)).segment is segment


def test_a_mean_on_the_cut_is_on_it_for_all_rounding() -> None:
    thirds = [voice("user", 100 * n / 3 / 8, 70) for n in (15, 14, 16)]

    assert stand(thirds, asked=Asked(3)).segment is Segment.TRULY_LOYAL


def test_nobody_answered_is_silence() -> None:
    found = stand([], asked=Asked(4))

    assert (found.segment, found.attitude, found.intent) == (None, None, None)
    assert (found.voices, found.invited, found.confidence) == (0, 4, Confidence.NONE)


def test_an_axis_that_nobody_answered_leaves_the_account_unclassified() -> None:
    found = stand([voice("user", 80, None), voice("user", 60, None)], asked=Asked(2))

    assert found.segment is Segment.UNCLASSIFIED
    assert (found.attitude, found.intent) == (70, None)


def test_a_decision_maker_at_risk_is_not_averaged_away() -> None:
    unhappy = voice("decision_maker", 0, 0, Segment.HIGH_RISK)
    happy = [voice("influencer", 100, 100, Segment.TRULY_LOYAL)] * 4

    assert stand([unhappy, *happy], asked=Asked(5)).segment is Segment.TRULY_LOYAL
    assert stand([unhappy, *happy], asked=Asked(5)).decision_maker_at_risk
    assert not stand([voice("user", 0, 0, Segment.HIGH_RISK)], asked=Asked(1)).decision_maker_at_risk


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
    assert stand([voice(role, 50, 50) for role in roles], asked=Asked(invited)).confidence is confidence


def test_the_cut_is_the_policys_and_an_unknown_role_weighs_one() -> None:
    voices = [voice("chief of everything", 70, 70), voice("user", 80, 80)]
    found = stand(voices, asked=Asked(2), policy=Policy(cut=8_000))

    assert (found.attitude, found.segment) == (75, Segment.HIGH_RISK)


shares = st.none() | st.floats(0, 100)


@given(st.lists(st.builds(voice, st.sampled_from(["decision_maker", "user", "?"]), shares, shares)))
def test_a_mean_lies_among_its_values_whatever_their_order(voices: list[Voice]) -> None:
    found = stand(voices, asked=Asked(len(voices)))
    known = [each.attitude for each in voices if each.attitude is not None]

    assert (found.attitude is None) is (not known)
    assert found.attitude is None or min(known) - 1e-9 <= found.attitude <= max(known) + 1e-9
    assert stand(voices[::-1], asked=Asked(len(voices))) == found


def by(method: RollUp) -> Policy:
    return Policy(accounts=AccountRule(method=method))


# Two decision makers, one unhappy; a happy user and a trapped influencer.
MIXED = [
    voice("decision_maker", 25, 25, HIGH_RISK),
    voice("decision_maker", 75, 50, ACCESSIBLE),
    voice("user", 100, 100, LOYAL),
    voice("influencer", 50, 75, TRAPPED),
]


@pytest.mark.parametrize(
    ("method", "segment", "attitude", "intent"),
    [
        # (3 x 25 + 3 x 75 + 100 + 2 x 50) / 9, and (3 x 25 + 3 x 50 + 100 + 2 x 75) / 9.
        (RollUp.WEIGHTED_MEAN, HIGH_RISK, 500 / 9, 475 / 9),
        # The two who decide: (25 + 75) / 2 and (25 + 50) / 2.
        (RollUp.WATERFALL, HIGH_RISK, 50, 37.5),
        (RollUp.WORST_DECISION_MAKER, HIGH_RISK, 25, 25),
        # High risk and accessible weigh three each: the worse of equals speaks.
        (RollUp.MAJORITY, HIGH_RISK, 25, 25),
    ],
)
def test_each_method_says_who_decides(
    method: RollUp, segment: Segment, attitude: float, intent: float
) -> None:
    found = stand(MIXED, asked=Asked(4), policy=by(method))

    assert found.segment is segment
    assert found.attitude == pytest.approx(attitude)
    assert found.intent == pytest.approx(intent)


def test_the_methods_can_disagree() -> None:
    voices = [
        voice("buyer", 80, 20, ACCESSIBLE),
        *[voice("user", 90, 90, LOYAL)] * 5,
        voice("decision_maker", 40, 90, TRAPPED),
    ]

    found = {method: stand(voices, asked=Asked(7), policy=by(method)) for method in RollUp}

    assert [found[method].segment for method in RollUp] == [LOYAL, TRAPPED, TRAPPED, LOYAL]
    assert found[RollUp.MAJORITY].attitude == 90


@pytest.mark.parametrize("method", RollUp)
def test_where_nobody_decides_by_the_method_the_mean_of_all_does(method: RollUp) -> None:
    halves = [voice("user", 80, None), voice("buyer", None, 20)]

    found = stand(halves, asked=Asked(2), policy=by(method))

    assert (found.segment, found.attitude, found.intent) == (ACCESSIBLE, 80, 20)
    assert (found.agreement, found.spread) == (None, 0)


def test_without_a_decision_maker_the_worst_one_is_not_looked_for() -> None:
    users = [voice("user", 0, 0, HIGH_RISK), voice("user", 100, 100, LOYAL), voice("user", 100, 100, LOYAL)]
    found = stand(users, asked=Asked(3), policy=by(RollUp.WORST_DECISION_MAKER))

    assert found.segment is LOYAL
    assert found.attitude == pytest.approx(200 / 3)


def test_of_two_decision_makers_the_more_severe_speaks() -> None:
    voices = [voice("decision_maker", 50, 60, HIGH_RISK), voice("decision_maker", 60, 40, HIGH_RISK)]
    found = stand(voices, asked=Asked(2), policy=by(RollUp.WORST_DECISION_MAKER))

    assert (found.attitude, found.intent) == (60, 40)


@pytest.mark.parametrize("method", RollUp)
def test_who_weighs_nothing_decides_nothing_and_is_flagged_all_the_same(method: RollUp) -> None:
    rule = AccountRule(method=method, roles=(("decision_maker", 0), ("user", 1), ("unknown", 1)))
    voices = [voice("decision_maker", 0, 0, HIGH_RISK), voice("user", 100, 100, LOYAL)]

    found = stand(voices, asked=Asked(2), policy=Policy(accounts=rule))

    assert (found.segment, found.attitude, found.agreement) == (LOYAL, 100, 1)
    assert found.flags == (Flag.DM_HIGH_RISK,)
    alone = stand(voices[:1], asked=Asked(1), policy=Policy(accounts=rule))
    assert (alone.segment, alone.attitude, alone.spread) == (Segment.UNCLASSIFIED, None, None)


def test_agreement_and_spread_are_weighted() -> None:
    voices = [voice("decision_maker", 40, 40, HIGH_RISK), voice("user", 80, 80, LOYAL)]
    found = stand(voices, asked=Asked(2))

    assert found.agreement == 0.75
    # The mean is 50; (3 x 10^2 + 30^2) / 4 = 300.
    assert found.spread == pytest.approx(300**0.5)


@pytest.mark.parametrize(
    ("attitudes", "agreed", "is_split"),
    [
        ((40, 80), True, False),  # a spread of exactly 20 points
        ((39, 80), True, True),
        ((70, 71), False, True),  # one half of the weight each
        ((70, 71), True, False),
    ],
)
def test_an_account_is_split_by_segments_or_by_attitudes(
    attitudes: tuple[int, int], agreed: bool, is_split: bool
) -> None:
    places = (LOYAL, LOYAL) if agreed else (LOYAL, ACCESSIBLE)
    people = zip(attitudes, places, strict=True)
    voices = [voice("user", attitude, 70, place) for attitude, place in people]

    assert (Flag.SPLIT in stand(voices, asked=Asked(2)).flags) is is_split


def test_three_fifths_of_the_weight_are_agreement_enough() -> None:
    voices = [voice("user", 70, 70, LOYAL)] * 3 + [voice("user", 70, 60, ACCESSIBLE)] * 2

    assert stand(voices, asked=Asked(5)).flags == ()
    assert stand([*voices, voices[-1]], asked=Asked(6)).flags == (Flag.SPLIT,)


DETRACTING = Voice("decision_maker", LOYAL, 80, 80, Category.DETRACTOR)
OLD = Voice("user", LOYAL, 80, 80, age=365.5)


@pytest.mark.parametrize(
    ("voices", "asked", "flags"),
    [
        ([], Asked(0), ()),
        ([], Asked(2), (Flag.SILENT,)),
        ([], Asked(2, reminded=False), ()),
        ([], Asked(2, answered_before=True), (Flag.WENT_QUIET, Flag.SILENT)),
        ([], Asked(2, answered_before=True, reminded=False), ()),
        ([], Asked(2, deciders=1), (Flag.SILENT, Flag.DM_SILENT)),
        ([voice("user", 80, 80, LOYAL)] * 2, Asked(3, deciders=1), (Flag.DM_SILENT,)),
        ([voice("user", 80, 80, LOYAL)] * 2, Asked(3, deciders=1, reminded=False), ()),
        ([voice("decision_maker", None, None)], Asked(1, deciders=1), ()),
        ([voice("user", 80, 80, LOYAL)], Asked(1), (Flag.SINGLE_VOICE,)),
        ([voice("user", 80, 80, LOYAL), voice("user", None, None)], Asked(2), (Flag.SINGLE_VOICE,)),
        ([voice("user", 80, 80, LOYAL)] * 2, Asked(3, bounced=1), (Flag.BOUNCED,)),
        ([DETRACTING] * 2, Asked(2), (Flag.DM_DETRACTOR,)),
        ([Voice("user", LOYAL, 80, 80, Category.DETRACTOR)] * 2, Asked(2), ()),
        ([OLD] * 2, Asked(2), (Flag.STALE,)),
        ([Voice("user", LOYAL, 80, 80, age=365)] * 2, Asked(2), ()),
    ],
)
def test_what_a_mean_would_hide_is_flagged(
    voices: list[Voice], asked: Asked, flags: tuple[Flag, ...]
) -> None:
    assert stand(voices, asked=asked).flags == flags


def test_who_says_nothing_on_either_axis_gives_no_signal() -> None:
    found = stand([voice("decision_maker", None, None)] * 3, asked=Asked(3))

    assert (found.segment, found.voices, found.valid) == (Segment.UNCLASSIFIED, 3, 0)
    assert found.confidence is Confidence.NONE
