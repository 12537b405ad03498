"""The one door: what one submit leaves behind, and what a second one does not."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound, Refused
from surveyd.closed_loop.intake import Receipt
from surveyd.closed_loop.models import Case, CaseState, SampleCounter
from surveyd.distribution.call_models import Call, CallState
from surveyd.distribution.models import (
    Channel,
    Invitation,
    InvitationState,
    Message,
    MessageState,
    Touch,
    TouchState,
    WaveState,
)
from surveyd.people.models import Account, Contact, User
from surveyd.responses.answers import RECEIPT_LETTERS, AnswerChannel
from surveyd.responses.models import Draft, Response
from surveyd.results.models import Score
from tests.fixtures.apps import NOW
from tests.fixtures.asking import CONTENT, HAPPY, UNHAPPY, Asking

Collect = Callable[[], AbstractContextManager[list[str]]]


def count(session: Session, table: type[object]) -> int:
    return session.execute(select(func.count()).select_from(table)).scalar_one()


def test_one_submit_stores_scores_opens_and_queues(asking: Asking, session: Session) -> None:
    anna = asking.people.anna
    receipt = asking.answer(asking.ask(anna.id), {**UNHAPPY, "why": "Nobody calls back."})

    response = session.get_one(Response, receipt.response_id)
    score = session.scalars(select(Score)).one()
    case = session.get_one(Case, receipt.case_id)
    assert receipt.is_first
    assert (response.receipt, response.contact_id, response.channel) == (receipt.number, anna.id, "web")
    assert response.answers["why"] == "Nobody calls back."
    assert (score.category, score.segment, score.recommendation) == ("detractor", "trapped", 3)
    assert (score.attitude, score.intent) == (25.0, 100.0)
    assert score.explanation[1].startswith("trapped: attitude 25 of 100, below 62.5, from 4 of 4 items")
    assert case.reasons == ["detractor", "trapped_large"]
    assert (case.owner_id, case.due_at) == (asking.people.mona.id, NOW + timedelta(hours=48))
    assert (case.allowed_hours, case.time_zone) == (16, "Europe/Berlin")
    assert case.state is CaseState.OPEN


def test_the_mails_go_to_the_person_and_to_the_owner(asking: Asking, session: Session) -> None:
    receipt = asking.answer(asking.ask(asking.people.anna.id), {**UNHAPPY, "why": "Secret words."})

    thanks, alert = session.scalars(select(Message).order_by(Message.name.desc())).all()
    assert (thanks.name, thanks.recipient, thanks.language) == ("thank_you", "anna@nordwind.test", "en")
    assert thanks.context["receipt"] == receipt.number
    assert (alert.name, alert.recipient, alert.user_id) == (
        "case_alert",
        "mona@company.test",
        asking.people.mona.id,
    )
    assert alert.context["path"] == f"/staff/responses/{receipt.response_id}"
    assert alert.context["reasons"] == ["detractor", "trapped at a large account"]
    assert "Secret words." not in str(alert.context)
    assert receipt.queued == 2
    assert {thanks.wave_id, alert.wave_id} == {None}


def test_what_was_still_to_come_is_taken_back(asking: Asking, session: Session) -> None:
    invitation_id = asking.ask(asking.people.aziz.id)
    reminder = _touch(asking, invitation_id, "reminder", Channel.MAIL, TouchState.RELEASED)
    phone = _touch(asking, invitation_id, "call", Channel.PHONE, TouchState.RELEASED)
    _touch(asking, invitation_id, "later", Channel.MAIL, TouchState.PLANNED)
    session.add(_mail(asking, reminder))
    session.add(Call(touch_id=phone, invitation_id=invitation_id, flagged_at=NOW, not_before=NOW))
    session.flush()

    asking.answer(invitation_id, HAPPY)

    session.expire_all()
    reminder_mail = session.scalars(select(Message).where(Message.touch_id == reminder)).one()
    assert reminder_mail.state is MessageState.CANCELLED
    assert session.scalars(select(Touch.state).where(Touch.step == "later")).one() is TouchState.CANCELLED
    assert session.scalars(select(Call.state)).one() is CallState.DONE
    assert session.get_one(Invitation, invitation_id).state is InvitationState.ANSWERED
    thanks = session.scalars(select(Message).where(Message.name == "thank_you")).one()
    assert thanks.state is MessageState.QUEUED


def test_a_second_submit_gets_the_first_receipt_and_changes_nothing(asking: Asking, session: Session) -> None:
    invitation_id = asking.ask(asking.people.anna.id)
    first = asking.answer(invitation_id, UNHAPPY)
    second = asking.answer(invitation_id, HAPPY, now=NOW + timedelta(hours=1))

    assert second == Receipt(first.number, first.response_id, is_first=False)
    assert session.get_one(Response, first.response_id).answers == UNHAPPY
    assert [count(session, table) for table in (Response, Score, Case, Message)] == [1, 1, 1, 2]


def test_a_receipt_number_is_short_and_cannot_be_guessed(asking: Asking) -> None:
    numbers = [asking.answer(asking.ask_somebody(n), CONTENT).number for n in range(20)]

    assert len(set(numbers)) == 20
    assert all(len(number) == 10 and set(number) <= set(RECEIPT_LETTERS) for number in numbers)


def test_the_draft_is_gone_and_its_version_is_kept(asking: Asking, session: Session) -> None:
    invitation_id = asking.ask(asking.people.anna.id)
    version_id = asking.wave.version_id
    session.add(
        Draft(
            invitation_id=invitation_id,
            version_id=version_id,
            answers={"recommend": 3},
            page="reason",
            channel="web",
            updated_at=NOW,
        )
    )
    session.flush()
    receipt = asking.answer(invitation_id, UNHAPPY)

    assert count(session, Draft) == 0
    assert session.get_one(Response, receipt.response_id).version_id == version_id


def test_a_phone_interview_keeps_its_interviewer(asking: Asking, session: Session) -> None:
    support = asking.people.support.id
    receipt = asking.answer(
        asking.ask(asking.people.anna.id), CONTENT, channel=AnswerChannel.PHONE, by=support
    )

    response = session.get_one(Response, receipt.response_id)
    assert (response.channel, response.interviewer_id) == ("phone", support)


@pytest.mark.parametrize(("days", "seconds", "fresh"), [(7, 0, True), (7, 1, False), (200, 0, False)])
def test_an_old_answer_is_stored_and_scored_only(
    asking: Asking, session: Session, days: int, seconds: int, fresh: bool
) -> None:
    given_at = NOW - timedelta(days=days, seconds=seconds)
    receipt = asking.answer(asking.ask(asking.people.anna.id), UNHAPPY, given_at=given_at)

    assert session.scalars(select(Score.category)).one() == "detractor"
    assert (receipt.case_id is not None) is fresh
    assert (count(session, Message) > 0) is fresh
    assert session.get_one(Response, receipt.response_id).given_at == given_at


@pytest.mark.parametrize("state", [WaveState.CLOSED, WaveState.CANCELLED])
def test_a_wave_that_is_over_alarms_nobody(asking: Asking, session: Session, state: WaveState) -> None:
    invitation_id = asking.ask(asking.people.anna.id)
    asking.wave.state = state
    session.flush()
    receipt = asking.answer(invitation_id, UNHAPPY)

    assert (receipt.is_first, receipt.case_id, receipt.queued) == (True, None, 0)
    assert [count(session, table) for table in (Score, Case, Message, SampleCounter)] == [1, 0, 0, 0]


def test_an_answer_after_the_closing_hour_is_late_before_the_sweep_has_run(asking: Asking) -> None:
    closes_at = asking.wave.closes_at
    assert closes_at is not None
    early, late = asking.ask(asking.people.anna.id), asking.ask(asking.people.sofie.id)

    assert asking.answer(late, UNHAPPY, now=closes_at).case_id is None
    assert asking.answer(early, UNHAPPY, now=closes_at, given_at=closes_at - timedelta(minutes=1)).case_id


def test_answers_from_the_future_are_refused(asking: Asking, session: Session) -> None:
    with pytest.raises(Refused, match="given in the future"):
        asking.answer(asking.ask(asking.people.anna.id), HAPPY, given_at=NOW + timedelta(seconds=1))
    assert count(session, Response) == 0


def test_an_unknown_invitation_is_not_found(asking: Asking) -> None:
    with pytest.raises(NotFound, match="invitation 4711"):
        asking.answer(4711, HAPPY)


@pytest.mark.parametrize("change", [{"email": ""}, {"opted_out_at": NOW}])
def test_no_thanks_where_no_mail_may_go(asking: Asking, session: Session, change: dict[str, object]) -> None:
    contact = session.get_one(Contact, asking.people.anna.id)
    for name, value in change.items():
        setattr(contact, name, value)
    session.flush()
    receipt = asking.answer(asking.ask(contact.id), UNHAPPY)

    assert session.scalars(select(Message.name)).all() == ["case_alert"]
    assert receipt.queued == 1


def test_without_an_active_manager_an_admin_sees_to_the_case(asking: Asking, session: Session) -> None:
    session.get_one(User, asking.people.mona.id).active = False
    session.get_one(Account, asking.people.sudwerk).manager_id = None
    session.flush()
    for contact in (asking.people.anna, asking.people.sofie):
        asking.answer(asking.ask(contact.id), UNHAPPY)

    assert set(session.scalars(select(Case.owner_id))) == {asking.people.admin.id}


def test_without_anybody_the_case_stands_all_the_same(asking: Asking, session: Session) -> None:
    for user in session.scalars(select(User)):
        user.active = False
    session.flush()
    receipt = asking.answer(asking.ask(asking.people.anna.id), UNHAPPY)

    assert session.get_one(Case, receipt.case_id).owner_id is None
    assert session.scalars(select(Message.name)).all() == ["thank_you"]


def test_of_the_promoters_one_in_four_is_called(asking: Asking, session: Session) -> None:
    for number in range(16):
        asking.answer(asking.ask_somebody(number), HAPPY)

    assert session.scalars(select(Case.reasons)).all() == [["drawn_promoter"]] * 4
    assert session.get_one(SampleCounter, (asking.wave.id, "promoter")).arrived == 16
    first_due = session.scalars(select(Case.due_at)).first()
    assert first_due == NOW + timedelta(days=7)  # five working days, with a weekend among them


def test_an_account_has_one_drawn_case_at_a_time(asking: Asking, session: Session) -> None:
    for number in range(16):
        asking.answer(asking.ask_somebody(number, account_id=asking.people.sudwerk), CONTENT)

    assert count(session, Case) == 1
    session.scalars(select(Case)).one().state = CaseState.CLOSED
    session.flush()
    for number in range(16, 20):
        asking.answer(asking.ask_somebody(number, account_id=asking.people.sudwerk), CONTENT)
    assert count(session, Case) == 2


def test_who_asks_to_be_called_is_called(asking: Asking, session: Session) -> None:
    receipt = asking.answer(asking.ask_somebody(1), {**HAPPY, "contact_me": "call"})

    assert "asked_for_call" in session.get_one(Case, receipt.case_id).reasons


def test_hostile_text_is_kept_as_it_was_written(asking: Asking, session: Session) -> None:
    words = "'; DROP TABLE responses; -- <script>alert(1)</script> {{7*7}} \u202e \U0001f600 \r\n.\r\n"
    receipt = asking.answer(asking.ask(asking.people.anna.id), {**UNHAPPY, "why": words})

    session.expire_all()
    assert session.get_one(Response, receipt.response_id).answers["why"] == words


def test_nothing_answered_is_a_response_too(asking: Asking, session: Session) -> None:
    receipt = asking.answer(asking.ask(asking.people.anna.id), {})

    score = session.scalars(select(Score)).one()
    assert (score.category, score.segment, score.attitude) == (None, "unclassified", None)
    assert receipt.case_id is None


def test_a_submit_takes_few_statements(asking: Asking, statements: Collect) -> None:
    warm, promoter, detractor = (asking.ask_somebody(n) for n in range(3))
    asking.answer(warm, HAPPY)

    with statements() as said:
        asking.answer(promoter, HAPPY)
    assert len(said) <= 7, said
    with statements() as said:
        asking.answer(detractor, UNHAPPY)
    assert len(said) <= 8, said
    with statements() as said:
        asking.answer(detractor, UNHAPPY)
    assert len(said) == 4, said


def _touch(asking: Asking, invitation_id: int, step: str, channel: Channel, state: TouchState) -> int:
    touch = Touch(
        invitation_id=invitation_id,
        wave_id=asking.wave.id,
        step=step,
        channel=channel,
        state=state,
        due_at=NOW,
    )
    asking.session.add(touch)
    asking.session.flush()
    return touch.id


def _mail(asking: Asking, touch_id: int) -> Message:
    return Message(
        dedup_key=f"touch:{touch_id}",
        message_id=f"{touch_id}@mail.surveyd.test",
        name="reminder",
        language="en",
        wave_id=asking.wave.id,
        touch_id=touch_id,
        step="reminder",
        recipient="aziz@nordwind.test",
        due_at=NOW,
        created_at=NOW,
    )
