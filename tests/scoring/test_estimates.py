"""A mean, a share and a difference, with interval and method."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyd.scoring import nps
from surveyd.scoring.bases import Base, base
from surveyd.scoring.clustered import Influence, Totals, influence, totals
from surveyd.scoring.estimates import Contrast, Estimate, Method, adjusted_mean, compare, estimate, share
from surveyd.scoring.intervals import Interval, wilson
from surveyd.scoring.nps import Counts
from surveyd.scoring.policy import Minimums
from surveyd.scoring.unsaid import Reason, Unsaid

SIZE = 25
SCORE = Interval(-1, 1)
answers = st.lists(
    st.tuples(st.integers(-1, 1), st.integers(0, SIZE - 1), st.sampled_from([0.0, 1.0, 4.0])), max_size=60
)


def of(found: list[tuple[int, int, float]]) -> Totals:
    values, accounts, weights = (np.array([row[at] for row in found]) for at in range(3))
    return totals(values, accounts.astype(np.int16), size=SIZE, weights=weights.astype(np.float64))


def alone(*values: float, size: int | None = None) -> Totals:
    """One person in each account."""
    return totals(np.array(values), np.arange(len(values)), size=size or len(values))


@given(answers, st.integers(0, 30), st.sampled_from([0.8, 0.95, 0.99]))
def test_an_interval_holds_its_estimate_and_stays_possible(
    found: list[tuple[int, int, float]], silent: int, confidence: float
) -> None:
    people = sum(weight > 0 for _, _, weight in found) + silent
    said = estimate(of(found), scale=SCORE, population=people, confidence=confidence)

    if isinstance(said, Unsaid):
        assert people == silent
        return
    assert -1 <= said.interval.low <= said.value <= said.interval.high <= 1
    assert (said.interval.low == said.interval.high) is (silent == 0)
    assert said.standard_error >= 0
    assert said.method in (Method.CLUSTERED, Method.ADJUSTED_WALD)


@given(answers, st.integers(0, 30))
def test_a_share_holds_its_estimate_and_stays_possible(
    found: list[tuple[int, int, float]], silent: int
) -> None:
    ones = [(int(value > 0), account, weight) for value, account, weight in found]
    people = sum(weight > 0 for _, _, weight in found) + silent
    said = share(of(ones), population=people)

    if isinstance(said, Unsaid):
        assert people == silent
        return
    assert 0 <= said.interval.low <= said.value <= said.interval.high <= 1
    assert (said.interval.low == said.interval.high) is (silent == 0)


@pytest.mark.parametrize("counts", [Counts(0, 0, 1), Counts(10, 0, 0), Counts(0, 10, 0), Counts(2, 3, 4)])
@pytest.mark.parametrize("silent", [None, 0, 3])
def test_few_accounts_are_adjusted_wald_as_published(counts: Counts, silent: int | None) -> None:
    values = [-1.0] * counts.detractors + [0.0] * counts.passives + [1.0] * counts.promoters
    invited = None if silent is None else counts.n + silent
    said = estimate(alone(*values), scale=SCORE, population=invited)
    expected = nps.interval(counts, invited=invited)

    assert isinstance(said, Estimate) and expected is not None
    assert (said.interval.low, said.interval.high) == pytest.approx((expected.low, expected.high))
    assert said.method is Method.ADJUSTED_WALD


def test_another_scale_is_the_same_rule() -> None:
    one = estimate(alone(-1, 0, 0.5, 1), scale=SCORE)
    other = estimate(alone(0, 50, 75, 100), scale=Interval(0, 100))

    assert isinstance(one, Estimate) and isinstance(other, Estimate)
    assert other.interval.low == pytest.approx(50 + 50 * one.interval.low)
    assert other.interval.high == pytest.approx(50 + 50 * one.interval.high)


def test_ten_accounts_are_clustered() -> None:
    # 6 ones, 2 noughts, 2 minus ones: mean 0.4, variance 6.4 / 9; t with 9 is 2.2621571628.
    values = [1.0] * 6 + [0.0] * 2 + [-1.0] * 2
    said = estimate(alone(*values), scale=SCORE)
    census = estimate(alone(*values), scale=SCORE, population=40)

    assert isinstance(said, Estimate) and isinstance(census, Estimate)
    assert (said.method, said.base, said.accounts) == (Method.CLUSTERED, Base.LOW, 10)
    assert said.standard_error == pytest.approx(sqrt(6.4 / 90))
    half = 2.2621571628 * sqrt(6.4 / 90)
    assert (said.interval.low, said.interval.high) == pytest.approx((0.4 - half, 1.0))
    assert census.standard_error == pytest.approx(said.standard_error * sqrt(1 - 10 / 40))


def test_the_minimums_are_the_policys() -> None:
    values = [1.0] * 6 + [0.0] * 2 + [-1.0] * 2
    strict = Minimums(shown=11, clusters=11)
    said = estimate(alone(*values), scale=SCORE, minimums=strict)

    assert isinstance(said, Estimate)
    assert (said.method, said.base) == (Method.ADJUSTED_WALD, Base.COUNTS)
    # One account alone says nothing about how accounts differ, whatever the policy.
    single = estimate(totals(np.array([1.0, 0]), np.zeros(2, dtype=int), size=1), scale=SCORE,
                      minimums=Minimums(clusters=1))  # fmt: skip
    assert isinstance(single, Estimate) and single.method is Method.ADJUSTED_WALD


def test_all_the_same_still_has_a_width() -> None:
    said = estimate(alone(*[1.0] * 10), scale=SCORE)

    assert isinstance(said, Estimate)
    assert said.method is Method.ADJUSTED_WALD
    assert (said.value, said.interval.low, said.interval.high) == pytest.approx((1, 0.4750355154, 1))


@pytest.mark.parametrize(("weights", "reason"), [([], Reason.NO_ANSWERS), ([0.0, 0.0], Reason.NO_WEIGHT)])
def test_what_cannot_be_said(weights: list[float], reason: Reason) -> None:
    n = len(weights)
    nobody = totals(np.ones(n), np.arange(n), size=3, weights=np.array(weights))
    somebody = alone(1, 0, 0)

    for said in (
        estimate(nobody, scale=SCORE, subject="x"),
        share(nobody, subject="x"),
        compare(nobody, somebody, scale=SCORE, subject="x"),
        compare(somebody, nobody, scale=SCORE, subject="x"),
    ):
        assert said == Unsaid(reason, "x")


def test_more_answers_than_people_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="more people answered than were invited"):
        estimate(alone(1, 0), scale=SCORE, population=1)
    with pytest.raises(ValueError, match="more people answered than were invited"):
        share(alone(1, 0), population=1)


def test_a_weight_that_decides_alone_is_flagged() -> None:
    even = estimate(alone(*[1.0, 0.0] * 10), scale=SCORE)
    heavy = totals(np.array([1.0, 0.0] * 10), np.arange(20), size=20, weights=np.array([7.0, *[1.0] * 19]))
    said = estimate(heavy, scale=SCORE)
    few = estimate(alone(*[1.0, 0.0] * 4), scale=SCORE)

    assert isinstance(even, Estimate) and isinstance(said, Estimate) and isinstance(few, Estimate)
    assert not even.is_dominated
    assert said.largest == pytest.approx(7 / 26)
    assert said.is_dominated
    assert few.is_dominated


def test_accounts_that_carry_little_do_not_make_a_few_heavy_ones_sure() -> None:
    """Two of twelve accounts have nearly all the revenue and happen to agree: the spread alone says 0.01."""
    values, revenue = np.array([1.0] * 2 + [0.0, -1.0] * 5), np.array([100.0, 100.0, *[0.1] * 10])
    heavy = totals(values, np.arange(12), size=12, weights=revenue)
    said, found = estimate(heavy, scale=SCORE), influence(heavy)

    assert isinstance(said, Estimate) and isinstance(found, Influence)
    assert found.even == pytest.approx(201**2 / 20_000.1)
    assert found.variance < 0.0001
    _, variance = adjusted_mean(heavy, found, SCORE)
    assert said.method is Method.ADJUSTED_WALD
    assert said.standard_error == pytest.approx(sqrt(variance))
    alike = compare(heavy, alone(*[0.0, 1.0, -1.0, 0.0] * 3), scale=SCORE)
    assert isinstance(alike, Contrast) and alike.method is Method.ADJUSTED_WALD
    assert alike.standard_error > sqrt(variance)


def test_where_few_carry_the_weight_the_larger_error_holds() -> None:
    """Fifteen accounts of five who all say the same; three of them have most of the weight and disagree."""
    values, codes = np.repeat([1.0, -1.0, 1.0] + [0.0, 1.0] * 6, 5), np.repeat(np.arange(15), 5)
    weights = np.where(codes < 3, 10.0, 1.0)
    heavy = totals(values, codes, size=15, weights=weights)
    said, found = estimate(heavy, scale=SCORE), influence(heavy)

    assert isinstance(said, Estimate) and isinstance(found, Influence)
    assert said.method is Method.ADJUSTED_WALD
    assert said.standard_error == pytest.approx(sqrt(found.variance))
    plain = estimate(totals(values, codes, size=15), scale=SCORE)
    assert isinstance(plain, Estimate) and plain.method is Method.CLUSTERED


def test_weighted_accounts_that_count_as_less_than_half_are_few() -> None:
    """A hundred accounts whose revenue counts as some 33: above ten, and still a third of themselves."""
    values, weights = np.tile([1.0, 0.0, -1.0, 1.0], 25), np.where(np.arange(100) < 25, 12.0, 1.0)
    heavy = totals(values, np.arange(100), size=100, weights=weights)
    by_account = totals(values, np.repeat(np.arange(50), 2), size=50, weights=np.tile([1.0, 1.5], 50))
    said, even = estimate(heavy, scale=SCORE), estimate(by_account, scale=SCORE)

    assert isinstance(said, Estimate) and isinstance(even, Estimate)
    assert (said.method, even.method) == (Method.ADJUSTED_WALD, Method.CLUSTERED)


def test_a_share_next_to_one_is_not_divided_by_nothing() -> None:
    values = np.array([0.0, *[1.0] * 11])
    said = share(totals(values, np.arange(12), size=12, weights=np.array([1e-18, *[1.0] * 11])))

    assert isinstance(said, Estimate)
    assert said.interval.low < 1


def test_a_share_of_independent_people_is_wilsons() -> None:
    said = share(alone(1, 1, 0, 1))
    expected = wilson(3, 4)

    assert isinstance(said, Estimate) and expected is not None
    assert said.interval == expected
    assert said.method is Method.WILSON


def test_a_share_of_accounts_that_agree_counts_accounts() -> None:
    # 20 accounts of 5 who all say the same: as good as 20 people, up to K - 1 for K.
    values = np.repeat([1.0, 0.0, 0.0, 1.0] * 5, 5)
    said = share(totals(values, np.repeat(np.arange(20), 5), size=20))
    naive = wilson(50, 100)

    assert isinstance(said, Estimate) and naive is not None
    assert said.interval.half_width > 2 * naive.half_width
    # 19 answers at t with 19 degrees of freedom, 2.093024: half is t sqrt(19 / 4 + t^2 / 4) / (19 + t^2).
    t = 2.0930240544
    assert said.interval.half_width == pytest.approx(t * sqrt(19 / 4 + t * t / 4) / (19 + t * t))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Counts(54, 108, 162), Counts(80, 100, 140)),
        (Counts(0, 0, 5), Counts(5, 0, 0)),
    ],
)
def test_groups_in_few_accounts_are_compared_as_published(one: Counts, other: Counts) -> None:
    def in_one_account(of: Counts) -> Totals:
        values = np.repeat([-1.0, 0, 1], [of.detractors, of.passives, of.promoters])
        return totals(values, np.zeros(of.n, dtype=int), size=2)

    said = compare(in_one_account(one), in_one_account(other), scale=SCORE)
    expected = nps.difference(one, other)

    assert isinstance(said, Contrast) and expected is not None
    assert (said.statistic, said.p, said.standard_error) == pytest.approx(
        (expected.z, expected.p, expected.standard_error)
    )
    ends = (said.interval.low, said.interval.high, said.value)
    assert ends == pytest.approx((expected.interval.low, expected.interval.high, float(expected.value)))
    assert said.method is Method.ADJUSTED_WALD


def test_groups_where_all_agree_differ_by_a_finite_z() -> None:
    # R package NPS, nps_test, adjusted Wald of 5 promoters and 5 detractors.
    said = compare(alone(*[1.0] * 5), alone(*[-1.0] * 5), scale=SCORE)

    assert isinstance(said, Contrast)
    assert (said.standard_error, said.statistic) == pytest.approx((0.3247595264, 3.8490017946), abs=1e-9)
    assert (said.value, said.base) == (2, Base.COUNTS)


def test_a_panel_is_surer_than_two_samples() -> None:
    then = np.array([-1.0, 0, 1, -1, 0, 1, -1, 0, 1, -1, 0, 0])
    now = np.minimum(then + np.array([1, 1, 0, 1, 1, 0, 1, 0, 0, 1, 1, 0]), 1)
    panel = compare(alone(*now), alone(*then), scale=SCORE)
    strangers = compare(
        totals(now, np.arange(12), size=24), totals(then, np.arange(12, 24), size=24), scale=SCORE
    )

    assert isinstance(panel, Contrast) and isinstance(strangers, Contrast)
    assert panel.value == strangers.value == pytest.approx(7 / 12)
    assert (panel.method, panel.accounts, strangers.accounts) == (Method.CLUSTERED, 12, 24)
    assert panel.p < 0.01 < strangers.p
    # Differences of 7 ones and 5 noughts: variance 12 / 11 x 7/12 x 5/12, a twelfth of it for the mean.
    assert panel.standard_error == pytest.approx(sqrt(35 / 144 / 11))


def test_one_account_against_many_is_not_taken_for_sure() -> None:
    many = totals(np.tile([1.0, -1], 20), np.arange(40), size=41)
    one = totals(np.array([1.0]), np.array([40]), size=41)
    said = compare(one, many, scale=SCORE)

    assert isinstance(said, Contrast)
    assert said.method is Method.ADJUSTED_WALD
    assert said.base is Base.COUNTS


@given(answers, answers)
def test_a_difference_holds_its_value_and_turns_round(
    one: list[tuple[int, int, float]], other: list[tuple[int, int, float]]
) -> None:
    said, back = compare(of(one), of(other), scale=SCORE), compare(of(other), of(one), scale=SCORE)

    if isinstance(said, Unsaid) or isinstance(back, Unsaid):
        assert isinstance(said, Unsaid) and isinstance(back, Unsaid)
        return
    assert -2 <= said.interval.low <= said.value <= said.interval.high <= 2
    assert said.interval.low < said.interval.high
    assert 0 <= said.p <= 1
    assert (back.value, back.statistic) == pytest.approx((-said.value, -said.statistic), abs=1e-9)


def test_who_all_moved_alike_are_judged_by_the_adjusted_rule() -> None:
    then = np.tile([0.1, 0.4, 0.7], 10)
    said = compare(alone(*(then + 0.2)), alone(*then), scale=SCORE)

    assert isinstance(said, Contrast)
    assert said.method is Method.ADJUSTED_WALD
    assert said.value == pytest.approx(0.2)


def test_how_much_a_number_of_answers_carries() -> None:
    assert [base(n) for n in (0, 1, 9, 10, 29, 30)] == [
        Base.NONE, Base.COUNTS, Base.COUNTS, Base.LOW, Base.LOW, Base.NORMAL,
    ]  # fmt: skip
