"""Key drivers of planted truth, of gaps, and the worked example of the method's page."""

import json
import re
from dataclasses import asdict, replace
from fractions import Fraction

import numpy as np
import pytest

from surveyd.scoring import lmg
from surveyd.scoring.driver_items import Answers, Driver
from surveyd.scoring.driver_report import Gaps, Overlap
from surveyd.scoring.drivers import bootstraps, drivers
from surveyd.scoring.unsaid import Reason, Unsaid
from tests.scoring.driver_answers import ITEMS, narrowed, programme, report
from tests.scoring.importances_known import KNOWN, SWISS
from tests.scoring.worked_examples import by_hand


def test_the_planted_drivers_come_first_and_hold_together() -> None:
    found = report(programme(3_000, missing=0.04), times=200)
    assert [one.driver.id for one in found.drivers[:2]] == ["d1", "d4"]
    assert found.gaps is Gaps.LIKELIHOOD and found.exact and not found.repaired
    assert sum(one.value for one in found.drivers) == pytest.approx(found.r_squared)
    assert sum(one.share for one in found.drivers) == pytest.approx(1)
    for one in found.drivers:
        assert 0 <= one.interval.low <= one.share <= one.interval.high <= 1
        assert 1 <= one.ranks[0] <= one.ranks[1] <= 10
        assert one.direction == 1 and one.distinct
    assert [one.tier for one in found.drivers] == sorted(one.tier for one in found.drivers)
    assert found.drivers[0].tier == 1 and found.drivers[-1].tier > 1
    assert found.r_squared_interval.low < found.r_squared < found.r_squared_interval.high


def test_stages_hold_their_drivers_exactly() -> None:
    found = report(programme())
    assert not isinstance(found.stages, Unsaid)
    assert sum(stage.value for stage in found.stages) == pytest.approx(found.r_squared)
    assert sum(stage.share for stage in found.stages) == pytest.approx(1)
    for stage in found.stages:
        assert sum(part for _, part in stage.parts) == pytest.approx(stage.value)
        assert stage.interval.low <= stage.share <= stage.interval.high
    own = tuple(replace(item, stage="") for item in ITEMS)
    assert report(replace(programme(), items=own)).stages == ()
    mixed = (replace(ITEMS[0], stage=""), *ITEMS[1:])
    groups = report(replace(programme(), items=mixed)).stages
    assert not isinstance(groups, Unsaid) and {"d1", "stage 0"} <= {stage.name for stage in groups}


def test_the_worked_example_of_the_page() -> None:
    """Two drivers, r = .5 and 0 with the outcome, .5 with each other: 7/24 and 1/24 of 1/3."""
    text = by_hand("drivers")
    given = re.search(
        r"first has correlation ([\d.]+) with the outcome, the second ([\d.]+);"
        r" with each other they have ([\d.]+)\.",
        text,
    )
    assert given
    one, other, both = (float(part) for part in given.groups())
    table = np.array([[[1, both, one], [both, 1, other], [one, other, 1]]])
    alone = re.findall(r"^\| (?:none|first|second) \| ([\d.]+) \|", text, re.M)
    together = re.search(r"^\| both \| .* = (\d+/\d+)\$", text, re.M)
    assert together
    sets = [float(part) for part in alone] + [float(Fraction(together[1]))]
    assert lmg.explained(table, [(0,), (1,)])[:, 0] == pytest.approx(sets)
    shown = re.findall(r"on average \$(?:[^$]*= )?(\d+/\d+)\$", text)
    assert lmg.lmg(table)[0] == pytest.approx([float(Fraction(part)) for part in shown])
    whole = re.search(r"Together \$(\d+/\d+) = (\d+/\d+)\$", text)
    assert whole and Fraction(whole[1]) == Fraction(whole[2])
    assert lmg.lmg(table).sum() == pytest.approx(float(Fraction(whole[1])))
    assert (lmg.lmg(table)[0] * 24).round(9).tolist() == [7, 1]


def test_the_same_answers_give_the_same_report() -> None:
    answers = programme(400)
    assert report(answers) == report(answers)
    assert report(answers, seed=2).drivers[0].interval != report(answers).drivers[0].interval
    shuffled = np.random.default_rng(1).permutation(400)
    moved = Answers(
        ITEMS, answers.values[shuffled], answers.outcome[shuffled], 7 * answers.accounts[shuffled] - 1
    )
    again, first = report(moved), report(answers)
    assert [one.value for one in again.drivers] == pytest.approx([one.value for one in first.drivers])
    assert [one.interval.low for one in again.drivers] == pytest.approx(
        [one.interval.low for one in first.drivers]
    )


def test_the_swiss_rows_with_a_constant_beside_them() -> None:
    """47 provinces are too few by our rule, so each counts twice; the constant is told and takes nothing."""
    rows = np.tile(np.array(list(SWISS.values())).T, (2, 1))
    items = tuple(Driver(name, minimum=0, maximum=100) for name in [*list(SWISS)[1:], "same"])
    values = np.column_stack([rows[:, 1:], np.full(94, 3.0)])
    found = report(Answers(items, values, rows[:, 0], np.arange(94) % 47))
    by_id = {one.driver.id: one.value for one in found.drivers}
    assert [by_id[name] for name in list(SWISS)[1:]] == pytest.approx(KNOWN[0].lmg, abs=1e-9)
    assert [(one.driver.id, one.why) for one in found.left_out] == [
        ("same", Unsaid(Reason.NO_VARIATION, "same"))
    ]


def test_a_stage_and_a_driver_of_one_name_stay_apart() -> None:
    items = (Driver("support"), *(replace(item, stage="support") for item in ITEMS[1:3]), *ITEMS[3:])
    stages = report(replace(programme(), items=items)).stages
    assert not isinstance(stages, Unsaid)
    named = {stage.is_stage: [part for part, _ in stage.parts] for stage in stages if stage.name == "support"}
    assert named == {False: ["support"], True: ["d2", "d3"]}


@pytest.mark.parametrize("times", [0, -1])
def test_without_a_draw_nothing_is_sure_and_nothing_is_said(times: int) -> None:
    with pytest.raises(ValueError, match="at least one draw"):
        drivers(programme(300), times=times)


def test_nobody_is_dropped_for_a_gap() -> None:
    """Six drivers of which each lacks half: complete rows would be one of 64."""
    full = narrowed(programme(1_500), *range(6))
    answers = replace(
        full, values=np.where(np.random.default_rng(2).random((1_500, 6)) < 0.5, -1, full.values)
    )
    found = report(answers, times=1)
    assert found.n == np.count_nonzero((answers.values >= 0).any(axis=1))
    assert found.r_squared == pytest.approx(report(full, times=1).r_squared, abs=0.04)
    pairs = report(answers, times=5, most_patterns=10)
    assert pairs.gaps is Gaps.PAIRS
    assert pairs.r_squared == pytest.approx(found.r_squared, abs=0.04)


def test_weights_scale_freely_and_zero_is_absence() -> None:
    answers = programme(500)
    weights = np.random.default_rng(3).integers(1, 4, 500).astype(float)
    one, ten = (report(replace(answers, weights=factor * weights)) for factor in (1, 10))
    assert [d.value for d in one.drivers] == pytest.approx([d.value for d in ten.drivers])
    silenced = weights * (np.arange(500) % 5 > 0)
    gone = np.flatnonzero(silenced)
    fewer = Answers(ITEMS, answers.values[gone], answers.outcome[gone], answers.accounts[gone], weights[gone])
    assert report(replace(answers, weights=silenced)) == report(fewer)


def test_a_reversed_driver_turns_its_sign_and_its_rating_alone() -> None:
    answers = narrowed(programme(600), 0, 3, 5)
    turned = replace(answers, items=(replace(ITEMS[0], reversed=True), ITEMS[3], ITEMS[5]))
    plain, other = report(answers).drivers[0], report(turned).drivers[0]
    assert (plain.driver.id, other.driver.id) == ("d1", "d1")
    assert other.value == pytest.approx(plain.value) and other.r == pytest.approx(-plain.r)
    assert (plain.direction, other.direction) == (1, -1)
    assert other.performance.mean == pytest.approx(100 - plain.performance.mean)
    assert plain.performance.top == np.mean(answers.values[:, 0] >= 4)


def test_what_goes_along_with_nothing_is_told_from_what_does() -> None:
    answers = programme(800)
    noise = np.random.default_rng(5).integers(1, 6, 800)
    found = report(replace(answers, values=np.column_stack([answers.values[:, :9], noise])), times=200)
    last = found.drivers[-1]
    assert (last.driver.id, last.direction, last.distinct) == ("d10", 0, False)
    assert "d10" not in found.quick_wins


def test_quick_wins_matter_and_are_rated_low() -> None:
    answers = programme(900)
    values = answers.values.copy()
    values[:, 0] = np.maximum(1, values[:, 0] - 1)
    found = report(replace(answers, values=values))
    assert found.quick_wins[0] == "d1"
    mean = np.mean([one.performance.mean for one in found.drivers])
    chosen = [one for one in found.drivers if one.driver.id in found.quick_wins]
    assert all(one.share > 0.1 and one.performance.mean < mean for one in chosen)


def test_drivers_that_say_the_same_are_told() -> None:
    answers = programme(500)
    assert not report(answers).overlap.warns
    copied = replace(answers, values=answers.values[:, [0, 1, 2, 3, 4, 5, 6, 7, 8, 0]])
    found = report(copied).overlap
    assert found.warns and found.condition is None
    assert [(pair.one, pair.other) for pair in found.pairs] == [("d1", "d10")]
    assert found.pairs[0].r == pytest.approx(1)
    assert Overlap((), 31.0).warns and Overlap((), None).warns and not Overlap((), 30.0).warns


def test_many_drivers_go_by_johnsons_weights_and_stages_as_far_as_they_can() -> None:
    answers = programme(700)
    items = tuple(Driver(f"e{number}", stage="all" if number else "") for number in range(22))
    wide = Answers(items, np.tile(answers.values, 3)[:, :22], answers.outcome, answers.accounts)
    wide.values[:, 10:] = np.random.default_rng(8).integers(1, 6, (700, 12))
    found = report(wide, times=10)
    assert not found.exact
    assert found.stages == Unsaid(Reason.TOO_MANY_PARTS, "stages", 22, 20)
    assert sum(one.value for one in found.drivers) == pytest.approx(found.r_squared)


def test_draws_are_fewer_where_each_takes_longer() -> None:
    assert [bootstraps(drivers) for drivers in (1, 12, 13, 16, 17, 20, 21)] == [
        500, 500, 200, 200, 100, 100, 500,
    ]  # fmt: skip


def test_progress_is_told_to_its_end() -> None:
    told: list[tuple[int, int]] = []
    report(narrowed(programme(300), 0, 1), times=120, progress=lambda done, total: told.append((done, total)))
    assert told == [(49, 120), (99, 120), (120, 120)]


def test_single_bytes_neither_overflow_nor_say_nan() -> None:
    """200,000 answers of 5 add up far beyond a byte; the report is plain numbers."""
    answers = narrowed(programme(200_000, missing=0.1), 0, 1)
    found = report(answers, times=2)
    given = answers.values[:, 0].astype(float)
    wanted = 25 * (given[given > 0].mean() - 1)
    assert found.drivers[0].performance.mean == pytest.approx(wanted)
    json.dumps(asdict(found), allow_nan=False)
