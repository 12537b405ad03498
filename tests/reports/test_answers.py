"""Every kind of answer in words, for staff and for the person themselves."""

from pathlib import Path

import pytest
from flask import Flask

from surveyd.forms.conditions import Answers
from surveyd.forms.loading import load
from surveyd.forms.paths import route_of
from surveyd.forms.said import said_on
from surveyd.reports.answers import answer_lines

KINDS = load(Path("tests/forms/every_kind.yaml").read_text(encoding="utf-8"), "every_kind.yaml")
NAMES = {"company": "Example <Works>", "contact": "Anna", "account": "Nordwind"}
GIVEN: Answers = {
    "recommend": 10,
    "pleasant": "na",
    "share": 7,
    "channel": "elsewhere",
    "channel_other": "by <b>pigeon</b>",
    "topics": "price delivery",
    "topics_thing": "lost",
    "people": 12.5,
    "since": "2026-03-31",
    "story": "One\ntwo",
    "reach_email": "anna@nordwind.test",
    "agreed": "yes",
}
"""The words for something else among the topics were written, and then not meant."""


def test_staff_read_every_kind(app: Flask) -> None:
    with app.test_request_context():
        lines = answer_lines(KINDS, GIVEN, category="promoter", names=NAMES)
        said = {line.question: line.answer for line in lines}

    assert said["How likely are you to recommend Example <Works>?"] == "10 of 10, extremely likely"
    assert said["We like working together."] == "does not apply"
    assert said["How do you reach us most often?"] == "In another way"
    assert said["How do you reach us most often? (in other words)"] == "by <b>pigeon</b>"
    assert said["What did you write to us about?"] == "Prices, Delivery"
    assert said["How can we reach you? (mail address)"] == "anna@nordwind.test"
    assert said["You may call me about my answers."] == "agreed"
    assert said["How many of you use it?"] == "12.5"


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ["10 of 10, Extremely likely", "Not applicable", "Prices, Delivery", "31 March 2026", "Yes"]),
        ("ar", ["الأسعار, التسليم", "31 مارس 2026", "نعم"]),
    ],
)
def test_people_read_their_own_answers(language: str, expected: list[str]) -> None:
    pages = said_on(route_of(KINDS, GIVEN), language, names=NAMES)

    answers = [line.answer for page in pages for line in page.lines if not line.is_empty]
    assert [answer for answer in expected if answer not in answers] == []
    assert "by <b>pigeon</b>" in answers
    assert "lost" not in answers
    assert "One\ntwo" in [line.answer for page in pages for line in page.lines if line.is_text]


def test_what_was_left_out_is_told_as_that() -> None:
    pages = said_on(route_of(KINDS, {}), "en", names=NAMES)

    assert {line.answer for page in pages for line in page.lines} == {"no answer"}
    questions = [line.question for page in pages for line in page.lines]
    assert "E-mail address" in questions and "If something else, what?" not in questions
