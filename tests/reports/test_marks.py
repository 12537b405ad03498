"""Marks of segments: told apart by shape, about the same area, around their centre."""

import re
from itertools import accumulate

import pytest

from surveyd.reports.marks import mark

KINDS = ("truly_loyal", "accessible", "trapped", "high_risk")


def test_each_segment_has_a_shape_of_its_own() -> None:
    assert len({mark(kind, 100.0, 50.0, 8.0) for kind in KINDS}) == len(KINDS)


@pytest.mark.parametrize(("kind", "like"), [("soon", "trapped"), ("bad", "high_risk"), ("silent", "good")])
def test_states_share_the_shapes_of_segments(kind: str, like: str) -> None:
    assert mark(kind, 1.0, 2.0, 3.0) == mark(like, 1.0, 2.0, 3.0)


@pytest.mark.parametrize("kind", ["accessible", "trapped", "high_risk"])
def test_a_mark_stands_around_its_centre(kind: str) -> None:
    corners = corners_of(mark(kind, 100.0, 50.0, 8.0))
    xs, ys = zip(*corners, strict=True)

    assert (min(xs) + max(xs)) / 2 == pytest.approx(100, abs=0.1)
    assert min(ys) < 50 < max(ys)


@pytest.mark.parametrize("kind", ["accessible", "trapped", "high_risk"])
def test_marks_of_one_radius_cover_about_the_area_of_the_circle(kind: str) -> None:
    corners = corners_of(mark(kind, 100.0, 50.0, 8.0))
    turns = zip(corners, corners[1:] + corners[:1], strict=True)

    area = abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in turns)) / 2

    assert area == pytest.approx(3.14159 * 8**2, rel=0.15)


def corners_of(outline: str) -> list[tuple[float, float]]:
    """The corners of an outline of straight lines: M and L say where to, h and v by how much."""

    def step(at: tuple[float, float], move: tuple[str, str]) -> tuple[float, float]:
        how, values = move
        first, *second = [float(value) for value in values.split()]
        if how in "ML":
            return first, second[0]
        return (at[0] + first, at[1]) if how == "h" else (at[0], at[1] + first)

    moves = re.findall(r"([MLhv])([^MLhvZ]+)", outline)
    return list(accumulate(moves, step, initial=(0.0, 0.0)))[1:]
