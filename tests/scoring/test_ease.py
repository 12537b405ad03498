"""Ease of doing business."""

import pytest

from surveyd.scoring import ease
from surveyd.scoring.scale import Composite, Index, Item, compose

FIVE = compose([Item("easy")])
SEVEN = compose([Item("easy", maximum=7)])


def indices(composite: Composite, answers: list[int | None]) -> list[Index | None]:
    return [composite.index({"easy": answer}) for answer in answers]


@pytest.mark.parametrize(
    ("composite", "answers", "favourable"),
    [
        (FIVE, [1, 2, 3, 4, 5], 2 / 5),
        (SEVEN, [1, 2, 3, 4, 5, 6, 7], 3 / 7),
    ],
)
def test_favourable_is_the_top_of_the_scale(
    composite: Composite, answers: list[int | None], favourable: float
) -> None:
    found = ease.summary(indices(composite, answers))

    assert found.n == len(answers)
    assert found.mean == pytest.approx(50)
    assert found.favourable == pytest.approx(favourable)
    assert found.interval is not None
    assert found.interval.low < favourable < found.interval.high


def test_who_did_not_answer_does_not_count() -> None:
    assert ease.summary(indices(FIVE, [4, None, None])).n == 1
    assert ease.summary(indices(FIVE, [4, None])) == ease.summary(indices(FIVE, [4]))


@pytest.mark.parametrize("answers", [[], [None, None]])
def test_without_answers_nothing_is_said(answers: list[int | None]) -> None:
    assert ease.summary(indices(FIVE, answers)) == ease.EaseSummary(0, None, None, None)
