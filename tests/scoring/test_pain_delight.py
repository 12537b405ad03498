"""Pain and delight: the worked example, planted kinds of drivers, and who is not placed."""

import json
import re
from dataclasses import asdict, replace
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from surveyd.scoring.driver_items import Answers, Driver
from surveyd.scoring.pain_delight import PainDelight, Place, Quadrant, pain_delight
from surveyd.scoring.unsaid import Reason, Unsaid
from tests.scoring.worked_examples import by_hand


def crossed() -> Answers:
    """Ninety people: each pair of answers 1, 3 and 5 to A and B ten times.

    A low A costs three points and a high one adds one; a low B costs one and a high one adds two.
    """
    one, other = np.repeat([1, 3, 5], 30), np.tile(np.repeat([1, 3, 5], 10), 3)
    points = 7 + np.select([one == 1, one == 5], [-3, 1]) + np.select([other == 1, other == 5], [-1, 2])
    values = np.column_stack([one, other]).astype(np.int8)
    return Answers((Driver("A"), Driver("B")), values, points, np.arange(90) % 30)


def planted(people: int = 1_500, *, missing: float = 0.0) -> Answers:
    """Four drivers: one that only hurts, one that only delights, one that does both, one neither."""
    generator = np.random.default_rng(4)
    felt = generator.normal(size=(people, 4)) + 0.5 * generator.normal(size=(people, 1))
    values = np.clip(np.round(3 + 1.3 * felt), 1, 5).astype(np.int8)
    low, high = (values <= 2).astype(float), (values == 5).astype(float)
    points = 7.5 - low @ [2.6, 0.0, 1.8, 0.0] + high @ [0.0, 2.2, 1.6, 0.0] + generator.normal(size=people)
    values[generator.random(values.shape) < missing] = -1
    items = tuple(Driver(name) for name in ("hurts", "delights", "both", "neither"))
    ratings = np.clip(np.round(points), 0, 10).astype(np.int8)
    return Answers(items, values, ratings, np.arange(people) // 3)


def placed(answers: Answers, *, times: int = 100) -> dict[str, Place]:
    found = pain_delight(answers, times=times)
    assert isinstance(found, PainDelight), found
    return {place.driver.id: place for place in found.places}


def on_the_page() -> Answers:
    """The people of the page's table, ten of each cell."""
    cells = re.findall(r"^\| A \w+ \| (\d+) \| (\d+) \| (\d+) \|$", by_hand("pain_delight"), re.M)
    points = np.repeat(np.array(cells, dtype=int).ravel(), 10)
    return replace(crossed(), outcome=points)


def shown(pattern: str) -> list[float]:
    """The numbers that the page gives at this place."""
    found = re.search(pattern.replace("#", r"([\d./−]+)"), by_hand("pain_delight"))
    assert found, pattern
    return [float(Fraction(part.replace("−", "-"))) for part in found.groups()]


def test_the_worked_example_of_the_page() -> None:
    assert (on_the_page().outcome == crossed().outcome).all()
    found = pain_delight(on_the_page(), times=100)
    assert isinstance(found, PainDelight)
    assert (found.n, found.accounts, found.cut, found.left_out) == (90, 30, 0.5, ())
    places = {place.driver.id: place for place in found.places}
    a, b = places["A"], places["B"]
    assert (a.pain, b.pain) == pytest.approx(tuple(shown(r"pain of A is [^=]* = #\$ and of B \$#\$")))
    assert (a.delight, b.delight) == pytest.approx(tuple(shown(r"and the delight\n\$#\$ and \$#\$")))
    assert (a.pain, b.delight) == pytest.approx((25 / 29, 16 / 17))
    assert a.quadrant is Quadrant.HYGIENE and b.quadrant is Quadrant.DELIGHTER
    assert "A is hygiene and B a delighter" in by_hand("pain_delight")
    of_a = shown(r"penalty # and reward # for A \(IA #\)")
    of_b = shown(r"for A \(IA [^)]*\), # and # for B \(IA #\)")
    for place, numbers in ((a, of_a), (b, of_b)):
        contrast = place.contrast
        assert contrast.asymmetry is not None
        told = [contrast.penalty, contrast.reward, round(contrast.asymmetry, 2)]
        assert told == pytest.approx(numbers)
    assert of_a == [3, 1, -0.5]
    assert (a.low, a.high, a.n) == pytest.approx((1 / 3, 1 / 3, 90))
    assert a.certainty == 1 and a.certain


def test_the_squared_correlations_of_the_page() -> None:
    """A and B do not go along with each other, so that what each explains is a squared correlation."""
    answers = on_the_page()
    low, high = answers.values == 1, answers.values == 5

    def squared(marks: NDArray[np.bool_], kind: NDArray[np.bool_]) -> list[float]:
        return [float(np.corrcoef(marks[:, column], kind)[0, 1] ** 2) for column in (0, 1)]

    pains = shown(r"low\}_A, .*? = #, .*low\}_B, .* = # \$\$")
    assert squared(low, answers.outcome <= 6) == pytest.approx(pains)
    delights = shown(r"r\^2\$ is \$#\$ for A and \$#\$ for B")
    assert squared(high, answers.outcome >= 9) == pytest.approx(delights)


@pytest.mark.parametrize("missing", [0.0, 0.1])
def test_planted_drivers_are_found_in_their_quadrants(missing: float) -> None:
    places = placed(planted(missing=missing))
    assert {name: place.quadrant for name, place in places.items()} == {
        "hurts": Quadrant.HYGIENE,
        "delights": Quadrant.DELIGHTER,
        "both": Quadrant.MAKE_OR_BREAK,
        "neither": Quadrant.LOW,
    }
    assert all(place.certain for place in places.values())
    assert places["hurts"].contrast.penalty == pytest.approx(2.6, abs=0.3)
    assert places["delights"].contrast.reward == pytest.approx(2.2, abs=0.4)
    assert sum(place.pain or 0 for place in places.values()) <= 1 + 1e-9
    json.dumps([asdict(place) for place in places.values()], allow_nan=False)


def test_a_driver_at_the_cut_is_uncertain() -> None:
    """Two drivers that do the same by construction lie on the cut, and the draws disagree."""
    answers = crossed()
    points = 7 + np.select([answers.values == 1, answers.values == 5], [-2, 2]).sum(axis=1)
    places = placed(replace(answers, outcome=np.clip(points, 0, 10)), times=200)
    assert places["A"].pain == pytest.approx(places["B"].pain)
    assert places["A"].quadrant is Quadrant.MAKE_OR_BREAK
    assert not places["A"].certain and 0 < (places["A"].certainty or 0) < 0.7


def test_the_wrong_way_round_is_nothing() -> None:
    """Whoever rates the third driver high is less pleased: no pain and no delight, and no asymmetry."""
    answers = planted()
    backwards = 6 - answers.values[:, :1]
    items = (*answers.items, Driver("backwards"))
    wider = replace(answers, items=items, values=np.column_stack([answers.values, backwards]))
    found = placed(wider)["backwards"]
    assert (found.pain, found.delight, found.quadrant) == (0, 0, Quadrant.LOW)
    against = replace(answers, items=(replace(answers.items[0], reversed=True), *answers.items[1:]))
    assert placed(against)["hurts"].contrast.asymmetry is None


def test_low_and_high_by_the_scale() -> None:
    """Of 0 to 10, 0 to 4 are low and 9 and 10 high; of 1 to 7, 1 to 3 and 7."""
    answers = planted()
    tens = np.arange(1_500) % 11
    sevens = np.arange(1_500) % 7 + 1
    items = (Driver("ten", minimum=0, maximum=10), Driver("seven", maximum=7))
    places = placed(replace(answers, items=items, values=np.column_stack([tens, sevens])), times=2)
    assert places["ten"].low == pytest.approx(np.mean(tens <= 4))
    assert places["ten"].high == pytest.approx(np.mean(tens >= 9))
    assert places["seven"].low == pytest.approx(np.mean(sevens <= 3))
    assert places["seven"].high == pytest.approx(np.mean(sevens == 7))


def test_few_low_or_high_answers_place_nobody() -> None:
    answers = planted(600)
    values = answers.values.copy()
    values[:, 0] = np.maximum(values[:, 0], 3)
    values[:, 1] = np.minimum(values[:, 1], 4)
    values[np.arange(19), 1] = 5
    found = pain_delight(replace(answers, values=values), times=5)
    assert isinstance(found, PainDelight)
    assert found.cut == 0.5 and {place.driver.id for place in found.places} == {"both", "neither"}
    assert [(one.driver.id, one.why) for one in found.left_out] == [
        ("hurts", Unsaid(Reason.TOO_FEW_ANSWERS, "hurts rated low", 0, 30)),
        ("delights", Unsaid(Reason.TOO_FEW_ANSWERS, "delights rated high", 19, 30)),
    ]


def test_nothing_is_placed_where_nothing_can_be_said() -> None:
    few = pain_delight(planted(30))
    assert few == Unsaid(Reason.TOO_FEW_ANSWERS, "drivers", 30, 50)
    kind = planted(600)
    kind.values[kind.values < 3] = 3
    found = pain_delight(kind)
    assert found == Unsaid(Reason.TOO_FEW_ANSWERS, "hurts rated low", 0, 30)


@pytest.mark.parametrize(
    ("lowest", "highest", "reason", "who"),
    [
        (7, 8, Reason.NOBODY, "the detractors or the promoters"),
        (0, 6, Reason.EVERYBODY, "the detractors"),
        (9, 10, Reason.EVERYBODY, "the promoters"),
    ],
)
def test_all_of_one_kind_place_nobody(lowest: int, highest: int, reason: Reason, who: str) -> None:
    ratings = np.random.default_rng(1).integers(lowest, highest + 1, 1_500)
    assert pain_delight(replace(planted(), outcome=ratings), times=2) == Unsaid(reason, who)


def test_without_a_detractor_delight_is_told_all_the_same() -> None:
    answers = planted()
    full = placed(answers)
    found = pain_delight(replace(answers, outcome=np.maximum(answers.outcome, 7)), times=100)
    assert isinstance(found, PainDelight)
    assert found.unsaid == Unsaid(Reason.NOBODY, "the detractors")
    assert {place.driver.id for place in found.places[:2]} == {"delights", "both"}
    for place in found.places:
        assert place.delight == full[place.driver.id].delight
        assert (place.pain, place.quadrant, place.certainty, place.certain) == (None, None, None, False)


def test_without_a_promoter_pain_is_told_all_the_same() -> None:
    found = pain_delight(replace(planted(), outcome=np.minimum(planted().outcome, 8)), times=10)
    assert isinstance(found, PainDelight)
    assert found.unsaid == Unsaid(Reason.NOBODY, "the promoters")
    assert found.places[0].driver.id == "hurts" and found.places[0].delight is None
    assert found.places[0].pain is not None and found.places[0].pain > 0.25


def test_who_answered_only_what_is_not_placed_takes_no_part() -> None:
    answers = planted(600)
    values = answers.values.copy()
    values[:, 0] = 3
    values[:, 0][::2] = 4
    values[:40, 1:] = -1
    found = pain_delight(replace(answers, values=values), times=2)
    assert isinstance(found, PainDelight)
    assert "hurts" not in {place.driver.id for place in found.places}
    assert (found.n, found.accounts) == (560, 187)
    one = np.where(np.arange(600) < 40, np.arange(600) // 2, 900 + np.arange(600) % 8)
    few = pain_delight(replace(answers, values=values, accounts=one), times=2)
    assert few == Unsaid(Reason.TOO_FEW_ACCOUNTS, "drivers", 8, 20)


def test_draws_go_by_the_drivers_and_there_is_one_at_least() -> None:
    assert pain_delight_of(4).times == 500
    assert pain_delight_of(13).times == 200
    with pytest.raises(ValueError, match="at least one draw"):
        pain_delight(crossed(), times=0)


def pain_delight_of(drivers: int) -> PainDelight:
    generator = np.random.default_rng(drivers)
    items = tuple(Driver(f"d{number}") for number in range(drivers))
    values = generator.integers(1, 6, (400, drivers)).astype(np.int8)
    found = pain_delight(Answers(items, values, generator.integers(0, 11, 400), np.arange(400)))
    assert isinstance(found, PainDelight)
    return found


def test_a_recommendation_above_ten_is_refused() -> None:
    with pytest.raises(ValueError, match="from 0 to 10"):
        pain_delight(replace(crossed(), outcome=np.full(90, 11)))


def test_the_same_answers_give_the_same_places() -> None:
    assert pain_delight(planted(400), times=50) == pain_delight(planted(400), times=50)
