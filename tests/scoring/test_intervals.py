"""Intervals from counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyd.scoring.intervals import (
    Interval,
    adjusted_wald,
    discoveries,
    normal_quantile,
    score_interval,
    two_sided_p,
    unheard_factor,
    wald,
    wilson,
)

HEART_ATTACKS = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459]
HEART_ATTACKS += [0.324, 0.4262, 0.5719, 0.6528, 0.759, 1.0]


@pytest.mark.parametrize(
    ("losses", "draws", "wins", "at_95", "at_90"),
    # R package NPS 0.1.1 (Brendan Rocks), adjusted Wald; the first is also Cross Validated's box model.
    [
        (54, 108, 162, (0.2494525141, 0.4110979446), (0.2624466686, 0.3981037902)),
        (0, 1, 1, (-0.3944865108, 0.7944865108), (-0.2989088071, 0.6989088071)),
        (1, 1, 1, (-0.6111261434, 0.6111261434), (-0.512873227, 0.512873227)),
        (0, 0, 10, (0.4750355154, 1.063426023), (0.5223343293, 1.0161272092)),
        (10, 0, 0, (-1.063426023, -0.4750355154), (-1.0161272092, -0.5223343293)),
        (38, 71, 118, (0.2507870309, 0.444865143), (0.266388344, 0.42926383)),
        (362, 176, 462, (0.0438966693, 0.1555051254), (0.0528685128, 0.1465332818)),
    ],
)
def test_adjusted_wald_as_published(
    losses: int, draws: int, wins: int, at_95: tuple[float, float], at_90: tuple[float, float]
) -> None:
    for confidence, expected in ((0.95, at_95), (0.90, at_90)):
        found = adjusted_wald(losses, draws, wins, confidence=confidence)
        assert (found.low, found.high) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("losses", "draws", "wins", "expected"),
    # R package NPS 0.1.1, plain Wald.
    [
        (54, 108, 162, (0.2521738388, 0.4144928278)),
        (0, 1, 1, (-0.1929519122, 1.1929519122)),
        (1, 1, 1, (-0.9239358829, 0.9239358829)),
        (0, 0, 10, (1, 1)),
        (10, 0, 0, (-1, -1)),
        (38, 71, 118, (0.2548120474, 0.4500337676)),
        (362, 176, 462, (0.0440808845, 0.1559191155)),
    ],
)
def test_plain_wald_as_published(losses: int, draws: int, wins: int, expected: tuple[float, float]) -> None:
    found = wald(losses, draws, wins)

    assert found is not None
    assert (found.low, found.high) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("losses", "draws", "wins", "expected"),
    # R package NPS 0.1.1, "goodman" by iteration: good to about six digits.
    [
        (54, 108, 162, (0.2495402262, 0.4116111596)),
        (0, 1, 1, (-0.4864293431, 0.9054687619)),
        (1, 1, 1, (-0.6924047427, 0.6924046874)),
        (0, 0, 10, (0.4449343681, 1)),
        (10, 0, 0, (-1, -0.4449344277)),
        (38, 71, 118, (0.2507615356, 0.4455211157)),
        (362, 176, 462, (0.0438221227, 0.1554948509)),
    ],
)
def test_score_intervals_as_published(
    losses: int, draws: int, wins: int, expected: tuple[float, float]
) -> None:
    found = score_interval(losses, draws, wins)

    assert found is not None
    assert (found.low, found.high) == pytest.approx(expected, abs=2e-6)


def test_of_nobody_no_rule_says_anything() -> None:
    assert wald(0, 0, 0) is score_interval(0, 0, 0) is None


def test_how_much_of_a_population_is_unheard() -> None:
    # Own rule, sqrt((N - n) / (N - 1)).
    assert unheard_factor(227, 350) == pytest.approx(0.5936628084, abs=1e-9)
    assert unheard_factor(27, 30) == pytest.approx(0.3216337605, abs=1e-9)
    assert unheard_factor(12, 12) == unheard_factor(1, 1) == 0
    assert unheard_factor(5, None) == 1
    with pytest.raises(ValueError, match="more people answered"):
        unheard_factor(2, 1)


# SciPy 1.17.1, norm.ppf of 0.95, 0.975 and 0.995.
@pytest.mark.parametrize(
    ("confidence", "z"), [(0.90, 1.644853626951), (0.95, 1.95996398454), (0.99, 2.575829303549)]
)
def test_normal_quantiles(confidence: float, z: float) -> None:
    assert normal_quantile(confidence) == pytest.approx(z, abs=1e-9)
    assert two_sided_p(z) == pytest.approx(1 - confidence, abs=1e-9)
    assert two_sided_p(-z) == two_sided_p(z)


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95.0, -0.5, float("nan")])
def test_a_confidence_is_a_share(confidence: float) -> None:
    with pytest.raises(ValueError, match="confidence must lie between 0 and 1"):
        normal_quantile(confidence)


def test_wilson_by_hand() -> None:
    # 8 of 10 at z = 1.96: centre (0.8 + 0.19207) / 1.38415, half width 1.96 sqrt(0.016 + 0.009604) / 1.38415.
    found = wilson(8, 10)

    assert found is not None
    assert (found.low, found.high) == pytest.approx((0.4901625, 0.9433178), abs=1e-6)


def test_wilson_without_answers_says_nothing() -> None:
    assert wilson(0, 0) is None


@pytest.mark.parametrize(("successes", "n"), [(-1, 5), (6, 5), (1, 0)])
def test_wilson_refuses_impossible_counts(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match="between 0 and n"):
        wilson(successes, n)


@given(st.integers(1, 5_000), st.data())
def test_wilson_holds_its_share_and_never_has_no_width(n: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, n))
    found = wilson(successes, n)

    assert found is not None
    assert 0 <= found.low <= successes / n <= found.high <= 1
    assert found.low < found.high


def test_an_interval_can_be_cut_and_widened() -> None:
    assert Interval(-0.2, 1.3).clamped(0, 1) == Interval(0, 1)
    assert Interval(1.1, 1.3).clamped(0, 1) == Interval(1, 1)
    assert Interval(0.2, 0.4).containing(0.5) == Interval(0.2, 0.5)
    assert Interval(0.2, 0.4).containing(0.1) == Interval(0.1, 0.4)
    assert Interval(0.2, 0.4).centre == pytest.approx(0.3)
    assert Interval(0.2, 0.4).half_width == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("ps", "stand"),
    [
        ([], []),
        ([0.049], [True]),
        ([0.05], [False]),
        ([0.03, 0.04], [True, True]),
        ([0.03, 0.06], [False, False]),
        ([0.04, 0.001, 0.9, 0.02], [False, True, False, True]),
        # The example of the paper: 4 of 15 stand.
        (HEART_ATTACKS, [True] * 4 + [False] * 11),
    ],
)
def test_many_comparisons_are_looked_at_together(ps: list[float], stand: list[bool]) -> None:
    assert discoveries(ps) == stand
