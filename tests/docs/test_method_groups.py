"""The worked examples of docs/method on scores of groups: each is computed, and stands on its page."""

import json
import re
from math import sqrt

import numpy as np
import pytest

from surveyd.base.config import HOME
from surveyd.scoring import ease, nonresponse, nps, nps_groups, trend
from surveyd.scoring.allocation import Allocation, allocate, drawn, place
from surveyd.scoring.battery import Alpha, alpha
from surveyd.scoring.clustered import Influence, Totals, influence, totals
from surveyd.scoring.comparisons import OrderedTrend, ordered_trend
from surveyd.scoring.distributions import student_quantile, two_sided_student_p
from surveyd.scoring.estimates import Estimate, Method
from surveyd.scoring.intervals import Interval, discoveries, unheard_factor, wilson
from surveyd.scoring.nps import Base, Counts
from surveyd.scoring.sampling import is_among, is_drawn
from surveyd.scoring.scale import Item
from surveyd.scoring.skew import Skew, Verdict
from surveyd.scoring.trend import Comparison, Point, Slope
from surveyd.scoring.weighting import Cap, Weighting, weighted

DELIGHT = Counts(5, 9, 16)


def says(page: str, *numbers: str) -> None:
    """Each number stands in what the page works out by hand, and not as a part of a longer one."""
    text = (HOME / "docs" / "method" / f"{page}.md").read_text(encoding="utf-8")
    example = text.partition("## By hand")[2].partition("## When not to use it")[0]
    assert [number for number in numbers if not stands(number, example)] == []


def stands(number: str, text: str) -> bool:
    return re.search(rf"(?<![\d.]){re.escape(number)}(?!\.?\d)", text) is not None


def test_a_part_of_a_number_is_not_the_number() -> None:
    text = "That is 0.50 to 150.25, or 2304103680; then +37. And 62 %."

    assert all(stands(number, text) for number in ("0.50", "150.25", "+37", "37", "62 %"))
    assert not any(stands(number, text) for number in ("50", "0", "0.5", "150", "25", "2", "62.5", "2 %"))


def ends(of: Interval | None) -> tuple[str, str]:
    assert of is not None
    return f"{of.low:.4f}", f"{of.high:.4f}"


def test_intervals() -> None:
    says("intervals", *ends(nps.interval(DELIGHT)), *ends(nps.interval(DELIGHT, invited=40)))
    says("intervals", f"{unheard_factor(30, 40):.4f}", *ends(wilson(8, 10)))
    around = nps.interval(DELIGHT)
    assert around is not None
    says("intervals", *(nps.display(value) for value in (nps.score(DELIGHT), around.low, around.high)))


def test_the_coverage_table_is_the_kept_one() -> None:
    kept = json.loads((HOME / "benchmarks" / "results" / "coverage.json").read_text(encoding="utf-8"))
    page = (HOME / "docs" / "method" / "intervals.md").read_text(encoding="utf-8")
    table = page.partition("<!-- coverage -->\n")[2].partition("<!-- end")[0].splitlines()[2:]

    assert table == ["| {case} | {rule} | {coverage} | {width} |".format(**row) for row in kept["rows"]]
    ours = [row for row in kept["rows"] if row["rule"] == "our rule"]
    weighted_ones = [row for row in kept["rows"] if row["rule"] == "our rule, weighted"]
    assert (len(ours), len(weighted_ones)) == (7, 8)
    # Of five accounts nobody knows how accounts differ; the page says so.
    assert all(0.93 < float(row["coverage"]) < 0.99 for row in [*ours[1:], *weighted_ones])


@pytest.fixture
def four_accounts() -> Totals:
    return totals(np.array([1.0, 1, 0, -1, 0, 1]), np.array([0, 0, 1, 2, 2, 3]), size=4)


def test_clustered(four_accounts: Totals) -> None:
    found = influence(four_accounts)
    assert isinstance(found, Influence)
    pulls = [f"{pull:.4f}" for pull in found.pulls]
    error, t = sqrt(found.variance), student_quantile(0.95, 3)
    says("clustered", *pulls, f"{found.value:.4f}", f"{found.variance:.4f}", f"{error:.4f}")
    says("clustered", f"{t:.4f}", f"{t * error:.4f}")


def test_weights(four_accounts: Totals) -> None:
    revenue = np.array([100.0, 600, 200, 100])
    by_name = {}
    for by in Weighting:
        found = influence(weighted(four_accounts, by, revenue=revenue, cap=Cap.NONE))
        assert isinstance(found, Influence)
        by_name[by] = found
        says("clustered", f"{found.value:.4f}")
    heavy = by_name[Weighting.REVENUE]
    says("clustered", f"{heavy.n_effective:.2f}", f"{heavy.even:.2f}", f"{100 * heavy.largest:.0f} %")


def test_comparisons() -> None:
    assert discoveries([0.04, 0.001, 0.9, 0.02]) == [False, True, False, True]
    assert discoveries([0.04]) == [True]
    found = ordered_trend([(3, 1), (2, 2), (1, 3)], values=(0, 1))
    assert isinstance(found, OrderedTrend)
    says("comparisons", f"{found.z:.3f}", f"{found.p:.3f}")


def test_nps() -> None:
    value, variance = nps.score(DELIGHT), nps.variance(DELIGHT)
    assert value is not None and variance is not None
    says(
        "nps",
        f"{float(value):.4f}",
        f"{float(variance):.4f}",
        f"{sqrt(variance / 30):.4f}",
        nps.display(value),
    )


def test_poststratified() -> None:
    ratings = np.array([10, 9, 9, 3, 3, 8], dtype=np.int8)
    strata, people = np.array([0, 0, 0, 0, 1, 1]), np.array([10, 30])
    found = nps_groups.poststratified(ratings, np.arange(6), size=6, strata=strata, people=people)
    raw = nps.score(nps_groups.tally(ratings))
    assert isinstance(found, nps_groups.PostStratified) and raw is not None
    says("nps", f"{float(raw):.4f}", f"{found.estimate.value:.4f}")


def test_smoothed() -> None:
    cells = [
        Estimate(value, Interval(value, value), error, 20, 20, 20.0, 0.05, Method.CLUSTERED, Base.LOW)
        for value, error in ((20.0, 5.0), (30.0, 5.0), (40.0, 5.0), (70.0, 20.0))
    ]
    found = nps_groups.smoothed(cells)
    assert isinstance(found, tuple)
    first, last = found[0], found[-1]
    says("nps", f"{last.mean:.1f}", f"{last.pull:.3f}", f"{first.pull:.3f}")
    says("nps", nps.display(last.value / 100), nps.display(first.value / 100))


def test_ease() -> None:
    answers = np.array([7, 6, 5, 4, 2])
    found = ease.group(ease.answer_totals(answers, np.arange(5), size=5, item=Item("easy", maximum=7)))
    assert isinstance(found, ease.EaseGroup)
    says("ease", f"{found.mean:.1f}", f"{found.index.value:.1f}")
    around = found.favourable.interval
    says("ease", *(f"{100 * end:.0f} %" for end in (around.low, around.high)))
    effort = Item("effort", reversed=True)
    turned = ease.group(ease.answer_totals(np.arange(1, 6), np.arange(5), size=5, item=effort))
    assert isinstance(turned, ease.EaseGroup)
    assert (turned.index.value, turned.favourable.value) == (50, 0.4)


def test_trend() -> None:
    past = [Point(value, 5) for value in (20, 30, 40)]
    now = Point(55, 5)
    found, before = trend.against_history(now, past), trend.against_history(now, past[-1:])
    line = trend.slope([0, 1, 2, 3], [*past, now])
    assert isinstance(found, Comparison) and isinstance(before, Comparison) and isinstance(line, Slope)
    says("trend", f"{found.between:.0f}", f"{found.z:.3f}", f"{found.p:.3f}")
    says("trend", f"{line.value:.1f}", f"{line.standard_error:.3f}", f"{before.z:.3f}")
    calm = 25 / sqrt(25 + 25 / 3)
    says("trend", f"{calm:.2f}", f"{two_sided_student_p(calm, 2):.3f}")
    says("trend", str(trend.answers_needed(0.57, 0.1)))
    assert round(100 * trend.detectable_change(sqrt(0.57 / 400))) == 15


def test_nonresponse() -> None:
    cells = np.repeat([0, 1], 10)
    answered = np.array([True] * 8 + [False] * 2 + [True] * 2 + [False] * 8)
    found = nonresponse.representativeness(cells, answered, size=2, spread=0.75)
    assert isinstance(found, nonresponse.Representativeness)
    says("nonresponse", f"{found.raw:.4f}", f"{found.indicator:.4f}", f"{found.worst_bias:.4f}")

    phases = [Counts(1, 3, 8), Counts(3, 3, 4), Counts(5, 3, 2)]
    steps = ordered_trend([(p.detractors, p.passives, p.promoters) for p in phases], values=(-1, 0, 1))
    silent = nonresponse.extrapolated(phases, rate=0.6)
    assert isinstance(steps, OrderedTrend) and isinstance(silent, float)
    says("nonresponse", f"{steps.z:.3f}", f"{steps.p:.3f}", f"{silent:.5f}")
    says("nonresponse", *(nps.display(nps.score(phase)) for phase in phases))

    previous = np.array([2, 3, 7, 9, 9, 10, 8, 9], dtype=np.int8)
    before = nonresponse.silence(previous, np.arange(8), np.arange(8) > 3, size=8)
    assert isinstance(before.silent, Estimate) and isinstance(before.answering, Estimate)
    says("nonresponse", nps.display(before.silent.value), nps.display(before.answering.value))


def test_sampling() -> None:
    def names(found: list[int]) -> str:
        return ", ".join(map(str, found[:-1])) + f" and {found[-1]}"

    facts = {"key": b"test-key", "wave": "2025H1", "stratum": "promoter"}
    quarter = [k for k in range(24) if is_drawn(k, **facts)]  # type: ignore[arg-type]  # all as declared
    fifths = [k for k in range(15) if is_among(k, drawn=2, of=5, **facts)]  # type: ignore[arg-type]  # so here
    says("sampling", names(quarter), names(fifths))


def test_skew() -> None:
    found = Skew(people=100, known=60, unhappy=15, excluded=12, excluded_known=10, excluded_unhappy=6)
    plain, narrow = wilson(6, 10), found.interval
    assert isinstance(plain, Interval) and narrow
    ends = (plain.low, plain.high, narrow.low, narrow.high, unheard_factor(10, 60))
    says("skew", *(f"{end:.4f}" for end in ends))
    assert found.verdict is Verdict.LEANS


def test_allocation() -> None:
    sizes = {"a": 30, "b": 90, "c": 180}
    for how in Allocation:
        first, second, third = allocate(sizes, 70, how=how, least=15).values()
        says("allocation", f"{first}, {second} and {third}")
    people = ("anna", "bert", "carl", "dora")
    places = [place(one, 7).hex()[:4] for one in people]
    says("allocation", f"{', '.join(places[:3])} and {places[3]}", " and ".join(drawn(people, 2, seed=7)))


def test_battery() -> None:
    found = alpha(np.array([[1, 2], [2, 4], [3, 1], [4, 3], [5, 5.0]]))
    assert isinstance(found, Alpha)
    says("battery", f"{found.value:.3f}")
