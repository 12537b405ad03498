"""The drawings of drivers: everything stands within them, and nothing says more than it may."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveyd.reports.charts import WIDTH
from surveyd.reports.driver_charts import (
    BOTTOM,
    LEFT,
    NUMBERS,
    RIGHT,
    TOP,
    Point,
    importance,
    quadrants,
    shares,
)
from surveyd.scoring.intervals import Interval
from surveyd.scoring.pain_delight import Quadrant

NAMES = {quadrant: quadrant.value for quadrant in Quadrant}
parts = st.floats(0, 1)


def points(drawn: list[tuple[float, float]]) -> list[Point]:
    return [
        Point(f"{place}", f"driver {place}", x, 100 * y, Interval(max(0, x - 0.1), min(1, x + 0.1)), y)
        for place, (x, y) in enumerate(drawn, 1)
    ]


def test_shares_stand_under_each_other_on_one_scale_from_zero() -> None:
    chart = shares(
        [("1 delivery", 0.5, Interval(0.4, 0.6), True), ("2 billing", 0.1, Interval(0, 0.2), False)]
    )

    first, second = chart.rows
    assert first.x == pytest.approx(5 * second.x, abs=0.5) and second.low == 0
    assert chart.ticks[0].x == 0 and chart.ticks[-1].label == "60"
    assert chart.cut == pytest.approx(first.x)
    assert (first.share, second.share) == (50, 10) and not second.is_distinct
    assert first.high <= WIDTH - NUMBERS + 0.1


def test_a_drawing_of_nothing_is_empty_and_finite() -> None:
    assert shares([]).rows == ()
    assert quadrants([], cut=1.0, names=NAMES).spots == ()


@given(st.lists(st.tuples(parts, parts), min_size=1, max_size=20))
@settings(max_examples=30, deadline=None)
def test_every_dot_stands_in_its_square(drawn: list[tuple[float, float]]) -> None:
    given_points = points(drawn)
    rated = importance(given_points, cut=1 / len(drawn), mean=50.0)
    placed = quadrants(
        [Point(one.key, one.name, one.x, one.y / 100, size=one.size) for one in given_points],
        cut=1 / len(drawn),
        names=NAMES,
    )
    for square in (rated, placed):
        for spot in square.spots:
            assert LEFT <= spot.x <= RIGHT and TOP <= spot.y <= BOTTOM
            assert LEFT - 0.1 <= spot.low <= spot.high <= RIGHT + 0.1
        assert {spot.key for spot in square.spots} == {point.key for point in given_points}
        labels = [(spot.label_x, spot.label_y) for spot in square.spots]
        assert len(labels) == len(square.spots)


def test_a_dot_grows_with_the_people_in_pain_and_is_hollow_when_unsure() -> None:
    drawn = [Point("1", "a", 0.2, 0.1, size=0.4), Point("2", "b", 0.1, 0.2, size=0.1, is_sure=False)]
    chart = quadrants(drawn, cut=0.5, names=NAMES)
    large, small = chart.spots
    assert large.radius == pytest.approx(2 * small.radius)
    assert large.is_sure and not small.is_sure
    assert [corner[0] for corner in chart.corners] == ["delighter", "make_or_break", "low", "hygiene"]
