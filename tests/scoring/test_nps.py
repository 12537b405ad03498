"""Net Promoter Score of one and of many."""

from fractions import Fraction
from math import isfinite, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyd.scoring import nps
from surveyd.scoring.intervals import adjusted_wald, normal_quantile, two_sided_p
from surveyd.scoring.nps import Base, Category, Counts
from surveyd.scoring.scale import OutOfScale

groups = st.builds(Counts, st.integers(0, 400), st.integers(0, 400), st.integers(0, 400))


@pytest.mark.parametrize(
    ("ratings", "expected"),
    [
        (range(7), Category.DETRACTOR),
        (range(7, 9), Category.PASSIVE),
        (range(9, 11), Category.PROMOTER),
    ],
)
def test_each_rating_has_its_category(ratings: range, expected: Category) -> None:
    assert {nps.category(rating) for rating in ratings} == {expected}


@pytest.mark.parametrize("rating", [True, 9.5, 9.0, 11, -1, "9", None])
def test_what_is_no_rating_is_refused(rating: object) -> None:
    with pytest.raises(OutOfScale, match="recommendation takes a whole number from 0 to 10"):
        nps.category(rating)  # type: ignore[arg-type]  # the point is what happens to a wrong type


def test_ratings_are_counted_and_silence_is_not() -> None:
    assert nps.counts([0, 6, 7, 8, 9, 10, 10, None]) == Counts(2, 2, 3)
    assert nps.counts([]) == Counts(0, 0, 0)
    assert nps.counts([None]).n == 0


def test_a_count_cannot_be_negative() -> None:
    with pytest.raises(ValueError, match="zero or more"):
        Counts(detractors=-1)


@pytest.mark.parametrize(
    ("counts", "score", "variance", "error"),
    # Cross Validated, "margin of error NPS": box of 1/2, 1/3, 1/6; the others: tests of R package NPS 0.1.1.
    [
        (Counts(54, 108, 162), Fraction(1, 3), Fraction(5, 9), 0.0414086662),
        (Counts(0, 1, 1), Fraction(1, 2), Fraction(1, 4), 0.3535533906),
        (Counts(1, 1, 1), Fraction(0), Fraction(2, 3), 0.4714045208),
        (Counts(0, 0, 10), Fraction(1), Fraction(0), 0.0),
        (Counts(362, 176, 462), Fraction(1, 10), Fraction(814, 1000), 0.0285306852),
        (Counts(38, 71, 118), Fraction(80, 227), Fraction(29_012, 51_529), 0.0498023744),
    ],
)
def test_score_and_variance_as_published(
    counts: Counts, score: Fraction, variance: Fraction, error: float
) -> None:
    assert nps.score(counts) == score
    assert nps.variance(counts) == variance
    assert sqrt(variance / counts.n) == pytest.approx(error, abs=1e-9)


def test_nobody_has_no_score_no_variance_no_interval() -> None:
    nobody = nps.summary(Counts(), invited=20)

    assert (nobody.value, nobody.interval, nps.variance(Counts())) == (None, None, None)
    assert nobody.base is Base.NONE
    assert nobody.shown == "—"


@pytest.mark.parametrize(
    ("counts", "invited", "expected"),
    # Own rule, checked by simulation (30 invited, 27 answers: covered in 99 of 100 draws).
    [
        (Counts(38, 71, 118), 350, (0.2920854676, 0.4073024246)),
        (Counts(1, 5, 21), 30, (0.649915562, 0.7839164735)),
        (Counts(3, 4, 5), 12, (0.1666666667, 0.1666666667)),
        (Counts(0, 0, 1), 1, (1.0, 1.0)),
    ],
)
def test_a_census_shrinks_the_interval(counts: Counts, invited: int, expected: tuple[float, float]) -> None:
    found = nps.interval(counts, invited=invited)

    assert found is not None
    assert (found.low, found.high) == pytest.approx(expected, abs=1e-9)


def test_more_answers_than_invited_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="more people answered than were invited"):
        nps.interval(Counts(1, 1, 1), invited=2)


def test_one_promoter_is_inside_the_own_interval() -> None:
    raw, found = adjusted_wald(0, 0, 1), nps.interval(Counts(0, 0, 1))

    assert found is not None
    assert (raw.low, raw.high) == pytest.approx((-0.4849864942, 0.9849864942), abs=1e-9)
    assert (found.low, found.high) == pytest.approx((-0.4849864942, 1.0), abs=1e-9)


def test_ten_passives_have_a_width() -> None:
    found = nps.interval(Counts(0, 10, 0))

    assert found is not None
    assert (found.low, found.high) == pytest.approx((-0.1846504491, 0.1846504491), abs=1e-9)
    assert nps.score(Counts(0, 10, 0)) == nps.variance(Counts(0, 10, 0)) == 0


def test_the_counts_of_a_b2b_wave_as_published() -> None:
    value, variance = nps.score(Counts(38, 71, 118)), nps.variance(Counts(38, 71, 118))

    assert value is not None and variance is not None
    assert (float(value), float(variance)) == pytest.approx((0.3524229075, 0.5630227639), abs=1e-9)


@pytest.mark.parametrize(
    ("one", "other", "expected", "ends"),
    # R package NPS, nps_test, Wald: difference, error, z, p, and both ends.
    [
        (
            Counts(54, 108, 162),
            Counts(80, 100, 140),
            (0.1458333333, 0.0612637891, 2.3804164807, 0.0172930807),
            (0.0257585131, 0.2659081536),
        ),
        (
            Counts(38, 71, 118),
            Counts(61, 70, 96),
            (0.1982378855, 0.0736367947, 2.6921036742, 0.007100287),
            (0.05391242, 0.3425633509),
        ),
    ],
)
def test_plain_wald_of_two_groups_as_published(
    one: Counts, other: Counts, expected: tuple[float, ...], ends: tuple[float, float]
) -> None:
    found, v, w = nps.difference(one, other), nps.variance(one), nps.variance(other)

    assert found is not None and v is not None and w is not None
    value, error = float(found.value), sqrt(v / one.n + w / other.n)
    half = normal_quantile(0.95) * error
    numbers = (value, error, value / error, two_sided_p(value / error))
    assert numbers == pytest.approx(expected, abs=1e-9)
    assert (value - half, value + half) == pytest.approx(ends, abs=1e-9)


@given(groups, st.integers(0, 500))
def test_an_interval_holds_the_score_and_stays_possible(counts: Counts, silent: int) -> None:
    found = nps.interval(counts, invited=counts.n + silent)
    score = nps.score(counts)

    if score is None:
        assert found is None
        return
    assert found is not None
    assert -1 <= found.low <= float(score) <= found.high <= 1
    assert isfinite(found.low) and isfinite(found.high)
    assert (found.low == found.high) is (silent == 0)


@given(groups)
def test_praise_and_blame_mirror_each_other(counts: Counts) -> None:
    mirrored = Counts(counts.promoters, counts.passives, counts.detractors)
    one, other = nps.interval(counts), nps.interval(mirrored)

    assert (one is None) is (other is None)
    if one is not None and other is not None:
        assert (one.low, one.high) == pytest.approx((-other.high, -other.low))


@pytest.mark.parametrize(
    ("one", "other", "adjusted", "error", "z", "p", "interval"),
    # R package NPS, nps_test, adjusted Wald.
    [
        (
            Counts(54, 108, 162),
            Counts(80, 100, 140),
            0.1445167154,
            0.0609650529,
            2.3704845407,
            0.0177647868,
            (0.0250274074, 0.2640060234),
        ),
        (
            Counts(38, 71, 118),
            Counts(61, 70, 96),
            0.1956521739,
            0.0731220884,
            2.6756918215,
            0.0074575184,
            (0.0523355142, 0.3389688337),
        ),
    ],
)
def test_two_groups_as_published(
    *,
    one: Counts,
    other: Counts,
    adjusted: float,
    error: float,
    z: float,
    p: float,
    interval: tuple[float, float],
) -> None:
    found = nps.difference(one, other)

    assert found is not None
    numbers = (found.adjusted, found.standard_error, found.z, found.p)
    assert numbers == pytest.approx((adjusted, error, z, p), abs=1e-9)
    assert (found.interval.low, found.interval.high) == pytest.approx(interval, abs=1e-9)


def test_a_group_of_nobody_cannot_be_compared() -> None:
    assert nps.difference(Counts(), Counts(1, 1, 1)) is None
    assert nps.difference(Counts(1, 1, 1), Counts()) is None


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Fraction(125, 1000), "+13"),
        (Fraction(-125, 1000), "−13"),
        (Fraction(1, 3), "+33"),
        (Fraction(0), "0"),
        (Fraction(-4, 1000), "0"),
        (Fraction(1, 200), "+1"),
        (Fraction(-1, 400), "0"),
        # Doubles of fractions, some a little below the half.
        (57 / 200, "+29"),
        (-57 / 200, "−29"),
        (-199 / 200, "−100"),
        (0.1 + 0.2 - 0.015, "+29"),
        (Fraction(57 / 200), "+29"),
        (-0.0, "0"),
        (Fraction(1), "+100"),
        (-1.0, "−100"),
        (None, "—"),
    ],
)
def test_a_score_is_shown_as_a_signed_whole_number(value: Fraction | float | None, shown: str) -> None:
    assert nps.display(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Fraction(3, 1000), "+0.3"),
        (Fraction(-125, 10_000), "−1.3"),
        (0.0004, "0.0"),
        (1.0, "+100.0"),
        (None, "—"),
    ],
)
def test_a_small_change_is_shown_with_one_decimal(value: Fraction | float | None, shown: str) -> None:
    assert nps.display_finely(value) == shown


@pytest.mark.parametrize(
    ("counts", "base", "shown"),
    [
        (Counts(0, 0, 1), Base.COUNTS, "1 promoting, 0 passive, 0 detracting"),
        (Counts(2, 3, 4), Base.COUNTS, "4 promoting, 3 passive, 2 detracting"),
        (Counts(2, 3, 5), Base.LOW, "+30"),
        (Counts(9, 10, 10), Base.LOW, "+3"),
        (Counts(10, 10, 10), Base.NORMAL, "0"),
    ],
)
def test_few_answers_carry_little(counts: Counts, base: Base, shown: str) -> None:
    found = nps.summary(counts)

    assert found.base is base
    assert found.shown == shown
