"""Scores of the journey's stages."""

import pytest

from surveyd.scoring.scale import Item, OutOfScale, compose
from surveyd.scoring.stages import Stage, scores

JOURNEY = (
    Stage("buying", compose([Item("offer"), Item("contract")])),
    Stage("support", compose([Item("helpful"), Item("waiting", reversed=True), Item("solved")])),
)


def test_each_stage_has_its_own_index() -> None:
    found = scores({"offer": 5, "contract": 4, "helpful": 3, "waiting": 1, "solved": 3}, JOURNEY)

    assert list(found) == ["buying", "support"]
    assert found["buying"].value == 87.5
    assert found["support"].value == pytest.approx(66.6666667)


def test_a_stage_nobody_spoke_about_is_left_out() -> None:
    found = scores({"offer": 5, "helpful": 3}, JOURNEY)

    assert list(found) == ["buying"]
    assert (found["buying"].answered, found["buying"].asked) == (1, 2)


def test_nothing_answered_and_nothing_asked() -> None:
    assert scores({}, JOURNEY) == {}
    assert scores({"offer": 5}, ()) == {}


def test_an_impossible_answer_is_refused() -> None:
    with pytest.raises(OutOfScale):
        scores({"offer": 9}, JOURNEY)
