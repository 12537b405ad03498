"""Where the marks of our charts stand, and that they are well formed, whatever an account is called."""

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from math import hypot
from xml.etree import ElementTree as ET

import pytest
from flask import Flask, render_template_string

from surveyd.reports.charts import WIDTH, bar, ranges, stripes, whisker
from surveyd.reports.matrix import BOTTOM, EQUAL, LARGEST, LEFT, RIGHT, SMALLEST, TOP, Matrix, matrix
from surveyd.reports.trend import trend
from surveyd.results.revenue import Point
from surveyd.results.trend_points import WavePoint, trend_of
from surveyd.scoring.loyalty import Segment
from surveyd.scoring.nps import Counts
from surveyd.scoring.policy import Policy
from tests.fixtures.voices import voices, waves_of

Render = Callable[..., str]
HOSTILE = "</title><script>alert(1)</script> & \"Söhne\" 'Ltd' \u202e"
SVG = "{http://www.w3.org/2000/svg}"
NAMES = {segment.value: segment.words for segment in Segment} | {HOSTILE: HOSTILE}


@pytest.fixture
def render(app: Flask) -> Render:
    """Renders a call of one of the macros of charts.html."""

    def draw(call: str, **facts: object) -> str:
        with app.test_request_context():
            return render_template_string('{% import "charts.html" as charts %}' + call, **facts)

    return draw


def point(
    number: int = 1,
    *,
    attitude: float = 80,
    intent: float = 80,
    cents: int | None = 100,
    segment: Segment = Segment.TRULY_LOYAL,
    currency: str = "EUR",
    name: str = "Nordwind",
) -> Point:
    return Point(number, name, segment, attitude, intent, cents, currency, float(cents or 0), currency)


def waves(*counts: Counts) -> tuple[WavePoint, ...]:
    return trend_of(waves_of(*counts))


def test_stripes_share_one_scale() -> None:
    drawn = stripes([("a", 100, 25), ("b", 50, 0), ("c", 0, 0)])
    first, second, third = drawn.rows

    assert first.width == 2 * second.width > third.width == 0
    assert (first.part, second.part) == (first.width / 4, 0)
    assert drawn.x + first.width < WIDTH
    assert drawn.height > third.y > second.y > first.y


@pytest.mark.parametrize("amounts", [[], [("a", 0, 0)]])
def test_stripes_of_nothing_have_no_width(amounts: list[tuple[str, float, float]]) -> None:
    assert all(row.width == 0 for row in stripes(amounts).rows)


def test_a_matrix_without_accounts_is_empty() -> None:
    drawn = matrix([], counts={})

    assert (drawn.dots, drawn.total, drawn.left_out) == ((), 0, 0)
    assert [quadrant.accounts for quadrant in drawn.quadrants] == [0, 0, 0, 0]


def test_the_cuts_stand_where_the_policy_puts_them() -> None:
    usual, other = matrix([], counts={}), matrix([], counts={}, policy=Policy(cut=5_000))

    assert other.cut_x == (LEFT + RIGHT) / 2
    assert other.cut_y == (TOP + BOTTOM) / 2
    assert usual.cut_x > other.cut_x and usual.cut_y < other.cut_y


def test_attitude_goes_up_and_intent_to_the_right() -> None:
    high, low = matrix([point(attitude=90, intent=70), point(attitude=70, intent=90)], counts={}).dots

    assert high.y < low.y and high.x < low.x


def test_a_dot_grows_with_the_revenue_within_its_currency() -> None:
    points = [
        point(1, cents=400),
        point(2, cents=100),
        point(3, cents=None),
        point(4, cents=0),
        point(5, cents=9_000_000, currency="JPY"),
    ]
    radii = {dot.account.account_id: dot.radius for dot in matrix(points, counts={}).dots}

    assert radii == {1: LARGEST, 2: LARGEST / 2, 3: SMALLEST, 4: SMALLEST, 5: LARGEST}
    assert {dot.radius for dot in matrix(points, counts={}, sized=False).dots} == {EQUAL}


def test_small_dots_are_drawn_over_large_ones() -> None:
    radii = [dot.radius for dot in matrix([point(cents=n) for n in (5, 500, 50)], counts={}).dots]

    assert radii == sorted(radii, reverse=True)


@pytest.mark.parametrize(
    ("segment", "attitude", "intent"),
    [
        (Segment.TRULY_LOYAL, 62.5, 62.5),
        (Segment.TRULY_LOYAL, 100, 100),
        (Segment.ACCESSIBLE, 62.5, 62.4),
        (Segment.TRAPPED, 62.4, 62.5),
        (Segment.HIGH_RISK, 62.4, 62.4),
        (Segment.HIGH_RISK, 0, 0),
    ],
)
def test_a_crowd_on_one_spot_stays_in_its_quarter_and_apart(
    segment: Segment, attitude: float, intent: float
) -> None:
    crowd = [point(n, attitude=attitude, intent=intent, segment=segment, cents=n) for n in range(100)]
    drawn = matrix(crowd, counts={})

    assert all(is_inside(drawn, dot.x, dot.y, segment) for dot in drawn.dots)
    places = {(dot.x, dot.y) for dot in drawn.dots}
    assert len(places) > 60


def is_inside(drawn: Matrix, x: float, y: float, segment: Segment) -> bool:
    likes = segment in (Segment.TRULY_LOYAL, Segment.ACCESSIBLE)
    stays = segment in (Segment.TRULY_LOYAL, Segment.TRAPPED)
    across = drawn.cut_x < x < RIGHT if stays else LEFT < x < drawn.cut_x
    return across and (TOP < y < drawn.cut_y if likes else drawn.cut_y < y < BOTTOM)


def test_neighbours_stand_apart() -> None:
    dots = matrix([point(n, attitude=80, intent=80, cents=None) for n in range(30)], counts={}).dots

    assert min(hypot(a.x - b.x, a.y - b.y) for a, b in pairwise(dots)) > SMALLEST


def test_the_matrix_counts_what_it_does_not_draw() -> None:
    drawn = matrix([point()], counts={"truly_loyal": 400, "silent": 50, "unclassified": 3})

    assert (drawn.total, drawn.left_out, drawn.count_of("truly_loyal")) == (400, 399, 400)


@pytest.mark.parametrize("points", [(), waves(Counts(1, 2, 30)), waves(Counts(0, 0, 40), Counts(9, 0, 0))])
def test_a_trend_begins_with_the_second_score(points: Sequence[WavePoint]) -> None:
    assert trend(points) is None


def test_a_trend_is_one_line_in_its_band() -> None:
    drawn = trend(waves(Counts(10, 20, 30), Counts(30, 20, 10), Counts(10, 20, 30)))

    assert drawn
    assert [mark.change for mark in drawn.marks] == ["", "down", "up"]
    assert all(mark.y is not None and mark.high <= mark.y <= mark.low for mark in drawn.marks)
    assert (len(drawn.lines), len(drawn.bands)) == (1, 1)
    assert len(drawn.levels) <= 5
    assert all(drawn.levels[0].y >= mark.low and mark.high >= drawn.levels[-1].y for mark in drawn.marks)
    assert "0" in [level.label for level in drawn.levels]


def test_who_answered_twice_is_a_line_from_wave_to_wave() -> None:
    first = voices(1, [10] * 20 + [3] * 20, range(40))
    second = voices(2, [10] * 30 + [3] * 10, range(20, 60))
    drawn = trend(trend_of([first, second]))

    assert drawn
    (pair,) = drawn.pairs
    assert (pair.people, pair.then_x, pair.x) == (20, drawn.marks[0].x, drawn.marks[1].x)
    assert pair.y < pair.then_y, "the same people went up"
    assert drawn.bottom >= pair.then_y, "their line stands within the scale"


def test_ranges_stand_on_one_scale() -> None:
    drawn = ranges([("a", 0.0, -5.0, 10.0), ("b", 100.0, 90.0, 100.0)], marks=[(0, "0"), (100, "100")])
    first, second = drawn.rows

    assert (first.x, first.low, second.x, second.high) == (drawn.left,) * 2 + (drawn.right,) * 2
    assert [tick.x for tick in drawn.ticks] == [drawn.left, drawn.right]
    assert drawn.height > drawn.bottom > second.y > first.y


def test_a_wave_that_cannot_carry_a_score_is_a_gap() -> None:
    drawn = trend(waves(Counts(5, 5, 30), Counts(5, 5, 20), Counts(1, 0, 1), Counts(5, 5, 30)))

    assert drawn
    assert [mark.y is None for mark in drawn.marks] == [False, False, True, False]
    assert [len(run) for run in drawn.runs] == [2, 1]
    assert len(drawn.lines) == 1


@pytest.mark.parametrize("counts", [Counts(0, 0, 200_000), Counts(200_000, 0, 0)])
def test_a_trend_at_the_end_of_the_scale_has_ground(counts: Counts) -> None:
    drawn = trend(waves(counts, counts))

    assert drawn
    assert all(mark.y is not None and mark.y + TOP >= TOP for mark in drawn.marks)
    assert len(drawn.levels) >= 2


@pytest.mark.parametrize("paper", [False, True])
def test_every_chart_says_what_it_is(render: Render, paper: bool) -> None:
    facts = {
        "matrix": matrix([point(name=HOSTILE)], counts={"truly_loyal": 1}),
        "stripes": stripes([(HOSTILE, 5, 2)]),
        "trend": trend(waves(Counts(0, 0, 40), Counts(40, 0, 0))),
        "split": bar([(HOSTILE, 4)]),
        "ranges": ranges([(HOSTILE, 1, 0, 2)], marks=[(0, HOSTILE), (2, "2")]),
        "whisker": whisker(0.2, 0.1, 0.3, marks=[(0, HOSTILE)]),
    }
    calls = {
        "matrix": 'charts.matrix("m", chart, hostile, hostile, names, ("intent", "attitude"), "", paper)',
        "stripes": 'charts.stripes("s", chart, hostile, hostile, names, names, {hostile: "bad"}, paper)',
        "trend": 'charts.trend("t", chart, hostile, hostile, paper)',
        "split": 'charts.split("b", chart, hostile, hostile, names, {hostile: "good"}, paper)',
        "ranges": 'charts.ranges("r", chart, hostile, hostile, names, names, {}, true, paper)',
        "whisker": 'charts.whisker("w", chart, hostile, hostile, paper)',
    }
    for name, call in calls.items():
        said = render("{{ " + call + " }}", chart=facts[name], hostile=HOSTILE, names=NAMES, paper=paper)
        root = ET.fromstring(said.strip())
        title, about = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
        assert title is not None and about is not None
        assert (title.text, about.text) == (HOSTILE, HOSTILE), name
        assert root.get("role") == "img"
        assert root.get("aria-labelledby") == f"{title.get('id')} {about.get('id')}"
        assert ("<style>" in said) == paper
        assert not re.search(r"\sstyle=|\son\w+=|<script", said), name


def test_a_dot_leads_to_its_account_and_says_what_it_is_worth(render: Render) -> None:
    chart = matrix([point(7, name=HOSTILE, cents=1_234_567_00)], counts={})
    call = '{{ charts.matrix("m", chart, "", "", names, ("", ""), accounts) }}'

    linked = ET.fromstring(render(call, chart=chart, names=NAMES, accounts="/staff/accounts").strip())
    plain = render(call, chart=chart, names=NAMES, accounts="")

    (link,) = linked.iter(f"{SVG}a")
    title = link.find(f"{SVG}g/{SVG}title")
    assert link.get("href") == "/staff/accounts/7"
    assert linked.get("role") == "group", "an image may hold no links"
    assert title is not None and title.text == f"{HOSTILE}, 1.2\N{NO-BREAK SPACE}M\N{NO-BREAK SPACE}EUR"
    assert "<a " not in plain


def test_dots_of_equal_size_say_no_amount(render: Render) -> None:
    chart = matrix([point(7, cents=1_234_567_00)], counts={}, sized=False)

    assert "EUR" not in render(
        '{{ charts.matrix("m", chart, "", "", names, ("", "")) }}', chart=chart, names=NAMES
    )
