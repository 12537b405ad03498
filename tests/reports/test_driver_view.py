"""What the page of drivers says first, and how its numbers are written."""

from dataclasses import replace

import numpy as np
import pytest
from flask import Flask

from surveyd.reports.analysis_standing import Standing
from surveyd.reports.driver_view import DriversPage
from surveyd.results.drivers import Outcome
from surveyd.scoring.driver_items import Answers, Driver
from surveyd.scoring.driver_report import DriverReport, StageImportance
from surveyd.scoring.drivers import drivers
from surveyd.scoring.intervals import Interval
from surveyd.scoring.pain_delight import PainDelight, pain_delight
from surveyd.scoring.unsaid import Reason, Unsaid
from surveyd.scoring.weighting import Weighting

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
NAMES = {"support": "finds support quick", **{f"d{number}": f"driver {number}" for number in range(10)}}
NOT_ASKED = Standing(None, False)


def found(count: int) -> DriverReport:
    generator = np.random.default_rng(count)
    values = generator.integers(1, 6, (300, count)).astype(np.int8)
    items = tuple(Driver(f"d{number}") for number in range(count))
    answers = Answers(items, values, values.sum(axis=1) + generator.integers(0, 5, 300), np.arange(300))
    report = drivers(answers, times=20)
    assert isinstance(report, DriverReport)
    return report


def page(of: DriverReport | None, *, first_tier: int = 0, outcome: Outcome = Outcome.ATTITUDE) -> DriversPage:
    """A page whose first drivers, by number, share the first tier."""
    if of is not None:
        listed = sorted(of.drivers, key=lambda one: one.driver.id)
        tiers = tuple(replace(one, tier=1 if place < first_tier else 2) for place, one in enumerate(listed))
        of = replace(of, drivers=tiers)
    return DriversPage(outcome, Weighting.CONTACT, "1", NAMES, of, None, NOT_ASKED, NOT_ASKED)


@pytest.mark.parametrize(
    ("first", "title"),
    [
        (10, "No driver leads: all 10 go along with how customers feel about alike"),
        (9, "Driver 0, driver 1, driver 2 and 6 more go along most with how customers feel"),
        (3, "Goes along most with how customers feel: driver 0, driver 1, driver 2"),
        (1, "Goes along most with how customers feel: driver 0"),
    ],
)
def test_the_title_names_three_at_most_and_nobody_where_none_leads(
    app: Flask, first: int, title: str
) -> None:
    with app.test_request_context():
        assert page(found(10), first_tier=first).title == title
        to_us = page(found(10), first_tier=first, outcome=Outcome.RECOMMENDATION).title
        assert to_us == title.replace("how customers feel", "recommending us")


def test_a_stage_is_not_called_as_the_driver_of_its_name(app: Flask) -> None:
    stage = StageImportance("support", True, 0.1, 0.5, Interval(0.4, 0.6), (1, 1), (("d1", 0.1),))
    with app.test_request_context():
        assert page(None).stage(stage) == "Support"
        assert page(None).stage(replace(stage, name="first_use")) == "First use"
        assert page(None).stage(replace(stage, is_stage=False)) == "Finds support quick"


def test_stages_that_are_too_many_say_so(app: Flask) -> None:
    with app.test_request_context():
        many = replace(found(3), stages=Unsaid(Reason.TOO_MANY_PARTS, "stages", 21, 20))
        seen = replace(page(None), drivers=many)
        assert (seen.stages, seen.why_no_stages) == ((), "Too many parts: 21, and at most 20 can be split.")
        assert page(found(3)).why_no_stages == page(None).why_no_stages == ""


def rated(lowest: int, highest: int) -> PainDelight | Unsaid:
    generator = np.random.default_rng(2)
    values = generator.integers(1, 6, (300, 2)).astype(np.int8)
    ratings = generator.integers(lowest, highest + 1, 300)
    return pain_delight(Answers((Driver("d1"), Driver("d2")), values, ratings, np.arange(300)), times=20)


def test_one_side_of_pain_and_delight_is_told_without_a_square(app: Flask) -> None:
    placed = rated(7, 10)
    assert isinstance(placed, PainDelight)
    with app.test_request_context():
        seen = replace(page(None), places=placed)
        assert seen.why_one_side == "Nobody here is a detractor, so that nothing can be said about pain."
        assert seen.why_no_places == "" and seen.pains.spots == ()
        assert seen.quadrant(placed.places[0]) == ""
        whole = replace(page(None), places=rated(0, 10))
        assert whole.why_one_side == "" and len(whole.pains.spots) == 2
        assert replace(page(None), places=rated(7, 8)).why_no_places == (
            "Nobody here is a detractor or a promoter."
        )
        everybody = Unsaid(Reason.EVERYBODY, "the detractors")
        assert replace(page(None), places=everybody).why_no_places == "Everybody here is a detractor."


def test_pain_and_delight_say_what_they_rest_on(app: Flask) -> None:
    with app.test_request_context():
        seen = replace(page(None), places=rated(0, 10))
        said = dict(seen.pains_basis.lines)
        assert said["Rests on"] == "300 answers of 300 accounts"
        assert (said["Scoring policy"], said["Weighting"]) == ("version 1", "each person counts alike")
        assert [str(note) for note in seen.pains_basis.notes] == (
            ["An equal share is 50 %.", "Certainty by 20 draws of the accounts."]
        )
        assert page(None).pains_basis.lines == []
