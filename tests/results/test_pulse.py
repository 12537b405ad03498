"""The results of an anonymous link: at least five answers in everything that is shown."""

from collections.abc import Mapping

import pytest
from sqlalchemy.orm import Session

from surveyd.distribution.models import Program
from surveyd.forms.loading import load
from surveyd.responses.open_links import NewLink, make_link
from surveyd.responses.open_models import AnonymousAnswers
from surveyd.responses.open_visits import LEAST
from surveyd.results.pulse import Pulse, pulse
from tests.fixtures.apps import NOW
from tests.fixtures.asking import open_wave

SOURCE = """
slug: hours
anonymous: true
title: Hours
languages: [en]
pages:
  - id: one
    title: One
    items:
      - {id: hours, kind: number, minimum: 0, maximum: 100, text: Hours a week}
      - id: wishes
        kind: choices
        options: [{value: tea, text: Tea}, {value: quiet, text: Quiet}]
        text: Wishes
      - id: mood
        kind: rating
        na: true
        scale: {low: 1, high: 5, low_end: bad, high_end: good}
        text: Mood
      - {id: word, kind: short_text, text: One word}
"""


@pytest.fixture
def link(session: Session) -> int:
    asking = open_wave(session, NOW)
    program = session.get_one(Program, asking.program.id)
    facts = NewLink("hours", "Hours")
    questionnaire = load(SOURCE, "hours.yaml")
    return make_link(session, program, facts, questionnaire=questionnaire, now=NOW, by=None).id


def told(session: Session, link: int, *answers: Mapping[str, object], batch: int | None = 1) -> Pulse:
    """The results when these are there besides."""
    version = 2
    for number, given in enumerate(answers):
        row = AnonymousAnswers(
            id=f"{batch} {number}",
            link_id=link,
            version_id=version,
            given_on=NOW.date(),
            batch=batch,
            answers=dict(given),
        )
        session.add(row)
    session.flush()
    return pulse(session, link)


def test_an_empty_link_shows_nothing(session: Session, link: int) -> None:
    found = told(session, link)
    assert (found.answered, found.held_back, found.missing, found.items, found.words) == (0, 0, LEAST, (), ())


def test_what_waits_for_company_is_not_in_any_figure(session: Session, link: int) -> None:
    found = told(session, link, *[{"mood": 1, "word": "No"}] * (LEAST - 1), batch=None)
    assert (found.answered, found.held_back, found.missing) == (0, LEAST - 1, 1)
    assert (found.items, found.words) == ((), ())


def test_each_kind_has_its_figures(session: Session, link: int) -> None:
    rows = [{"hours": 30 + n, "wishes": "tea quiet" if n else "tea", "mood": n + 1} for n in range(LEAST)]
    hours, wishes, mood = told(session, link, *rows).items
    assert (hours.mean, hours.base, hours.shares) == (32.0, LEAST, ())
    assert [(one.value, one.count) for one in wishes.shares] == [("tea", 5), ("quiet", 4)]
    assert (mood.mean, [one.count for one in mood.shares], mood.score) == (3.0, [1] * 5, None)


def test_who_says_that_it_does_not_apply_is_not_in_the_base(session: Session, link: int) -> None:
    rows: list[Mapping[str, object]] = [*[{"mood": 4}] * (LEAST - 1), {"mood": "na"}, {"hours": 1}]
    assert told(session, link, *rows).items == ()


def test_words_of_fewer_than_five_stay_unsaid(session: Session, link: int) -> None:
    rows = [{"word": f"word {n}"} for n in range(LEAST - 1)] + [{"word": "  "}]
    assert told(session, link, *rows).words == ()


def test_an_item_takes_whole_batches_of_five_answers_to_it(session: Session, link: int) -> None:
    told(session, link, *[{"mood": 3, "word": "Well"}] * LEAST)
    few = told(session, link, {"mood": 1, "word": "Badly"}, *[{"hours": 9}] * (LEAST - 1), batch=2)
    [mood] = few.items
    assert (few.answered, mood.base, mood.mean, few.words[0].texts) == (10, LEAST, 3.0, ("Well",) * LEAST)

    more = told(session, link, *[{"mood": 2, "hours": 9}] * (LEAST - 1), batch=3)
    hours, mood = more.items
    assert (hours.base, mood.base, mood.mean) == (2 * (LEAST - 1), 2 * LEAST, 2.4)
    assert len(more.words[0].texts) == LEAST
