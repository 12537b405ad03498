"""What stands beside a number: base, interval, weight, policy and method, or why there is none."""

import numpy as np
import pytest
from flask import Flask, render_template_string

from surveyd.reports.basis import Basis, basis_of, index_interval, score_interval, share_interval
from surveyd.reports.reasons import why_not
from surveyd.scoring import nps_groups
from surveyd.scoring.intervals import Interval
from surveyd.scoring.unsaid import Reason, Unsaid
from surveyd.scoring.weighting import Weighting

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
HOSTILE = "\"><script>alert('x')</script>"


def score_of(people: int, *, accounts: int) -> Basis:
    ratings = np.array([10, 3] * (people // 2), dtype=np.int8)
    codes = np.arange(people) % accounts
    found = nps_groups.score(nps_groups.score_totals(ratings, codes, size=accounts))
    return basis_of(
        found,
        figure="the score",
        interval="-10 to +10",
        invited=2 * people,
        weighting=Weighting.ACCOUNT,
        policy="7",
    )


def test_a_number_says_all_that_it_rests_on(app: Flask) -> None:
    with app.test_request_context():
        lines = dict(score_of(60, accounts=20).lines)

    assert lines["Rests on"] == "60 answers of 20 accounts"
    assert lines["Response"] == "50 % of 120 invited"
    assert lines["95 % interval"] == "-10 to +10"
    assert lines["Weighting"] == "each account counts alike"
    assert lines["Scoring policy"] == "version 7"
    assert lines["Method"].startswith("Clustered by account")


@pytest.mark.parametrize(
    ("people", "accounts", "note"),
    [
        (20, 20, "Low base: fewer than 30 answers."),
        (6, 6, "Fewer than ten answers: no score is made of them."),
        (60, 2, "A few accounts carry most of the weight; 60 answers are in effect heard."),
    ],
)
def test_what_weakens_a_number_is_said(app: Flask, people: int, accounts: int, note: str) -> None:
    with app.test_request_context():
        found = score_of(people, accounts=accounts)
        assert note in found.notes
        assert ("95 % interval" in dict(found.lines)) == (people >= 10)


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_is_a_sentence(app: Flask, reason: Reason) -> None:
    with app.test_request_context():
        said = why_not(Unsaid(reason, HOSTILE, found=12, needed=120))
        found = basis_of(Unsaid(reason, "x", found=12, needed=120), figure="the score")

    assert said.endswith(".") and said[0].isupper() and "%(" not in said and HOSTILE not in said
    assert found.notes == (said,)
    assert ("12" in said) == ("120" in said)


def test_intervals_are_written_in_their_unit(app: Flask) -> None:
    with app.test_request_context():
        assert score_interval(Interval(-0.125, 0.125)) == "\N{MINUS SIGN}13 to +13"
        assert index_interval(Interval(61.4, 66.6)) == "61 to 67"
        assert share_interval(Interval(0.05, 0.114)) == "5 to 11 %"


def test_the_card_belongs_to_its_button_and_says_names_as_they_are(app: Flask) -> None:
    macro = '{% from "staff/provenance.html" import comes_from %}'
    call = macro + '{{ comes_from("x", basis, rows="/rows?a=1&b=2") }}'
    with app.test_request_context():
        said = render_template_string(call, basis=Basis(HOSTILE, answered=1, notes=(HOSTILE,)))

    assert '<button type="button" class="basis-button" aria-describedby="x-basis">' in said
    assert 'id="x-basis"' in said and 'href="/rows?a=1&amp;b=2"' in said
    assert "1 answer" in said and "<script>" not in said and " style=" not in said
