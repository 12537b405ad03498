"""A correction keeps both values, is scored anew, and loses nothing whoever corrects at the same time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.base.database import db, writing
from surveyd.base.errors import NotFound, Refused
from surveyd.closed_loop.corrections import Correction, correct
from surveyd.closed_loop.models import Case, SampleCounter
from surveyd.distribution.models import AfterSending, Message, WaveKind, WaveState
from surveyd.forms.conditions import Answers
from surveyd.responses.answers import AnswerChannel
from surveyd.responses.models import Draft, Response, Revision
from surveyd.results.models import Score
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import CONTENT, HAPPY, OFFICE, UNHAPPY, Asking, open_wave

LATER = NOW + timedelta(days=3)


def fix(session: Session, invitation_id: int, answers: Answers, **facts: object) -> Correction:
    said: dict[str, object] = {"channel": AnswerChannel.WEB, "now": LATER, "office": OFFICE, **facts}
    return correct(session, invitation_id, answers=answers, **said)  # type: ignore[arg-type]


@pytest.fixture
def corrigible(asking: Asking) -> Asking:
    """A wave of a program that lets answers be corrected."""
    asking.program.after_sending = AfterSending.CORRECT
    asking.session.flush()
    return asking


@pytest.fixture
def happy(corrigible: Asking) -> int:
    """Anna's invitation; she has sent happy answers."""
    invitation_id = corrigible.ask(corrigible.people.anna.id)
    corrigible.answer(invitation_id, HAPPY)
    return invitation_id


def test_both_values_are_kept_and_what_counts_is_scored_anew(session: Session, happy: int) -> None:
    sent = session.scalars(select(Response)).one()
    receipt, given_at = sent.receipt, sent.given_at

    done = fix(session, happy, UNHAPPY)

    session.expire_all()
    response = session.scalars(select(Response)).one()
    revision = session.scalars(select(Revision)).one()
    score = session.scalars(select(Score)).one()
    assert (done.receipt, done.number) == (receipt, 1)
    assert (response.receipt, response.given_at, response.answers) == (receipt, given_at, UNHAPPY)
    assert (revision.before, revision.after, revision.number) == (HAPPY, UNHAPPY, 1)
    assert (revision.channel, revision.user_id, revision.at) == ("web", None, LATER)
    assert (score.recommendation, score.category, score.segment) == (3, "detractor", "trapped")


def test_who_is_unhappy_now_gets_a_case_and_no_second_thanks(session: Session, happy: int) -> None:
    before = session.scalars(select(Message.name)).all()

    done = fix(session, happy, UNHAPPY)

    case = session.scalars(select(Case)).one()
    assert (case.id, case.opened_at) == (done.case_id, LATER)
    mails = session.scalars(select(Message.name)).all()
    assert sorted(mails) == sorted([*before, "case_alert"])
    assert done.queued == 1


def test_who_has_a_case_gets_no_second_one(session: Session, corrigible: Asking) -> None:
    invitation_id = corrigible.ask(corrigible.people.anna.id)
    corrigible.answer(invitation_id, UNHAPPY)
    mails = select(func.count()).select_from(Message)
    before = session.execute(mails).scalar_one()

    done = fix(session, invitation_id, UNHAPPY | {"recommend": 0})

    assert (done.number, done.case_id, done.queued) == (1, None, 0)
    assert session.execute(select(func.count()).select_from(Case)).scalar_one() == 1
    assert session.execute(mails).scalar_one() == before


def test_nobody_is_drawn_a_second_time(session: Session, happy: int) -> None:
    fix(session, happy, CONTENT)
    fix(session, happy, HAPPY)

    assert session.scalars(select(SampleCounter.arrived)).all() == [1]


def test_the_same_answers_again_are_no_revision_and_end_the_draft(session: Session, happy: int) -> None:
    version_id = session.scalars(select(Response.version_id)).one()
    session.add(
        Draft(
            invitation_id=happy, version_id=version_id, answers=HAPPY, page="x", channel="web", updated_at=NOW
        )
    )
    session.flush()

    done = fix(session, happy, dict(HAPPY))

    assert done.number == 0
    assert session.scalars(select(Revision)).all() == []
    assert session.scalars(select(Draft.invitation_id)).all() == []


def test_revisions_are_numbered_and_lead_from_one_to_the_next(session: Session, happy: int) -> None:
    for answers in (UNHAPPY, CONTENT, HAPPY):
        fix(session, happy, answers)

    revisions = session.scalars(select(Revision).order_by(Revision.number)).all()
    assert [one.number for one in revisions] == [1, 2, 3]
    assert [one.before for one in revisions] == [HAPPY, UNHAPPY, CONTENT]
    assert revisions[-1].after == HAPPY


def test_the_interviewer_is_kept_with_it(session: Session, corrigible: Asking, happy: int) -> None:
    fix(session, happy, CONTENT, channel=AnswerChannel.PHONE, by=corrigible.people.support.id)

    revision = session.scalars(select(Revision)).one()
    assert (revision.channel, revision.user_id) == ("phone", corrigible.people.support.id)
    assert session.scalars(select(Response.channel)).one() == "web"


def test_once_the_wave_is_over_nothing_changes(session: Session, corrigible: Asking, happy: int) -> None:
    with pytest.raises(Refused, match="closed"):
        fix(session, happy, UNHAPPY, now=NOW + timedelta(days=35))
    corrigible.wave.state = WaveState.CLOSED
    session.flush()
    with pytest.raises(Refused, match="closed"):
        fix(session, happy, UNHAPPY)

    assert session.scalars(select(Response.answers)).one() == HAPPY


@pytest.mark.parametrize("after", [AfterSending.NOTHING, AfterSending.READ])
def test_a_program_may_not_let_answers_be_corrected(
    session: Session, corrigible: Asking, happy: int, after: AfterSending
) -> None:
    corrigible.program.after_sending = after
    session.flush()

    with pytest.raises(Refused, match="stay as they were sent"):
        fix(session, happy, UNHAPPY)


def test_what_was_said_of_a_closed_case_stays(session: Session, corrigible: Asking, happy: int) -> None:
    corrigible.wave.kind = WaveKind.STANDING
    session.flush()

    with pytest.raises(Refused, match="stay as they were sent"):
        fix(session, happy, UNHAPPY)


def test_what_was_not_sent_cannot_be_corrected(session: Session, corrigible: Asking) -> None:
    with pytest.raises(NotFound):
        fix(session, corrigible.ask(corrigible.people.aziz.id), HAPPY)
    with pytest.raises(NotFound):
        fix(session, 99, HAPPY)


def test_ten_corrections_at_once_are_written_one_after_the_other(
    app: Flask, writer: Transaction, reader: Transaction
) -> None:
    with writer() as session:
        asking = open_wave(session, NOW)
        asking.program.after_sending = AfterSending.CORRECT
        invitation_id = asking.ask(asking.people.anna.id)
        asking.answer(invitation_id, CONTENT)
    start = Barrier(10)

    def one(number: int) -> None:
        with app.app_context():
            start.wait()
            try:
                with writing() as session:
                    fix(session, invitation_id, CONTENT | {"recommend": number % 7})
            finally:
                db.session.remove()

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(one, range(10)))

    with reader() as session:
        response = session.scalars(select(Response)).one()
        revisions = session.scalars(select(Revision).order_by(Revision.number)).all()
        score = session.scalars(select(Score)).one()
        chain = [CONTENT, *(one.after for one in revisions)]
        assert [one.before for one in revisions] == chain[:-1]
        assert {one.after["recommend"] for one in revisions} >= set(range(7))
        assert response.answers == chain[-1]
        assert score.recommendation == response.answers["recommend"]
        assert session.execute(select(func.count()).select_from(Case)).scalar_one() == 1
