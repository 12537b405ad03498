"""The quick view of one response."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound
from surveyd.closed_loop.corrections import correct
from surveyd.closed_loop.models import Case
from surveyd.distribution.models import AfterSending, Wave, WaveState
from surveyd.people.access import NOBODY, SYSTEM, Reach, Scope
from surveyd.people.models import Contact
from surveyd.reports.quick_view import Measure, quick_view
from surveyd.responses.answers import AnswerChannel
from surveyd.results import proposals, rescoring
from surveyd.results.policy_reading import PolicyFile
from surveyd.results.rescoring import Work
from surveyd.scoring.policy import SHIPPED
from tests.fixtures.apps import NOW
from tests.fixtures.asking import CONTENT, HAPPY, OFFICE, UNHAPPY, Asking, open_wave

Collect = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
def asking(session: Session) -> Asking:
    return open_wave(session, NOW)


def test_answers_are_in_words_and_in_order(asking: Asking) -> None:
    given: dict[str, int | str] = {
        "recommend": 3,
        "why": "Late.",
        "renew": 5,
        "alternatives": "na",
        "satisfied": 1,
    }
    receipt = asking.answer(asking.ask(asking.people.anna.id), given)

    view = quick_view(asking.session, receipt.response_id, scope=SYSTEM)

    assert [line.answer for line in view.answers] == [
        "3 of 10",
        "Late.",
        "1 of 5, strongly disagree",
        "5 of 5, strongly agree",
        "does not apply",
    ]
    assert [line.question for line in view.answers if line.is_verbatim] == [
        "What would it take to earn a better score from you?"
    ]


def test_a_promoter_was_asked_in_other_words(asking: Asking) -> None:
    receipt = asking.answer(asking.ask(asking.people.anna.id), HAPPY | {"why": "Everything."})

    view = quick_view(asking.session, receipt.response_id, scope=SYSTEM)

    assert "What did we do particularly well?" in [line.question for line in view.answers]
    assert view.explanation[0] == "promoter: recommendation 10 of 10"


def test_money_is_shown_to_those_who_may_see_it(asking: Asking) -> None:
    receipt = asking.answer(asking.ask(asking.people.anna.id), UNHAPPY)
    people = asking.people

    own = quick_view(asking.session, receipt.response_id, scope=Scope(Reach.OWN_ACCOUNTS, people.mona.id))

    assert own.revenue_cents == 9_000_000_00
    for scope in (NOBODY, Scope(Reach.CALLS, people.support.id), Scope(Reach.REGION, 1, "South")):
        with pytest.raises(NotFound):
            quick_view(asking.session, receipt.response_id, scope=scope)


def test_scores_stand_with_what_they_rest_on(asking: Asking) -> None:
    given = HAPPY | {"satisfied": 4, "trust": "na", "easy": 5, "delivery": 2, "support": "na"}
    receipt = asking.answer(asking.ask(asking.people.anna.id), given)

    view = quick_view(asking.session, receipt.response_id, scope=SYSTEM)

    assert view.indexes == (
        Measure("attitude", 92, 3, 4),
        Measure("intent", 100, 2, 2),
        Measure("ease", 100, 1, 1),
    )
    assert view.stages == (Measure("delivery", 25, 1, 1),)
    assert len(view.reasons) == 2
    assert view.reasons[1].startswith("truly loyal: attitude")


def test_without_a_rating_there_is_one_reason(asking: Asking) -> None:
    receipt = asking.answer(asking.ask(asking.people.anna.id), {"satisfied": 3})

    view = quick_view(asking.session, receipt.response_id, scope=SYSTEM)

    assert (view.category, view.segment) == ("", "unclassified")
    assert [reason.partition(":")[0] for reason in view.reasons] == ["unclassified"]
    assert (view.indexes, view.stages) == ((), ())


@pytest.mark.parametrize(
    ("address", "link"),
    [
        ("", ""),
        ("anna@nordwind.test", "mailto:anna@nordwind.test?subject=Your%20answers%20to%20Example%20Works"),
        (
            "a?bcc=x&\r\nb@nordwind.test",
            "mailto:a%3Fbcc%3Dx%26%0D%0Ab@nordwind.test?subject=Your%20answers%20to%20Example%20Works",
        ),
    ],
)
def test_a_mail_begins_with_its_subject(asking: Asking, address: str, link: str) -> None:
    receipt = asking.answer(asking.ask(asking.people.anna.id), HAPPY)
    asking.session.get_one(Contact, asking.people.anna.id).email = address
    asking.session.flush()

    assert quick_view(asking.session, receipt.response_id, scope=SYSTEM).mail_link == link


def test_a_person_has_a_history(asking: Asking) -> None:
    people, session = asking.people, asking.session
    latest = asking.wave
    before = 0
    for number, slug in enumerate(("2025H2", "2025H1"), 1):
        at = latest.scheduled_at - timedelta(days=180 * number)
        asking.wave = Wave(
            program_id=asking.program.id,
            slug=slug,
            version_id=latest.version_id,
            state=WaveState.CLOSED,
            scheduled_at=at,
            day_zero=at,
        )
        session.add(asking.wave)
        session.flush()
        asking.asked.clear()
        before = asking.ask(people.anna.id)
    first = asking.answer(before, UNHAPPY)
    asking.wave = latest
    asking.asked.clear()
    receipt = asking.answer(asking.ask(people.anna.id), HAPPY)

    view = quick_view(session, receipt.response_id, scope=SYSTEM)

    assert [(one.response_id, one.wave, one.recommendation) for one in view.earlier] == [
        (first.response_id, "2025H1", 3)
    ]
    assert view.silent_in == ("2025H2",)
    assert quick_view(session, first.response_id, scope=SYSTEM).earlier[0].wave == "2026H1"


def test_who_sees_one_case_sees_neither_the_account_nor_the_history(asking: Asking) -> None:
    people, session = asking.people, asking.session
    other = asking.answer(asking.ask(people.aziz.id), UNHAPPY)
    receipt = asking.answer(asking.ask(people.anna.id), UNHAPPY)
    case = session.scalars(select(Case).where(Case.response_id == receipt.response_id)).one()
    case.owner_id = people.support.id
    session.flush()
    support = Scope(Reach.CALLS, people.support.id)

    view = quick_view(session, receipt.response_id, scope=support)

    assert view.revenue_cents is None
    assert [line.id for line in view.cases] == [case.id]
    assert (view.earlier, view.silent_in) == ((), ())
    with pytest.raises(NotFound):
        quick_view(session, other.response_id, scope=support)


@pytest.mark.parametrize("reach", [Reach.OWN_ACCOUNTS, Reach.REGION])
def test_who_was_handed_a_case_of_a_foreign_account_sees_no_money(asking: Asking, reach: Reach) -> None:
    people, session = asking.people, asking.session
    receipt = asking.answer(asking.ask(people.anna.id), UNHAPPY)
    session.scalars(
        select(Case).where(Case.response_id == receipt.response_id)
    ).one().owner_id = people.milo.id
    session.flush()

    view = quick_view(session, receipt.response_id, scope=Scope(reach, people.milo.id, "South"))

    assert (view.account, view.revenue_cents) == ("Nordwind", None)


def test_a_view_costs_seven_statements(asking: Asking, statements: Collect) -> None:
    receipt = asking.answer(asking.ask(asking.people.anna.id), UNHAPPY)
    for number in range(10):
        asking.answer(asking.ask_somebody(number, account_id=asking.people.nordwind), UNHAPPY)
    asking.session.expunge_all()

    with statements() as said:
        view = quick_view(asking.session, receipt.response_id, scope=SYSTEM)

    assert len(view.cases) == 11
    assert len(said) <= 7, "\n".join(said)


def test_a_correction_shows_both_values(asking: Asking) -> None:
    asking.program.after_sending = AfterSending.CORRECT
    invitation_id = asking.ask(asking.people.anna.id)
    receipt = asking.answer(invitation_id, HAPPY | {"why": "Good."})
    changed = {key: value for key, value in HAPPY.items() if key != "trust"} | {"recommend": 4}
    later = asking.now + timedelta(days=2)
    correct(
        asking.session, invitation_id, answers=changed, channel=AnswerChannel.WEB, now=later, office=OFFICE
    )

    view = quick_view(asking.session, receipt.response_id, scope=SYSTEM)

    (correction,) = view.corrections
    assert (correction.number, correction.at, correction.interviewer) == (1, later, "")
    told = {line.before: line.after for line in correction.changes}
    assert told == {"10 of 10, extremely likely": "4 of 10", "Good.": "", "5 of 5, strongly agree": ""}
    assert (view.recommendation, view.category) == (4, "detractor")
    assert view.given_at == asking.now


def test_it_names_the_version_and_keeps_what_the_versions_before_said(
    asking: Asking, session: Session
) -> None:
    receipt = asking.answer(asking.ask(asking.people.anna.id), CONTENT)
    page = quick_view(session, receipt.response_id, scope=SYSTEM)
    assert (page.rule, page.segment, page.by_earlier_rules) == ("1", "truly_loyal", ())

    harder = PolicyFile("A harder cut", replace(SHIPPED, cut=8_000))
    made = proposals.propose(session, harder, now=NOW, by=None)
    proposals.accept(session, made, against="1", now=NOW, by=None)
    rescoring.score_these(session, [receipt.response_id], replace(harder.policy, version="2"), now=NOW)
    meanwhile = quick_view(session, receipt.response_id, scope=SYSTEM)
    assert (meanwhile.rule, meanwhile.segment, meanwhile.by_earlier_rules) == ("1", "truly_loyal", ())

    assert rescoring.put_in_force(session, Work(made, harder.policy, receipt.response_id), now=NOW)
    page = quick_view(session, receipt.response_id, scope=SYSTEM)
    assert (page.rule, page.segment) == ("2", "trapped")
    assert "below 80" in page.reasons[1]
    [before] = page.by_earlier_rules
    assert (before.version, before.title, before.segment) == ("1", "The first rule", "truly_loyal")
    assert before.reason.startswith("truly loyal: attitude 75 of 100, at or above 62.5")
