"""A score against its own past."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyd.scoring.pooling import random_effects
from surveyd.scoring.trend import (
    Against,
    Comparison,
    Direction,
    Point,
    Slope,
    against_history,
    answers_needed,
    detectable_change,
    directions,
    slope,
)
from surveyd.scoring.unsaid import Reason, Unsaid

EFFECTS = [0.2, 0.3, 0.1, 0.4, 0.35]
VARIANCES = [0.0025, 0.0036, 0.0049, 0.0025, 0.0064]
PAST = [Point(effect, variance**0.5) for effect, variance in zip(EFFECTS, VARIANCES, strict=True)]
results = st.lists(st.tuples(st.floats(-1, 1), st.floats(0.0001, 0.2)), min_size=1, max_size=12)


def test_random_effects_as_published() -> None:
    # statsmodels, combine_effects with method_re="dl".
    found = random_effects(EFFECTS, VARIANCES)

    numbers = (found.between, found.mean, found.standard_error, found.fixed)
    assert numbers == pytest.approx((0.0105702831, 0.2712472381, 0.0536707738, 0.2770505455), abs=1e-9)
    assert found.n == 5


def test_results_that_agree_are_pooled_by_their_precision() -> None:
    found = random_effects([0.3, 0.3, 0.3], [0.01, 0.02, 0.03])

    assert (found.mean, found.between) == pytest.approx((0.3, 0))
    assert random_effects([0.5], [0.01]).standard_error == pytest.approx(0.1)


@given(results)
def test_a_pooled_mean_lies_among_its_results(found: list[tuple[float, float]]) -> None:
    effects, variances = [effect for effect, _ in found], [variance for _, variance in found]
    pooled = random_effects(effects, variances)

    assert min(effects) - 1e-9 <= pooled.mean <= max(effects) + 1e-9
    assert pooled.between >= 0
    assert random_effects(effects[::-1], variances[::-1]).mean == pytest.approx(pooled.mean)


def test_one_result_far_surer_than_the_others_cancels_nothing_out() -> None:
    """Two results, of which one is 1e10 times as sure: tau^2 = (d^2 - v - v') / 2 whatever the weights."""
    found = random_effects([0.0, 3.0], [1e-20, 1.0])

    assert found.between == pytest.approx((9 - 1) / 2)


@pytest.mark.parametrize(
    ("effects", "variances"), [([float("nan"), 1.0], [1.0, 1.0]), ([1e200], [1.0]), ([float("inf")], [1.0])]
)
def test_a_result_is_a_number(effects: list[float], variances: list[float]) -> None:
    with pytest.raises(ValueError, match="finite numbers"):
        random_effects(effects, variances)


@pytest.mark.parametrize(
    ("effects", "variances"), [([], []), ([1.0], [0.0]), ([1.0], [5e-324]), ([1.0], [float("inf")])]
)
def test_what_cannot_be_pooled_is_refused(effects: list[float], variances: list[float]) -> None:
    with pytest.raises(ValueError, match="variance must be above 0"):
        random_effects(effects, variances)


def test_a_wave_against_its_history() -> None:
    found = against_history(Point(0.4, 0.05), PAST)

    assert isinstance(found, Comparison)
    assert found.against is Against.HISTORY
    # 0.05^2 + 0.0536707738^2 + 0.0105702831 under the root.
    numbers = (found.expected, found.change, found.standard_error, found.z, found.waves)
    expected = (0.2712472381, 0.1287527619, 0.1262966153, 1.0194474458, 5)
    assert numbers == pytest.approx(expected, abs=1e-9)
    # Student's t with 4 degrees of freedom; the normal curve would say 0.308.
    assert found.p == pytest.approx(0.3656326619, abs=1e-9)


def test_a_restless_past_of_three_waves_is_no_proof() -> None:
    """How far waves differ is known from two degrees of freedom: 2.165 errors are not enough."""
    found = against_history(Point(55, 5), [Point(20, 5), Point(30, 5), Point(40, 5)])

    assert isinstance(found, Comparison)
    assert found.z == pytest.approx(2.1650635095)
    # t = 2.165 with 2 degrees of freedom: p = 1 - t / sqrt(2 + t^2).
    assert found.p == pytest.approx(1 - 2.1650635095 / (2 + 2.1650635095**2) ** 0.5)
    calm = against_history(Point(55, 5), [Point(20, 5)], least=1)
    assert isinstance(calm, Comparison) and calm.against is Against.PREVIOUS


def test_a_short_history_is_the_previous_wave() -> None:
    found = against_history(Point(0.4, 0.03), [Point(0.9, 0.01), Point(0.35, 0.04)])

    assert isinstance(found, Comparison)
    assert (found.against, found.waves, found.between) == (Against.PREVIOUS, 2, 0)
    assert (found.change, found.standard_error, found.z) == pytest.approx((0.05, 0.05, 1))


def test_a_first_wave_has_no_past() -> None:
    assert against_history(Point(0.4, 0.05), []) == Unsaid(
        Reason.TOO_FEW_WAVES, "a comparison with the past", 0, 1
    )


@pytest.mark.parametrize(
    ("value", "error"),
    [(0.1, 0.0), (0.1, -1.0), (float("nan"), 0.1), (0.1, float("inf")), (1.0, 1e-170), (1e200, 1.0)],
)
def test_a_point_has_an_error(value: float, error: float) -> None:
    with pytest.raises(ValueError, match="standard error above 0"):
        Point(value, error)


def test_a_slope_by_hand() -> None:
    # Weights 1/25: the spread of 0, 1, 2, 3 is 5, so SE = sqrt(25 / 5).
    found = slope([0, 1, 2, 3], [Point(value, 5) for value in (10, 20, 30, 40)])

    assert isinstance(found, Slope)
    numbers = (found.value, found.standard_error, found.z)
    assert numbers == pytest.approx((10, 2.2360679775, 4.472135955), abs=1e-9)
    assert (found.interval.low, found.interval.high) == pytest.approx((5.6173873, 14.3826127), abs=1e-6)
    assert found.p < 0.0001


def test_precise_waves_pull_the_slope_harder() -> None:
    points = [Point(0, 0.01), Point(0, 0.01), Point(1, 1.0)]
    found = slope([0, 1, 2], points)

    assert isinstance(found, Slope)
    assert abs(found.value) < 0.01


@pytest.mark.parametrize(
    ("times", "reason"),
    [
        ([0, 1], Reason.TOO_FEW_WAVES),
        ([4, 4, 4], Reason.NO_VARIATION),
        ([0, 1e-200, 2e-200], Reason.NO_VARIATION),
    ],
)
def test_a_slope_that_cannot_be_said(times: list[float], reason: Reason) -> None:
    found = slope(times, [Point(0.1, 0.1)] * len(times))

    assert isinstance(found, Unsaid)
    assert found.reason is reason


def test_each_wave_has_a_time() -> None:
    with pytest.raises(ValueError, match="finite number"):
        slope([1, float("nan"), 3], [Point(0.1, 0.1)] * 3)
    with pytest.raises(ValueError, match="longer"):
        slope([1, 2], [Point(0.1, 0.1)] * 3)


def test_arrows_are_judged_together() -> None:
    changes = [(2.2, 0.03), None, (-3.5, 0.0005), (0.1, 0.9), (2.0, 0.046)]

    assert directions(changes) == [
        Direction.STEADY,
        Direction.NONE,
        Direction.DOWN,
        Direction.STEADY,
        Direction.STEADY,
    ]
    assert directions([(2.2, 0.03)]) == [Direction.UP]
    assert directions([]) == []


def test_the_answers_that_ten_points_need() -> None:
    # 2 x 0.57 x (1.959964 + 0.841621)^2 / 0.01 = 894.8
    assert answers_needed(0.57, 0.1) == answers_needed(0.57, -0.1) == 895
    assert detectable_change((0.57 / 895) ** 0.5) == pytest.approx(0.1, abs=1e-4)
    assert detectable_change(0.03, 0.04) == pytest.approx(2.8015852 * 0.05, abs=1e-8)


def test_impossible_plans_are_refused() -> None:
    with pytest.raises(ValueError, match="nothing changed"):
        answers_needed(0.5, 0)
    for error, other in ((float("inf"), None), (float("nan"), None), (0.1, -1.0)):
        with pytest.raises(ValueError, match="a number that is not negative"):
            detectable_change(error, other)
    for variance, change in ((float("nan"), 0.1), (0.5, 1e-200), (0.5, float("nan"))):
        with pytest.raises(ValueError, match=r"not negative|nothing changed"):
            answers_needed(variance, change)
    with pytest.raises(ValueError, match="power must lie between"):
        detectable_change(0.1, power=1)
