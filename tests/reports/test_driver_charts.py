"""The drawings of drivers: everything stands within them, and nothing says more than it may."""

from dataclasses import replace

import numpy as np
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
from surveyd.reports.spot_labels import LETTER, TALL, Dot, Label, leader
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


def crowded() -> list[Point]:
    """Ten drivers within three percent of importance and six points of rating."""
    generator = np.random.default_rng(6)
    return [
        Point(f"{place}", "driver", 0.09 + 0.03 * x, 70 + 6 * y, Interval(0.05, 0.45), size=0.1 * x)
        for place, (x, y) in enumerate(generator.random((10, 2)), 1)
    ]


@pytest.mark.parametrize("kind", ["importance", "pain"])
def test_each_number_in_a_crowd_is_told_from_the_others(kind: str) -> None:
    """It stands on no dot and on no other number, and is nearest to its own dot or led to from there."""
    drawn = crowded()
    if kind == "importance":
        spots = importance(drawn, cut=0.1, mean=73.0).spots
    else:
        placed = [replace(one, y=(one.y - 70) / 30, around=None) for one in drawn]
        spots = quadrants(placed, cut=0.1, names=NAMES).spots
    boxes = [Label(spot.label_x, spot.label_y - 4, LETTER * len(spot.key), 0) for spot in spots]
    dots = [Dot(spot.key, spot.x, spot.y, spot.radius) for spot in spots]
    for place, (box, spot) in enumerate(zip(boxes, spots, strict=True)):
        assert not any(box.overlaps(other) for other in boxes[:place])
        assert all(box.distance(dot) > 0 for dot in dots)
        assert box.x - box.width / 2 >= LEFT and box.x + box.width / 2 <= RIGHT
        assert box.y - TALL / 2 >= TOP and box.y + TALL / 2 <= BOTTOM
        if spot.leader is None:
            assert min(dots, key=box.distance).key == spot.key
        else:
            x, y, end_x, end_y = spot.leader
            assert np.hypot(x - spot.x, y - spot.y) == pytest.approx(spot.radius, abs=0.2)
            assert abs(end_x - box.x) <= box.width / 2 + 1.2 and abs(end_y - box.y) <= TALL / 2 + 1.2
    assert any(spot.leader for spot in spots)


def test_a_number_with_room_stands_beside_its_dot_without_a_line() -> None:
    spots = importance(points([(0.2, 0.5), (0.8, 0.9)]), cut=0.5, mean=50.0).spots
    assert [spot.leader for spot in spots] == [None, None]
    for spot in spots:
        box = Label(spot.label_x, spot.label_y - 4, LETTER, 0)
        assert 0 < box.distance(Dot(spot.key, spot.x, spot.y, spot.radius)) < 6


def test_a_line_leads_straight_up_or_aside_as_well() -> None:
    dot = Dot("1", 100, 100, 6)
    assert leader(Label(100, 60, 8, 1), dot) == (100, 94, 100, 67)
    assert leader(Label(140, 100, 8, 1), dot) == (106, 100, 135, 100)
    assert leader(Label(115, 100, 8, 0), dot) is None


def test_a_dot_grows_with_the_people_in_pain_and_is_hollow_when_unsure() -> None:
    drawn = [Point("1", "a", 0.2, 0.1, size=0.4), Point("2", "b", 0.1, 0.2, size=0.1, is_sure=False)]
    chart = quadrants(drawn, cut=0.5, names=NAMES)
    large, small = chart.spots
    assert large.radius == pytest.approx(2 * small.radius)
    assert large.is_sure and not small.is_sure
    assert [corner[0] for corner in chart.corners] == ["delighter", "make_or_break", "low", "hygiene"]
