"""The call list at work: claims, outcomes, and the questionnaire on the phone."""

from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from surveyd.base.clock import SetClock
from surveyd.distribution.call_entries import put_on_list
from surveyd.distribution.call_models import Call, CallAttempt, CallOutcome, CallState
from surveyd.distribution.models import (
    Invitation,
    InvitationState,
    Touch,
    TouchState,
)
from surveyd.responses.models import Response
from tests.fixtures.apps import Transaction
from tests.fixtures.asking import HAPPY
from tests.web.offices import Office, SignIn


def call_of(office: Office, reader: Transaction) -> Call:
    with reader() as session:
        return session.get_one(Call, office.call)


def test_the_list_says_whom_why_when_and_where(office: Office, sign_in: SignIn) -> None:
    page = sign_in(office.cast.support).get("/staff/calls").text

    assert "<h1>1 person is to be called, 1 of them now</h1>" in page
    assert "Sofie Sommer" in page
    assert "no answer to the mails" in page
    assert "Tue 10:00" in page
    assert 'href="tel:+4930901820"' in page


def test_two_people_never_call_the_same_contact(office: Office, sign_in: SignIn, reader: Transaction) -> None:
    support, admin = sign_in(office.cast.support), sign_in(office.cast.admin)
    path = f"/staff/calls/{office.call}"

    assert support.post(f"{path}/claim").status_code == 303
    second = admin.post(f"{path}/claim")

    assert second.status_code == 409
    assert "A colleague is calling this contact" in second.text
    assert admin.post(f"{path}/outcome", outcome="no_answer").status_code == 409
    assert "Sam Support is calling" in admin.get(path).text
    assert "This call is yours" in support.get(path).text
    assert call_of(office, reader).claimed_by_id == office.cast.support.id


def test_an_outcome_is_recorded_and_the_list_goes_on(
    office: Office, sign_in: SignIn, reader: Transaction
) -> None:
    support, path = sign_in(office.cast.support), f"/staff/calls/{office.call}"

    response = support.post(f"{path}/outcome", outcome="no_answer", note="rang <long>")

    assert (response.status_code, response.location) == (303, "/staff/calls")
    with reader() as session:
        attempt = session.query(CallAttempt).one()
        assert (attempt.outcome, attempt.note, attempt.user_id) == (
            CallOutcome.NO_ANSWER,
            "rang <long>",
            office.cast.support.id,
        )
    assert "rang &lt;long&gt;" in support.get(path).text
    assert "0 of them now" in support.get("/staff/calls").text


def test_a_call_back_is_at_the_contact_s_own_time(
    office: Office, sign_in: SignIn, reader: Transaction
) -> None:
    support = sign_in(office.cast.support)

    support.post(f"/staff/calls/{office.call}/outcome", outcome="call_back", call_back_at="2026-03-11T14:30")

    assert call_of(office, reader).not_before == datetime(2026, 3, 11, 13, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "status", "says"),
    [
        ({}, 422, "Choose what came of the call."),
        ({"outcome": "call_back"}, 422, "Say when to call back."),
        ({"outcome": "call_back", "call_back_at": "tomorrow"}, 422, "Not a valid datetime"),
        ({"outcome": "call_back", "call_back_at": "2026-03-01T10:00"}, 409, "still to come"),
        ({"outcome": "call_back", "call_back_at": "0001-01-01T00:00"}, 422, "Say a time in the next weeks."),
        ({"outcome": "call_back", "call_back_at": "9999-12-31T23:00"}, 409, "within 60 days"),
        ({"outcome": "completed"}, 422, "Not a valid choice"),
        ({"outcome": "no_answer", "note": "x" * 2001}, 422, "Shorten the note a little."),
    ],
)
def test_an_outcome_that_cannot_be_changes_nothing(
    office: Office, sign_in: SignIn, reader: Transaction, *, fields: dict[str, str], status: int, says: str
) -> None:
    response = sign_in(office.cast.support).post(f"/staff/calls/{office.call}/outcome", **fields)

    assert response.status_code == status
    assert says in response.text
    assert call_of(office, reader).attempts == 0


def test_who_declines_is_asked_no_more(office: Office, sign_in: SignIn, reader: Transaction) -> None:
    support = sign_in(office.cast.support)

    support.post(f"/staff/calls/{office.call}/outcome", outcome="declined")

    with reader() as session:
        invitation = session.get_one(Invitation, office.sofie_invitation)
        assert invitation.state is InvitationState.DECLINED
    assert "This call is over: declined" in support.get(f"/staff/calls/{office.call}").text
    assert "Nobody is to be called" in support.get("/staff/calls").text


def test_the_questionnaire_on_the_phone_goes_through_the_same_door(
    office: Office, sign_in: SignIn, reader: Transaction
) -> None:
    support, path = sign_in(office.cast.support), f"/staff/calls/{office.call}/form"
    assert "What to say at the beginning" in support.get(path).text

    response = support.post(path, page="recommendation", recommend="10", go="next")
    for _ in range(12):
        if response.status_code != 303:
            break
        page = response.location.partition("page=")[2].partition("&")[0]
        answers = {item: str(value) for item, value in HAPPY.items()}
        response = support.post(path, page=page, go="send", **answers)

    assert response.status_code == 200
    assert 'id="receipt"' in response.text
    with reader() as session:
        stored = session.query(Response).filter_by(invitation_id=office.sofie_invitation).one()
        assert (stored.channel, stored.interviewer_id) == ("phone", office.cast.support.id)
    call = call_of(office, reader)
    assert (call.state, call.outcome) == (CallState.DONE, CallOutcome.COMPLETED)
    assert "This call is over: answered" in support.get(f"/staff/calls/{office.call}").text
    assert 'id="receipt"' in support.get(path).text


def test_a_form_that_a_colleague_fills_in_is_refused(
    office: Office, sign_in: SignIn, reader: Transaction
) -> None:
    sign_in(office.cast.support).post(f"/staff/calls/{office.call}/claim")

    response = sign_in(office.cast.admin).post(
        f"/staff/calls/{office.call}/form", page="recommendation", recommend="1", go="next"
    )

    assert response.status_code == 409
    with reader() as session:
        assert session.get_one(Invitation, office.sofie_invitation).started_at is None


def test_opening_a_call_changes_nothing(office: Office, sign_in: SignIn, reader: Transaction) -> None:
    support = sign_in(office.cast.support)

    support.get(f"/staff/calls/{office.call}")
    support.get(f"/staff/calls/{office.call}/form?score=3")

    assert call_of(office, reader).claimed_by_id is None
    with reader() as session:
        assert session.get_one(Invitation, office.sofie_invitation).started_at is None
    assert support.get(f"/staff/calls/{office.call}/claim").status_code == 405


def test_next_person_claims_and_opens(office: Office, sign_in: SignIn, reader: Transaction) -> None:
    support = sign_in(office.cast.support)
    assert "Next person" in support.get("/staff/calls").text

    response = support.post("/staff/calls/next?language=en&show=now")

    assert (response.status_code, response.location) == (
        303,
        f"/staff/calls/{office.call}?show=now&language=en",
    )
    assert call_of(office, reader).claimed_by_id == office.cast.support.id
    page = support.get(response.location).text
    assert f'action="/staff/calls/{office.call}/outcome?show=now&amp;language=en"' in page
    assert sign_in(office.cast.admin).post("/staff/calls/next").location == "/staff/calls"


def test_after_an_outcome_comes_the_next_person(office: Office, sign_in: SignIn, writer: Transaction) -> None:
    with writer() as session:
        other = another_call(session, office)
    support = sign_in(office.cast.support)

    response = support.post(f"/staff/calls/{office.call}/outcome", at_once="no_answer", outcome="declined")

    assert (response.status_code, response.location) == (303, f"/staff/calls/{other}")
    page = support.get(response.location).text
    assert "Call Aziz Ahmed" in page
    assert "This call is yours" in page
    assert "Your day: 1 attempt, 0 reached, 0 completed" in page
    with writer() as session:
        assert session.get_one(Call, office.call).outcome is CallOutcome.NO_ANSWER


def another_call(session: Session, office: Office) -> int:
    """Aziz did answer, but for this test he is to be called again."""
    first = session.get_one(Call, office.call)
    touch = session.get_one(Touch, first.touch_id)
    invitation = session.query(Invitation.id).filter_by(contact_id=office.cast.aziz.id).scalar()
    facts = {"wave_id": touch.wave_id, "step": "call", "channel": touch.channel, "due_at": touch.due_at}
    second = Touch(invitation_id=invitation, state=TouchState.RELEASED, **facts)
    session.add(second)
    session.flush()
    put_on_list(session, {second.id: invitation}, now=first.flagged_at)
    return int(session.query(Call.id).filter_by(touch_id=second.id).scalar())


def test_a_call_is_put_back(office: Office, sign_in: SignIn, reader: Transaction) -> None:
    support, path = sign_in(office.cast.support), f"/staff/calls/{office.call}"
    support.post(f"{path}/claim")

    assert support.post(f"{path}/release").location == "/staff/calls"
    assert call_of(office, reader).claimed_by_id is None


def test_a_call_back_shows_both_clocks(office: Office, sign_in: SignIn, writer: Transaction) -> None:
    with writer() as session:
        session.get_one(Invitation, office.sofie_invitation).time_zone = "America/New_York"
    support, path = sign_in(office.cast.support), f"/staff/calls/{office.call}"
    support.post(f"{path}/outcome", at_once="call_back", call_back_at="2026-03-11T14:30")

    for page in (support.get("/staff/calls").text, support.get(path).text):
        assert "11 March 2026, 19:30 CET" in page
        assert "there Wed 14:30" in page


def test_nobody_can_be_called_at_night(office: Office, sign_in: SignIn, clock: SetClock) -> None:
    clock.instant = datetime(2026, 3, 10, 22, 0, tzinfo=UTC)
    page = sign_in(office.cast.support).get("/staff/calls").text

    assert "1 person is to be called, 0 of them now" in page
    assert "The next person can be called from 11 March 2026, 08:00 CET on." in page
    assert "Next person</button>" not in page


@pytest.mark.parametrize(
    ("asked", "is_there"),
    [("search=sommer", True), ("search=%25", False), ("region=South", True), ("region=North", False)],
)
def test_the_list_is_narrowed_on_the_server(
    office: Office, sign_in: SignIn, asked: str, *, is_there: bool
) -> None:
    page = sign_in(office.cast.support).get(f"/staff/calls?{asked}").text

    assert ("Sofie Sommer" in page) is is_there
    assert ("Nobody on the list is like this." in page) is not is_there


def test_the_call_list_tells_no_revenue(office: Office, sign_in: SignIn) -> None:
    for path in ("/staff/calls", f"/staff/calls/{office.call}"):
        page = sign_in(office.cast.support).get(path).text
        assert "Revenue" not in page
        assert "400" not in page


def test_after_the_questionnaire_comes_the_next_person(
    office: Office, sign_in: SignIn, reader: Transaction
) -> None:
    support, path = sign_in(office.cast.support), f"/staff/calls/{office.call}/form"
    response = support.post(path, page="recommendation", recommend="10", go="send")
    for _ in range(2):
        page = response.location.partition("page=")[2].partition("&")[0] if response.location else ""
        if not page:
            break
        answers = {item: str(value) for item, value in HAPPY.items()}
        response = support.post(path, page=page, go="send", **answers)

    assert 'id="receipt"' in response.text
    assert "The call is done." in response.text
    assert "Next person</button>" in response.text
    support.post(path, page="recommendation", recommend="10", go="send")
    with reader() as session:
        tried = session.query(CallAttempt).one()
        assert (tried.outcome, tried.user_id) == (CallOutcome.COMPLETED, office.cast.support.id)
    assert "Your day: 1 attempt, 1 reached, 1 completed" in support.get("/staff/calls").text


def test_claimed_by_a_colleague_is_not_outside_working_time(office: Office, sign_in: SignIn) -> None:
    sign_in(office.cast.admin).post(f"/staff/calls/{office.call}/claim")

    page = sign_in(office.cast.support).get("/staff/calls").text

    assert "0 of them now" in page
    assert "It is not working time where they are" not in page
    assert "Everybody who can be called now is claimed already" in page
