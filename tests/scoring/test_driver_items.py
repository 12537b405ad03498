"""Who and what takes part in a driver analysis: few, silent, left out, extreme, and no answers at all."""

import json
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest

from surveyd.scoring.driver_items import Answers, Driver, screen
from surveyd.scoring.driver_report import DriverReport
from surveyd.scoring.drivers import drivers
from surveyd.scoring.policy import SHIPPED
from surveyd.scoring.scale import OutOfScale
from surveyd.scoring.unsaid import Reason, Unsaid
from tests.scoring.driver_answers import ITEMS, narrowed, programme, refused, report


@pytest.mark.parametrize(
    ("people", "reason", "found", "needed"),
    [
        (2, Reason.TOO_FEW_ANSWERS, 2, 100),
        (11, Reason.TOO_FEW_ANSWERS, 11, 100),
        (99, Reason.TOO_FEW_ANSWERS, 99, 100),
    ],
)
def test_few_answers_say_nothing(people: int, reason: Reason, found: int, needed: int) -> None:
    answers = programme(people)
    assert refused(answers) == Unsaid(reason, "drivers", found, needed)
    assert refused(answers).sentence == f"{people} answers are too few for drivers: 100 needed."


def test_nobody_one_account_one_opinion_and_no_weight_say_nothing() -> None:
    answers = programme(300)
    silent = replace(answers, values=np.full((300, 10), -1, dtype=np.int8))
    assert refused(silent) == Unsaid(Reason.NO_ANSWERS, "drivers")
    empty = Answers(ITEMS, np.zeros((0, 10)), np.zeros(0), np.zeros(0, dtype=int))
    assert refused(empty) == Unsaid(Reason.NO_ANSWERS, "drivers")
    assert refused(replace(answers, outcome=np.full(300, np.nan))).reason is Reason.NO_ANSWERS
    few = replace(answers, accounts=np.arange(300) % 19)
    assert refused(few) == Unsaid(Reason.TOO_FEW_ACCOUNTS, "drivers", 19, 20)
    flat = replace(answers, outcome=np.full(300, 50.0))
    assert refused(flat) == Unsaid(Reason.NO_VARIATION, "the outcome")
    assert refused(replace(answers, weights=np.zeros(300))) == Unsaid(Reason.NO_WEIGHT, "drivers")
    alike = replace(answers, values=np.full((300, 10), 4, dtype=np.int8))
    assert refused(alike) == Unsaid(Reason.NO_VARIATION, "d1")


def test_the_policy_sets_what_is_needed() -> None:
    stricter = replace(SHIPPED, minimums=replace(SHIPPED.minimums, drivers_each=31))
    found = drivers(programme(300), policy=stricter, times=1)
    assert found == Unsaid(Reason.TOO_FEW_ANSWERS, "drivers", 300, 310)


def test_who_answered_half_counts_half() -> None:
    """A hundred people with ten drivers are enough only if they answered them."""
    answers = programme(100, missing=0.0)
    values = answers.values.copy()
    values[:5, :9] = -1
    assert refused(replace(answers, values=values)) == Unsaid(Reason.TOO_FEW_ANSWERS, "drivers", 95, 100)


def test_who_answered_only_what_is_left_out_takes_no_part() -> None:
    """240 people of 120 accounts answer one driver that is left out; 60 of 8 accounts answer another one."""
    items = (Driver("kept"), Driver("alone"))
    values = np.full((300, 2), -1)
    values[:60, 0], values[60:, 1] = np.arange(60) % 5 + 1, 3
    values = np.vstack([values, np.column_stack([np.arange(200) % 5 + 1, np.full(200, -1)])])
    accounts = np.concatenate([np.arange(60) % 8, 100 + np.arange(240) % 120, np.arange(200) % 8])
    answers = Answers(items, values, np.arange(500) % 11, accounts)
    few = refused(answers)
    assert few == Unsaid(Reason.TOO_FEW_ACCOUNTS, "drivers", 8, 20)
    assert few.sentence == "8 accounts are too few for drivers: 20 needed."
    found = report(replace(answers, accounts=np.arange(500)))
    assert (found.n, found.accounts) == (260, 260)
    alike = replace(answers, outcome=np.where(values[:, 0] > 0, 5, 7), accounts=np.arange(500))
    assert refused(alike) == Unsaid(Reason.NO_VARIATION, "the outcome")


def test_a_driver_that_nobody_answered_asks_for_no_more_answers() -> None:
    answers = programme(105)
    wider = replace(
        answers, items=(*ITEMS, Driver("new")), values=np.column_stack([answers.values, np.full(105, -1)])
    )
    found = report(wider)
    assert [(one.driver.id, one.why.reason) for one in found.left_out] == [("new", Reason.NO_ANSWERS)]
    assert [one.value for one in found.drivers] == [one.value for one in report(answers).drivers]


@pytest.mark.parametrize("factor", [1e-320, 1e-200, 1e-9, 1e200, 1e305])
def test_tiny_and_huge_outcomes_and_weights_change_nothing(factor: float) -> None:
    answers = narrowed(programme(300), 0, 3)
    outcome = np.arange(300) % 11 / 10.0
    weights = np.asarray(np.arange(300) % 3 + 1.0, dtype=np.float64)
    plain = report(replace(answers, outcome=outcome, weights=weights))
    found = report(replace(answers, outcome=outcome * factor, weights=weights * factor))
    close = 1e-2 if factor < 1e-300 else 1e-9
    assert [one.value for one in found.drivers] == pytest.approx(
        [one.value for one in plain.drivers], abs=close
    )
    json.dumps(asdict(found), allow_nan=False)


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_weights_far_apart_still_say_numbers(missing: float) -> None:
    answers = narrowed(programme(300, missing=missing), 0, 3)
    for far in (1e-300, 1e-14, 1e-6, 1e300):
        weights = np.where(np.arange(300) == 7, far, 1.0)
        found = drivers(replace(answers, weights=weights), times=20)
        json.dumps(asdict(found), allow_nan=False)
        assert isinstance(found, DriverReport) is (far < 1)


def test_what_varies_by_rounding_only_does_not_vary() -> None:
    answers = programme(300)
    nearly = 50.0 + 1e-13 * (np.arange(300) % 2)
    assert refused(replace(answers, outcome=nearly)) == Unsaid(Reason.NO_VARIATION, "the outcome")
    still = answers.values.astype(float)
    still[:, 0] = 3 + 1e-14 * (np.arange(300) % 2)
    assert report(replace(answers, values=still)).left_out[0].why == Unsaid(Reason.NO_VARIATION, "d1")


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"outcome": np.array([1.0, np.inf])}, "finite"),
        ({"weights": np.array([1.0, np.inf])}, "weight"),
        ({"weights": np.array([1.0, np.nan])}, "weight"),
        ({"weights": np.array([1.0, -1.0])}, "weight"),
        ({"weights": np.ones(3)}, "one weight for each person"),
        ({"values": np.array([[1.0], [np.inf]])}, "whole number"),
        ({"items": (Driver("d", minimum=0, maximum=10**305),)}, "scale"),
        ({"items": (Driver("d", minimum=-(10**305), maximum=5),)}, "scale"),
    ],
)
def test_what_is_no_answer_and_no_weight_is_refused(facts: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        replace(Answers(ITEMS[:1], np.ones((2, 1)), np.ones(2), np.arange(2)), **facts)


def test_a_driver_that_few_were_asked_is_left_out_and_told() -> None:
    answers = programme(400)
    values = answers.values.copy()
    values[:250, 0] = -1
    values[:, 1] = -1
    values[:230, 2] = -1
    values[199:, 3] = -1
    found = report(replace(answers, values=values))
    assert {one.driver.id: one.why for one in found.left_out} == {
        "d1": Unsaid(Reason.TOO_FEW_ANSWERS, "d1", 150, 160),
        "d2": Unsaid(Reason.NO_ANSWERS, "d2"),
        "d3": Unsaid(Reason.TOO_FEW_TOGETHER, "d3", 0, 50),
    }
    assert len(found.drivers) == 7


def test_answers_outside_the_scale_or_of_other_people_are_refused() -> None:
    with pytest.raises(OutOfScale, match="d1 takes a whole number from 1 to 5"):
        Answers(ITEMS[:1], np.array([[6]], dtype=np.int8), np.zeros(1), np.zeros(1))
    with pytest.raises(ValueError, match="people by items"):
        Answers(ITEMS[:1], np.ones((2, 1)), np.zeros(1), np.zeros(2))
    with pytest.raises(ValueError, match="people by items"):
        Answers(ITEMS[:2], np.ones((2, 1)), np.zeros(2), np.zeros(2))


def test_a_driver_need_not_be_answered_by_whom_it_was_not_asked() -> None:
    screened = screen(programme(400, missing=0.1), SHIPPED.minimums)
    assert not isinstance(screened, Unsaid)
    assert screened.n == 400 and 355 <= screened.full <= 365
    assert screened.accounts == len(np.unique(programme(400).accounts))
