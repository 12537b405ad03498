"""What an interviewer has beside the questions: reasons, tries, what was said before, what is answered."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from surveyd.base.clock import system_now
from surveyd.distribution.call_claims import claim_call
from surveyd.distribution.call_script import Why
from surveyd.distribution.calls import find_call, view_call
from surveyd.distribution.models import Message, MessageState, Touch, Wave, WaveState
from surveyd.distribution.wishes import call_instead
from surveyd.forms.definition import Answer
from surveyd.people.access import SYSTEM, Reach, Scope
from surveyd.people.models import Contact
from surveyd.reports.interview import Background, background_of
from surveyd.responses.answers import AnswerChannel
from surveyd.responses.drafts import find_link_of, save_page
from tests.fixtures.apps import NOW
from tests.fixtures.asking import UNHAPPY, Asking, open_wave, relational
from tests.web.offices import open_office

Collect = Callable[[], AbstractContextManager[list[str]]]


def look(session: Session, call_id: int, scope: Scope = SYSTEM) -> Background:
    call = view_call(session, call_id, scope=scope, now=NOW, system_now=system_now())
    link = find_link_of(session, call.row.invitation_id)
    assert link is not None
    return background_of(session, call, questionnaire=relational(), answers=link.answers, scope=scope)


def support(user_id: int) -> Scope:
    return Scope(Reach.CALLS, user_id)


def earlier_wave(asking: Asking, slug: str, days: int) -> Asking:
    """The same program, some time ago."""
    wave = Wave(
        program_id=asking.program.id,
        slug=slug,
        version_id=asking.wave.version_id,
        state=WaveState.CLOSED,
        scheduled_at=NOW - timedelta(days=days),
    )
    asking.session.add(wave)
    asking.session.flush()
    return Asking(asking.session, NOW - timedelta(days=days), asking.program, wave, asking.people)


def call_anna(asking: Asking) -> int:
    return call_instead(asking.session, asking.ask(asking.people.anna.id), phone="", suits="", now=NOW)


def test_who_is_silent_is_called_for_the_mails_that_went_out(session: Session) -> None:
    office = open_office(session, NOW)
    assert look(session, office.call).why is Why.SILENT
    touch = Touch(
        invitation_id=office.sofie_invitation,
        wave_id=office.wave,
        step="invitation",
        channel="mail",
        state="released",
        due_at=NOW,
    )
    session.add(touch)
    session.flush()
    sent = {"dedup_key": "1", "message_id": "1", "state": MessageState.SENT, "touch_id": touch.id}
    waits = {"dedup_key": "2", "message_id": "2", "state": MessageState.QUEUED}
    for facts in (sent, waits):
        session.add(
            Message(
                name="invitation",
                step="invitation",
                language="en",
                invitation_id=office.sofie_invitation,
                recipient="sofie@suedwerk.test",
                due_at=NOW,
                sent_at=NOW - timedelta(days=21),
                created_at=NOW,
                **facts,
            )
        )
    session.flush()

    seen = look(session, office.call)

    assert seen.mailed == (("invitation", NOW - timedelta(days=21)),)
    assert (seen.said, seen.begun, seen.cases) == ((), None, ())


def test_a_wish_to_be_called_comes_with_its_number_and_time(session: Session) -> None:
    office = open_office(session, NOW)
    call_instead(session, office.sofie_invitation, phone="+498912345", suits="<b>after four</b>", now=NOW)

    seen = look(session, office.call)

    assert seen.why is Why.ASKED
    assert seen.wanted is not None
    assert (seen.wanted.phone, seen.wanted.suits, seen.wanted.at) == ("+498912345", "<b>after four</b>", NOW)


def test_it_tells_what_they_said_before_for_this_account(session: Session) -> None:
    asking = open_wave(session, NOW)
    anna = asking.people.anna
    last = earlier_wave(asking, "2025H2", 180)
    last.answer(last.ask(anna.id), UNHAPPY | {"why": "Late.\n<script>alert(1)</script>"})
    moved = earlier_wave(asking, "2025H1", 360)
    session.get_one(Contact, anna.id).account_id = asking.people.sudwerk
    moved.answer(moved.ask(anna.id), UNHAPPY | {"why": "Said for somebody else."})
    session.get_one(Contact, anna.id).account_id = asking.people.nordwind
    session.flush()

    seen = look(session, call_anna(asking))

    (said,) = seen.said
    assert (said.wave, said.recommendation, said.category) == ("2025H2", 3, "detractor")
    assert said.segment == "trapped"
    assert said.words == ("Late.\n<script>alert(1)</script>",)
    assert said.given_at == NOW - timedelta(days=180)


def test_who_has_not_claimed_the_call_is_not_told_what_was_said(session: Session) -> None:
    asking = open_wave(session, NOW)
    last = earlier_wave(asking, "2025H2", 180)
    last.answer(last.ask(asking.people.anna.id), UNHAPPY)
    call_id, scope = call_anna(asking), support(asking.people.support.id)

    before = look(session, call_id, scope)
    claim_call(
        session,
        find_call(session, call_id, scope=SYSTEM),
        by=asking.people.support.id,
        system_now=system_now(),
    )
    after = look(session, call_id, scope)

    assert (before.said, before.may_look_back) == ((), False)
    assert len(after.said) == 1
    assert look(session, call_id, support(asking.people.admin.id)).said == ()


def test_what_is_answered_so_far_is_there_in_words(session: Session) -> None:
    office = open_office(session, NOW)
    link = find_link_of(session, office.sofie_invitation)
    assert link is not None
    answers: dict[str, Answer | None] = {"recommend": 0, "why": "Slow."}
    save_page(session, link, answers=answers, page="reason", channel=AnswerChannel.WEB, now=NOW)

    seen = look(session, office.call)

    assert seen.why is Why.STARTED
    assert seen.begun is not None
    assert [line.answer for line in seen.begun.lines] == ["0 of 10, not at all likely", "Slow."]
    assert (seen.begun.channel, seen.begun.at) == ("web", NOW)
    assert seen.begun.questions == len(relational().items)


def test_a_case_is_named_to_its_owner_only(session: Session) -> None:
    asking = open_wave(session, NOW)
    people = asking.people
    last = earlier_wave(asking, "2025H2", 180)
    receipt = last.answer(last.ask(people.anna.id), UNHAPPY)
    asking.answer(asking.ask(people.aziz.id), UNHAPPY)
    assert receipt.case_id is None  # of a closed wave
    fresh = open_case_of(asking)
    call_id = call_anna(earlier_wave_open(asking))

    assert look(session, call_id).cases == (fresh,)
    assert look(session, call_id, support(people.mona.id)).cases == (fresh,)
    assert look(session, call_id, support(people.support.id)).cases == ()


def open_case_of(asking: Asking) -> int:
    receipt = asking.answer(asking.ask(asking.people.anna.id), UNHAPPY)
    assert receipt.case_id is not None
    return receipt.case_id


def earlier_wave_open(asking: Asking) -> Asking:
    other = earlier_wave(asking, "2026H2", 1)
    other.wave.state = WaveState.OPEN
    asking.session.flush()
    return other


@pytest.mark.parametrize("waves", [1, 4])
def test_a_long_history_costs_no_more_statements(session: Session, statements: Collect, waves: int) -> None:
    asking = open_wave(session, NOW)
    for number in range(waves):
        last = earlier_wave(asking, f"W{number}", 100 + number)
        last.answer(last.ask(asking.people.anna.id), UNHAPPY | {"why": f"Words {number}."})
    call_id = call_anna(asking)
    call = view_call(session, call_id, scope=SYSTEM, now=NOW, system_now=system_now())
    session.expire_all()

    with statements() as said:
        seen = background_of(session, call, questionnaire=relational(), answers={}, scope=SYSTEM)

    assert len(seen.said) == waves
    assert len(said) <= 7, said
